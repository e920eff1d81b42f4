package sqlspace

import (
	"context"
	"database/sql/driver"
)

// Conn is a driver's connection with every method that database/sql asks for, to be
// wrapped by embedding it. Where the driver has none, the answer is that which has
// database/sql go another way. database/sql calls it from one goroutine at a time.
type Conn struct{ Inner driver.Conn }

var (
	_ driver.ExecerContext      = Conn{}
	_ driver.QueryerContext     = Conn{}
	_ driver.ConnPrepareContext = Conn{}
	_ driver.ConnBeginTx        = Conn{}
	_ driver.NamedValueChecker  = Conn{}
	_ driver.Pinger             = Conn{}
	_ driver.SessionResetter    = Conn{}
	_ driver.Validator          = Conn{}
)

// ExecContext is the driver's.
func (c Conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if e, ok := c.Inner.(driver.ExecerContext); ok {
		return e.ExecContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// QueryContext is the driver's.
func (c Conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if q, ok := c.Inner.(driver.QueryerContext); ok {
		return q.QueryContext(ctx, query, args)
	}
	return nil, driver.ErrSkip
}

// PrepareContext is the driver's.
func (c Conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if p, ok := c.Inner.(driver.ConnPrepareContext); ok {
		return p.PrepareContext(ctx, query)
	}
	return c.Inner.Prepare(query)
}

// Prepare is the driver's.
func (c Conn) Prepare(query string) (driver.Stmt, error) { return c.Inner.Prepare(query) }

// BeginTx is the driver's.
func (c Conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	if b, ok := c.Inner.(driver.ConnBeginTx); ok {
		return b.BeginTx(ctx, opts)
	}
	return nil, ErrDriver
}

// Begin is not called by database/sql, which has a context always.
func (c Conn) Begin() (driver.Tx, error) { return nil, ErrDriver }

// Close is the driver's.
func (c Conn) Close() error { return c.Inner.Close() }

// Ping is the driver's.
func (c Conn) Ping(ctx context.Context) error {
	if p, ok := c.Inner.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

// ResetSession is the driver's.
func (c Conn) ResetSession(ctx context.Context) error {
	if r, ok := c.Inner.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid is the driver's.
func (c Conn) IsValid() bool {
	v, ok := c.Inner.(driver.Validator)
	return !ok || v.IsValid()
}

// CheckNamedValue is the driver's.
func (c Conn) CheckNamedValue(value *driver.NamedValue) error {
	if v, ok := c.Inner.(driver.NamedValueChecker); ok {
		return v.CheckNamedValue(value)
	}
	return driver.ErrSkip
}
