package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// RowFilter is the provider for SQL that carries the tenant's predicate itself,
// as all generated SQL does. Its handles are the pool, but for a tenant that may
// not act. Nothing but the SQL keeps tenants apart, so hand-written SQL on a
// handle of RowFilter is not isolated, and neither is CopyFrom.
//
// Make it with NewRowFilter; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type RowFilter struct {
	shared
}

var _ pgxdb.Isolation = (*RowFilter)(nil)

// NewRowFilter returns a provider on pool, which stays the caller's to close. It
// does no I/O. A nil pool is ErrNoPool.
func NewRowFilter(pool *pgxpool.Pool, opts ...Option) (*RowFilter, error) {
	if pool == nil {
		return nil, ErrNoPool
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	return &RowFilter{shared{pool: pool, plain: newPlain(pool), strategy: runtime.StrategyRow, options: o}}, nil
}

// For returns a handle for t. For a tenant that may not act, every method of
// the handle returns the error of Tenant.Check, and with WithLayout that of an id that is
// not of its form.
func (p *RowFilter) For(t runtime.Tenant) pgxdb.Handle {
	if err := p.check(t); err != nil {
		return pgxdb.Refuse(err)
	}
	return p.plain
}

// Global returns a handle for statements that touch no tenant's table.
func (p *RowFilter) Global() pgxdb.Handle { return p.plain }

// plain runs statements on the pool as they are. It hides the rest of the pool,
// so that a type assertion on a handle does not get at it. It is a pointer, so that a
// handle for a tenant is no allocation.
type plain struct {
	pool *pgxpool.Pool
	// split is set where pgx would split a statement; see inOne.
	split bool
}

func newPlain(pool *pgxpool.Pool) *plain {
	return &plain{pool: pool, split: splits(pool)}
}

func (d *plain) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	tag, err := d.pool.Exec(ctx, sql, d.inOne(args)...)
	return tag, explained(err)
}

func (d *plain) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := d.pool.Query(ctx, sql, d.inOne(args)...)
	return rows, explained(err)
}

func (d *plain) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return d.pool.QueryRow(ctx, sql, d.inOne(args)...)
}

func (d *plain) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return d.pool.SendBatch(ctx, b)
}

func (d *plain) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return d.pool.CopyFrom(ctx, table, columns, rows)
}

func (d *plain) Begin(ctx context.Context) (pgx.Tx, error) {
	return d.pool.Begin(ctx)
}

func (d *plain) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	return d.pool.BeginTx(ctx, options)
}

func (d *plain) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, d, fn)
}
