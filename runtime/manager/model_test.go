package manager_test

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// modelled is what the model knows of a tenant.
type modelled struct {
	id, identifier string
	status         runtime.Status
	data           bool
	// read is the tenant as it was read last while it was active.
	read runtime.Tenant
}

// TestLifecycleModel runs random calls by two processes, of which one crashes at random
// places, against a model of what there has to be: tenants, identifiers, namespaces.
func TestLifecycleModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := newEnv(t)
		defer e.Close()
		l := &life{t: t, e: e}
		rt.Repeat(map[string]func(*rapid.T){
			"register":        l.register,
			"register, crash": l.registerCrash,
			"suspend":         l.suspend,
			"activate":        l.activate,
			"delete":          l.delete,
			"destroy":         l.destroy,
			"destroy, crash":  l.destroyCrash,
			"rename":          l.rename,
			"resume":          l.resume,
			"enter":           l.enter,
			"":                l.check,
		})
	})
}

// life is the Manager and the model.
type life struct {
	t       *testing.T
	e       *env
	tenants []*modelled
}

var slugs = []string{"one", "two", "three"}

// holder returns the tenant that has an identifier.
func (l *life) holder(identifier string) *modelled {
	for _, m := range l.tenants {
		if m.identifier == identifier && m.status != runtime.StatusDeleted {
			return m
		}
	}
	return nil
}

func (l *life) any(rt *rapid.T) *modelled {
	if len(l.tenants) == 0 {
		rt.Skip("nobody")
	}
	return rapid.SampledFrom(l.tenants).Draw(rt, "tenant")
}

// want compares an error with whether the call was legal.
func want(rt *rapid.T, err error, legal bool, otherwise ...error) {
	rt.Helper()
	if legal != (err == nil) {
		rt.Fatalf("legal %v, got %v", legal, err)
	}
	if err == nil {
		return
	}
	for _, one := range otherwise {
		if errors.Is(err, one) {
			return
		}
	}
	rt.Fatalf("an error of another kind: %v", err)
}

func (l *life) register(rt *rapid.T) {
	identifier := rapid.SampledFrom(slugs).Draw(rt, "identifier")
	free := l.holder(identifier) == nil
	tenant, err := l.e.Register(l.t.Context(), acme(identifier))
	want(rt, err, free, runtime.ErrTenantExists)
	if err == nil {
		l.tenants = append(l.tenants, &modelled{id: tenant.ID, identifier: identifier, status: runtime.StatusActive, data: true, read: tenant})
	}
}

// registerCrash begins a registration in a process that crashes, and sees what that left.
func (l *life) registerCrash(rt *rapid.T) {
	identifier := rapid.SampledFrom(slugs).Draw(rt, "identifier")
	if l.holder(identifier) != nil {
		rt.Skip("taken")
	}
	r := acme(identifier)
	r.ID = runtime.NewID()
	l.crash(rt, func(m *manager.Manager) error { _, err := m.Register(l.t.Context(), r); return err })
	if status := l.e.status(l.t, r.ID); status != "" {
		tenant := must[runtime.Tenant](l.t)(l.e.store.Get(l.t.Context(), r.ID))
		l.tenants = append(l.tenants, &modelled{id: r.ID, identifier: identifier, status: status, data: len(l.e.places.of(r.ID)) == 1, read: tenant})
	}
}

func (l *life) crash(rt *rapid.T, do func(m *manager.Manager) error) {
	c := &crash{at: rapid.IntRange(1, 8).Draw(rt, "crash at")}
	m := l.e.another(l.t, func(o *manager.Options) {
		o.Store, o.Namespaces = uninitialized{&faultyStore{Store: l.e.store.Store, fault: c.reach}}, &placesOf{places: l.e.places, crash: c}
	})
	err := do(m)
	if !c.dead && err != nil {
		rt.Fatal(err)
	}
	_ = m.Close()
}

func (l *life) suspend(rt *rapid.T) {
	m := l.any(rt)
	_, err := l.e.Suspend(l.t.Context(), m.id, manager.SuspendOptions{})
	want(rt, err, m.status == runtime.StatusActive || m.status == runtime.StatusSuspended, runtime.ErrTransition)
	if err == nil {
		m.status = runtime.StatusSuspended
	}
}

func (l *life) activate(rt *rapid.T) {
	m := l.any(rt)
	tenant, err := l.e.Activate(l.t.Context(), m.id)
	want(rt, err, m.status == runtime.StatusActive || m.status == runtime.StatusSuspended, runtime.ErrTransition)
	if err == nil {
		m.status, m.read = runtime.StatusActive, tenant
	}
}

