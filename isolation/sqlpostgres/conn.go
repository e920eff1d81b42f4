package sqlpostgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// rollbackTimeout bounds a rollback, which does not use the caller's context.
const rollbackTimeout = 5 * time.Second

// scopedConnector makes connections that run each statement in the scope of its
// context.
type scopedConnector struct {
	inner driver.Connector
}

func (c scopedConnector) Driver() driver.Driver { return c.inner.Driver() }

func (c scopedConnector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.inner.Connect(ctx)
	if err != nil {
		return nil, err
	}
	able, ok := inner.(innerConn)
	if !ok {
		_ = inner.Close()
		return nil, ErrDriver
	}
	return &conn{inner: able}, nil
}

// innerConn is what a driver's connection has to be able to do.
type innerConn interface {
	driver.Conn
	driver.ExecerContext
	driver.QueryerContext
	driver.ConnPrepareContext
}

// conn is a connection on which a statement outside a transaction gets one of its
// own, with the tenant set, and a transaction begins with the setting. database/sql
// calls it from one goroutine at a time.
type conn struct {
	inner innerConn
	// inTx is set while a transaction of BeginTx is open: the tenant has been set.
	inTx bool
	// broken is set when it is not known that the last transaction has ended. The
	// connection is then closed in place of being used again.
	broken bool
}

var (
	_ driver.Validator         = (*conn)(nil)
	_ driver.SessionResetter   = (*conn)(nil)
	_ driver.Pinger            = (*conn)(nil)
	_ driver.NamedValueChecker = (*conn)(nil)
	_ driver.ConnBeginTx       = (*conn)(nil)
	_ innerConn                = (*conn)(nil)
)

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	own, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	if !own {
		return c.inner.ExecContext(ctx, query, args)
	}
	// The arguments' own methods are the caller's code and may panic.
	ended := false
	defer func() {
		if !ended {
			c.rollback(ctx)
		}
	}()
	result, err := c.inner.ExecContext(ctx, query, args)
	ended = true
	if err := c.leave(ctx, err); err != nil {
		return nil, err
	}
	return result, nil
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	own, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	if !own {
		return c.inner.QueryContext(ctx, query, args)
	}
	ended := false
	defer func() {
		if !ended {
			c.rollback(ctx)
		}
	}()
	inner, err := c.inner.QueryContext(ctx, query, args)
	ended = true
	if err != nil {
		return nil, c.leave(ctx, err)
	}
	return &rows{Rows: inner, conn: c, ctx: ctx}, nil
}

// PrepareContext prepares a statement in a transaction, which it does not outlive.
func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if !c.inTx {
		return nil, ErrPrepareUnderRLS
	}
	return c.inner.PrepareContext(ctx, query)
}

// enter begins a transaction for a statement, where the statement needs one of its
// own, and sets the tenant in it.
func (c *conn) enter(ctx context.Context) (own bool, err error) {
	if c.inTx {
		return false, nil
	}
	s, err := scopeOf(ctx)
	if err != nil || s.set == "" {
		return false, err
	}
	return true, c.begin(ctx, "BEGIN", s)
}

// begin begins a transaction and sets the tenant, in one round trip.
func (c *conn) begin(ctx context.Context, begin string, s scope) error {
	if s.set != "" {
		begin += "; " + s.set
	}
	err := c.run(ctx, begin)
	if err != nil {
		c.rollback(ctx)
	}
	return err
}

// leave ends the transaction of a statement, and returns its error or that of the
// commit.
func (c *conn) leave(ctx context.Context, err error) error {
	if err == nil {
		err = ctx.Err()
	}
	if err == nil {
		err = c.commit(ctx)
	} else {
		c.rollback(ctx)
	}
	return err
}

// commit commits. PostgreSQL answers a COMMIT in a transaction that has failed with a
// rollback and no error; the empty SELECT before it fails there.
func (c *conn) commit(ctx context.Context) error {
	err := c.run(ctx, "SELECT; COMMIT")
	if err == nil {
		return nil
	}
	c.rollback(ctx)
	if errors.Is(err, driver.ErrBadConn) {
		// For this error database/sql would run the statement again, which may have
		// been committed.
		return fmt.Errorf("tenancy: the connection was lost at the commit: %v", err)
	}
	return err
}

// rollback ends what is open. Without a transaction PostgreSQL warns and does
// nothing, so that success says that the connection is clean.
func (c *conn) rollback(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	if err := c.run(ctx, "ROLLBACK"); err != nil {
		c.broken = true
	}
}

// run runs statements without parameters, which both drivers send as they are, all
// of them at once.
func (c *conn) run(ctx context.Context, statements string) error {
	_, err := c.inner.ExecContext(ctx, statements, nil)
	return err
}

// BeginTx begins a transaction in the scope of the context, and sets the tenant in
// it.
func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	s, err := scopeOf(ctx)
	if err != nil {
		return nil, err
	}
	begin, err := beginSQL(opts)
	if err != nil {
		return nil, err
	}
	if err := c.begin(ctx, begin, s); err != nil {
		return nil, err
	}
	c.inTx = true
	return &tx{conn: c, ctx: ctx}, nil
}

// beginSQL returns the statement that begins a transaction of the given kind.
func beginSQL(opts driver.TxOptions) (string, error) {
	begin := "BEGIN"
	switch level := sql.IsolationLevel(opts.Isolation); level {
	case sql.LevelDefault:
	case sql.LevelReadUncommitted:
		begin += " ISOLATION LEVEL READ UNCOMMITTED"
	case sql.LevelReadCommitted:
		begin += " ISOLATION LEVEL READ COMMITTED"
	case sql.LevelRepeatableRead, sql.LevelSnapshot:
		begin += " ISOLATION LEVEL REPEATABLE READ"
	case sql.LevelSerializable:
		begin += " ISOLATION LEVEL SERIALIZABLE"
	default:
		return "", fmt.Errorf("tenancy: isolation level %s is not known to PostgreSQL", level)
	}
	if opts.ReadOnly {
		begin += " READ ONLY"
	}
	return begin, nil
}

// tx is a transaction in which the tenant has been set. Nothing in it sets the
// tenant again.
type tx struct {
	conn *conn
	ctx  context.Context
}

func (t *tx) Commit() error {
	t.conn.inTx = false
	return t.conn.commit(t.ctx)
}

func (t *tx) Rollback() error {
	t.conn.inTx = false
	t.conn.rollback(t.ctx)
	return nil // a connection that could not be rolled back is closed
}

func (c *conn) Close() error { return c.inner.Close() }

// Prepare and Begin are not called by database/sql, which has a context always.
func (c *conn) Prepare(string) (driver.Stmt, error) { return nil, ErrPrepareUnderRLS }

func (c *conn) Begin() (driver.Tx, error) { return nil, ErrNoHandle }

// IsValid reports whether the connection may go back to the pool.
func (c *conn) IsValid() bool {
	if v, ok := c.inner.(driver.Validator); ok && !v.IsValid() {
		return false
	}
	return !c.broken && !c.inTx
}

func (c *conn) ResetSession(ctx context.Context) error {
	if !c.IsValid() {
		return driver.ErrBadConn
	}
	if r, ok := c.inner.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

func (c *conn) Ping(ctx context.Context) error {
	if p, ok := c.inner.(driver.Pinger); ok {
		return p.Ping(ctx)
	}
	return nil
}

func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	if v, ok := c.inner.(driver.NamedValueChecker); ok {
		return v.CheckNamedValue(value)
	}
	return driver.ErrSkip
}
