package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// abandonTimeout bounds the rollback of a transaction that could not be begun.
const abandonTimeout = 5 * time.Second

// transaction is a transaction that begins with its first statement: BEGIN, the
// tenant's setting and the statement travel together. Before that it holds no
// connection. It ends once; its connection then goes back to the pool.
type transaction struct {
	// ctx is that of Begin, for what pgx gives no context.
	ctx     context.Context
	pool    *pgxpool.Pool
	setting setting
	options pgx.TxOptions
	// copies is set where CopyFrom is possible.
	copies bool

	conn    *pgxpool.Conn // from the first statement on
	begun   bool
	closed  bool
	byPgx   pgx.Tx // the same transaction as pgx has it, where it was asked for
	counter int    // of savepoints
}

// acquire returns the session of the transaction's connection.
func (t *transaction) acquire(ctx context.Context) (*session, error) {
	if t.closed {
		return nil, pgx.ErrTxClosed
	}
	if t.conn == nil {
		conn, err := t.pool.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		t.conn = conn
	}
	return sessionOf(t.conn.Conn()), nil
}

// start sends a statement, which begins the transaction where it is the first one.
// It reports whether it did: what only pgx can run, it leaves to pgx, on a
// connection on which the transaction has begun.
func (t *transaction) start(ctx context.Context, o order) (c call, started bool, err error) {
	s, err := t.acquire(ctx)
	if err != nil {
		return call{}, false, err
	}
	if !s.runs(o.sql) || hasQueryOption(o.args) {
		return call{}, false, t.begin(ctx)
	}
	if t.begun {
		c, err = start(ctx, s, nil, o)
		return c, err == nil, err
	}
	o.begin = beginSQL(t.options)
	if t.setting.sql != "" {
		o.setting = t.setting
	}
	c, err = start(ctx, s, nil, o)
	if err != nil && !c.sent && isPgError(err) {
		// The server does not accept the statement, or not by itself, as several in
		// one text. It has to say so within the transaction, or it would go on as
		// if the statement had not been there.
		return call{}, false, t.begin(ctx)
	}
	return c, err == nil, t.settle(c, err)
}

// settle takes note of what the first statement has made of the transaction.
func (t *transaction) settle(c call, err error) error {
	conn := t.conn.Conn().PgConn()
	switch {
	case err == nil:
		t.begun = true
	case conn.IsClosed():
		t.close()
	case !c.sent, pgconn.SafeToRetry(err):
		// Nothing was sent: an argument could not be encoded, or the context had
		// ended. As with pgx, the transaction can go on.
	case conn.TxStatus() == idle:
		t.close() // BEGIN itself was refused
	default:
		t.begun = true // and has failed
	}
	return err
}

// begin begins the transaction where it has not begun, in a round trip of its own.
func (t *transaction) begin(ctx context.Context) error {
	s, err := t.acquire(ctx)
	if err != nil || t.begun {
		return err
	}
	if err := s.begin(ctx, beginSQL(t.options), t.setting); err != nil {
		t.abandon(ctx)
		return explained(err)
	}
	t.begun = true
	return nil
}

// begin sends BEGIN, and the setting if there is one, in one round trip.
func (s *session) begin(ctx context.Context, sql string, set setting) error {
	if s.simple {
		b := &pgx.Batch{}
		b.Queue(sql)
		if set.sql != "" {
			b.Queue(set.sql, set.value)
		}
		return s.conn.SendBatch(ctx, b).Close()
	}
	b := &pgconn.Batch{}
	b.ExecParams(sql, nil, nil, nil, nil)
	if set.sql != "" {
		b.ExecParams(set.sql, [][]byte{[]byte(set.value)}, []uint32{pgtype.TextOID}, nil, nil)
	}
	return s.conn.PgConn().ExecBatch(ctx, b).Close()
}

// abandon ends a transaction that could not be begun.
func (t *transaction) abandon(ctx context.Context) {
	conn := t.conn.Conn()
	if !conn.IsClosed() && conn.PgConn().TxStatus() != idle {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
		defer cancel()
		// Where it fails, the pool destroys the connection.
		_, _ = conn.Exec(ctx, "rollback")
	}
	t.close()
}

// close gives the connection back. The pool destroys one that is still in a
// transaction.
func (t *transaction) close() {
	t.closed = true
	if t.conn != nil {
		t.conn.Release()
		t.conn = nil
	}
}

