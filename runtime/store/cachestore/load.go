package cachestore

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// load is one question to the store below.
type load struct {
	key   key // none for a load of many
	began time.Time

	// changed holds what changed since the load began, with the number of the change,
	// and all the number of the last change that can have been of anything. Both are
	// guarded by the store's mu until the load is over, and do not change after.
	changed map[key]uint64
	all     uint64

	done   chan struct{}
	tenant runtime.Tenant
	err    error
}

// changedAt returns the number of the last change since the load began that can have
// been of what it found, or of what it did not find; 0 for none.
func (l *load) changedAt(k key, t runtime.Tenant) uint64 {
	at := max(l.all, l.changed[k])
	if t.ID != "" {
		at = max(at, l.changed[key{id: t.ID}], l.changed[key{identifier: t.Identifier}])
	}
	return at
}

// changedBefore reports whether something changed between the begin of the load and the
// moment when somebody began to wait for it: then its answer may be older than what
// they may know already. It is for loads that are over.
func (l *load) changedBefore(joined uint64) bool {
	if l.err != nil && !errors.Is(l.err, runtime.ErrTenantNotFound) {
		return false
	}
	at := l.changedAt(l.key, l.tenant)
	return at != 0 && at <= joined
}

// join returns the load of a key that is under way, or begins one, with the number of
// changes up to now. Of callers who ask for the same at the same time, one asks the
// store below.
func (s *Store) join(ctx context.Context, k key) (*load, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, 0, runtime.ErrStoreClosed
	}
	if l, ok := s.flights[k]; ok {
		return l, s.changes, nil
	}
	l := s.begin(k)
	// Another load may have ended since the caller looked.
	if t, a := s.peek(k); a == present || a == missing {
		delete(s.loads, l)
		l.tenant = t
		if a == missing {
			l.err = notFound(k)
		}
		close(l.done)
		return l, s.changes, nil
	}
	s.flights[k] = l
	s.work.Add(1)
	// The load goes on when the one who began it has gone: others may wait for it.
	go s.run(context.WithoutCancel(ctx), l)
	return l, s.changes, nil
}

// begin registers a load, so that it hears of changes. The caller holds mu.
func (s *Store) begin(k key) *load {
	l := &load{key: k, began: time.Now(), changed: map[key]uint64{}, done: make(chan struct{})}
	s.loads[l] = struct{}{}
	return l
}

// run asks the store below and keeps the answer.
func (s *Store) run(ctx context.Context, l *load) {
	defer s.work.Done()
	ctx, cancel := context.WithTimeout(ctx, s.o.LoadTimeout)
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()

	// What ends ask in another way than by returning leaves this.
	l.err = errors.New("cachestore: the store below did not answer")
	defer func() {
		if l.err != nil && !errors.Is(l.err, runtime.ErrTenantNotFound) {
			s.fail(ctx, l.key.id)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.loads, l)
		if s.flights[l.key] == l {
			delete(s.flights, l.key)
		}
		s.put(l, l.key, l.tenant, l.err)
		close(l.done)
	}()
	l.tenant, l.err = s.ask(ctx, l.key)
	if l.err != nil && s.life.Err() != nil {
		l.err = runtime.ErrStoreClosed
	}
}

// ask asks the store below for one tenant. A panic there becomes an error, since nobody
// would recover it here.
func (s *Store) ask(ctx context.Context, k key) (t runtime.Tenant, err error) {
	began := time.Now()
	defer func() {
		if r := recover(); r != nil {
			s.o.Logger.ErrorContext(ctx, "tenancy: the store of tenants panicked", "panic", r, "stack", string(debug.Stack()))
			t, err = runtime.Tenant{}, errors.New("cachestore: the store below panicked")
		}
		s.observe(ctx, began, k.id, err)
	}()
	if k.id != "" {
		t, err = s.below.Get(ctx, k.id)
	} else {
		t, err = s.below.GetByIdentifier(ctx, k.identifier)
	}
	switch {
	case err != nil:
		return runtime.Tenant{}, err
	case !k.is(t):
		return runtime.Tenant{}, fmt.Errorf("cachestore: %w", ErrOtherTenant)
	}
	return t, nil
}

// observe records how long the store below took. That there is no such tenant is an
// answer.
func (s *Store) observe(ctx context.Context, began time.Time, id string, err error) {
	outcome := "ok"
	if err != nil && !errors.Is(err, runtime.ErrTenantNotFound) {
		outcome = "error"
	}
	s.o.Recorder.Observe(ctx, runtime.TimeStore, outcome, id, time.Since(began))
}

// loadMany asks the store below for several tenants and keeps what it says. Where some
// cannot be read, it returns the others with the error, and says of none that it is not
// there.
func (s *Store) loadMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, runtime.ErrStoreClosed
	}
	l := s.begin(key{})
	s.mu.Unlock()

	defer s.over(l)
	tenants, err := s.below.GetMany(ctx, ids)
	s.observe(ctx, l.began, "", err)
	if err != nil {
		s.fail(ctx, "")
	}
	if err != nil && !errors.Is(err, runtime.ErrCorruptTenant) {
		return nil, err
	}
	asked := make(map[string]bool, len(ids))
	for _, id := range ids {
		asked[id] = true
	}
	found := make(map[string]runtime.Tenant, len(tenants))
	for _, t := range tenants {
		if !asked[t.ID] {
			s.fail(ctx, t.ID)
			return nil, fmt.Errorf("cachestore: %w", ErrOtherTenant)
		}
		found[t.ID] = t
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if t, ok := found[id]; ok {
			s.put(l, key{id: id}, t, nil)
		} else if err == nil {
			s.put(l, key{id: id}, runtime.Tenant{}, runtime.ErrTenantNotFound)
		}
	}
	return tenants, err
}

// over ends a load that hears of changes no more.
func (s *Store) over(l *load) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.loads, l)
}

// put keeps what a load says of a key, unless it may have changed meanwhile, and reports
// whether it did. The caller holds mu.
func (s *Store) put(l *load, k key, t runtime.Tenant, err error) bool {
	gone := errors.Is(err, runtime.ErrTenantNotFound)
	switch {
	case s.closed, err != nil && !gone, l.changedAt(k, t) != 0:
		return false
	case gone:
		s.absent.Set(k, l.began.Add(s.o.NegativeTTL))
		if k.id != "" {
			s.tenants.Invalidate(k.id)
		}
	case !cacheable(t.ID):
		return false
	default:
		s.keep(l.began, t)
		s.absent.Invalidate(k)
		if k.id == "" {
			s.names.Set(k.identifier, t.ID)
		}
	}
	return true
}

// keep keeps a tenant as it was found at a moment. An older version never replaces a
// newer one that is still good. The caller holds mu.
func (s *Store) keep(found time.Time, t runtime.Tenant) {
	if e, ok := s.tenants.GetIfPresent(t.ID); ok && e.tenant.Version > t.Version && time.Now().Before(e.expires) {
		return
	}
	// Tenants that were read at once should not be read again at once.
	spread := time.Duration(rand.Int64N(int64(s.o.TTL)/10 + 1))
	s.tenants.Set(t.ID, &entry{tenant: t, expires: found.Add(s.o.TTL - spread)})
	s.absent.Invalidate(key{id: t.ID})
}
