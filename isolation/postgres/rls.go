package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// RLS is the provider for row-level security: it tells PostgreSQL the tenant in
// a setting that is local to the transaction of each statement, and policies on
// the tables do the rest. See the package documentation for what holds.
//
// Make it with NewRLS; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type RLS struct {
	shared
	// setTenant makes the setting; its one parameter is the tenant's id.
	setTenant string
}

var _ pgxdb.Isolation = (*RLS)(nil)

// NewRLS returns a provider on pool, which stays the caller's to close. It does
// no I/O; call VerifyRole to know that policies hold for the pool's role. A nil pool
// is ErrNoPool, and a bad setting name ErrSettingName.
func NewRLS(pool *pgxpool.Pool, opts ...Option) (*RLS, error) {
	if pool == nil {
		return nil, ErrNoPool
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	return &RLS{
		shared: shared{pool: pool, plain: newPlain(pool), strategy: runtime.StrategyRLS, options: o},
		// Qualified, so that no search_path can put another function in its
		// place. The name has been checked, so it needs no parameter.
		setTenant: "SELECT pg_catalog.set_config('" + o.setting + "', $1, true)",
	}, nil
}

// For returns a handle on which every statement, and every transaction, runs
// as t. For a tenant that may not act, every method of the handle returns the
// error of Tenant.Check, and with WithLayout that of an id that is not of its form.
//
// Exec, Query, QueryRow and SendBatch take one round trip. A transaction keeps the
// tenant until it ends; it begins with its first statement, see the package
// documentation, and Begin on it makes a savepoint of the same tenant. CopyFrom is
// ErrCopyUnderRLS, and RefusesCopy of package pgxdb tells so, so that a generated
// :copyfrom inserts.
func (p *RLS) For(t runtime.Tenant) pgxdb.Handle {
	if err := p.check(t); err != nil {
		return pgxdb.Refuse(err)
	}
	return tenantDB{rls: p, id: t.ID}
}

// Global returns a handle whose statements run without a tenant. Policies then
// show no rows and accept none.
func (p *RLS) Global() pgxdb.Handle { return p.plain }

// tenantDB is the handle of one tenant.
type tenantDB struct {
	rls *RLS
	id  string
}

func (d tenantDB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if hasQueryOption(args) {
		return pgconn.CommandTag{}, ErrQueryOption
	}
	conn, err := d.rls.pool.Acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	s := sessionOf(conn.Conn())
	if !s.runs(sql) {
		return d.execBatch(ctx, conn, sql, args)
	}
	c, err := start(ctx, s, conn, order{setting: d.tenant(), sql: sql, args: args})
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return c.exec()
}

func (d tenantDB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := d.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).Query(ctx, sql)
	}
	return rows, nil
}

func (d tenantDB) query(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	if hasQueryOption(args) {
		return nil, ErrQueryOption
	}
	conn, err := d.rls.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	s := sessionOf(conn.Conn())
	if !s.runs(sql) {
		return d.queryBatch(ctx, conn, sql, args)
	}
	c, err := start(ctx, s, conn, order{setting: d.tenant(), sql: sql, args: args})
	if err != nil {
		return nil, err
	}
	return newCallRows(c), nil
}

// tenant is the setting that each statement of d needs.
func (d tenantDB) tenant() setting { return setting{sql: d.rls.setTenant, value: d.id} }

func (d tenantDB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := d.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).QueryRow(ctx, sql)
	}
	return firstOf(rows)
}

func (d tenantDB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	// Only a batch that begins a transaction has one when it fails.
	if failed := pgx.FailedBatchResults(b, ErrBatchBegin); failed.Tx() != nil {
		return failed
	}
	for _, q := range b.QueuedQueries {
		if hasQueryOption(q.Arguments) {
			return pgx.FailedBatchResults(b, ErrQueryOption)
		}
	}
	conn, err := d.rls.pool.Acquire(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	results, err := d.send(ctx, conn, b)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return results
}

// RefusesCopy implements pgxdb.CopyRefuser.
func (tenantDB) RefusesCopy() bool { return true }

func (d tenantDB) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, ErrCopyUnderRLS
}

func (d tenantDB) Begin(ctx context.Context) (pgx.Tx, error) {
	return d.BeginTx(ctx, pgx.TxOptions{})
}

func (d tenantDB) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, d, fn)
}

func (d tenantDB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return &tenantTx{transaction: &transaction{ctx: ctx, pool: d.rls.pool, setting: d.tenant(), options: options}}, nil
}

// hasQueryOption reports whether pgx would take one of the leading arguments as
// an option that a batch cannot carry. It would otherwise be sent as a value.
func hasQueryOption(args []any) bool {
	for _, arg := range args {
		switch arg.(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			return true
		case pgx.QueryRewriter:
		default:
			return false
		}
	}
	return false
}
