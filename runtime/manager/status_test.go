package manager_test

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// inStatus returns a tenant that was brought into a status.
func (e *env) inStatus(t *testing.T, status runtime.Status) runtime.Tenant {
	t.Helper()
	tenant := e.registered(t, "acme-"+string(status))
	var err error
	switch status {
	case runtime.StatusProvisioning:
		tenant, err = e.store.Create(t.Context(), runtime.Tenant{
			ID: runtime.NewID(), Identifier: runtime.MustIdentifier("acme-half"), Name: "Half", Status: status,
		}, 0)
	case runtime.StatusSuspended, runtime.StatusDeleting, runtime.StatusDeleted:
		tenant, err = e.store.SetStatus(t.Context(), tenant.ID, status)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// TestStatusTable is W24: what each call does to a tenant of each status.
func TestStatusTable(t *testing.T) {
	t.Parallel()
	const illegal, inactive = "illegal", "inactive"
	ways := map[string]map[runtime.Status]string{
		"suspend":  {"provisioning": illegal, "active": "suspended", "suspended": "suspended", "deleting": illegal, "deleted": illegal},
		"activate": {"provisioning": illegal, "active": "active", "suspended": "active", "deleting": illegal, "deleted": illegal},
		"delete":   {"provisioning": illegal, "active": "deleted", "suspended": "deleted", "deleting": illegal, "deleted": "deleted"},
		"destroy":  {"provisioning": "deleted", "active": "deleted", "suspended": "deleted", "deleting": "deleted", "deleted": "deleted"},
		"forget":   {"provisioning": "", "active": "", "suspended": "", "deleting": "", "deleted": ""},
		"resume":   {"provisioning": "active", "active": "active", "suspended": "suspended", "deleting": "deleted", "deleted": "deleted"},
		"rename":   {"provisioning": "provisioning", "active": "active", "suspended": "suspended", "deleting": inactive, "deleted": inactive},
		"enter":    {"provisioning": inactive, "active": "active", "suspended": inactive, "deleting": inactive, "deleted": inactive},
	}
	calls := map[string]func(e *env, t *testing.T, tenant runtime.Tenant) error{
		"suspend": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{})
			return err
		},
		"activate": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Activate(t.Context(), tenant.ID)
			return err
		},
		"delete": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{})
			return err
		},
		"destroy": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
			return err
		},
		"forget": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID), Forget: true})
			return err
		},
		"resume": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Resume(t.Context(), tenant.ID)
			return err
		},
		"rename": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, err := e.Rename(t.Context(), tenant.ID, manager.Renaming{Name: "Other"})
			return err
		},
		"enter": func(e *env, t *testing.T, tenant runtime.Tenant) error {
			_, leave, err := e.Enter(t.Context(), tenant)
			leave()
			return err
		},
	}
	for call, results := range ways {
		for _, from := range runtime.Statuses() {
			e := newEnv(t)
			tenant := e.inStatus(t, from)
			err := calls[call](e, t, tenant)
			want, wantErr := runtime.Status(results[from]), error(nil)
			switch want {
			case illegal:
				want, wantErr = from, runtime.ErrTransition
			case inactive:
				want, wantErr = from, runtime.ErrTenantInactive
			}
			if !errors.Is(err, wantErr) || (wantErr == nil) != (err == nil) || e.status(t, tenant.ID) != want {
				t.Errorf("%s of a tenant that is %s: %v, now %q", call, from, err, e.status(t, tenant.ID))
			}
		}
	}
}

