package middleware

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// Gate decides which requests may act for which tenant. It is the part that all
// transports share; applications use New, or package grpcmiddleware.
type Gate struct {
	o Options
}

// NewGate returns a Gate. It fails, with all that is wrong at once, for options that
// lack something.
func NewGate(o Options) (*Gate, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if o.Recorder == nil {
		o.Recorder = runtime.NoRecorder{}
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Gate{o: o}, nil
}

// Admission is a request that may act for a tenant, until it is released.
type Admission struct {
	// Context carries the tenant, and the principal where there is one. It ends with the
	// cause runtime.ErrTenantInactive when the tenant may not act any more.
	Context context.Context
	Tenant  runtime.Tenant
	// Excluded is set for a request that needs no tenant, and has none.
	Excluded bool

	release func()
}

// Revoked reports whether the tenant lost its right to act while the request went on.
func (a *Admission) Revoked() bool {
	return !a.Excluded && errors.Is(context.Cause(a.Context), runtime.ErrTenantInactive)
}

// Admit lets a request in, or says why not. The caller gives every Admission to
// Release.
func (g *Gate) Admit(ctx context.Context, r *http.Request) (*Admission, *Rejection) {
	if g.o.excludes(r) {
		return &Admission{Context: ctx, Excluded: true}, nil
	}
	start := time.Now()
	ctx, t, rejection := g.identify(ctx, r)
	outcome := "ok"
	if rejection != nil {
		outcome = "error"
	}
	g.o.Recorder.Observe(ctx, runtime.TimeResolve, outcome, t.ID, time.Since(start))
	if rejection != nil {
		return nil, g.reject(ctx, r, t.ID, rejection)
	}
	if err := g.o.Tenants.CheckRateLimit(ctx, t); err != nil {
		return nil, g.reject(ctx, r, t.ID, Classify(err))
	}
	leased, release, err := g.o.Tenants.Enter(runtime.NewContext(ctx, t), t)
	if err != nil {
		return nil, g.reject(ctx, r, t.ID, Classify(err))
	}
	return &Admission{Context: leased, Tenant: t, release: release}, nil
}

// identify returns the tenant of a request when who makes it may act for it, and a
// context with the principal. The tenant is returned with an error, too, when there is
// one.
func (g *Gate) identify(ctx context.Context, r *http.Request) (context.Context, runtime.Tenant, *Rejection) {
	ref, principal, err := resolver.Authenticate(g.o.Resolver, r)
	if !principal.IsZero() {
		ctx = resolver.NewContext(ctx, principal)
	}
	if err == nil && ref.IsZero() {
		err = resolver.ErrAbsent
	}
	if err != nil {
		return ctx, runtime.Tenant{}, Classify(err)
	}

	t, found := g.o.Tenants.Find(ctx, ref)
	if found != nil && !errors.Is(found, runtime.ErrTenantNotFound) {
		return ctx, runtime.Tenant{}, internal(found)
	}
	subject := t
	if found != nil {
		subject = nobody()
	}
	member := g.o.Membership(ctx, r, subject)
	switch {
	case errors.Is(member, resolver.ErrUnauthenticated):
		return ctx, t, Classify(member)
	case member != nil && !errors.Is(member, ErrForbidden):
		return ctx, t, internal(member)
	// An id and an identifier that are not one tenant's came from two places.
	case found != nil && ref.ID != "" && !ref.Identifier.IsZero():
		return ctx, runtime.Tenant{}, Classify(&resolver.DisagreementError{References: []runtime.Reference{ref}})
	case found != nil:
		return ctx, runtime.Tenant{}, Classify(found)
	case member != nil:
		return ctx, t, Classify(member)
	}
	if err := t.Check(); err != nil {
		return ctx, t, Classify(err)
	}
	return ctx, t, nil
}

// nobody is the tenant that a Membership is asked about where there is none.
func nobody() runtime.Tenant {
	return runtime.Tenant{ID: runtime.NewID(), Status: runtime.StatusDeleted}
}

// reject counts, logs and reports a request that is turned away.
func (g *Gate) reject(ctx context.Context, r *http.Request, tenantID string, rejection *Rejection) *Rejection {
	g.o.Recorder.Count(ctx, runtime.CountRequests, string(rejection.Reason), tenantID)
	switch {
	case rejection.Reason == ReasonError && ctx.Err() == nil:
		g.o.Logger.ErrorContext(ctx, "a request failed before its handler", "tenant", tenantID, "error", rejection.Err)
	case rejection.Reason == ReasonError:
		g.o.Logger.DebugContext(ctx, "a caller has left", "tenant", tenantID, "error", rejection.Err)
	default:
		g.o.Logger.InfoContext(ctx, "a request was turned away", "tenant", tenantID, "reason", rejection.Reason, "error", rejection.Err)
	}
	if g.o.OnReject != nil {
		g.o.OnReject(ctx, r, rejection)
	}
	return rejection
}

// Release ends an admission, and counts it. It returns a rejection when the tenant has
// lost its right to act meanwhile, and nil otherwise.
func (g *Gate) Release(a *Admission) *Rejection {
	if a.Excluded {
		return nil
	}
	revoked := a.Revoked()
	a.release()
	outcome := "ok"
	if revoked {
		outcome = "revoked"
	}
	g.o.Recorder.Count(context.WithoutCancel(a.Context), runtime.CountRequests, outcome, a.Tenant.ID)
	if revoked {
		return Classify(runtime.ErrTenantInactive)
	}
	return nil
}
