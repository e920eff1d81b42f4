package manager

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Registration is a new tenant. Identifier and Name are required.
type Registration struct {
	// ID makes the registration one that can be repeated: see Register. Without it the
	// tenant gets a new id. It must not be what somebody can choose for another one's
	// tenant, and it can never be used again.
	ID         string
	Identifier runtime.Identifier
	Name       string
	Metadata   runtime.Metadata

	// Where the tenant's data is to be; empty leaves the choice to the provider. It
	// cannot be changed later, but for the password in DatabaseURL.
	Strategy    runtime.Strategy
	SchemaName  string
	DatabaseURL string
}

// String names the tenant, and nothing secret.
func (r Registration) String() string { return r.tenant().String() }

// Format writes String, whatever the verb.
func (r Registration) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, r.String()) }

// LogValue is String for log/slog.
func (r Registration) LogValue() slog.Value { return slog.StringValue(r.String()) }

// tenant is what the registration will be.
func (r Registration) tenant() runtime.Tenant {
	return runtime.Tenant{ID: r.ID, Identifier: r.Identifier, Status: runtime.StatusProvisioning}
}

// Register makes a tenant: it stores it as provisioning, makes its namespace, and then
// activates it. Until then nobody can act as the tenant, and its identifier is its own.
//
// Without an ID, a registration that fails is undone: namespace and record are gone when
// Register returns. If that fails, too, or the process ends, the tenant stays
// provisioning: the error is an *UnfinishedError, and Resume or ResumeAll goes on.
//
// With an ID, Register can be called again with the same registration, until it
// succeeds, and makes one tenant: it goes on where an earlier call stopped, whose failure
// is an *UnfinishedError, and returns a tenant that is complete as it is now. An ID
// whose tenant is another, or is deleted, is runtime.ErrTenantExists.
//
// The other errors are those of runtime.Store, such as runtime.ErrTenantExists for an
// identifier that is taken and runtime.ErrTenantQuota, runtime.ErrTenantID (see
// Options.IDs), ErrRefused, and ErrAudit beside a tenant that is registered.
func (m *Manager) Register(ctx context.Context, r Registration) (runtime.Tenant, error) {
	ctx, end, err := m.begin(ctx)
	if err != nil {
		return runtime.Tenant{}, err
	}
	defer end()
	begun := time.Now()
	t, err := m.register(ctx, r)
	outcome := "ok"
	if err != nil && !errors.Is(err, ErrAudit) {
		outcome = "error"
	}
	m.recorder.Observe(ctx, runtime.TimeRegister, outcome, t.ID, time.Since(begun))
	return t, err
}

func (m *Manager) register(ctx context.Context, r Registration) (runtime.Tenant, error) {
	want, err := m.tenant(r)
	if err != nil {
		return runtime.Tenant{}, err
	}
	s := step{kind: runtime.EventRegistered, id: want.ID}
	if r.ID != "" {
		// A registration that is repeated was let through by the hooks before.
		switch earlier, err := m.store.Get(ctx, r.ID); {
		case err == nil && same(earlier, want):
			s.do = func(ctx context.Context) (done, error) { return m.again(ctx, r.ID) }
			return m.run(ctx, s)
		case err == nil:
			return runtime.Tenant{}, &runtime.ConflictError{Field: "id"}
		case !errors.Is(err, runtime.ErrTenantNotFound):
			return runtime.Tenant{}, err
		}
	}
	asked := want
	asked.Status = runtime.StatusActive
	if err := m.before(ctx, runtime.Event{Kind: s.kind, Tenant: asked}); err != nil {
		return runtime.Tenant{}, err
	}
	s.do = func(ctx context.Context) (done, error) { return m.create(ctx, want, r.ID != "") }
	return m.run(ctx, s)
}

// tenant returns the tenant that a registration asks for.
func (m *Manager) tenant(r Registration) (runtime.Tenant, error) {
	t := runtime.Tenant{
		ID: r.ID, Identifier: r.Identifier, Name: r.Name, Metadata: r.Metadata, Status: runtime.StatusProvisioning,
		Strategy: r.Strategy, SchemaName: r.SchemaName, DatabaseURL: r.DatabaseURL,
	}
	if t.ID == "" {
		if err := guarded(func() error { t.ID = m.o.NewID(); return nil }); err != nil {
			return runtime.Tenant{}, err
		}
	}
	if t.ID == SystemTenant {
		return runtime.Tenant{}, fmt.Errorf("%w: the id is kept for the system", runtime.ErrInvalidTenant)
	}
	return t, errors.Join(t.Validate(), m.o.IDs.Check(t.ID), m.checkLimit(t.Metadata))
}

// same reports whether a stored tenant is what a registration made. Name and metadata
// may have changed since.
func same(stored, want runtime.Tenant) bool {
	return stored.Identifier == want.Identifier && stored.Strategy == want.Strategy &&
		stored.SchemaName == want.SchemaName && stored.DatabaseURL == want.DatabaseURL
}

// again goes on with a registration that was begun before, or finds it complete.
func (m *Manager) again(ctx context.Context, id string) (done, error) {
	t, err := m.store.Get(ctx, id)
	if err != nil {
		return done{}, err
	}
	switch t.Status {
	case runtime.StatusProvisioning:
		return m.provision(ctx, t)
	case runtime.StatusActive, runtime.StatusSuspended:
		return done{tenant: t}, nil
	}
	return done{}, &runtime.ConflictError{Field: "id"}
}