func (l *life) delete(rt *rapid.T) {
	m := l.any(rt)
	_, err := l.e.Delete(l.t.Context(), m.id, manager.DeleteOptions{})
	want(rt, err, m.status != runtime.StatusProvisioning && m.status != runtime.StatusDeleting, runtime.ErrTransition)
	if err == nil {
		m.status = runtime.StatusDeleted
	}
}

func (l *life) destroy(rt *rapid.T) {
	m := l.any(rt)
	_, err := l.e.Delete(l.t.Context(), m.id, manager.DeleteOptions{Destroy: runtime.Confirmation(m.id)})
	want(rt, err, true)
	m.status, m.data = runtime.StatusDeleted, false
}

func (l *life) destroyCrash(rt *rapid.T) {
	m := l.any(rt)
	l.crash(rt, func(other *manager.Manager) error {
		_, err := other.Delete(l.t.Context(), m.id, manager.DeleteOptions{Destroy: runtime.Confirmation(m.id)})
		return err
	})
	status, data := l.e.status(l.t, m.id), len(l.e.places.of(m.id)) == 1
	legal := status == m.status && data == m.data || status == runtime.StatusDeleting && (m.data || !data) || status == runtime.StatusDeleted && !data
	if !legal {
		rt.Fatalf("from %s with data %v to %s with data %v", m.status, m.data, status, data)
	}
	m.status, m.data = status, data
}

func (l *life) rename(rt *rapid.T) {
	m := l.any(rt)
	identifier := rapid.SampledFrom(slugs).Draw(rt, "identifier")
	holder := l.holder(identifier)
	_, err := l.e.Rename(l.t.Context(), m.id, manager.Renaming{Identifier: runtime.MustIdentifier(identifier)})
	gone := m.status == runtime.StatusDeleting || m.status == runtime.StatusDeleted
	want(rt, err, !gone && (holder == nil || holder == m), runtime.ErrTenantExists, runtime.ErrTenantInactive)
	if err == nil {
		m.identifier = identifier
	}
}

func (l *life) resume(rt *rapid.T) {
	if _, err := l.e.ResumeAll(l.t.Context()); err != nil {
		rt.Fatal(err)
	}
	for _, m := range l.tenants {
		switch m.status {
		case runtime.StatusProvisioning:
			m.status, m.data = runtime.StatusActive, true
			m.read = must[runtime.Tenant](l.t)(l.e.store.Get(l.t.Context(), m.id))
		case runtime.StatusDeleting:
			m.status, m.data = runtime.StatusDeleted, false
		}
	}
}

// enter lets work in with the tenant as it was read while it was active. Another process
// may have shut it out, of which this one hears with the next check.
func (l *life) enter(rt *rapid.T) {
	m := l.any(rt)
	now := must[runtime.Tenant](l.t)(l.e.store.Get(l.t.Context(), m.id))
	_, leave, err := l.e.Enter(l.t.Context(), now)
	leave()
	want(rt, err, m.status == runtime.StatusActive, runtime.ErrTenantInactive)
	if m.status == runtime.StatusSuspended {
		_, leave, err := l.e.Enter(l.t.Context(), m.read)
		leave()
		want(rt, err, false, runtime.ErrTenantInactive)
	}
}

// check compares the store and the namespaces with the model.
func (l *life) check(rt *rapid.T) {
	places := 0
	for _, m := range l.tenants {
		tenant := must[runtime.Tenant](l.t)(l.e.store.Get(l.t.Context(), m.id))
		if tenant.Status != m.status || tenant.Identifier.String() != m.identifier || (len(l.e.places.of(m.id)) == 1) != m.data {
			rt.Fatalf("%v with %v, want %s, data %v", tenant, l.e.places.of(m.id), fmt.Sprint(m.identifier, " ", m.status), m.data)
		}
		if m.data {
			places++
		}
	}
	if n := l.e.places.count(); n != places {
		rt.Fatalf("%d namespaces, want %d", n, places)
	}
	for _, identifier := range slugs {
		found, err := l.e.Find(l.t.Context(), runtime.Reference{Identifier: runtime.MustIdentifier(identifier)})
		holder := l.holder(identifier)
		if (holder == nil) != errors.Is(err, runtime.ErrTenantNotFound) || holder != nil && found.ID != holder.id {
			rt.Fatalf("%s leads to %v, %v", identifier, found, err)
		}
	}
}
