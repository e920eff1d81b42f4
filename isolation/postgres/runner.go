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

// order is a statement that is to be run.
type order struct {
	// begin begins a transaction before the statement; empty for none. It outlives
	// the statement.
	begin string
	// setting comes behind it, if any.
	setting setting
	sql     string
	args    []any
}

// call is a statement that has been sent, with what has to come before it, in one
// round trip.
type call struct {
	session *session
	// owned is the connection where it is to be given back at the end.
	owned     *pgxpool.Conn
	statement *statement
	// results are what has come before as well; nil where there was nothing.
	results *pgconn.MultiResultReader
	reader  *pgconn.ResultReader
	// sent is set when something may have reached the server.
	sent bool
	// traced is the context of the tracer; nil without one.
	traced context.Context
}

// start sends a statement and returns when the server has begun to answer it. On an
// error, and on a panic, which may come from the arguments' own methods, an owned
// connection has been given back.
func start(ctx context.Context, s *session, owned *pgxpool.Conn, o order) (c call, err error) {
	c = call{session: s, owned: owned}
	started := false
	defer func() {
		if !started {
			c.trace(pgconn.CommandTag{}, err)
			c.release()
		}
	}()
	if s.tracer != nil {
		ctx = s.tracer.TraceQueryStart(ctx, s.conn, pgx.TraceQueryStartData{SQL: o.sql, Args: o.args})
		c.traced = ctx
	}
	o.sql, o.args, err = rewrite(ctx, s.conn, o.sql, o.args)
	if err != nil {
		return c, err
	}
	known, err := c.send(ctx, o)
	if known.outdated(err) {
		s.statements.clear()
		if again, rollbackErr := s.anew(ctx, o); rollbackErr == nil && again {
			_, err = c.send(ctx, o)
		}
	}
	started = err == nil
	return c, explained(err)
}

// anew makes the connection ready to send an order once more whose statement the
// server refused to begin: what came before it is rolled back. It reports whether
// that is possible, which it is not in a transaction that was there before.
func (s *session) anew(ctx context.Context, o order) (bool, error) {
	if s.conn.PgConn().TxStatus() == idle {
		return true, nil // it was an implicit transaction
	}
	if o.begin == "" {
		return false, nil
	}
	_, err := s.conn.Exec(ctx, "rollback")
	return true, err
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

// send sends an order with one Sync behind it, and reads up to where the statement's
// result begins. It returns the statements that it used.
func (c *call) send(ctx context.Context, o order) (pair, error) {
	s := c.session
	known, err := s.know(ctx, o.setting, statementKey{sql: o.sql})
	if err != nil {
		return pair{}, err
	}
	c.statement = known.statement
	d := c.statement.description
	if len(d.ParamOIDs) != len(o.args) {
		return pair{}, fmt.Errorf("expected %d arguments, got %d", len(d.ParamOIDs), len(o.args))
	}
	if err := s.builder.Build(s.conn.TypeMap(), d, o.args); err != nil {
		return pair{}, err
	}
	c.sent = true
	if o.begin == "" && known.setting == nil {
		return known, c.sendAlone(ctx)
	}
	batch := s.before(o, known.setting)
	queue(&batch, d, &s.builder)
	c.results = s.conn.PgConn().ExecBatch(ctx, &batch)
	if err := c.open(o.begin != "", known.setting != nil); err != nil {
		s.failed(c.statement, err)
		return known, err
	}
	return known, nil
}

// sendAlone sends a statement that has nothing before it.
func (c *call) sendAlone(ctx context.Context) error {
	d, b, conn := c.statement.description, &c.session.builder, c.session.conn.PgConn()
	if d.Name == "" {
		c.reader = conn.ExecParams(ctx, d.SQL, b.ParamValues, d.ParamOIDs, b.ParamFormats, b.ResultFormats)
	} else {
		c.reader = conn.ExecStatement(ctx, d, b.ParamValues, b.ParamFormats, b.ResultFormats)
	}
	if c.reader.FieldDescriptions() != nil {
		return nil
	}
	// There are no rows: either the statement has none, or it failed.
	_, err := c.reader.Close()
	c.session.failed(c.statement, err)
	return err
}

// before returns a batch of what comes before the statement of an order.
func (s *session) before(o order, set *statement) pgconn.Batch {
	if o.begin != "" {
		var batch pgconn.Batch
		batch.ExecParams(o.begin, nil, nil, nil, nil)
		if set != nil {
			queueSetting(&batch, set.description, o.setting.value)
		}
		return batch
	}
	p := &s.prefix
	if p.statement != set || p.value != o.setting.value {
		p.statement, p.value, p.batch = set, o.setting.value, pgconn.Batch{}
		queueSetting(&p.batch, set.description, o.setting.value)
	}
	// What is queued behind it may use the room behind the prefix: the batch before
	// has been written by now.
	return p.batch
}

func queueSetting(batch *pgconn.Batch, d *pgconn.StatementDescription, value string) {
	values := [][]byte{[]byte(value)}
	if d.Name == "" {
		batch.ExecParams(d.SQL, values, d.ParamOIDs, nil, nil)
	} else {
		batch.ExecStatement(d, values, nil, nil)
	}
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

// open reads the answers to what came before the statement, without which the server
// skips it, and then up to the statement's own result.
func (c *call) open(before ...bool) error {
	for _, sent := range before {
		if !sent {
			continue
		}
		if !c.results.NextResult() {
			return c.noResult()
		}
		if _, err := c.results.ResultReader().Close(); err != nil {
			_ = c.results.Close()
			return err
		}
	}
	if !c.results.NextResult() {
		return c.noResult()
	}
	c.reader = c.results.ResultReader()
	return nil
}

func (c *call) noResult() error {
	if err := c.results.Close(); err != nil {
		return err
	}
	return errNoResult
}

// end reads what is left of the answer and gives an owned connection back. It returns
// the first error of the statement and of the commit, which is behind the last
// result: there a deferred constraint fails.
func (c *call) end(tag pgconn.CommandTag, err error) error {
	// Deferred for the tracer, which is the caller's code.
	defer c.release()
	if c.results != nil {
		if closeErr := c.results.Close(); err == nil {
			err = closeErr
		}
	}
	c.session.failed(c.statement, err)
	c.trace(tag, err)
	return err
}

func (c *call) release() {
	if c.owned != nil {
		c.owned.Release()
	}
}

func (c *call) trace(tag pgconn.CommandTag, err error) {
	if c.traced != nil {
		c.session.tracer.TraceQueryEnd(c.traced, c.session.conn, pgx.TraceQueryEndData{CommandTag: tag, Err: err})
		c.traced = nil
	}
}

// exec reads the answer to its end.
func (c *call) exec() (pgconn.CommandTag, error) {
	tag, err := c.reader.Close()
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
	return &callRows{Rows: pgx.RowsFromResultReader(c.session.conn.TypeMap(), c.reader), call: c}
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
