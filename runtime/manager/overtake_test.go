package manager_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// meanwhile registers a tenant in one process while another does something between the
// making of the namespace and the activation.
func (e *env) meanwhile(t *testing.T, r manager.Registration, other func(m *manager.Manager, id string) error, then error) (runtime.Tenant, error) {
	t.Helper()
	m := e.another(t)
	var begun atomic.Bool // the other process may make the namespace, too
	e.places.setFault(func(at string, tenant runtime.Tenant) error {
		if at != "after initialize" || begun.Swap(true) {
			return nil
		}
		if err := other(m, tenant.ID); err != nil {
			t.Errorf("the other process: %v", err)
		}
		return then
	})
	return e.Register(t.Context(), r)
}

func resumeAndSuspend(t *testing.T) func(m *manager.Manager, id string) error {
	return func(m *manager.Manager, id string) error {
		if _, err := m.Resume(t.Context(), id); err != nil {
			return err
		}
		_, err := m.Suspend(t.Context(), id, manager.SuspendOptions{})
		return err
	}
}

// TestRegisterDoesNotReactivate sees that a registration which comes to its end late does
// not activate a tenant that was suspended meanwhile (W24).
func TestRegisterDoesNotReactivate(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant, err := e.meanwhile(t, acme("acme"), resumeAndSuspend(t), nil)
	if err != nil || tenant.Status != runtime.StatusSuspended || e.status(t, tenant.ID) != runtime.StatusSuspended {
		t.Fatalf("%v, %v", tenant, err)
	}
}

// anyFrom is a store that does not look from which status it starts.
type anyFrom struct{ runtime.Store }

func (s anyFrom) SetStatus(ctx ctx, id string, to runtime.Status, _ ...runtime.Status) (runtime.Tenant, error) {
	return s.Store.SetStatus(ctx, id, to)
}

// TestReactivationControl is the negative control: without the guard of the store the
// suspended tenant is active again.
func TestReactivationControl(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	e.Manager = e.another(t, func(o *manager.Options) { o.Store = anyFrom{e.store} })
	tenant, err := e.meanwhile(t, acme("acme"), resumeAndSuspend(t), nil)
	if err != nil || tenant.Status != runtime.StatusActive {
		t.Fatalf("the control sees nothing: %v, %v", tenant, err)
	}
}

// TestUnwindLeavesOthersWork sees that a registration that fails removes nothing which
// another process has finished (W4).
func TestUnwindLeavesOthersWork(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	resume := func(m *manager.Manager, id string) error { _, err := m.Resume(t.Context(), id); return err }
	tenant, err := e.meanwhile(t, acme("acme"), resume, errFault)
	if err != nil || tenant.Status != runtime.StatusActive || len(e.places.of(tenant.ID)) != 1 {
		t.Fatalf("%v, %v with %d places", tenant, err, e.places.count())
	}
}

// TestRemovedMeanwhile sees that a namespace which was made for a tenant that somebody has
// removed does not stay.
func TestRemovedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(e *env, m *manager.Manager, id string) error{
		"forgotten": func(_ *env, m *manager.Manager, id string) error {
			_, err := m.Delete(t.Context(), id, manager.DeleteOptions{Destroy: runtime.Confirmation(id), Forget: true})
			return err
		},
		"deleting": func(e *env, _ *manager.Manager, id string) error {
			_, err := e.store.Store.SetStatus(t.Context(), id, runtime.StatusDeleting)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			made := false
			_, err := e.meanwhile(t, acme("acme"), func(m *manager.Manager, id string) error {
				err := remove(e, m, id)
				// The namespace was made just after the other process had looked for it.
				e.places.mu.Lock()
				defer e.places.mu.Unlock()
				e.places.made["tenant_"+id], made = id, true
				return err
			}, nil)
			if err == nil || !made || e.places.count() != 0 {
				t.Fatalf("%v, and %d places are left", err, e.places.count())
			}
		})
	}
}

// TestDeletedMeanwhile sees that nothing is destroyed of a tenant that was finished and
// then deleted with its data kept.
func TestDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	_, err := e.meanwhile(t, acme("acme"), func(m *manager.Manager, id string) error {
		if _, err := m.Resume(t.Context(), id); err != nil {
			return err
		}
		_, err := m.Delete(t.Context(), id, manager.DeleteOptions{})
		return err
	}, nil)
	if !errors.Is(err, runtime.ErrTransition) || e.places.count() != 1 {
		t.Fatalf("%v with %d places", err, e.places.count())
	}
}

