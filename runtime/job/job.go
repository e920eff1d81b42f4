// Package job carries a tenant to work that is done later and elsewhere: from the request
// that asks for it, through a queue, to the worker that does it. What travels is a
// Ticket, an id and a version; the worker looks the tenant up and checks it again, so
// that nothing is done for one that is suspended or gone.
package job

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// Ticket says for which tenant a job is, and how much was known of it. It has no secrets
// and marshals to JSON. Whoever can write into the queue can write a ticket for any
// tenant: keep the queue as safe as the database.
type Ticket struct {
	Tenant  string `json:"tenant"`
	Version int64  `json:"version,omitempty"`
}

// NewTicket returns a ticket for a tenant that may act, and runtime.ErrNoTenant or
// runtime.ErrTenantInactive for another.
func NewTicket(t runtime.Tenant) (Ticket, error) {
	if err := t.Check(); err != nil {
		return Ticket{}, err
	}
	return Ticket{Tenant: t.ID, Version: t.Version}, nil
}

// FromContext returns a ticket for the tenant that ctx carries, and runtime.ErrNoTenant
// where it carries none: a job of nobody is never queued.
func FromContext(ctx context.Context) (Ticket, error) {
	t, _ := runtime.FromContext(ctx)
	return NewTicket(t)
}

// Tenants is what a worker needs to know of tenants. runtime/manager has it.
type Tenants interface {
	// Find returns the tenant that a reference leads to, of any status, and
	// runtime.ErrTenantNotFound where there is none.
	Find(ctx context.Context, ref runtime.Reference) (runtime.Tenant, error)
	// Enter lends the tenant to the job. The context it returns ends, with the cause
	// runtime.ErrTenantInactive, when the tenant is suspended or deleted. The function
	// ends the loan.
	Enter(ctx context.Context, t runtime.Tenant) (context.Context, func(), error)
}

// ErrStaleStore is returned for a ticket that is newer than what is stored: the worker
// reads from a store, a copy of it or a cache that has fallen behind. Try again later.
var ErrStaleStore = errors.New("tenancy: the store knows less of the tenant than the job does")

// Result is what became of a job.
type Result uint8

// The results.
const (
	// Failed is a job that was not done, or not to its end. The error says why.
	Failed Result = iota
	// Done is a job that was done.
	Done
	// Gone is a job of a tenant that is being deleted, or was: there is nothing to do,
	// now or later, and no error. Ids are never given again.
	Gone
)

// String returns the name of the result.
func (r Result) String() string {
	switch r {
	case Done:
		return "done"
	case Gone:
		return "gone"
	}
	return "failed"
}

// Run does a job for the tenant of a ticket: it looks the tenant up, checks it, and calls
// f with a context that carries it, and no other tenant that ctx may carry. The context
// ends when the tenant is suspended or deleted. The tenant of ctx is that of the caller
// again when Run returns.
//
// A job of a tenant that is suspended, or not ready, is runtime.ErrTenantInactive; so is
// one that fails after its tenant was suspended under it. A panic of f goes on.
func Run(ctx context.Context, tenants Tenants, ticket Ticket, f func(ctx context.Context, t runtime.Tenant) error) (Result, error) {
	if ticket.Tenant == "" {
		return Failed, runtime.ErrNoTenant
	}
	t, err := tenants.Find(ctx, runtime.Reference{ID: ticket.Tenant, Source: "job"})
	switch {
	case errors.Is(err, runtime.ErrTenantNotFound):
		return Gone, nil
	case err != nil:
		return Failed, fmt.Errorf("look up the tenant of a job: %w", err)
	case t.Version < ticket.Version:
		return Failed, ErrStaleStore
	case t.Status == runtime.StatusDeleting || t.Status == runtime.StatusDeleted:
		return Gone, nil
	}
	if err := t.Check(); err != nil {
		return Failed, err
	}
	ctx, release, err := tenants.Enter(runtime.NewContext(ctx, t), t)
	if err != nil {
		return Failed, err
	}
	defer release()
	if err := f(ctx, t); err != nil {
		if revoked := context.Cause(ctx); errors.Is(revoked, runtime.ErrTenantInactive) && !errors.Is(err, runtime.ErrTenantInactive) {
			err = fmt.Errorf("%w: %w", runtime.ErrTenantInactive, err)
		}
		return Failed, err
	}
	return Done, nil
}
