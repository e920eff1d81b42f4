package runtime

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// Reference is what a request says about its tenant, before anybody has looked whether
// there is such a tenant: an id or an identifier, or both. Resolvers return it.
type Reference struct {
	ID         string
	Identifier Identifier
	// Issued is when whoever made the reference vouched for it, such as the "iat" of a
	// token; zero where nothing says. An identifier that was given to another tenant
	// since does not lead to that one: see Matches.
	Issued time.Time
	// Source is the resolver's name, for logs.
	Source string
}

// IsZero reports whether the reference leads nowhere.
func (r Reference) IsZero() bool { return r.ID == "" && r.Identifier.IsZero() }

// Find returns the tenant that a reference leads to, of any status. It is
// ErrTenantNotFound for one that leads nowhere, or whose id and identifier are not the
// same tenant's, or that was made before the tenant was.
func Find(ctx context.Context, s Store, r Reference) (Tenant, error) {
	var (
		t   Tenant
		err error
	)
	switch {
	case r.ID != "":
		t, err = s.Get(ctx, r.ID)
	case !r.Identifier.IsZero():
		t, err = s.GetByIdentifier(ctx, r.Identifier)
	default:
		return Tenant{}, ErrTenantNotFound
	}
	if err != nil {
		return Tenant{}, err
	}
	if !r.Matches(t) {
		return Tenant{}, ErrTenantNotFound
	}
	return t, nil
}

// Matches reports whether a tenant is the one that is meant.
func (r Reference) Matches(t Tenant) bool {
	switch {
	case r.IsZero():
		return false
	case r.ID != "" && r.ID != t.ID:
		return false
	case !r.Identifier.IsZero() && r.Identifier != t.Identifier:
		return false
	// Tokens count in whole seconds.
	case !r.Issued.IsZero() && r.Issued.Before(t.CreatedAt.Truncate(time.Second)):
		return false
	}
	return true
}

// ErrUnresolved is returned by a resolver, wrapped with the reason, for a request that
// names no tenant, or not in the way that it should. The reason never repeats what the
// request says.
var ErrUnresolved = errors.New("tenancy: the request does not say whose it is")

// LogValue is the reference without what a client could have put there.
func (r Reference) LogValue() slog.Value {
	return slog.GroupValue(slog.String("source", r.Source), slog.Bool("id", r.ID != ""), slog.Bool("identifier", !r.Identifier.IsZero()))
}
