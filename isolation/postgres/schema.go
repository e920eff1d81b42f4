package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Schema is the provider that gives each tenant a schema of its own, in one
// database. It takes what a generated package sends and writes the tenant's schema
// before the names of its tables, so that no search_path decides what they mean.
//
// SQL that is written by hand runs in a transaction of its own, or in that which it
// is in, with a search_path of the tenant's schema alone. What tenants share has to
// be qualified there, as public.plans is: tables, types, functions and operators.
//
// Make it with NewSchema; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type Schema struct {
	*namespaces
}

var _ pgxdb.Isolation = (*Schema)(nil)

// NewSchema returns a provider on pool, which stays the caller's to close. It does no
// I/O. The layout is that of the generated package. A nil pool is ErrNoPool, a layout
// without tables ErrNoLayout, and one whose tables cannot be moved ErrUnmovable.
func NewSchema(pool *pgxpool.Pool, layout runtime.Layout, opts ...Option) (*Schema, error) {
	common, err := newNamespaces(pool, runtime.StrategySchema, layout, opts)
	if err != nil {
		return nil, err
	}
	p := &Schema{common}
	common.place = func(t runtime.Tenant) (namespace.Space, error) {
		name, err := p.SchemaName(t)
		return namespace.Space{Schema: name}, err
	}
	return p, nil
}

// SchemaName returns the name of the tenant's schema, without quotes: its own
// SchemaName, or a name that is made from its id. A SchemaName that cannot be a
// tenant's, such as public, is runtime.ErrNamespaceName.
func (p *Schema) SchemaName(t runtime.Tenant) (string, error) {
	if t.SchemaName != "" {
		return namespace.Stored(t.SchemaName, t.ID, p.layout.Schema)
	}
	return namespace.Schema(t.ID)
}
