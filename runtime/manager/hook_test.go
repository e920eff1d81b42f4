package manager_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// each calls everything that is an event, in an order in which it is legal, and returns
// the first error.
func each(t *testing.T, m *manager.Manager, call func(kind runtime.EventKind, do func() error)) {
	var tenant runtime.Tenant
	call(runtime.EventRegistered, func() (err error) {
		tenant, err = m.Register(t.Context(), acme("acme"))
		return err
	})
	if tenant.ID == "" {
		t.Fatal("nothing was registered")
	}
	call(runtime.EventUpdated, func() error {
		_, err := m.Rename(t.Context(), tenant.ID, manager.Renaming{Name: "New"})
		return err
	})
	call(runtime.EventUpdated, func() error {
		_, err := m.MergeMetadata(t.Context(), tenant.ID, must[runtime.Metadata](t)(runtime.ParseMetadata([]byte(`{"a":1}`))))
		return err
	})
	call(runtime.EventSuspended, func() error {
		_, err := m.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{})
		return err
	})
	call(runtime.EventActivated, func() error { _, err := m.Activate(t.Context(), tenant.ID); return err })
	call(runtime.EventDeleted, func() error {
		_, err := m.Delete(t.Context(), tenant.ID, manager.DeleteOptions{})
		return err
	})
	call(runtime.EventDestroyed, func() error {
		_, err := m.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
		return err
	})
}

// TestHookRefuses sees that a hook which refuses, or panics, keeps everything as it was.
func TestHookRefuses(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func() error{
		"error": func() error { return errFault },
		"panic": func() error { panic(errFault.Error()) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var refusing bool
			var asked []runtime.Event
			e := newEnv(t, func(o *manager.Options) {
				o.Hooks = []manager.Hook{{}, {Before: func(_ context.Context, e runtime.Event) error {
					if refusing {
						return refuse()
					}
					asked = append(asked, e)
					return nil
				}}}
			})
			each(t, e.Manager, func(kind runtime.EventKind, do func() error) {
				page := must[runtime.Page](t)(e.store.List(t.Context(), runtime.ListOptions{}))
				places, entries := e.places.count(), len(e.audit.entries)
				refusing = true
				err := do()
				if !errors.Is(err, manager.ErrRefused) || !strings.Contains(err.Error(), errFault.Error()) {
					t.Errorf("%s: %v", kind, err)
				}
				after := must[runtime.Page](t)(e.store.List(t.Context(), runtime.ListOptions{}))
				if !slices.Equal(page.Tenants, after.Tenants) || e.places.count() != places || len(e.audit.entries) != entries {
					t.Errorf("%s was refused and has changed something", kind)
				}
				if n := e.recorder.of("lifecycle_events/" + string(kind) + "_failed"); n < 1 {
					t.Errorf("%s: not counted", kind)
				}
				refusing = false
				if err := do(); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				last := asked[len(asked)-1]
				now := must[runtime.Tenant](t)(e.store.Get(t.Context(), last.Tenant.ID))
				if last.Kind != kind || last.Tenant.Status != now.Status || last.Tenant.Name != now.Name || last.Tenant.Metadata != now.Metadata {
					t.Errorf("asked %v, became %v", last, now)
				}
			})
		})
	}
}

