package manager

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// fenceAge is how long a tenant that was shut out is remembered. A caller that holds on
// to what it read longer than that is let in once more, and cancelled by the next check.
const fenceAge = time.Hour

// recheckTimeout is how long one question to the store may take.
const recheckTimeout = 10 * time.Second

// recheck is what is to be checked before the next round.
type recheck struct {
	mu   sync.Mutex
	ids  map[string]struct{}
	all  bool
	wake chan struct{}
}

// startRecheck begins to check the tenants that somebody works for, and returns what
// ends it and waits for the end.
func (m *Manager) startRecheck() (stop func()) {
	m.recheck.wake = make(chan struct{}, 1)
	unwatch := func() {}
	if watcher, ok := m.store.(runtime.Watcher); ok {
		unwatch = watcher.Watch(m.changed)
	}
	var loop sync.WaitGroup
	loop.Go(func() {
		ticker := time.NewTicker(m.o.RecheckInterval)
		defer ticker.Stop()
		for {
			select {
			case <-m.base.Done():
				return
			case <-ticker.C:
				m.leases.forget(fenceAge)
				ids, _ := m.leases.tenants()
				m.check(ids)
			case <-m.recheck.wake:
				m.check(m.take())
			}
		}
	})
	return func() {
		unwatch()
		loop.Wait()
	}
}

// changed is told by the store that a tenant may have changed. It does not wait.
func (m *Manager) changed(id string) {
	if id != "" && !m.leases.has(id) {
		return
	}
	r := &m.recheck
	r.mu.Lock()
	if r.ids == nil {
		r.ids = map[string]struct{}{}
	}
	if id == "" {
		r.all = true
	} else {
		r.ids[id] = struct{}{}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default: // it is awake
	}
}

// take returns what changed was told since the last time.
func (m *Manager) take() []string {
	r := &m.recheck
	r.mu.Lock()
	ids, all := r.ids, r.all
	r.ids, r.all = nil, false
	r.mu.Unlock()
	if all {
		list, _ := m.leases.tenants()
		return list
	}
	list := make([]string, 0, len(ids))
	for id := range ids {
		list = append(list, id)
	}
	return list
}

// check asks the store for tenants and cancels the work for those that are not active.
// What the store cannot say is asked again in the next round.
func (m *Manager) check(ids []string) {
	for page := range slices.Chunk(ids, runtime.MaxPage) {
		ctx, cancel := context.WithTimeout(m.base, recheckTimeout)
		tenants, err := m.store.GetMany(ctx, page)
		cancel()
		if err != nil {
			if m.base.Err() == nil {
				m.log.Error("tenancy: running requests could not be checked", "tenants", len(page), "error", err)
			}
			if !errors.Is(err, runtime.ErrCorruptTenant) {
				continue
			}
		}
		corrupt := unreadable(err)
		found := make(map[string]runtime.Tenant, len(tenants))
		for _, t := range tenants {
			found[t.ID] = t
		}
		for _, id := range page {
			// One that is not there is the zero Tenant and not active either.
			// Of one that nobody works for any more nothing is kept.
			if t := found[id]; t.Check() != nil && !corrupt[id] && m.leases.has(id) {
				m.leases.cut(id, t.Version, nil, runtime.ErrTenantInactive)
			}
		}
	}
}

// unreadable returns the ids of the tenants that an error says cannot be read. Of those
// nobody knows whether they are active, and of the others in the same answer everybody.
func unreadable(err error) map[string]bool {
	out := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case *runtime.CorruptError:
			out[e.ID] = true
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				walk(one)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
	}
	walk(err)
	return out
}
