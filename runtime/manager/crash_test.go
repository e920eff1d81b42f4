package manager_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

var errDead = errors.New("the process is dead")

// crash ends a process at the n-th place where a store or a namespace is written, before
// or after it was: nothing that the process does from then on has an effect.
type crash struct {
	at, seen int
	place    string
	dead     bool
}

func (c *crash) reach(place string) error {
	if c.seen++; c.seen == c.at {
		c.dead, c.place = true, place
	}
	if c.dead {
		return errDead
	}
	return nil
}

// withCrash has a new process do something and crash at the n-th place; false when it
// came to its end before that.
func (e *env) withCrash(t *testing.T, n int, do func(m *manager.Manager) error) (place string, crashed bool) {
	t.Helper()
	c := &crash{at: n}
	// The old process, whose parts fail, and the next one, whose parts are the same data.
	old := &faultyStore{Store: e.store.Store, fault: c.reach}
	oldPlaces := &placesOf{places: e.places, crash: c}
	m := e.another(t, func(o *manager.Options) { o.Store, o.Namespaces = uninitialized{old}, oldPlaces })
	err := do(m)
	if !c.dead && err != nil {
		t.Fatalf("without a crash: %v", err)
	}
	return c.place, c.dead
}

// uninitialized is a store whose Init does not count as a place to crash at.
type uninitialized struct{ *faultyStore }

func (s uninitialized) Init(ctx ctx) error { return s.Store.Init(ctx) }

// placesOf are the places as a process sees them that crashes.
type placesOf struct {
	*places
	crash *crash
}

func (p *placesOf) Initialize(ctx ctx, t runtime.Tenant) error {
	_, err := around(&faultyStore{fault: p.crash.reach}, "initialize", func() (int, error) { return 0, p.places.Initialize(ctx, t) })
	return err
}

func (p *placesOf) Destroy(ctx ctx, t runtime.Tenant, c runtime.Confirmation) (runtime.Removal, error) {
	return around(&faultyStore{fault: p.crash.reach}, "destroy", func() (runtime.Removal, error) { return p.places.Destroy(ctx, t, c) })
}

func (p *placesOf) Close() error { return nil }

// everywhere calls a test for each place at which a step can crash, and sees that there
// are at least some.
func everywhere(t *testing.T, least int, test func(t *testing.T, n int) bool) {
	t.Helper()
	n := 1
	for ; ; n++ {
		if !test(t, n) {
			break
		}
		if n > 100 {
			t.Fatal("the step does not end")
		}
	}
	if n-1 < least {
		t.Fatalf("only %d places to crash at", n-1)
	}
}

// TestRegisterCrashRepeated is attack case 63, P7 and W11: a process that registers a
// tenant with an id of the caller ends at each place in turn, and the call is repeated by
// another one. There is one tenant with one namespace, as if nothing had happened.
func TestRegisterCrashRepeated(t *testing.T) {
	t.Parallel()
	everywhere(t, 6, func(t *testing.T, n int) bool {
		e := newEnv(t)
		r := acme("acme")
		r.ID = runtime.NewID()
		place, crashed := e.withCrash(t, n, func(m *manager.Manager) error { _, err := m.Register(t.Context(), r); return err })
		tenant, err := e.Register(t.Context(), r)
		if err != nil || tenant.ID != r.ID || tenant.Status != runtime.StatusActive || len(e.places.of(r.ID)) != 1 || e.places.count() != 1 {
			t.Errorf("crash at %s: %v, %v with %d places", place, tenant, err, e.places.count())
		}
		return crashed
	})
}

// TestRegisterCrashResumed is attack case 63 for a registration without an id: after
// ResumeAll there is the tenant with one namespace or nothing at all, and never a
// namespace that nobody has, which the next tenant of that name would find.
func TestRegisterCrashResumed(t *testing.T) {
	t.Parallel()
	everywhere(t, 6, func(t *testing.T, n int) bool {
		e := newEnv(t)
		place, crashed := e.withCrash(t, n, func(m *manager.Manager) error { _, err := m.Register(t.Context(), acme("acme")); return err })
		resumed, err := e.ResumeAll(t.Context())
		if err != nil {
			t.Errorf("crash at %s: %v", place, err)
		}
		if err := e.whole(t); err != nil {
			t.Errorf("crash at %s, resumed %v: %v", place, resumed, err)
		}
		return crashed
	})
}

// whole returns an error unless each active tenant has one namespace, and nobody else any.
func (e *env) whole(t *testing.T) error {
	t.Helper()
	page := must[runtime.Page](t)(e.store.List(t.Context(), runtime.ListOptions{Limit: runtime.MaxPage}))
	places := 0
	for _, tenant := range page.Tenants {
		switch n := len(e.places.of(tenant.ID)); {
		case tenant.Status == runtime.StatusActive && n == 1:
			places++
		case tenant.Status == runtime.StatusDeleted && n == 0:
		default:
			return fmt.Errorf("%v has %d namespaces", tenant, n)
		}
	}
	if n := e.places.count(); n != places {
		return fmt.Errorf("%d namespaces for %d tenants", n, places)
	}
	return nil
}

// TestCrashControl is the negative control of the two above: a registration that makes
// the namespace first, as one might write it, leaves one behind that nobody has.
func TestCrashControl(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := runtime.Tenant{ID: runtime.NewID(), Identifier: runtime.MustIdentifier("acme"), Name: "Acme", Status: runtime.StatusActive}
	if err := e.places.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	// Here it ends, before the tenant is stored.
	if _, err := e.ResumeAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e.whole(t) == nil {
		t.Fatal("a namespace without a tenant was not seen")
	}
}

