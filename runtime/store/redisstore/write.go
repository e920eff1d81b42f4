package redisstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
)

// write is a change of tenants that is under way.
type write struct {
	mark  string
	began time.Time
	// ids are those of tenants that can be in Redis.
	ids []string
}

// begin marks tenants, so that nobody reads or fills their entries while they change.
// The change happens also where Redis does not take the marks.
func (s *Store) begin(ctx context.Context, ids ...string) write {
	w := write{mark: markBegin + runtime.NewID(), began: time.Now()}
	w.ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !cacheable(id) })
	if s.usable(ctx) != nil {
		return w // the store below says so
	}
	_ = s.each(ctx, w.ids, func(ctx context.Context, p redis.Pipeliner, id string) {
		p.Set(ctx, s.tenantKey(id), w.mark, markTTL)
	})
	return w
}

// each sends commands for tenants, and gives up after a failure.
func (s *Store) each(ctx context.Context, ids []string, add func(ctx context.Context, p redis.Pipeliner, id string)) error {
	for part := range slices.Chunk(ids, batch) {
		err := s.command(ctx, func(ctx context.Context) error {
			_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
				for _, id := range part {
					add(ctx, p, id)
				}
				return nil
			})
			return err
		})
		if err != nil && !wrongType(err) {
			return err
		}
	}
	return nil
}

// end puts what is stored now in the place of the marks. After an error that says that
// nothing was written, it takes the marks away. After any other error they stay until
// they expire: the write may still happen.
func (s *Store) end(ctx context.Context, w write, now []runtime.Tenant, err error) {
	unknown := err != nil && !refused(err)
	// The write has happened, whatever becomes of the caller.
	ctx = context.WithoutCancel(ctx)
	left := s.o.TTL - time.Since(w.began)
	stored := make(map[string]runtime.Tenant, len(now))
	for _, t := range now {
		stored[t.ID] = t
		s.floors.raise(t.ID, t.Version)
	}
	if unknown {
		w.ids = slices.DeleteFunc(w.ids, func(id string) bool {
			_, known := stored[id]
			if !known {
				s.floors.raise(id, unknownVersion)
			}
			return !known
		})
	}
	_ = s.each(ctx, w.ids, func(ctx context.Context, p redis.Pipeliner, id string) {
		key := []string{s.tenantKey(id)}
		t, ok := stored[id]
		text, exact := encode(t, s.o.TTL)
		switch {
		case !ok:
			replaceScript.Eval(ctx, p, key, w.mark, "", 0)
		case exact && left > 0:
			p.Eval(ctx, finishScript, key, w.mark, text, t.Version, left.Milliseconds(), markTTL.Milliseconds())
		}
	})
}

// refused reports whether an error says that nothing was written.
func refused(err error) bool {
	if errors.Is(err, runtime.ErrCorruptTenant) {
		return false // the status of one that cannot be read changes all the same
	}
	for _, of := range []error{
		runtime.ErrTenantNotFound, runtime.ErrTenantExists, runtime.ErrStaleTenant, runtime.ErrTransition,
		runtime.ErrTenantQuota, runtime.ErrInvalidTenant, runtime.ErrMetadata, runtime.ErrStoreClosed,
	} {
		if errors.Is(err, of) {
			return true
		}
	}
	return false
}

// one is a write of one tenant.
func (s *Store) one(ctx context.Context, id string, do func() (runtime.Tenant, error)) (runtime.Tenant, error) {
	w := s.begin(ctx, id)
	t, err := do()
	var now []runtime.Tenant
	if err == nil {
		now = []runtime.Tenant{t}
	}
	s.end(ctx, w, now, err)
	return t, err
}

// Create stores a new tenant.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	return s.one(ctx, t.ID, func() (runtime.Tenant, error) { return s.below.Create(ctx, t, quota) })
}

// Update stores a tenant.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	return s.one(ctx, t.ID, func() (runtime.Tenant, error) { return s.below.Update(ctx, t) })
}

// SetStatus changes a tenant's status.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return s.one(ctx, id, func() (runtime.Tenant, error) { return s.below.SetStatus(ctx, id, to, from...) })
}

// MergeMetadata changes a tenant's metadata.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return s.one(ctx, id, func() (runtime.Tenant, error) { return s.below.MergeMetadata(ctx, id, patch) })
}

// SetStatusMany changes the status of many.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	w := s.begin(ctx, ids...)
	now, err := s.below.SetStatusMany(ctx, ids, to)
	s.end(ctx, w, now, err)
	return now, err
}

// Delete forgets a tenant.
func (s *Store) Delete(ctx context.Context, id string) error {
	w := s.begin(ctx, id)
	err := s.below.Delete(ctx, id)
	if err == nil {
		// The mark stays: nothing is to be filled. No entry is new enough any more.
		s.floors.raise(id, unknownVersion)
		return nil
	}
	s.end(ctx, w, nil, err)
	return err
}
