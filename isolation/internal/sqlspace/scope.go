package sqlspace

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Scope says what is sent for a statement of one tenant, or of none. It is safe for
// concurrent use.
type Scope interface {
	// Order returns what is sent for sql, or an error, with which nothing is sent.
	Order(sql string) (Order, error)
}

// Order is a statement as it is sent.
type Order struct {
	SQL string
	// Handwritten is set for SQL of which nobody knows what it leaves on its
	// connection, which is closed behind it.
	Handwritten bool
	// Before is a statement that is sent first on a connection on which handwritten SQL
	// runs, or has run: it says where names that are not qualified are looked for.
	Before string
}

// Connector makes connections on which each statement runs in the scope of the handle
// that it was called on.
type Connector struct{ driver.Connector }

// Connect makes a connection.
func (c Connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &scopedConn{Conn: Conn{inner}}, nil
}

// scopedConn is a connection that takes the scope of a statement from its context, and
// in a transaction from that of its begin.
type scopedConn struct {
	Conn
	// scope is that of the open transaction; nil for none.
	scope Scope
	// used is set once handwritten SQL was sent. Nothing can take back what it did to
	// the session, so the connection does not go back to the pool.
	used bool
}

// order returns what is sent for a statement, and makes the connection ready for it.
func (c *scopedConn) order(ctx context.Context, query string) (string, error) {
	scope := c.scope
	if scope == nil {
		var ok bool
		if scope, ok = ctx.Value(scopeKey{}).(Scope); !ok {
			return "", ErrNoHandle
		}
	}
	order, err := scope.Order(query)
	if err != nil {
		return "", err
	}
	c.used = c.used || order.Handwritten
	if c.used && order.Before != "" {
		// Without arguments every driver sends it as it is.
		if _, err := c.Conn.ExecContext(ctx, order.Before, nil); err != nil {
			return "", err
		}
	}
	return order.SQL, nil
}

func (c *scopedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	query, err := c.order(ctx, query)
	if err != nil {
		return nil, err
	}
	return c.Conn.ExecContext(ctx, query, args)
}

func (c *scopedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	query, err := c.order(ctx, query)
	if err != nil {
		return nil, err
	}
	return c.Conn.QueryContext(ctx, query, args)
}

func (c *scopedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	query, err := c.order(ctx, query)
	if err != nil {
		return nil, err
	}
	return c.Conn.PrepareContext(ctx, query)
}

func (*scopedConn) Prepare(string) (driver.Stmt, error) { return nil, ErrNoHandle }

func (c *scopedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	scope, ok := ctx.Value(scopeKey{}).(Scope)
	if !ok {
		return nil, ErrNoHandle
	}
	tx, err := c.Conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	c.scope = scope
	return scopedTx{tx, c}, nil
}

func (c *scopedConn) IsValid() bool { return !c.used && c.scope == nil && c.Conn.IsValid() }

func (c *scopedConn) ResetSession(ctx context.Context) error {
	if !c.IsValid() {
		return driver.ErrBadConn
	}
	return c.Conn.ResetSession(ctx)
}

// scopedTx is a transaction of a scope.
type scopedTx struct {
	driver.Tx
	conn *scopedConn
}

func (t scopedTx) Commit() error {
	err := t.Tx.Commit()
	t.end(err)
	return err
}

func (t scopedTx) Rollback() error {
	err := t.Tx.Rollback()
	t.end(err)
	return err
}

// end takes the scope from the connection. Where it is not known that the transaction
// has ended, the connection is not used again.
func (t scopedTx) end(err error) {
	t.conn.scope = nil
	t.conn.used = t.conn.used || err != nil
}

// scopeKey is the context key of the scope. Its type is private, so that nothing but
// a handle can put one there.
type scopeKey struct{}

// Handle returns a handle whose statements run in the scope on a pool of a Connector.
func Handle(pool *sql.DB, scope Scope) sqldb.DB { return handle{pool, scope} }

type handle struct {
	pool  *sql.DB
	scope Scope
}

func (d handle) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, d.scope)
}

func (d handle) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.pool.ExecContext(d.in(ctx), query, args...)
}

func (d handle) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.pool.QueryContext(d.in(ctx), query, args...)
}

func (d handle) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.pool.QueryRowContext(d.in(ctx), query, args...)
}

// PrepareContext is ErrPrepare: a *sql.Stmt runs in contexts that the handle does not
// see.
func (handle) PrepareContext(context.Context, string) (*sql.Stmt, error) { return nil, ErrPrepare }

func (d handle) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	return d.pool.BeginTx(d.in(ctx), opts)
}

// Plain returns a handle that is the pool and hides the rest of it, so that a type
// assertion does not get at it.
func Plain(pool *sql.DB) sqldb.DB { return plain{pool} }

type plain struct{ pool *sql.DB }

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

// AsIs is the scope of a provider's own statements, which are sent as they are.
type AsIs struct{}

// Order returns the statement.
func (AsIs) Order(sql string) (Order, error) { return Order{SQL: sql}, nil }