func (t *transaction) exec(ctx context.Context, o order) (pgconn.CommandTag, error) {
	c, started, err := t.start(ctx, o)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	if !started {
		args, err := t.byPgxArgs(ctx, o)
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		return t.conn.Conn().Exec(ctx, o.text(), args...)
	}
	return c.exec()
}

func (t *transaction) query(ctx context.Context, o order) (pgx.Rows, error) {
	c, started, err := t.start(ctx, o)
	if err != nil {
		return nil, err
	}
	if !started {
		args, err := t.byPgxArgs(ctx, o)
		if err != nil {
			return nil, err
		}
		return t.conn.Conn().Query(ctx, o.text(), args...)
	}
	return newCallRows(c), nil
}

// byPgxArgs makes the transaction ready for a statement that pgx runs, and returns
// its arguments.
func (t *transaction) byPgxArgs(ctx context.Context, o order) ([]any, error) {
	if o.setting.sql != "" {
		if _, err := t.conn.Conn().Exec(ctx, o.setting.sql, o.setting.value); err != nil {
			return nil, err
		}
		if t.conn.Conn().PgConn().TxStatus() == idle {
			return nil, ErrTransactionEnded // and the setting is gone
		}
	}
	if o.late && len(o.args) > 0 {
		// What pgx has cached for the text is what it meant under another setting.
		return append([]any{pgx.QueryExecModeDescribeExec}, o.args...), nil
	}
	return o.args, nil
}

// commit commits what has begun; where nothing has, there is nothing to do.
func (t *transaction) commit(ctx context.Context) error {
	if t.closed {
		return pgx.ErrTxClosed
	}
	defer t.close()
	if !t.begun {
		return nil
	}
	if t.byPgx != nil {
		return t.byPgx.Commit(ctx)
	}
	sql := t.options.CommitQuery
	if sql == "" {
		sql = "commit"
	}
	tag, err := t.conn.Conn().Exec(ctx, sql)
	if err != nil {
		return err
	}
	if tag.String() == "ROLLBACK" {
		return pgx.ErrTxCommitRollback
	}
	return nil
}

func (t *transaction) rollback(ctx context.Context) error {
	if t.closed {
		return pgx.ErrTxClosed
	}
	defer t.close()
	if !t.begun {
		return nil
	}
	if t.byPgx != nil {
		return t.byPgx.Rollback(ctx)
	}
	_, err := t.conn.Conn().Exec(ctx, "rollback")
	return err
}

// standard returns the transaction as pgx has it, which is the only one who can make
// some of what a transaction offers. It costs a round trip once.
func (t *transaction) standard() (pgx.Tx, error) {
	if err := t.begin(t.ctx); err != nil {
		return nil, err
	}
	if t.byPgx == nil {
		// The transaction is there; a query for its begin that does nothing tells
		// pgx so.
		tx, err := t.conn.Conn().BeginTx(t.ctx, pgx.TxOptions{BeginQuery: "select", CommitQuery: t.options.CommitQuery})
		if err != nil {
			return nil, err
		}
		t.byPgx = tx
	}
	return t.byPgx, nil
}

// beginSQL is how pgx begins a transaction with the options.
func beginSQL(o pgx.TxOptions) string {
	if o.BeginQuery != "" {
		return o.BeginQuery
	}
	if o == (pgx.TxOptions{CommitQuery: o.CommitQuery}) {
		return "begin"
	}
	words := []string{"begin"}
	if o.IsoLevel != "" {
		words = append(words, "isolation level", string(o.IsoLevel))
	}
	for _, word := range []string{string(o.AccessMode), string(o.DeferrableMode)} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

func isPgError(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr)
}

// abandon gives the connection of tx back. The context may be what made it fail, so
// it is not used.
func abandon(ctx context.Context, tx pgx.Tx) {
	if tx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	// Where it fails, pgx closes the connection and the pool replaces it.
	_ = tx.Rollback(ctx)
}

// failedTx returns the methods of a closed transaction that cannot return an error
// themselves.
func failedTx(err error) pgx.Tx {
	b := &pgx.Batch{}
	b.BeginTx(pgx.TxOptions{})
	return pgx.FailedBatchResults(b, err).Tx()
}

// refusedRows are rows that are nothing but an error.
func refusedRows(ctx context.Context, err error) (pgx.Rows, error) {
	return pgxdb.Refuse(err).Query(ctx, "")
}
