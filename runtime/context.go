package runtime

import "context"

// tenantKey is the context key of the tenant. Its type is private, so that no
// other package can read or replace the value but through this file.
type tenantKey struct{}

// NewContext returns a copy of ctx that carries t. It is for the edge of an
// application, where middleware knows the tenant and the handler is called with
// nothing but a context. It does not check t, so that middleware can carry a
// suspended tenant to the page that says so; the handles of a Provider check.
func NewContext(ctx context.Context, t Tenant) context.Context {
	return context.WithValue(ctx, tenantKey{}, t)
}

// FromContext returns the tenant that ctx carries, and whether it carries one.
// A caller that ignores the second result gets the zero Tenant, which no handle
// accepts. The innermost NewContext wins.
func FromContext(ctx context.Context) (Tenant, bool) {
	t, ok := ctx.Value(tenantKey{}).(Tenant)
	return t, ok
}
