package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"

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
func Refuse(err error) DB { return refused{err} }

type refused struct {
	err error
}

func (d refused) ExecContext(context.Context, string, ...any) (sql.Result, error) {
	return nil, d.err
}

func (d refused) QueryContext(context.Context, string, ...any) (*sql.Rows, error) {
	return nil, d.err
}

func (d refused) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, d.err
}

func (d refused) BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error) {
	return nil, d.err
}

// QueryRowContext returns a row whose Scan returns the error. Only database/sql can
// make one, and it does for a pool that gets no connection.
func (d refused) QueryRowContext(context.Context, string, ...any) *sql.Row {
	pool := sql.OpenDB(noConnection(d))
	defer func() { _ = pool.Close() }()
	// Not the caller's context, whose error would come first.
	return pool.QueryRowContext(context.Background(), "")
}

// noConnection is a connector that returns the error in place of a connection.
type noConnection struct {
	err error
}

func (c noConnection) Connect(context.Context) (driver.Conn, error) { return nil, c.err }
func (c noConnection) Driver() driver.Driver                        { return c }
func (c noConnection) Open(string) (driver.Conn, error)             { return nil, c.err }
