package middleware

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// Tenants is what the middleware needs to know of tenants. runtime/manager has it.
type Tenants interface {
	// Find returns the tenant that a reference leads to, of any status, and
	// runtime.ErrTenantNotFound where there is none.
	Find(ctx context.Context, ref runtime.Reference) (runtime.Tenant, error)
	// CheckRateLimit counts a call of the tenant. It is runtime.ErrRateLimited for one
	// too many.
	CheckRateLimit(ctx context.Context, t runtime.Tenant) error
	// Enter lends the tenant to a request. The context it returns ends, with the cause
	// runtime.ErrTenantInactive, when the tenant is suspended or deleted. The function
	// ends the loan.
	Enter(ctx context.Context, t runtime.Tenant) (context.Context, func(), error)
}

// Membership returns nil when the one who makes the request may act for the tenant, and
// an error when not: ErrForbidden, resolver.ErrUnauthenticated where nobody is logged in,
// or another where it could not find out. The context has the principal, when the
// resolver proves one (resolver.PrincipalFrom).
//
// It is called as well for a request whose tenant there is not, with an id that no
// tenant has, so that this takes as long as a no. What it returns then is of no
// consequence, as long as it is what a stranger to a tenant gets, too.
type Membership func(ctx context.Context, r *http.Request, t runtime.Tenant) error

// Options are those of New, of NewGate and of package grpcmiddleware.
type Options struct {
	// Resolver finds out which tenant a request is about. It is required.
	Resolver resolver.Resolver
	// Tenants looks it up. It is required.
	Tenants Tenants
	// Membership ties the tenant to who makes the request. It is required: without it a
	// client is whoever it says in a header. NamedByCredential asks no database, and
	// InsecureAnyone is for tenants whose pages are public.
	Membership Membership

	// Excluded are paths that need no tenant, with all below them: "/health" is also
	// "/health/live", and not "/healthcare". A path with an escape, or one that is not
	// clean, is never excluded. For gRPC they are "/package.Service" and
	// "/package.Service/Method".
	Excluded []string
	// Reveal says why a request is turned away, by the status. Do so only where callers
	// may know which tenants there are.
	Reveal bool
	// ErrorHandler answers in place of the middleware. The status is what the middleware
	// would have answered; err is for logs and says more than a caller may know. Not for
	// gRPC.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, status int, err error)
	// OnReject is told of every request that is turned away, before it is answered, such
	// as to write an audit record. A request that names two tenants is a
	// *resolver.DisagreementError.
	OnReject func(ctx context.Context, r *http.Request, err error)

	// Recorder counts requests; nil means nobody does.
	Recorder runtime.Recorder
	// Logger gets what went wrong here at level ERROR, and who was turned away at level
	// INFO, without a name that a client chose; nil means slog.Default().
	Logger *slog.Logger
}

// check returns an error that names all that is wrong with the options.
func (o Options) check() error {
	var problems []error
	if o.Resolver == nil {
		problems = append(problems, errors.New("there is no Resolver"))
	}
	if o.Tenants == nil {
		problems = append(problems, errors.New("there are no Tenants"))
	}
	if o.Membership == nil {
		problems = append(problems, errors.New("there is no Membership, so that a client is whoever it says"))
	}
	for _, p := range o.Excluded {
		if !strings.HasPrefix(p, "/") || path.Clean(p) != p {
			problems = append(problems, fmt.Errorf("the excluded path %q does not begin with a slash, or is not clean", p))
		}
	}
	if problems == nil {
		return nil
	}
	return fmt.Errorf("middleware: %w", errors.Join(problems...))
}

// excludes reports whether a request needs no tenant.
func (o Options) excludes(r *http.Request) bool {
	if r.URL == nil || r.URL.EscapedPath() != r.URL.Path {
		return false
	}
	p := r.URL.Path
	if p == "" || path.Clean(p) != strings.TrimSuffix(p, "/") && p != "/" {
		return false
	}
	return slices.ContainsFunc(o.Excluded, func(e string) bool {
		return p == e || e != "/" && strings.HasPrefix(p, e+"/")
	})
}