// TestDestroyCrash is attack case 63 for the end of a life (W24): a process that destroys
// a tenant ends at each place in turn. Either nothing has happened, or the tenant is
// deleting and another process finishes it.
func TestDestroyCrash(t *testing.T) {
	t.Parallel()
	for _, forget := range []bool{false, true} {
		everywhere(t, 6, func(t *testing.T, n int) bool {
			e := newEnv(t)
			tenant := e.registered(t, "acme")
			o := manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID), Forget: forget}
			place, crashed := e.withCrash(t, n, func(m *manager.Manager) error { _, err := m.Delete(t.Context(), tenant.ID, o); return err })
			if e.status(t, tenant.ID) != runtime.StatusActive && len(e.places.of(tenant.ID)) == 1 && e.status(t, tenant.ID) != runtime.StatusDeleting {
				t.Errorf("crash at %s: %s with its data", place, e.status(t, tenant.ID))
			}
			if _, err := e.ResumeAll(t.Context()); err != nil {
				t.Errorf("crash at %s: %v", place, err)
			}
			if err := e.whole(t); err != nil {
				t.Errorf("crash at %s: %v", place, err)
			}
			if _, err := e.Delete(t.Context(), tenant.ID, o); err != nil && !errors.Is(err, runtime.ErrTenantNotFound) {
				t.Errorf("crash at %s, once more: %v", place, err)
			}
			if e.places.count() != 0 {
				t.Errorf("crash at %s: the data is there", place)
			}
			return crashed
		})
	}
}

// TestSoftDeleteCrash sees that a soft delete which was interrupted never becomes one that
// destroys data.
func TestSoftDeleteCrash(t *testing.T) {
	t.Parallel()
	everywhere(t, 2, func(t *testing.T, n int) bool {
		e := newEnv(t)
		tenant := e.registered(t, "acme")
		place, crashed := e.withCrash(t, n, func(m *manager.Manager) error {
			_, err := m.Delete(t.Context(), tenant.ID, manager.DeleteOptions{})
			return err
		})
		if _, err := e.ResumeAll(t.Context()); err != nil {
			t.Errorf("crash at %s: %v", place, err)
		}
		if len(e.places.of(tenant.ID)) != 1 {
			t.Errorf("crash at %s: the data is gone", place)
		}
		if s := e.status(t, tenant.ID); s != runtime.StatusActive && s != runtime.StatusDeleted {
			t.Errorf("crash at %s: %s", place, s)
		}
		return crashed
	})
}

// TestRegisterFails has each write fail in turn, in a process that lives on: with an error,
// with the end of the caller's context, or with a panic of the namespaces. Without an id
// of the caller nothing is left, or the tenant is complete.
func TestRegisterFails(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]struct {
		fail    func(cancel func()) error
		inStore bool
		least   int
	}{
		"error":   {func(func()) error { return errFault }, true, 6},
		"context": {func(cancel func()) error { cancel(); return errFault }, true, 6},
		"panic":   {func(func()) error { panic("the test's") }, false, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			everywhere(t, kind.least, func(t *testing.T, n int) bool {
				ctx, cancel := contextOf(t)
				defer cancel()
				seen, failed := 0, ""
				fault := func(at string) error {
					if seen++; seen == n {
						failed = at
						return kind.fail(cancel)
					}
					return nil
				}
				e := newEnv(t)
				if kind.inStore {
					e.store.setFault(fault)
				}
				e.places.setFault(func(at string, _ runtime.Tenant) error { return fault(at) })
				_, err := e.Register(ctx, acme("acme"))
				if whole := e.whole(t); whole != nil || err != nil && (e.places.count() != 0 || errors.Is(err, manager.ErrUnfinished)) {
					t.Errorf("fault at %s: %v; left: %v, %d places", failed, err, whole, e.places.count())
				}
				if failed == "" && err != nil {
					t.Errorf("without a fault: %v", err)
				}
				e.store.setFault(nil)
				e.places.setFault(nil)
				if _, again := e.Register(t.Context(), acme("acme")); err != nil && again != nil || err == nil && !errors.Is(again, runtime.ErrTenantExists) {
					t.Errorf("fault at %s: %v, the second time: %v", failed, err, again)
				}
				return failed != ""
			})
		})
	}
}

// TestUnwindFails sees that a registration whose undoing fails, too, says so, keeps its
// identifier, and can be resumed.
func TestUnwindFails(t *testing.T) {
	t.Parallel()
	for _, second := range []string{"before deleting", "after deleting", "before destroy", "after destroy", "before delete"} {
		t.Run(second, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			fault := func(at string) error {
				if at == "after initialize" || at == second {
					return errFault
				}
				return nil
			}
			e.store.setFault(fault)
			e.places.setFault(func(at string, _ runtime.Tenant) error { return fault(at) })
			_, err := e.Register(t.Context(), acme("acme"))
			var unfinished *manager.UnfinishedError
			if !errors.As(err, &unfinished) || !errors.Is(err, errFault) {
				t.Fatal(err)
			}
			if _, err := e.Register(t.Context(), acme("acme")); !errors.Is(err, runtime.ErrTenantExists) {
				t.Errorf("the identifier of half a tenant: %v", err)
			}
			e.store.setFault(nil)
			e.places.setFault(nil)
			if _, err := e.Resume(t.Context(), unfinished.ID); err != nil {
				t.Error(err)
			}
			if err := e.whole(t); err != nil {
				t.Error(err)
			}
		})
	}
}
