package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// spaceDB is the handle of one tenant that has tables of its own.
type spaceDB struct {
	*namespaces
	space namespace.Space
}

// render returns what is sent for sql, and whether it is hand-written, for which the
// search_path has to be set. Otherwise it means the same under any search_path that
// has what tenants share.
func (d spaceDB) render(sql string) (rendered string, handwritten bool, err error) {
	text, known := d.text(sql)
	switch {
	case known:
		return namespace.Render(text, d.space), false, nil
	case d.space.Prefix != "":
		return "", false, ErrHandwritten
	}
	return sql, true, nil
}

// order returns how sql is run.
func (d spaceDB) order(sql string, args []any) (order, error) {
	text, known := d.text(sql)
	switch {
	case known:
		return order{sql: sql, slots: text.Slots, space: d.space, args: args}, nil
	case d.space.Prefix != "":
		return order{}, ErrHandwritten
	}
	if err := d.checkAlone(sql, args); err != nil {
		return order{}, err
	}
	return order{sql: sql, late: true, space: d.space, setting: setting{setPath, d.searchPath()}, args: args}, nil
}

// runs reports whether the runner may have a statement: of generated SQL, a rewriter
// is for pgx to call, with the text that is sent.
func (o *order) runs() bool {
	if len(o.args) == 0 {
		return true
	}
	switch o.args[0].(type) {
	case pgx.QueryRewriter:
		return o.late
	case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		return false
	}
	return true
}

// start has the runner send a statement. It reports whether it did, which it does not
// where pgx has to.
func (d spaceDB) start(ctx context.Context, o order) (c call, started bool, err error) {
	if !o.runs() || hasQueryOption(o.args) {
		return call{}, false, nil
	}
	conn, err := d.pool.Acquire(ctx)
	if err != nil {
		return call{}, false, err
	}
	s := sessionOf(conn.Conn())
	if !s.runs(o.sql) {
		conn.Release()
		return call{}, false, nil
	}
	c, err = start(ctx, s, conn, o)
	return c, err == nil, err
}

func (d spaceDB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	o, err := d.order(sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	c, started, err := d.start(ctx, o)
	switch {
	case err != nil:
		return pgconn.CommandTag{}, o.explained(err)
	case started:
		tag, err := c.exec()
		return tag, o.explained(err)
	case o.late:
		rows, err := d.queryAlone(ctx, sql, args)
		if err != nil {
			return pgconn.CommandTag{}, err
		}
		rows.Close()
		return rows.CommandTag(), rows.Err()
	}
	tag, err := d.plain.Exec(ctx, o.text(), guarded(args)...)
	return tag, uninitialized(err)
}

func (d spaceDB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := d.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).Query(ctx, sql)
	}
	return rows, nil
}

func (d spaceDB) query(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	o, err := d.order(sql, args)
	if err != nil {
		return nil, err
	}
	c, started, err := d.start(ctx, o)
	switch {
	case err != nil:
		return nil, o.explained(err)
	case started && o.late:
		return newCallRows(c), nil
	case started:
		return checkedRows{newCallRows(c)}, nil
	case o.late:
		return d.queryAlone(ctx, sql, args)
	}
	rows, err := d.plain.Query(ctx, o.text(), guarded(args)...)
	if err != nil {
		return nil, uninitialized(err)
	}
	return checkedRows{rows}, nil
}

// explained says so where the tables that generated SQL names are not there.
func (o *order) explained(err error) error {
	if o.late {
		return err
	}
	return uninitialized(err)
}

func (d spaceDB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := d.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).QueryRow(ctx, sql)
	}
	return tenantRow{rows}
}

func (d spaceDB) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	name, err := d.copied(table)
	if err != nil {
		return 0, err
	}
	n, err := d.plain.CopyFrom(ctx, name, columns, rows)
	return n, uninitialized(err)
}

// copied returns the tenant's table for the name that generated code gives it.
func (d spaceDB) copied(table pgx.Identifier) (pgx.Identifier, error) {
	for _, own := range d.own() {
		schema := own.Schema
		if schema == "" {
			schema = d.layout.Schema
		}
		if !own.View && (slices.Equal(table, pgx.Identifier{own.Name}) || slices.Equal(table, pgx.Identifier{schema, own.Name})) {
			return pgx.Identifier{d.space.Schema, d.space.Relation(own.Name)}, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNotTenantTable, table.Sanitize())
}

func (d spaceDB) Begin(ctx context.Context) (pgx.Tx, error) { return d.BeginTx(ctx, pgx.TxOptions{}) }

func (d spaceDB) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return d.in(&tenantTx{transaction: &transaction{ctx: ctx, pool: d.pool, options: options, copies: true}}), nil
}

func (d spaceDB) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, d, fn)
}

// queryAlone runs hand-written SQL in a transaction of its own, which ends with the
// rows.
func (d spaceDB) queryAlone(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	tx, err := d.Begin(ctx)
	if err != nil {
		return nil, err
	}
	sent := false
	defer func() {
		if !sent {
			abandon(ctx, tx)
		}
	}()
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	sent = true
	return &aloneRows{Rows: rows, end: func() error { return endAlone(ctx, tx, rows.Err()) }}, nil
}

// endAlone ends the transaction of one statement.
func endAlone(ctx context.Context, tx pgx.Tx, err error) error {
	if err != nil {
		abandon(ctx, tx)
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		abandon(ctx, tx)
		return err
	}
	return nil
}

// aloneRows are the rows of a statement whose transaction ends with them.
type aloneRows struct {
	pgx.Rows
	end func() error
	err error
}

func (r *aloneRows) Close() {
	r.Rows.Close()
	if r.end != nil {
		end := r.end
		r.end = nil
		r.err = end()
	}
}

func (r *aloneRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

func (r *aloneRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *aloneRows) Scan(dest ...any) error {
	err := r.Rows.Scan(dest...)
	if err != nil {
		r.Close()
	}
	return err
}

func (r *aloneRows) Values() ([]any, error) {
	values, err := r.Rows.Values()
	if err != nil {
		r.Close()
	}
	return values, err
}

// guarded returns the arguments of generated SQL with rewriters among the leading ones
// that cannot replace the SQL.
func guarded(args []any) []any {
	for i, arg := range args {
		switch arg := arg.(type) {
		case pgx.NamedArgs, pgx.StrictNamedArgs:
			// They replace parameters only.
		case pgx.QueryRewriter:
			args = slices.Clone(args)
			args[i] = guardedRewriter{arg}
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		default:
			return args
		}
	}
	return args
}

// guardedRewriter is ErrRewriter where a rewriter would send other SQL than the
// tenant's.
type guardedRewriter struct{ pgx.QueryRewriter }

func (r guardedRewriter) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, args []any) (string, []any, error) {
	rewritten, args, err := r.QueryRewriter.RewriteQuery(ctx, conn, sql, args)
	if err == nil && rewritten != sql {
		err = ErrRewriter
	}
	return rewritten, args, err
}

// uninitialized adds runtime.ErrNotInitialized to the error of generated SQL whose
// table or schema is not there.
func uninitialized(err error) error {
	const undefinedTable, undefinedSchema = "42P01", "3F000"
	if pgErr, ok := errors.AsType[*pgconn.PgError](err); ok && (pgErr.Code == undefinedTable || pgErr.Code == undefinedSchema) {
		return fmt.Errorf("%w: %w", runtime.ErrNotInitialized, err)
	}
	return err
}

// checkedRows say so where the tenant's tables are not there.
type checkedRows struct{ pgx.Rows }

func (r checkedRows) Err() error { return uninitialized(r.Rows.Err()) }
