package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
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
	// sql is the text as the application wrote it. It is sent with its slots filled
	// for the space, where it has slots.
	sql   string
	slots []runtime.Slot
	space namespace.Space
	// late is set where the text means something else under the setting, so that the
	// server must not read it before.
	late bool
	args []any
}

// key is what the statement is known by.
func (o *order) key() statementKey {
	if len(o.slots) == 0 && !o.late {
		return statementKey{sql: o.sql}
	}
	return statementKey{space: o.space, sql: o.sql, late: o.late}
}

// text is what is sent.
func (o *order) text() string {
	return namespace.Render(runtime.Text{SQL: o.sql, Slots: o.slots}, o.space)
}

// call is a statement that has been sent, with what has to come before it, in one
// round trip.
type call struct {
	session *session
	// owned is the connection where it is to be given back at the end.
	owned     *pgxpool.Conn
	statement *statement
	reader    *pgconn.ResultReader
	// rest is what the answer is a part of; nil where there is nothing else.
	rest interface{ Close() error }
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
	known, err := c.send(ctx, &o)
	if known.outdated(err) {
		s.statements.clear()
		if again, rollbackErr := s.anew(ctx, o); rollbackErr == nil && again {
			_, err = c.send(ctx, &o)
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
func (c *call) send(ctx context.Context, o *order) (pair, error) {
	s := c.session
	known, err := s.know(ctx, o)
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
	switch {
	case c.statement.hold && o.begin == "":
		err = c.sendHeld(ctx, o)
	case o.begin != "" || known.setting != nil:
		err = c.sendBehind(ctx, o, known.setting)
	default:
		err = c.sendAlone(ctx)
	}
	s.failed(c.statement, err)
	return known, err
}

// sendBehind sends a statement behind what has to come before it.
func (c *call) sendBehind(ctx context.Context, o *order, set *statement) error {
	s := c.session
	batch := s.before(o, set)
	queue(&batch, c.statement.description, &s.builder)
	results := s.conn.PgConn().ExecBatch(ctx, &batch)
	c.rest = results
	var err error
	c.reader, err = open(results, o.begin != "", set != nil)
	return err
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
	return err
}

// sendHeld has the server hold the statement, and executes it, in one round trip. The
// result is described by the server: the types may be those of another tenant's
// table.
func (c *call) sendHeld(ctx context.Context, o *order) error {
	s, b := c.session, &c.session.builder
	held := s.newStatement(c.statement.key, c.statement.description.SQL, true)
	held.description.ParamOIDs = c.statement.description.ParamOIDs
	p := s.conn.PgConn().StartPipeline(ctx)
	dropped := s.forget(p)
	before := 0
	if o.setting.sql != "" {
		sendSetting(p, o.setting)
		before = 1
	}
	sendPrepare(p, held.description)
	p.SendQueryPrepared(held.description.Name, b.ParamValues, b.ParamFormats, b.ResultFormats)
	if err := p.Sync(); err != nil {
		s.statements.dropped = append(dropped, s.statements.dropped...)
		_ = p.Close()
		return err
	}
	for {
		result, err := p.GetResults()
		if err != nil {
			_ = p.Close()
			return err
		}
		switch result := result.(type) {
		case *pgconn.StatementDescription:
			held.description.ParamOIDs, held.description.Fields = result.ParamOIDs, result.Fields
			s.statements.put(held)
		case *pgconn.ResultReader:
			if before > 0 {
				before--
				continue
			}
			c.reader, c.rest = result, p
			return nil
		case *pgconn.PipelineSync, nil:
			return errors.Join(errNoResult, p.Close())
		}
	}
}

// before returns a batch of what comes before the statement of an order.
func (s *session) before(o *order, set *statement) pgconn.Batch {
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
func open(results *pgconn.MultiResultReader, before ...bool) (*pgconn.ResultReader, error) {
	for _, sent := range before {
		if !sent {
			continue
		}
		if !results.NextResult() {
			return nil, noResult(results)
		}
		if _, err := results.ResultReader().Close(); err != nil {
			_ = results.Close()
			return nil, err
		}
	}
	if !results.NextResult() {
		return nil, noResult(results)
	}
	return results.ResultReader(), nil
}

func noResult(results *pgconn.MultiResultReader) error {
	if err := results.Close(); err != nil {
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
	if c.rest != nil {
		if closeErr := c.rest.Close(); err == nil {
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
