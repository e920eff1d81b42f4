package resolver

import (
	"context"
	"net/http"

	"github.com/tenancygen/tenancygen/runtime"
)

// Principal is who makes a request, as a credential proves it.
type Principal struct {
	// Subject is who it is, and Issuer who says so.
	Subject, Issuer string
	// Tenant is the tenant that the credential is for; zero where it names none.
	Tenant runtime.Reference
	// Claims are all that the credential says. Nobody changes them.
	Claims map[string]any
}

// IsZero reports whether there is none.
func (p Principal) IsZero() bool {
	return p.Subject == "" && p.Issuer == "" && p.Tenant == (runtime.Reference{}) && p.Claims == nil
}

// same reports whether both are the same person.
func (p Principal) same(q Principal) bool { return p.Subject == q.Subject && p.Issuer == q.Issuer }

// Authenticator is a Resolver that finds out as well who makes the request. The
// middleware puts the principal in the context, where the membership hook and the
// handlers find it.
type Authenticator interface {
	Resolver
	// Authenticate is Resolve with the principal. The reference is zero, and the error
	// nil, for a credential that is good and names no tenant. The principal is also
	// returned with an error that comes after it was proved.
	Authenticate(r *http.Request) (runtime.Reference, Principal, error)
}

// Authenticate returns what res finds in a request, and the principal where res is an
// Authenticator. Other than Authenticator's it has no zero reference without an error,
// but for an authenticator whose credential names no tenant.
func Authenticate(res Resolver, r *http.Request) (runtime.Reference, Principal, error) {
	if a, ok := res.(Authenticator); ok {
		return a.Authenticate(r)
	}
	ref, err := res.Resolve(r)
	switch {
	case err != nil:
		return runtime.Reference{}, Principal{}, err
	case ref.IsZero():
		return runtime.Reference{}, Principal{}, ErrAbsent
	}
	return ref, Principal{}, nil
}

// principalKey is the context key of the principal.
type principalKey struct{}

// NewContext returns a copy of ctx that carries p.
func NewContext(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// PrincipalFrom returns the principal that ctx carries, and whether it carries one.
func PrincipalFrom(ctx context.Context) (Principal, bool) {
	p, ok := ctx.Value(principalKey{}).(Principal)
	return p, ok
}
