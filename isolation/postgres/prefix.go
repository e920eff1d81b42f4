package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Prefix is the provider that gives each tenant tables of its own in one schema,
// which are told by how their names begin. It takes what a generated package sends
// and writes the tenant's names of tables into it.
//
// SQL that is written by hand is ErrHandwritten: it would name tables that are
// nobody's. ApplyFilters makes SQL that can be sent.
//
// Make it with NewPrefix; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type Prefix struct {
	*namespaces
}

var _ pgxdb.Isolation = (*Prefix)(nil)

// NewPrefix returns a provider on pool, which stays the caller's to close. It does no
// I/O. The layout is that of the generated package. A nil pool is ErrNoPool, a layout
// without tables ErrNoLayout, and one whose tables cannot be moved ErrUnmovable.
func NewPrefix(pool *pgxpool.Pool, layout runtime.Layout, opts ...Option) (*Prefix, error) {
	common, err := newNamespaces(pool, runtime.StrategyPrefix, layout, opts)
	if err != nil {
		return nil, err
	}
	p := &Prefix{common}
	common.place = func(t runtime.Tenant) (namespace.Space, error) {
		prefix, err := namespace.Prefix(t.ID)
		return namespace.Space{Schema: p.layout.Schema, Prefix: prefix}, err
	}
	return p, nil
}

// SchemaName is runtime.ErrUnsupported: the schema of a tenant's tables is that of
// all tenants. A SchemaName of the tenant's means nothing under this strategy.
func (p *Prefix) SchemaName(t runtime.Tenant) (string, error) {
	if t.ID == "" {
		return "", runtime.ErrNoTenant
	}
	return "", fmt.Errorf("%w: under strategy prefix tenants have no schema of their own", runtime.ErrUnsupported)
}

// TableName returns what a table of the layout is called for the tenant, as SQL
// writes it: with its schema and in quotes. It is for SQL outside of the provider,
// such as a migration or a report of the operator's.
func (p *Prefix) TableName(t runtime.Tenant, table string) (string, error) {
	space, err := p.place(t)
	if err != nil {
		return "", err
	}
	for _, own := range p.own() {
		if own.Name == table {
			return space.Qualified(table), nil
		}
	}
	return "", fmt.Errorf("%w: %q", ErrNotTenantTable, table)
}