// TestHookAfter sees that hooks are told each event once, with the tenant as it is and
// what was removed, may call the Manager, and change nothing by failing.
func TestHookAfter(t *testing.T) {
	t.Parallel()
	var told []runtime.Event
	var e *env
	e = newEnv(t, func(o *manager.Options) {
		o.Hooks = []manager.Hook{
			{After: func(context.Context, runtime.Event) error { panic("the test's") }},
			{After: func(ctx context.Context, event runtime.Event) error {
				told = append(told, event)
				if event.Kind == runtime.EventRegistered {
					_, err := e.Rename(ctx, event.Tenant.ID, manager.Renaming{Name: "By the hook"})
					return err
				}
				return errFault
			}},
		}
	})
	var want []runtime.EventKind
	each(t, e.Manager, func(kind runtime.EventKind, do func() error) {
		if err := do(); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if want = append(want, kind); kind == runtime.EventRegistered {
			want = append(want, runtime.EventUpdated)
		}
	})
	var got []runtime.EventKind
	for _, event := range told {
		got = append(got, event.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %v, want %v", got, want)
	}
	last := told[len(told)-1]
	if last.Removal.Rows() != 3 || last.Tenant.Status != runtime.StatusDeleted {
		t.Errorf("%+v", last)
	}
	if n := e.logs.count("a hook failed after an event"); n != 2*len(want)-1 {
		t.Errorf("%d failures of hooks were logged", n)
	}
}

// TestNoEventTwice sees that a call that finds its work done tells nobody.
func TestNoEventTwice(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	r := acme("acme")
	r.ID = runtime.NewID()
	for range 2 {
		must[runtime.Tenant](t)(e.Register(t.Context(), r))
		must[runtime.Tenant](t)(e.Activate(t.Context(), r.ID))
		must[runtime.Tenant](t)(e.Resume(t.Context(), r.ID))
	}
	for range 2 {
		must[runtime.Tenant](t)(e.Suspend(t.Context(), r.ID, manager.SuspendOptions{}))
	}
	e.wantActions(t, r.ID, "tenant.registered", "tenant.suspended")
}

// TestToldNevertheless sees that what has happened is written down, also when the caller
// has gone meanwhile.
func TestToldNevertheless(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	ctx, cancel := contextOf(t)
	e.store.setFault(func(at string) error {
		if at == "after suspended" {
			cancel()
		}
		return nil
	})
	if _, err := e.Suspend(ctx, tenant.ID, manager.SuspendOptions{}); err != nil {
		t.Fatal(err)
	}
	e.wantActions(t, tenant.ID, "tenant.registered", "tenant.suspended")
}

// TestAudit is P13: entries reach the writer with a time, who acted is in those that the
// manager writes, and without a writer they are logged at INFO.
func TestAudit(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *manager.Options) { o.Actor = func(context.Context) string { return "ann" } })
	tenant := e.registered(t, "acme")
	entry := runtime.AuditEntry{TenantID: tenant.ID, Action: "invoice.delete", Resource: "invoice", ClientIP: "192.0.2.1", UserAgent: "curl"}
	if err := e.WriteAudit(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	if first := e.audit.entries[0]; first.UserID != "ann" || first.Action != "tenant.registered" || first.ResourceID != tenant.ID {
		t.Errorf("%+v", first)
	}
	got := e.audit.entries[1]
	if time.Since(got.At) > time.Minute || got.At.Location() != time.UTC || got.ClientIP != "192.0.2.1" || got.UserAgent != "curl" {
		t.Errorf("%+v", got)
	}
	for _, bad := range []runtime.AuditEntry{{}, {TenantID: "x"}, {TenantID: "x", Action: "y"}, {Action: "y", Resource: "z"}} {
		wantErr(t, e.WriteAudit(t.Context(), bad), runtime.ErrInvalidAudit)
	}
	logged := newEnv(t, func(o *manager.Options) { o.Audit = nil })
	if err := logged.WriteAudit(t.Context(), entry); err != nil || logged.logs.count("level=INFO msg=audit") != 1 {
		t.Errorf("%v, %s", err, logged.logs.text.String())
	}
	// What a logger drops is not kept, and no entry is counted that is not.
	dropping := newEnv(t, func(o *manager.Options) {
		o.Audit, o.AuditFail, o.Logger = nil, manager.AuditReturn, slog.New(slog.DiscardHandler)
	})
	wantErr(t, dropping.WriteAudit(t.Context(), entry), manager.ErrAudit)
	if dropping.recorder.of("audit_entries/failed") != 1 || dropping.recorder.of("audit_entries/written") != 0 {
		t.Errorf("counted %v", dropping.recorder.all)
	}
}