// create stores a tenant and goes on from there. With keep, a failure leaves it for a
// later call.
func (m *Manager) create(ctx context.Context, want runtime.Tenant, keep bool) (done, error) {
	t, err := m.store.Create(ctx, want, m.o.MaxTenants)
	if keep && errors.Is(err, runtime.ErrTenantExists) {
		// The same registration may have come twice at the same time.
		if earlier, err := m.store.Get(ctx, want.ID); err == nil && same(earlier, want) {
			return m.again(ctx, want.ID)
		}
	}
	for _, refusal := range []error{runtime.ErrTenantExists, runtime.ErrTenantQuota, runtime.ErrInvalidTenant, runtime.ErrMetadata} {
		if errors.Is(err, refusal) {
			return done{}, err // and nothing is stored
		}
	}
	var d done
	if err == nil {
		d, err = m.provision(ctx, t)
	}
	var unfinished *UnfinishedError
	switch {
	case err == nil || keep:
		return d, err
	case errors.As(err, &unfinished):
		err = unfinished.Err // it says to resume what is undone now
	}
	complete, undo := m.unwind(ctx, want)
	switch {
	case undo != nil:
		return done{}, &UnfinishedError{ID: want.ID, Err: errors.Join(err, fmt.Errorf("undo it: %w", undo))}
	case complete.ID != "":
		return done{tenant: complete, happened: true}, nil
	}
	return done{}, err
}

// provision makes the namespace of a tenant that is provisioning and activates it. Others
// may do the same at the same time, or remove it again.
func (m *Manager) provision(ctx context.Context, t runtime.Tenant) (done, error) {
	unfinished := func(what string, err error) error {
		return &UnfinishedError{ID: t.ID, Err: fmt.Errorf("%s: %w", what, err)}
	}
	if m.o.Namespaces != nil {
		if err := guarded(func() error { return m.o.Namespaces.Initialize(ctx, t) }); err != nil {
			return done{}, unfinished("make the namespace", err)
		}
	}
	active, err := m.store.SetStatus(ctx, t.ID, runtime.StatusActive, runtime.StatusProvisioning)
	switch {
	case err == nil:
		m.leases.admit(t.ID, active.Version)
		return done{tenant: active, happened: active.Version != t.Version}, nil
	case errors.Is(err, runtime.ErrTenantNotFound) || errors.Is(err, runtime.ErrTransition):
		return m.overtaken(ctx, t, err)
	}
	return done{}, unfinished("activate the tenant", err)
}

// overtaken is called with a tenant whose namespace was just made here while others took
// its record on.
func (m *Manager) overtaken(ctx context.Context, t runtime.Tenant, cause error) (done, error) {
	now, err := m.store.Get(ctx, t.ID)
	switch {
	case err == nil && now.Status == runtime.StatusSuspended:
		// Somebody activated it, and then suspended it: so be it.
		return done{tenant: now}, nil
	case err == nil && now.Status == runtime.StatusDeleted:
		// Its data is kept or is gone; who deleted it knows, and can destroy it.
		return done{}, fmt.Errorf("tenancy: tenant %q was deleted while its namespace was made, destroy that: %w", t.ID, cause)
	case err == nil && now.Status == runtime.StatusDeleting || errors.Is(err, runtime.ErrTenantNotFound):
		// Somebody is removing it for good, and may have looked before the namespace was
		// there. An id comes once, so that nobody else's namespace can be meant.
		return done{}, errors.Join(fmt.Errorf("tenancy: tenant %q was removed while its namespace was made: %w", t.ID, cause), m.clear(ctx, t))
	case err == nil:
		err = cause
	}
	return done{}, &UnfinishedError{ID: t.ID, Err: err}
}

// unwind removes what a registration made here has left. If the tenant is complete
// nevertheless, it is returned and stays: it was activated here with the answer lost, or
// by somebody else.
func (m *Manager) unwind(ctx context.Context, t runtime.Tenant) (complete runtime.Tenant, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.o.UnwindTimeout)
	defer cancel()
	_, err = m.store.SetStatus(ctx, t.ID, runtime.StatusDeleting, runtime.StatusProvisioning)
	switch {
	case errors.Is(err, runtime.ErrTenantNotFound):
		return complete, nil // it was not even stored, or somebody else has removed it
	case errors.Is(err, runtime.ErrTransition):
		now, unknown := m.store.Get(ctx, t.ID)
		if unknown == nil && (now.Status == runtime.StatusActive || now.Status == runtime.StatusSuspended) {
			return now, nil
		}
		return complete, err
	case err != nil:
		return complete, err
	}
	if err := m.clear(ctx, t); err != nil {
		return complete, err
	}
	if err := m.store.Delete(ctx, t.ID); err != nil && !errors.Is(err, runtime.ErrTenantNotFound) {
		return complete, err
	}
	return complete, nil
}

// clear removes the namespace of a tenant that never was active. A namespace that is
// another's was not made by it.
func (m *Manager) clear(ctx context.Context, t runtime.Tenant) error {
	if m.o.Namespaces == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), m.o.UnwindTimeout)
	defer cancel()
	_, err := m.destroyNamespace(ctx, t)
	if errors.Is(err, runtime.ErrForeignNamespace) {
		return nil
	}
	return err
}
