package postgres

import (
	"context"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// tenantTx is the pgx.Tx of a transaction in which the tenant has been set, or of a
// savepoint in it. Its statements need nothing more, and nothing in it sets the
// tenant again: a setting changed behind a savepoint would outlive the savepoint's
// release.
type tenantTx struct {
	*transaction
	// savepoint is its name; empty for the transaction itself.
	savepoint string
	released  bool
}

// open returns pgx.ErrTxClosed after the end of the savepoint. That of the
// transaction is seen by its own methods.
func (tx *tenantTx) open() error {
	if tx.released {
		return pgx.ErrTxClosed
	}
	return nil
}

// Begin makes a savepoint.
func (tx *tenantTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if err := tx.open(); err != nil {
		return nil, err
	}
	tx.counter++
	nested := &tenantTx{transaction: tx.transaction, savepoint: "sp_" + strconv.Itoa(tx.counter)}
	if _, err := tx.Exec(ctx, "savepoint "+nested.savepoint); err != nil {
		return nil, err
	}
	return nested, nil
}

// Commit commits the transaction, or releases the savepoint. A transaction without a
// statement has not begun, and ends without a word to the server.
func (tx *tenantTx) Commit(ctx context.Context) error {
	return tx.end(ctx, "release savepoint ", tx.commit)
}

// Rollback rolls back the transaction, or to the savepoint.
func (tx *tenantTx) Rollback(ctx context.Context) error {
	return tx.end(ctx, "rollback to savepoint ", tx.rollback)
}

func (tx *tenantTx) end(ctx context.Context, nested string, outermost func(context.Context) error) error {
	if tx.savepoint == "" {
		return outermost(ctx)
	}
	if err := tx.open(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, nested+tx.savepoint)
	tx.released = true
	return err
}

func (tx *tenantTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := tx.open(); err != nil {
		return pgconn.CommandTag{}, err
	}
	if tx.begun && !tx.closed && len(args) == 0 {
		// As pgx does it: the text may hold several statements.
		return tx.conn.Conn().Exec(ctx, sql)
	}
	return tx.exec(ctx, order{sql: sql, args: args})
}

func (tx *tenantTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return tx.queryOrder(ctx, order{sql: sql, args: args})
}

func (tx *tenantTx) queryOrder(ctx context.Context, o order) (pgx.Rows, error) {
	if err := tx.open(); err != nil {
		return refusedRows(ctx, err)
	}
	rows, err := tx.query(ctx, o)
	if err != nil {
		return refusedRows(ctx, err)
	}
	return rows, nil
}

func (tx *tenantTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return pgxdb.Refuse(err).QueryRow(ctx, sql)
	}
	return firstOf(rows)
}

func (tx *tenantTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	// Only a batch that begins a transaction has one when it fails.
	if failed := pgx.FailedBatchResults(b, ErrBatchBegin); failed.Tx() != nil {
		return failed
	}
	conn, err := tx.ready(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return conn.SendBatch(ctx, b)
}

func (tx *tenantTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	conn, err := tx.ready(ctx)
	if err != nil {
		return nil, err
	}
	return conn.Prepare(ctx, name, sql)
}

// ready begins the transaction and returns its connection.
func (tx *tenantTx) ready(ctx context.Context) (*pgx.Conn, error) {
	if err := tx.open(); err != nil {
		return nil, err
	}
	if err := tx.begin(ctx); err != nil {
		return nil, err
	}
	return tx.conn.Conn(), nil
}

// RefusesCopy implements pgxdb.CopyRefuser.
func (tx *tenantTx) RefusesCopy() bool { return !tx.copies }

func (tx *tenantTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if !tx.copies {
		return 0, ErrCopyUnderRLS
	}
	conn, err := tx.ready(ctx)
	if err != nil {
		return 0, err
	}
	return conn.CopyFrom(ctx, table, columns, rows)
}

// LargeObjects begins the transaction with the context of Begin. The methods of its
// result return an error where that fails.
func (tx *tenantTx) LargeObjects() pgx.LargeObjects {
	err := tx.open()
	if err == nil {
		var t pgx.Tx
		if t, err = tx.standard(); err == nil {
			return t.LargeObjects()
		}
	}
	return failedTx(err).LargeObjects()
}

// Conn begins the transaction with the context of Begin, so that what is run on the
// connection is run in it. It returns nil where that fails, and after the end.
func (tx *tenantTx) Conn() *pgx.Conn {
	if err := tx.begin(tx.ctx); err != nil {
		return nil
	}
	return tx.conn.Conn()
}