// TestAuditFails sees that what happens when an entry cannot be written is a choice, and
// that no choice undoes what has happened, or hides it.
func TestAuditFails(t *testing.T) {
	t.Parallel()
	for _, choice := range []manager.AuditFail{manager.AuditLog, manager.AuditReturn} {
		for name, fail := range map[string]func(e *env){
			"error": func(e *env) { e.audit.fail = errFault },
			"panic": func(e *env) { e.audit = nil },
		} {
			e := newEnv(t, func(o *manager.Options) {
				o.AuditFail = choice
				if name == "panic" {
					o.Audit = (*auditLog)(nil)
				}
			})
			fail(e)
			wants := func(what string, err error) {
				if errors.Is(err, manager.ErrAudit) != (choice == manager.AuditReturn) || err != nil && choice == manager.AuditLog {
					t.Errorf("%s with choice %d: %v", what, choice, err)
				}
			}
			tenant, err := e.Register(t.Context(), acme("acme"))
			wants("register", err)
			if tenant.Status != runtime.StatusActive || e.places.count() != 1 {
				t.Fatalf("registered %v", tenant)
			}
			wants("write", e.WriteAudit(t.Context(), runtime.AuditEntry{TenantID: tenant.ID, Action: "a", Resource: "b"}))
			removal, err := e.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
			wants("destroy", err)
			if removal.Rows() != 3 || e.places.count() != 0 {
				t.Errorf("destroyed %v", removal)
			}
			if n := e.logs.count("an audit entry was not written"); (n == 3) != (choice == manager.AuditLog) {
				t.Errorf("logged %d times", n)
			}
			if n := e.recorder.of("audit_entries/failed"); n != 3 {
				t.Errorf("counted %d times", n)
			}
		}
	}
}

// TestUpdate sees that updates of one tenant at the same time are not lost, whatever they
// change, and that nothing leads a tenant away from its data (W14).
func TestUpdate(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	var wg sync.WaitGroup
	for i := range 10 {
		for _, change := range []func() error{
			func() error {
				_, err := e.MergeMetadata(t.Context(), tenant.ID, must[runtime.Metadata](t)(runtime.NewMetadata(map[string]any{fmt.Sprint("merged", i): i})))
				return err
			},
			func() error {
				_, err := e.Update(t.Context(), tenant.ID, func(now *runtime.Tenant) error {
					now.Metadata = now.Metadata.Merge(must[runtime.Metadata](t)(runtime.NewMetadata(map[string]any{fmt.Sprint("updated", i): i})))
					now.Status, now.ID, now.Version = runtime.StatusDeleted, "another", 99
					return nil
				})
				return err
			},
		} {
			wg.Go(func() {
				if err := change(); err != nil {
					t.Error(err)
				}
			})
		}
	}
	wg.Wait()
	now := must[runtime.Tenant](t)(e.store.Get(t.Context(), tenant.ID))
	if len(now.Metadata.Keys()) != 20 || now.Status != runtime.StatusActive {
		t.Errorf("%v of %v", now.Metadata.Keys(), now)
	}
	for name, move := range map[string]func(*runtime.Tenant){
		"schema":   func(t *runtime.Tenant) { t.SchemaName = "other" },
		"strategy": func(t *runtime.Tenant) { t.Strategy = runtime.StrategySchema },
	} {
		if _, err := e.Update(t.Context(), tenant.ID, func(now *runtime.Tenant) error { move(now); return nil }); !errors.Is(err, manager.ErrMoved) {
			t.Errorf("%s: %v", name, err)
		}
	}
	e.registered(t, "other")
	_, err := e.Rename(t.Context(), tenant.ID, manager.Renaming{Identifier: runtime.MustIdentifier("other")})
	wantErr(t, err, runtime.ErrTenantExists)
	_, err = e.Update(t.Context(), tenant.ID, func(*runtime.Tenant) error { return errFault })
	wantErr(t, err, errFault)
	_, err = e.Update(t.Context(), tenant.ID, func(now *runtime.Tenant) error { now.Name = ""; return nil })
	wantErr(t, err, runtime.ErrInvalidTenant)
	// A password of the database can be changed, and is written down nowhere.
	if _, err := e.Update(t.Context(), tenant.ID, func(now *runtime.Tenant) error { now.DatabaseURL = "postgres://u:hunter2@h/d"; return nil }); err != nil {
		t.Fatal(err)
	}
	if last := e.audit.entries[len(e.audit.entries)-1]; last.Metadata.JSON() != `{"database_url":"changed"}` || e.logs.count("hunter2") != 0 {
		t.Errorf("%s", last.Metadata)
	}
	// Who is always faster wins in the end, and the caller is told.
	e.store.setFault(func(at string) error {
		if at == "before update" {
			return runtime.ErrStaleTenant
		}
		return nil
	})
	_, err = e.SetMetadata(t.Context(), tenant.ID, runtime.Metadata{})
	wantErr(t, err, runtime.ErrStaleTenant)
}
