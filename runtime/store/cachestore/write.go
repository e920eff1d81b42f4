package cachestore

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Every write is forgotten when it is over, also when it failed: it may have happened,
// and when it has not, then often because the caller knew something old. What it
// returns is not kept, since of two writes at once nobody knows here which was last.

// Create stores a new tenant.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (_ runtime.Tenant, err error) {
	defer func() { s.wrote(ctx, err, Change{ID: t.ID, Identifier: t.Identifier}) }()
	return s.below.Create(ctx, t, quota)
}

// Update stores a tenant. Its old identifier leads nowhere at once.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (_ runtime.Tenant, err error) {
	defer func() { s.wrote(ctx, err, Change{ID: t.ID, Identifier: t.Identifier}) }()
	return s.below.Update(ctx, t)
}

// SetStatus changes a tenant's status.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (_ runtime.Tenant, err error) {
	change := Change{ID: id}
	defer func() { s.wrote(ctx, err, change) }()
	defer s.meanwhile(ctx, change)()
	return s.below.SetStatus(ctx, id, to, from...)
}

// SetStatusMany changes the status of many.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) (_ []runtime.Tenant, err error) {
	changes := make([]Change, len(ids))
	for i, id := range ids {
		changes[i] = Change{ID: id}
	}
	defer func() { s.wrote(ctx, err, changes...) }()
	defer s.meanwhile(ctx, changes...)()
	return s.below.SetStatusMany(ctx, ids, to)
}

// MergeMetadata changes a tenant's metadata.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (_ runtime.Tenant, err error) {
	defer func() { s.wrote(ctx, err, Change{ID: id}) }()
	return s.below.MergeMetadata(ctx, id, patch)
}

// Delete forgets a tenant.
func (s *Store) Delete(ctx context.Context, id string) (err error) {
	change := Change{ID: id}
	defer func() { s.wrote(ctx, err, change) }()
	defer s.meanwhile(ctx, change)()
	return s.below.Delete(ctx, id)
}

// every is how often a change that takes long is told.
const every = time.Second

// meanwhile tells of a change while it is under way, once a second: a store may have
// stored it, so that others can see it, and wait until what is at work has ended, as
// pgstore does behind its fence. The function that it returns ends that.
func (s *Store) meanwhile(ctx context.Context, changes ...Change) (stop func()) {
	over := make(chan struct{})
	var telling sync.WaitGroup
	telling.Go(func() {
		ticks := time.NewTicker(every)
		defer ticks.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticks.C:
				s.wrote(ctx, nil, changes...)
			}
		}
	})
	return func() {
		close(over)
		telling.Wait()
	}
}

// wrote forgets what a write can have changed, here and elsewhere.
func (s *Store) wrote(ctx context.Context, err error, changes ...Change) {
	changes = named(changes)
	if len(changes) == 0 {
		return
	}
	s.forget(changes...)
	for _, c := range changes {
		s.o.Recorder.Count(ctx, runtime.CountInvalidations, "local", c.ID)
	}
	if !refused(err) {
		s.publish(ctx, changes)
		s.tell(changes)
	}
}

// named leaves out the zero Change, which would mean everything: a caller who writes
// without an id has changed nothing.
func named(changes []Change) []Change {
	out := make([]Change, 0, len(changes))
	for _, c := range changes {
		if cacheable(c.ID) {
			out = append(out, c)
		}
	}
	return out
}

// refused reports whether an error says that nothing was written.
func refused(err error) bool {
	if errors.Is(err, runtime.ErrCorruptTenant) {
		return false // the status of one that cannot be read changes all the same
	}
	for _, of := range []error{
		runtime.ErrTenantNotFound, runtime.ErrTenantExists, runtime.ErrStaleTenant, runtime.ErrTransition,
		runtime.ErrTenantQuota, runtime.ErrInvalidTenant, runtime.ErrMetadata,
	} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}

// forget drops what changed and marks the loads that are under way, so that none keeps
// what it read before.
func (s *Store) forget(changes ...Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range changes {
		if c.isAll() {
			s.forgetAll()
			continue
		}
		s.changes++
		for _, k := range []key{{id: c.ID}, {identifier: c.Identifier}} {
			if k == (key{}) {
				continue
			}
			for l := range s.loads {
				l.changed[k] = s.changes
			}
			s.absent.Invalidate(k)
		}
		s.tenants.Invalidate(c.ID)
		s.names.Invalidate(c.Identifier)
	}
}

// forgetAll drops everything. The caller holds mu.
func (s *Store) forgetAll() {
	s.changes++
	for l := range s.loads {
		l.all = s.changes
	}
	s.tenants.InvalidateAll()
	s.names.InvalidateAll()
	s.absent.InvalidateAll()
}
