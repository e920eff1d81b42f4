package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// setting is a setting that a statement needs: a SELECT of set_config, local to the
// transaction, with one parameter for the value. The zero setting is none.
type setting struct {
	sql, value string
}

// prefix is how the last batch of a connection began: with a setting. The same
// tenant often comes again.
type prefix struct {
	statement *statement
	value     string
	batch     pgconn.Batch
}

// call is a statement that has been sent, with its setting, as one implicit
// transaction. It holds the connection until end.
type call struct {
	conn      *pgxpool.Conn
	session   *session
	statement *statement
	results   *pgconn.MultiResultReader
	// traced is the context of the tracer; nil without one.
	traced context.Context
}

// start sends a statement on a connection that the caller has acquired, and returns
// when the server has begun to answer it. On an error, and on a panic, which may
// come from the arguments' own methods, the connection has been given back.
func start(ctx context.Context, conn *pgxpool.Conn, set setting, sql string, args []any) (c call, err error) {
	c = call{conn: conn, session: sessionOf(conn.Conn())}
	sent := false
	defer func() {
		if !sent {
			c.trace(pgconn.CommandTag{}, err)
			c.conn.Release()
		}
	}()
	if tracer := c.session.tracer; tracer != nil {
		ctx = tracer.TraceQueryStart(ctx, conn.Conn(), pgx.TraceQueryStartData{SQL: sql, Args: args})
		c.traced = ctx
	}
	sql, args, err = rewrite(ctx, conn.Conn(), sql, args)
	if err != nil {
		return c, err
	}
	key := statementKey{sql: sql}
	known, err := c.send(ctx, set, key, args)
	if known.outdated(err) {
		// The transaction has been rolled back, and the statement never began.
		c.session.statements.clear()
		_, err = c.send(ctx, set, key, args)
	}
	sent = err == nil
	return c, explained(err)
}

// rewrite applies the rewriters among the leading arguments, the last of which is
// what pgx applies.
func rewrite(ctx context.Context, conn *pgx.Conn, sql string, args []any) (string, []any, error) {
	var rewriter pgx.QueryRewriter
	for len(args) > 0 {
		r, ok := args[0].(pgx.QueryRewriter)
		if !ok {
			break
		}
		rewriter, args = r, args[1:]
	}
	if rewriter == nil {
		return sql, args, nil
	}
	sql, args, err := rewriter.RewriteQuery(ctx, conn, sql, args)
	if err != nil {
		return "", nil, fmt.Errorf("rewrite query failed: %w", err)
	}
	return sql, args, nil
}

// send sends the setting and the statement with one Sync behind them, and reads up
// to where the statement's result begins. It returns the statements that it used.
func (c *call) send(ctx context.Context, set setting, key statementKey, args []any) (pair, error) {
	s := c.session
	known, err := s.know(ctx, set, key)
	if err != nil {
		return pair{}, err
	}
	c.statement = known.statement
	d := c.statement.description
	if len(d.ParamOIDs) != len(args) {
		return pair{}, fmt.Errorf("expected %d arguments, got %d", len(d.ParamOIDs), len(args))
	}
	if err := s.builder.Build(s.conn.TypeMap(), d, args); err != nil {
		return pair{}, err
	}
	batch := s.begin(known.setting, set.value)
	queue(&batch, d, &s.builder)
	c.results = s.conn.PgConn().ExecBatch(ctx, &batch)
	if err := c.open(); err != nil {
		s.failed(c.statement, err)
		return known, err
	}
	return known, nil
}

// begin returns a batch that begins with the setting.
func (s *session) begin(set *statement, value string) pgconn.Batch {
	p := &s.prefix
	if p.statement != set || p.value != value {
		p.statement, p.value, p.batch = set, value, pgconn.Batch{}
		d := set.description
		values := [][]byte{[]byte(value)}
		if d.Name == "" {
			p.batch.ExecParams(d.SQL, values, d.ParamOIDs, nil, nil)
		} else {
			p.batch.ExecStatement(d, values, nil, nil)
		}
	}
	// What is queued behind it may use the room behind the prefix: the batch before
	// has been written by now.
	return p.batch
}

// queue appends a statement with the arguments in the builder.
func queue(batch *pgconn.Batch, d *pgconn.StatementDescription, b *pgx.ExtendedQueryBuilder) {
	if d.Name == "" {
		// The server describes the result, since the table may have changed.
		batch.ExecParams(d.SQL, b.ParamValues, d.ParamOIDs, b.ParamFormats, b.ResultFormats)
		return
	}
	batch.ExecStatement(d, b.ParamValues, b.ParamFormats, b.ResultFormats)
}

// errNoResult should not happen: the server answers each statement.
var errNoResult = errors.New("tenancy: the server did not answer the statement")

// open reads the answer to the setting, without which the server skips the
// statement, and then up to the statement's result.
func (c *call) open() error {
	if !c.results.NextResult() {
		return c.noResult()
	}
	if _, err := c.results.ResultReader().Close(); err != nil {
		_ = c.results.Close()
		return err
	}
	if !c.results.NextResult() {
		return c.noResult()
	}
	return nil
}

func (c *call) noResult() error {
	if err := c.results.Close(); err != nil {
		return err
	}
	return errNoResult
}

// end reads what is left of the answer and gives the connection back. It returns
// the first error of the statement and of the commit, which is behind the last
// result: there a deferred constraint fails.
func (c *call) end(tag pgconn.CommandTag, err error) error {
	// Deferred for the tracer, which is the caller's code.
	defer c.conn.Release()
	if closeErr := c.results.Close(); err == nil {
		err = closeErr
	}
	c.session.failed(c.statement, err)
	c.trace(tag, err)
	return err
}

func (c *call) trace(tag pgconn.CommandTag, err error) {
	if c.traced != nil {
		c.session.tracer.TraceQueryEnd(c.traced, c.session.conn, pgx.TraceQueryEndData{CommandTag: tag, Err: err})
		c.traced = nil
	}
}

// exec reads the answer to its end.
func (c *call) exec() (pgconn.CommandTag, error) {
	tag, err := c.results.ResultReader().Close()
	return tag, c.end(tag, err)
}

// callRows are the rows of a call. Closing them ends it.
type callRows struct {
	pgx.Rows
	call  call
	ended bool
	err   error
}

func newCallRows(c call) *callRows {
	return &callRows{Rows: pgx.RowsFromResultReader(c.session.conn.TypeMap(), c.results.ResultReader()), call: c}
}

func (r *callRows) Close() {
	if r.ended {
		return
	}
	r.ended = true
	r.Rows.Close()
	r.err = r.call.end(r.Rows.CommandTag(), r.Rows.Err())
}

func (r *callRows) Err() error {
	if r.ended {
		return r.err
	}
	return r.Rows.Err()
}

func (r *callRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *callRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *callRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// callRow is the first of the rows of a call.
type callRow callRows

func (r *callRow) Scan(dest ...any) error { return scanFirst((*callRows)(r), dest) }

// Conn returns the connection, which belongs to the rows until they are closed.
func (r *callRows) Conn() *pgx.Conn { return r.call.session.conn }