// TestRegisterTogether is W4 and P17: several processes make the same tenant at once, and
// all are told that it is there, once.
func TestRegisterTogether(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := acme("acme")
	r.ID = runtime.NewID()
	managers := []*manager.Manager{e.Manager, e.another(t), e.another(t)}
	errs := make([]error, 12)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			tenant, err := managers[i%len(managers)].Register(t.Context(), r)
			if err == nil && (tenant.ID != r.ID || tenant.Status != runtime.StatusActive) {
				err = fmt.Errorf("registered %v", tenant)
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := e.whole(t); err != nil || e.places.count() != 1 {
		t.Fatal(err, e.places.count())
	}
	if n := len(e.audit.actions(r.ID)); n < 1 || n > len(managers) {
		t.Errorf("the event was told %d times", n)
	}
}

// TestRegisterTwice sees that of two processes that both find the id unused the second one
// goes on with what the first has stored.
func TestRegisterTwice(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := acme("acme")
	r.ID = runtime.NewID()
	other := e.another(t)
	var begun atomic.Bool
	e.store.setFault(func(at string) error {
		if at != "before create" || begun.Swap(true) {
			return nil
		}
		_, err := other.Register(t.Context(), r)
		return err
	})
	tenant, err := e.Register(t.Context(), r)
	if err != nil || tenant.ID != r.ID || e.places.count() != 1 {
		t.Fatal(tenant, err)
	}
	e.wantActions(t, r.ID, "tenant.registered")
}

// TestRegisterIDOfAnother sees that an id leads to no tenant of another registration.
func TestRegisterIDOfAnother(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	first := e.registered(t, "acme")
	for name, change := range map[string]func(*manager.Registration){
		"identifier": func(r *manager.Registration) { r.Identifier = runtime.MustIdentifier("other") },
		"strategy":   func(r *manager.Registration) { r.Strategy = runtime.StrategyRLS },
		"schema":     func(r *manager.Registration) { r.SchemaName = "other" },
		"database":   func(r *manager.Registration) { r.DatabaseURL = "postgres://other" },
	} {
		r := acme("acme")
		r.ID = first.ID
		change(&r)
		if _, err := e.Register(t.Context(), r); !errors.Is(err, runtime.ErrTenantExists) {
			t.Errorf("another %s: %v", name, err)
		}
	}
	same := acme("acme")
	same.ID = first.ID
	if again, err := e.Register(t.Context(), same); err != nil || again.ID != first.ID {
		t.Errorf("the same: %v, %v", again, err)
	}
	if _, err := e.Delete(t.Context(), first.ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Register(t.Context(), same); !errors.Is(err, runtime.ErrTenantExists) {
		t.Errorf("the id of a deleted tenant: %v", err)
	}
}

// TestForeignNamespace is W4 and W17: a registration that asks for another tenant's schema
// is refused, and leaves that as it is.
func TestForeignNamespace(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := acme("acme")
	r.SchemaName = "gold"
	owner := must[runtime.Tenant](t)(e.Register(t.Context(), r))
	thief := acme("thief")
	thief.SchemaName = "gold"
	_, err := e.Register(t.Context(), thief)
	wantErr(t, err, runtime.ErrForeignNamespace)
	if got := e.places.of(owner.ID); len(got) != 1 {
		t.Fatalf("the owner has %v", got)
	}
	if err := e.whole(t); err != nil {
		t.Fatal(err)
	}
}

// TestSlugReuse is W11, W17 and attack case 44: who gets an identifier that was another
// tenant's gets nothing else of that tenant, and a reference to the earlier one does not
// lead to the new one.
func TestSlugReuse(t *testing.T) {
	t.Parallel()
	for name, free := range map[string]func(e *env, t *testing.T, old runtime.Tenant) error{
		"soft delete": func(e *env, t *testing.T, old runtime.Tenant) error {
			_, err := e.Delete(t.Context(), old.ID, manager.DeleteOptions{})
			return err
		},
		"forgotten": func(e *env, t *testing.T, old runtime.Tenant) error {
			_, err := e.Delete(t.Context(), old.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(old.ID), Forget: true})
			return err
		},
		"renamed": func(e *env, t *testing.T, old runtime.Tenant) error {
			_, err := e.Rename(t.Context(), old.ID, manager.Renaming{Identifier: runtime.MustIdentifier("acme-old")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnv(t)
			old := e.registered(t, "acme")
			if err := free(e, t, old); err != nil {
				t.Fatal(err)
			}
			// Regression 8: the old name leads nowhere at once.
			_, err := e.Find(t.Context(), runtime.Reference{Identifier: old.Identifier})
			wantErr(t, err, runtime.ErrTenantNotFound)
			next := e.registered(t, "acme")
			if next.ID == old.ID || len(e.places.of(next.ID)) != 1 || e.places.of(next.ID)[0] == "tenant_"+old.ID {
				t.Fatalf("%v has %v", next, e.places.of(next.ID))
			}
			found, err := e.Find(t.Context(), runtime.Reference{ID: old.ID, Identifier: old.Identifier})
			if err == nil && (found.ID != old.ID || found.Check() == nil) {
				t.Errorf("a reference to the old owner leads to %v", found)
			}
			if _, _, err := e.Enter(t.Context(), old); name != "renamed" && !errors.Is(err, runtime.ErrTenantInactive) {
				t.Errorf("work of the old owner: %v", err)
			}
		})
	}
}
