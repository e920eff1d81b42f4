package manager

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// DeleteOptions say what goes with a tenant. The zero DeleteOptions keep its data and its
// record.
type DeleteOptions struct {
	// Destroy is the tenant's id, once more, to destroy its data. There is no way back.
	Destroy runtime.Confirmation
	// Forget removes the tenant's record, too, once its data is destroyed.
	Forget bool
}

// Delete ends a tenant. Its work is shut out as by Suspend, and its identifier is free
// when Delete returns.
//
// Without Destroy its data and its record stay, as deleted; no call makes it active again.
// It has to be active or suspended. Its data can be destroyed later by a second Delete.
//
// With Destroy the tenant is deleting from then on, its work in this process is waited for
// (up to Options.DrainTimeout), its namespace is destroyed, and it is deleted. What other
// processes still write for the tenant until they hear of it can stay behind where tables
// are shared: suspend a tenant first, with some time between. A failure is an
// *UnfinishedError: Resume, ResumeAll or the same call goes on. Calling it for a
// tenant that is deleted destroys what is left of its data; the Removal is empty if that
// is nothing.
//
// The errors are runtime.ErrTenantNotFound, runtime.ErrNotConfirmed for another id than the
// tenant's, runtime.ErrTransition, ErrNoNamespaces, ErrRefused, and ErrAudit beside what
// was removed.
func (m *Manager) Delete(ctx context.Context, id string, o DeleteOptions) (runtime.Removal, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Removal{}, err
	}
	defer end()
	switch {
	case o.Destroy == "" && o.Forget:
		return runtime.Removal{}, fmt.Errorf("tenancy: a record leads to its data, so that forgetting it needs Destroy: %w", runtime.ErrNotConfirmed)
	case o.Destroy == "":
		return runtime.Removal{}, m.deleteSoftly(ctx, id)
	case o.Destroy != runtime.Confirmation(id):
		return runtime.Removal{}, runtime.ErrNotConfirmed
	case m.o.Namespaces == nil:
		return runtime.Removal{}, ErrNoNamespaces
	}
	t, err := m.store.Get(ctx, id)
	if err != nil {
		return runtime.Removal{}, err
	}
	if t.Status != runtime.StatusDeleting {
		asked := t
		asked.Status = runtime.StatusDeleted
		if err := m.before(ctx, runtime.Event{Kind: runtime.EventDestroyed, Tenant: asked}); err != nil {
			return runtime.Removal{}, err
		}
	}
	d, err := m.runStep(ctx, step{kind: runtime.EventDestroyed, id: id, do: func(ctx context.Context) (done, error) {
		return m.destroy(ctx, id, o.Forget)
	}})
	m.shutOutSelf(ctx, id)
	return d.removal, err
}

func (m *Manager) destroyNamespace(ctx context.Context, t runtime.Tenant) (removal runtime.Removal, err error) {
	err = guarded(func() error {
		removal, err = m.o.Namespaces.Destroy(ctx, t, runtime.Confirmation(t.ID))
		return err
	})
	return removal, err
}

func (m *Manager) deleteSoftly(ctx context.Context, id string) error {
	if err := m.ask(ctx, runtime.EventDeleted, id, runtime.StatusDeleted); err != nil {
		return err
	}
	_, err := m.run(ctx, step{kind: runtime.EventDeleted, id: id, do: func(ctx context.Context) (done, error) {
		d, err := m.setStatus(ctx, id, runtime.StatusDeleted, runtime.StatusActive, runtime.StatusSuspended)
		if err == nil {
			m.shutOut(ctx, d.tenant)
		}
		return d, err
	}})
	m.shutOutSelf(ctx, id)
	return err
}

// destroy takes a tenant of any status to its end, and can begin anywhere on the way.
func (m *Manager) destroy(ctx context.Context, id string, forget bool) (done, error) {
	t, err := m.store.Get(ctx, id)
	if err != nil {
		return done{}, err
	}
	from := t.Status
	if t.Status != runtime.StatusDeleted {
		if t, err = m.store.SetStatus(ctx, id, runtime.StatusDeleting); err != nil {
			return done{}, err
		}
	}
	m.shutOut(ctx, t)
	unfinished := func(what string, err error) error {
		return &UnfinishedError{ID: id, Err: fmt.Errorf("%s: %w", what, err)}
	}
	if err := m.drain(ctx, id); err != nil {
		return done{}, unfinished("shut it out", err)
	}
	removal, err := m.destroyNamespace(ctx, t)
	if err != nil {
		return done{}, unfinished("destroy its data", err)
	}
	deleted, err := m.end(ctx, t, forget)
	if err != nil {
		return done{}, unfinished("delete the tenant", err)
	}
	nothing := from == runtime.StatusDeleted && !forget && removal.Namespace == "" && len(removal.Tables) == 0
	return done{
		tenant: deleted, removal: removal, happened: !nothing,
		details: map[string]any{"from": from, "namespace": removal.Namespace, "tables": len(removal.Tables), "rows": removal.Rows(), "forgotten": forget},
	}, nil
}

// end makes a tenant deleted whose data is gone, and removes its record where it shall be
// forgotten. One that is not there any more was forgotten by somebody else.
func (m *Manager) end(ctx context.Context, t runtime.Tenant, forget bool) (runtime.Tenant, error) {
	deleted, err := m.store.SetStatus(ctx, t.ID, runtime.StatusDeleted, runtime.StatusDeleting)
	if err == nil && forget {
		err = m.store.Delete(ctx, t.ID)
	}
	if errors.Is(err, runtime.ErrTenantNotFound) {
		t.Status = runtime.StatusDeleted
		return t, nil
	}
	return deleted, err
}