// TestConfirmation sees that no data goes without the tenant's id once more (P18).
func TestConfirmation(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	for name, o := range map[string]manager.DeleteOptions{
		"identifier": {Destroy: "acme"},
		"another":    {Destroy: runtime.Confirmation(runtime.NewID())},
		"none":       {Forget: true},
	} {
		_, err := e.Delete(t.Context(), tenant.ID, o)
		if !errors.Is(err, runtime.ErrNotConfirmed) || e.status(t, tenant.ID) != runtime.StatusActive || e.places.count() != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDestroyLater sees that a tenant whose data was kept can lose it later, once, and
// that nothing is told again when there is nothing left.
func TestDestroyLater(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	if _, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if e.places.count() != 1 {
		t.Fatal("a soft delete took the data")
	}
	o := manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)}
	first := must[runtime.Removal](t)(e.Delete(t.Context(), tenant.ID, o))
	second := must[runtime.Removal](t)(e.Delete(t.Context(), tenant.ID, o))
	if first.Rows() != 3 || second.Rows() != 0 || e.places.count() != 0 {
		t.Fatalf("%v, then %v", first, second)
	}
	e.wantActions(t, tenant.ID, "tenant.registered", "tenant.deleted", "tenant.destroyed")
}

// TestNoNamespaces sees that a manager which knows of no namespaces does not say that it
// destroyed one.
func TestNoNamespaces(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *manager.Options) { o.Namespaces = nil })
	tenant := e.registered(t, "acme")
	_, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
	wantErr(t, err, manager.ErrNoNamespaces)
	if _, err := e.store.SetStatus(t.Context(), tenant.ID, runtime.StatusDeleting); err != nil {
		t.Fatal(err)
	}
	_, err = e.Resume(t.Context(), tenant.ID)
	wantErr(t, err, manager.ErrNoNamespaces)
	if s := e.status(t, tenant.ID); s != runtime.StatusDeleting {
		t.Fatal(s)
	}
}

// TestMaxTenants is W23: the quota holds, also when tenants are registered at once, and a
// deleted tenant does not count.
func TestMaxTenants(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *manager.Options) { o.MaxTenants = 2 })
	errs := make(chan error, 10)
	for i := range cap(errs) {
		go func() {
			_, err := e.Register(t.Context(), acme("acme-"+string(rune('a'+i))))
			errs <- err
		}()
	}
	refused := 0
	for range cap(errs) {
		if err := <-errs; errors.Is(err, runtime.ErrTenantQuota) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 8 || e.places.count() != 2 {
		t.Fatalf("%d were refused, there are %d", refused, e.places.count())
	}
	page := must[runtime.Page](t)(e.store.List(t.Context(), runtime.ListOptions{}))
	if _, err := e.Delete(t.Context(), page.Tenants[0].ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	e.registered(t, "another")
}

// TestInvalidRegistrations sees that nothing is stored or made of what cannot be (P7).
func TestInvalidRegistrations(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	taken := e.registered(t, "taken")
	metadata := must[runtime.Metadata](t)(runtime.ParseMetadata([]byte(`{"rate_limit":"many"}`)))
	for name, c := range map[string]struct {
		r    manager.Registration
		want error
	}{
		"nothing":          {manager.Registration{}, runtime.ErrInvalidTenant},
		"no identifier":    {manager.Registration{Name: "Acme"}, runtime.ErrInvalidTenant},
		"no name":          {manager.Registration{Identifier: runtime.MustIdentifier("acme")}, runtime.ErrInvalidTenant},
		"name of lines":    {manager.Registration{Identifier: runtime.MustIdentifier("acme"), Name: "a\nb"}, runtime.ErrInvalidTenant},
		"strategy":         {manager.Registration{Identifier: runtime.MustIdentifier("acme"), Name: "a", Strategy: "none"}, runtime.ErrInvalidTenant},
		"id of the system": {manager.Registration{ID: manager.SystemTenant, Identifier: runtime.MustIdentifier("acme"), Name: "a"}, runtime.ErrInvalidTenant},
		"limit":            {manager.Registration{Identifier: runtime.MustIdentifier("acme"), Name: "a", Metadata: metadata}, runtime.ErrMetadata},
		"taken":            {manager.Registration{Identifier: taken.Identifier, Name: "a"}, runtime.ErrTenantExists},
	} {
		if _, err := e.Register(t.Context(), c.r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := must[int](t)(e.store.Count(t.Context())); n != 1 || e.places.count() != 1 {
		t.Fatalf("%d tenants, %d places", n, e.places.count())
	}
	if n := e.recorder.of("register/error"); n != 8 {
		t.Errorf("%d failures were recorded", n)
	}
}
