package middleware

import (
	"context"
	"errors"
	"net/http"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// ErrForbidden is returned by a Membership for one who does not belong to the tenant.
var ErrForbidden = errors.New("tenancy: the caller does not belong to the tenant")

// NamedByCredential is a Membership that goes by the credential alone: it has to be one
// that the resolver has proved, and has to name the tenant. It needs an Authenticator,
// such as a jwtresolver, as the resolver or in its chain.
func NamedByCredential(ctx context.Context, _ *http.Request, t runtime.Tenant) error {
	p, ok := resolver.PrincipalFrom(ctx)
	switch {
	case !ok:
		return resolver.ErrUnauthenticated
	case !p.Tenant.Matches(t):
		return ErrForbidden
	}
	return nil
}

// InsecureAnyone is a Membership for tenants whose pages are public: whoever names a
// tenant acts for it. With a resolver that reads a header, a path or a host name, that
// is everybody.
func InsecureAnyone(context.Context, *http.Request, runtime.Tenant) error { return nil }
