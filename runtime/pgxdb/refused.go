package pgxdb

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/runtime"
)

// As returns the handle for what t does on it: db, or, for a tenant that may not
// act (see Tenant.Check) or whose id is not of the form (see IDForm), a handle every
// method of which returns that error. Generated code calls it. It does not make db act
// as t; that is the provider's part.
func As(t runtime.Tenant, ids runtime.IDForm, db DB) DB {
	if err := t.CheckAs(ids); err != nil {
		return Refuse(err)
	}
	return db
}

// Refuse returns a handle every method of which returns the error. It has no pool,
// so that nothing can reach the database through it.
func Refuse(err error) Handle { return refused{err} }

type refused struct {
	err error
}

func (d refused) Exec(context.Context, string, ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, d.err
}

func (d refused) Query(context.Context, string, ...any) (pgx.Rows, error) {
	return newFailedRows(d.err), d.err
}

func (d refused) QueryRow(context.Context, string, ...any) pgx.Row {
	return failedRow(d)
}

func (d refused) SendBatch(_ context.Context, b *pgx.Batch) pgx.BatchResults {
	return pgx.FailedBatchResults(b, d.err)
}

func (d refused) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, d.err
}

func (d refused) Begin(context.Context) (pgx.Tx, error) {
	return nil, d.err
}

func (d refused) BeginTx(context.Context, pgx.TxOptions) (pgx.Tx, error) {
	return nil, d.err
}

func (d refused) InTx(context.Context, func(DB) error) error { return d.err }

// failedRow is the pgx.Row of a statement that was not sent.
type failedRow struct {
	err error
}

func (r failedRow) Scan(...any) error { return r.err }

// failedRows are the pgx.Rows of a statement that was not sent. What it embeds
// are pgx's own closed rows; the methods below are those of them that cannot be
// called without a result.
type failedRows struct {
	pgx.Rows
}

func newFailedRows(err error) failedRows {
	rows, _ := pgx.FailedBatchResults(&pgx.Batch{}, err).Query()
	return failedRows{rows}
}

func (failedRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (r failedRows) Scan(...any) error                          { return r.Err() }
func (r failedRows) Values() ([]any, error)                     { return nil, r.Err() }
func (failedRows) RawValues() [][]byte                          { return nil }
