package manager

import (
	"context"
	"errors"

	"github.com/tenancygen/tenancygen/runtime"
)

// SuspendOptions say how a tenant is suspended.
type SuspendOptions struct {
	// Drain waits until the tenant's work in this process is over, as Drain does. If it
	// is not in time the error says so, and the tenant is suspended nevertheless.
	Drain bool
}

// Suspend shuts a tenant out. When it returns, the status is stored, this process lets no
// work begin for the tenant, and the contexts of what goes on are cancelled, the caller's
// own as the last; other processes follow as Options.RecheckInterval says. A statement that
// is under way can still finish: Drain waits for those of this process, and a transaction
// that holds the store's fence is waited for wherever it is.
//
// A tenant that is suspended already is shut out here once more, and no error. The errors
// are runtime.ErrTenantNotFound, runtime.ErrTransition for one that is neither active nor
// suspended, and ErrRefused.
func (m *Manager) Suspend(ctx context.Context, id string, o SuspendOptions) (runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Tenant{}, err
	}
	defer end()
	if err := m.ask(ctx, runtime.EventSuspended, id, runtime.StatusSuspended); err != nil {
		return runtime.Tenant{}, err
	}
	t, err := m.run(ctx, step{kind: runtime.EventSuspended, id: id, do: func(ctx context.Context) (done, error) {
		d, err := m.setStatus(ctx, id, runtime.StatusSuspended, runtime.StatusActive)
		if err == nil {
			m.shutOut(ctx, d.tenant)
		}
		return d, err
	}})
	if t.ID != "" && o.Drain {
		err = errors.Join(err, m.drain(ctx, id))
	}
	m.shutOutSelf(ctx, id)
	return t, err
}

// Activate lets a suspended tenant in again. One that is active already is no error. The
// errors are runtime.ErrTenantNotFound, runtime.ErrTransition for one that is neither, such
// as a tenant that is still provisioning, and ErrRefused.
func (m *Manager) Activate(ctx context.Context, id string) (runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Tenant{}, err
	}
	defer end()
	if err := m.ask(ctx, runtime.EventActivated, id, runtime.StatusActive); err != nil {
		return runtime.Tenant{}, err
	}
	return m.run(ctx, step{kind: runtime.EventActivated, id: id, do: func(ctx context.Context) (done, error) {
		d, err := m.setStatus(ctx, id, runtime.StatusActive, runtime.StatusSuspended)
		if err == nil {
			m.leases.admit(id, d.tenant.Version)
		}
		return d, err
	}})
}

// ask asks the hooks whether a tenant may get a status. They are not asked about a tenant
// that has it, and not about one that cannot get it.
func (m *Manager) ask(ctx context.Context, kind runtime.EventKind, id string, to runtime.Status) error {
	if len(m.o.Hooks) == 0 {
		return nil
	}
	t, err := m.store.Get(ctx, id)
	if err != nil {
		return err
	}
	if t.Status == to || t.Status.Change(to) != nil {
		return nil
	}
	t.Status = to
	return m.before(ctx, runtime.Event{Kind: kind, Tenant: t})
}

// setStatus changes a status and sees whether it was another before.
func (m *Manager) setStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (done, error) {
	before, err := m.store.Get(ctx, id)
	if err != nil {
		return done{}, err
	}
	t, err := m.store.SetStatus(ctx, id, to, from...)
	if err != nil {
		return done{}, err
	}
	return done{tenant: t, happened: t.Version != before.Version, details: map[string]any{"from": before.Status, "to": to}}, nil
}
