package sqlpostgres

import (
	"context"
	"database/sql"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// RowFilter is the provider for SQL that carries the tenant's predicate itself,
// as all generated SQL does. Its handles are the pool, but for a tenant that may
// not act. Nothing but the SQL keeps tenants apart, so hand-written SQL on a
// handle of RowFilter is not isolated.
//
// Make it with NewRowFilter; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type RowFilter struct {
	pool *sql.DB
	ids  runtime.IDForm
}

var _ sqldb.Provider = (*RowFilter)(nil)

// NewRowFilter returns a provider on pool, which stays the caller's to close. It
// does no I/O. A nil pool is ErrNoPool.
func NewRowFilter(pool *sql.DB, opts ...Option) (*RowFilter, error) {
	if pool == nil {
		return nil, ErrNoPool
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	return &RowFilter{pool: pool, ids: o.ids}, nil
}

// For returns a handle for t. For a tenant that may not act, every method of
// the handle returns the error of Tenant.Check, and with WithLayout that of an id that is
// not of its form.
func (p *RowFilter) For(t runtime.Tenant) sqldb.DB {
	if err := t.CheckAs(p.ids); err != nil {
		return sqldb.Refuse(err)
	}
	return plain{p.pool}
}

// Global returns a handle for statements that touch no tenant's table.
func (p *RowFilter) Global() sqldb.DB { return plain{p.pool} }

// plain runs statements on the pool as they are. It hides the rest of the pool,
// so that a type assertion on a handle does not get at it.
type plain struct {
	pool *sql.DB
}

func (d plain) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.pool.ExecContext(ctx, query, args...)
}

func (d plain) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.pool.QueryContext(ctx, query, args...)
}

func (d plain) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.pool.QueryRowContext(ctx, query, args...)
}

func (d plain) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return d.pool.PrepareContext(ctx, query)
}

func (d plain) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	return d.pool.BeginTx(ctx, opts)
}
