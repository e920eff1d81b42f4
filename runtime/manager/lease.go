package manager

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Enter lets work for a tenant begin, such as a request, and returns the context to do
// it with. That is cancelled, with the cause runtime.ErrTenantInactive, when the tenant is
// suspended or deleted here, or is found to be so elsewhere (see Options.RecheckInterval).
// The caller calls leave when the work is over, once or more often; it is never nil.
//
// The error is runtime.ErrNoTenant, or runtime.ErrTenantInactive for a tenant that is not
// active, also for one that was when the caller read it and has been suspended by this
// Manager since. Tenants come from the store: a tenant without a version cannot be told
// from one that was read before.
func (m *Manager) Enter(ctx context.Context, t runtime.Tenant) (entered context.Context, leave func(), err error) {
	if err := m.ready(); err != nil {
		return ctx, func() {}, err
	}
	if err := t.Check(); err != nil {
		return ctx, func() {}, err
	}
	l := &lease{tenant: t.ID, version: t.Version, outer: leaseOf(ctx)}
	cancelled, cancel := context.WithCancelCause(ctx)
	l.cancel = cancel
	if err := m.leases.add(l); err != nil {
		cancel(err)
		return ctx, func() {}, err
	}
	return context.WithValue(cancelled, leaseKey{}, l), func() { m.leases.remove(l) }, nil
}

// Drain waits until nobody works for a tenant any more, but for the caller itself: the
// work of whose context ctx is does not count. It cancels nothing. It gives up after
// Options.DrainTimeout, or when ctx ends.
func (m *Manager) Drain(ctx context.Context, id string) error {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return err
	}
	defer end()
	return m.drain(ctx, id)
}

func (m *Manager) drain(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, m.o.DrainTimeout)
	defer cancel()
	if n, err := m.leases.wait(ctx, id); err != nil {
		return fmt.Errorf("tenancy: wait for the work of tenant %q, %d still at it: %w", id, n, err)
	}
	return nil
}

// shutOut makes sure that no work begins for a tenant as the caller may know it, and
// cancels what has begun, but for the caller's own work.
func (m *Manager) shutOut(ctx context.Context, t runtime.Tenant) {
	m.leases.cut(t.ID, t.Version, leaseOf(ctx), runtime.ErrTenantInactive)
}

// shutOutSelf cancels the caller's own work, which shutOut has spared so that it could
// come to its end.
func (m *Manager) shutOutSelf(ctx context.Context, id string) {
	for l := leaseOf(ctx); l != nil; l = l.outer {
		if l.tenant == id && m.leases.fenced(l) {
			l.cancel(runtime.ErrTenantInactive)
		}
	}
}

// leaseKey is the context key of the lease that a context was entered with.
type leaseKey struct{}

func leaseOf(ctx context.Context) *lease {
	l, _ := ctx.Value(leaseKey{}).(*lease)
	return l
}

// lease is work for a tenant that has begun.
type lease struct {
	tenant  string
	version int64 // of the tenant that was let in
	cancel  context.CancelCauseFunc
	// outer is the lease of the context that this one was entered with.
	outer *lease
}

// within reports whether l is inner or around it.
func (l *lease) within(inner *lease) bool {
	for ; inner != nil; inner = inner.outer {
		if inner == l {
			return true
		}
	}
	return false
}

// fence is what keeps a tenant out that was read before it was suspended.
type fence struct {
	version int64 // and those before may not enter
	since   time.Time
}

// leases are the work that goes on, by tenant. A tenant is in the map while somebody
// works for it. The zero leases is ready for use.
type leases struct {
	mu     sync.Mutex
	held   map[string]map[*lease]struct{}
	fences map[string]fence
	count  int
	closed error
	// left is closed when somebody leaves; nil while nobody waits for that.
	left chan struct{}
}

// add begins work, unless the tenant is shut out.
func (ls *leases) add(l *lease) error {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed != nil {
		return ls.closed
	}
	if ls.behind(l) {
		return runtime.ErrTenantInactive
	}
	if ls.held == nil {
		ls.held = map[string]map[*lease]struct{}{}
	}
	of := ls.held[l.tenant]
	if of == nil {
		of = map[*lease]struct{}{}
		ls.held[l.tenant] = of
	}
	of[l] = struct{}{}
	ls.count++
	return nil
}

// behind reports whether a lease may not be, or not any more; mu is held.
func (ls *leases) behind(l *lease) bool {
	f, ok := ls.fences[l.tenant]
	return ok && l.version <= f.version
}

func (ls *leases) fenced(l *lease) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.behind(l)
}

// remove ends work; a second time it does nothing.
func (ls *leases) remove(l *lease) {
	ls.mu.Lock()
	of := ls.held[l.tenant]
	if _, ok := of[l]; ok {
		delete(of, l)
		ls.count--
		if len(of) == 0 {
			delete(ls.held, l.tenant)
		}
		if ls.left != nil {
			close(ls.left)
			ls.left = nil
		}
	}
	ls.mu.Unlock()
	l.cancel(nil)
}

// cut shuts a tenant out up to a version, and cancels its leases but those around own.
// With a version of zero it is that of the newest lease: the tenant is not there any more.
func (ls *leases) cut(id string, version int64, own *lease, cause error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if version == 0 {
		for l := range ls.held[id] {
			version = max(version, l.version)
		}
	}
	ls.raise(id, version)
	for l := range ls.held[id] {
		// Work with a later version was let in after somebody had activated the tenant.
		if ls.behind(l) && !l.within(own) {
			l.cancel(cause)
		}
	}
}

func (ls *leases) raise(id string, version int64) {
	if f, ok := ls.fences[id]; ok && f.version >= version {
		return
	}
	if ls.fences == nil {
		ls.fences = map[string]fence{}
	}
	ls.fences[id] = fence{version: version, since: time.Now()}
}

// admit takes the fence of a tenant away that has become active with this version.
func (ls *leases) admit(id string, version int64) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if f, ok := ls.fences[id]; ok && f.version < version {
		delete(ls.fences, id)
	}
}

// forget takes the fences away that are older than age.
func (ls *leases) forget(age time.Duration) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for id, f := range ls.fences {
		if time.Since(f.since) > age {
			delete(ls.fences, id)
		}
	}
}

// wait waits until a tenant has no leases but those around the one of ctx, and returns
// how many it has if ctx ends before.
func (ls *leases) wait(ctx context.Context, id string) (int, error) {
	own := leaseOf(ctx)
	for {
		ls.mu.Lock()
		others := 0
		for l := range ls.held[id] {
			if !l.within(own) {
				others++
			}
		}
		if ls.left == nil {
			ls.left = make(chan struct{})
		}
		left := ls.left
		ls.mu.Unlock()
		if others == 0 {
			return 0, nil
		}
		select {
		case <-left:
		case <-ctx.Done():
			return others, context.Cause(ctx)
		}
	}
}

// close cancels everything and lets nobody in any more.
func (ls *leases) close(cause error) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.closed = cause
	for _, of := range ls.held {
		for l := range of {
			l.cancel(cause)
		}
	}
}

// has reports whether somebody works for a tenant.
func (ls *leases) has(id string) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return len(ls.held[id]) > 0
}

// tenants returns those that somebody works for, and how many leases there are.
func (ls *leases) tenants() (ids []string, n int) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for id := range ls.held {
		ids = append(ids, id)
	}
	return ids, ls.count
}
