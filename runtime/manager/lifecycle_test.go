package manager_test

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// TestLife is a tenant's life from end to end (P7, P9, P10).
func TestLife(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	if tenant.Status != runtime.StatusActive || len(e.places.of(tenant.ID)) != 1 {
		t.Fatalf("registered %v with %v", tenant, e.places.of(tenant.ID))
	}
	suspended := must[runtime.Tenant](t)(e.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{Drain: true}))
	if suspended.Status != runtime.StatusSuspended {
		t.Fatal(suspended)
	}
	_, _, err := e.Enter(t.Context(), tenant)
	wantErr(t, err, runtime.ErrTenantInactive)
	active := must[runtime.Tenant](t)(e.Activate(t.Context(), tenant.ID))
	_, leave, err := e.Enter(t.Context(), active)
	if err != nil {
		t.Fatal(err)
	}
	leave()
	renamed := must[runtime.Tenant](t)(e.Rename(t.Context(), tenant.ID, manager.Renaming{Identifier: runtime.MustIdentifier("acme-two")}))
	if renamed.Identifier.String() != "acme-two" || renamed.Name != "Acme Ltd." {
		t.Fatal(renamed)
	}
	removal := must[runtime.Removal](t)(e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)}))
	if removal.Rows() != 3 || e.places.count() != 0 || e.status(t, tenant.ID) != runtime.StatusDeleted {
		t.Fatalf("removed %v, there are %d, %s", removal, e.places.count(), e.status(t, tenant.ID))
	}
	e.wantActions(t, tenant.ID, "tenant.registered", "tenant.suspended", "tenant.activated", "tenant.updated", "tenant.destroyed")
	for _, what := range []string{"registered", "suspended", "activated", "updated", "destroyed"} {
		if n := e.recorder.of("lifecycle_events/" + what); n != 1 {
			t.Errorf("%s was counted %d times", what, n)
		}
	}
}

// TestUnknownTenant sees that every call says so (P9, P10).
func TestUnknownTenant(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	for name, call := range map[string]func(id string) error{
		"suspend":  func(id string) error { _, err := e.Suspend(t.Context(), id, manager.SuspendOptions{}); return err },
		"activate": func(id string) error { _, err := e.Activate(t.Context(), id); return err },
		"rename":   func(id string) error { _, err := e.Rename(t.Context(), id, manager.Renaming{Name: "x"}); return err },
		"merge":    func(id string) error { _, err := e.MergeMetadata(t.Context(), id, runtime.Metadata{}); return err },
		"resume":   func(id string) error { _, err := e.Resume(t.Context(), id); return err },
		"delete":   func(id string) error { _, err := e.Delete(t.Context(), id, manager.DeleteOptions{}); return err },
		"destroy": func(id string) error {
			_, err := e.Delete(t.Context(), id, manager.DeleteOptions{Destroy: runtime.Confirmation(id)})
			return err
		},
	} {
		if err := call("nobody"); !errors.Is(err, runtime.ErrTenantNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
