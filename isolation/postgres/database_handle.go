package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// databaseHandle runs statements in a tenant's database as they are. What they return
// holds the connection as that of a pgxpool.Pool does.
type databaseHandle struct {
	pools  *pools
	tenant runtime.Tenant
}

func (d databaseHandle) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer l.release()
	tag, err := l.Conn.Exec(ctx, sql, args...)
	return tag, explained(err)
}

func (d databaseHandle) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return 0, err
	}
	defer l.release()
	return l.Conn.CopyFrom(ctx, table, columns, rows)
}

func (d databaseHandle) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return pgxdb.Refuse(err).Query(ctx, sql)
	}
	// The arguments' own methods are the caller's code and may panic.
	sent := false
	defer func() {
		if !sent {
			l.release()
		}
	}()
	rows, err := l.Conn.Query(ctx, sql, args...)
	if err != nil {
		return rows, explained(err)
	}
	sent = true
	return &leasedRows{rows, l}, nil
}

func (d databaseHandle) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return pgxdb.Refuse(err).QueryRow(ctx, sql)
	}
	sent := false
	defer func() {
		if !sent {
			l.release()
		}
	}()
	row := &leasedRow{l.Conn.QueryRow(ctx, sql, args...), l}
	sent = true
	return row
}

func (d databaseHandle) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	sent := false
	defer func() {
		if !sent {
			l.release()
		}
	}()
	results := l.Conn.SendBatch(ctx, b)
	sent = true
	if tx := results.Tx(); tx != nil {
		// The transaction has the connection, and not the results.
		return &leasedResults{BatchResults: results, tx: &leasedTx{tx, l}}
	}
	return &leasedResults{BatchResults: results, lease: l}
}

func (d databaseHandle) Begin(ctx context.Context) (pgx.Tx, error) {
	return d.BeginTx(ctx, pgx.TxOptions{})
}

func (d databaseHandle) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	l, err := d.pools.acquire(ctx, d.tenant)
	if err != nil {
		return nil, err
	}
	tx, err := l.Conn.BeginTx(ctx, options)
	if err != nil {
		l.release()
		return nil, err
	}
	return &leasedTx{tx, l}, nil
}

func (d databaseHandle) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, d, fn)
}

// leasedRow gives its connection back when it is scanned.
type leasedRow struct {
	pgx.Row
	lease lease
}

func (r *leasedRow) Scan(dest ...any) error {
	// Deferred for the destinations' own methods, which may panic.
	defer r.lease.release()
	return r.Row.Scan(dest...)
}

// leasedRows give their connection back when they are closed.
type leasedRows struct {
	pgx.Rows
	lease lease
}

func (r *leasedRows) Close() {
	r.Rows.Close()
	r.lease.release()
}

func (r *leasedRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *leasedRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *leasedRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// leasedResults give their connection back when they are closed, unless they are a
// transaction's.
type leasedResults struct {
	pgx.BatchResults
	lease lease
	tx    *leasedTx
}

func (r *leasedResults) Close() error {
	// Deferred for callbacks, which may panic.
	defer r.lease.release()
	return r.BatchResults.Close()
}

func (r *leasedResults) Tx() pgx.Tx {
	if r.tx == nil {
		return nil
	}
	return r.tx
}

// leasedTx gives its connection back when it ends.
type leasedTx struct {
	pgx.Tx
	lease lease
}

func (tx *leasedTx) Commit(ctx context.Context) error {
	defer tx.lease.release()
	return tx.Tx.Commit(ctx)
}

func (tx *leasedTx) Rollback(ctx context.Context) error {
	defer tx.lease.release()
	return tx.Tx.Rollback(ctx)
}
