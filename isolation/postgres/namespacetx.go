package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// spaceTx is a transaction of a tenant that has tables of its own.
type spaceTx struct {
	pgx.Tx
	db   spaceDB
	path *searchPath
}

// searchPath is what a transaction, with all its savepoints, knows of its
// search_path.
type searchPath struct {
	// changed is set once hand-written SQL has been sent. A rollback to a savepoint may
	// take a change back, so from then on no statement relies on the one before it.
	changed bool
	// original is the search_path of the connection.
	original string
}

func (d spaceDB) in(tx pgx.Tx) spaceTx { return spaceTx{Tx: tx, db: d, path: &searchPath{}} }

// setPath sets the search_path for the rest of a transaction. The function is
// qualified, so that no search_path can put another in its place.
const setPath = "SELECT pg_catalog.set_config('search_path', $1, true)"

// prepare makes the transaction ready for the next statement: hand-written SQL finds
// the tenant's tables and nothing else, and generated SQL what tenants share.
func (tx spaceTx) prepare(ctx context.Context, handwritten bool) error {
	set, err := tx.needs(ctx, handwritten)
	if err != nil || set.sql == "" {
		return err
	}
	return tx.set(ctx, set)
}

// set sends a setting by itself. Where hand-written SQL has ended the transaction, it
// is gone at once, and names would mean what they mean on the pool.
func (tx spaceTx) set(ctx context.Context, set setting) error {
	if _, err := tx.Tx.Exec(ctx, set.sql, set.value); err != nil {
		return err
	}
	if conn := tx.Tx.Conn(); conn == nil || conn.PgConn().TxStatus() == idle {
		return ErrTransactionEnded
	}
	return nil
}

// needs returns the search_path that the next statement needs, if it has to be set.
func (tx spaceTx) needs(ctx context.Context, handwritten bool) (setting, error) {
	if !handwritten && !tx.path.changed {
		return setting{}, nil
	}
	if !tx.path.changed {
		if err := tx.Tx.QueryRow(ctx, "SELECT pg_catalog.current_setting('search_path')").Scan(&tx.path.original); err != nil {
			return setting{}, err
		}
		tx.path.changed = true
	}
	if handwritten {
		return setting{setPath, tx.db.searchPath()}, nil
	}
	return setting{setPath, tx.path.original}, nil
}

// order returns how sql is run in the transaction.
func (tx spaceTx) order(ctx context.Context, sql string, args []any) (o order, err error) {
	if o, err = tx.db.order(sql, args); err == nil {
		o.setting, err = tx.needs(ctx, o.late)
	}
	return o, err
}

// own returns the transaction where it is one of the runner's, and the statement one
// that the runner may have.
func (tx spaceTx) own(o order) (*tenantTx, bool) {
	own, ok := tx.Tx.(*tenantTx)
	return own, ok && o.runs()
}

// searchPath is the one for hand-written SQL. Where pg_temp is not named, temporary
// tables come before all others.
func (d spaceDB) searchPath() string { return namespace.Quote(d.space.Schema) + ", pg_temp" }

func (tx spaceTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	// Not with pgx's Exec, which sends several statements where there are no arguments,
	// of which one could end the transaction.
	rows, err := tx.query(ctx, sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

func (tx spaceTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := tx.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).Query(ctx, sql)
	}
	return rows, nil
}

func (tx spaceTx) query(ctx context.Context, sql string, args []any) (pgx.Rows, error) {
	o, err := tx.order(ctx, sql, args)
	if err != nil {
		return nil, err
	}
	if own, ok := tx.own(o); ok {
		rows, err := own.queryOrder(ctx, o)
		if err != nil {
			return nil, o.explained(err)
		}
		if o.late {
			return rows, nil
		}
		return checkedRows{rows}, nil
	}
	if o.setting.sql != "" {
		if err := tx.set(ctx, o.setting); err != nil {
			return nil, err
		}
	}
	if o.late {
		return tx.Tx.Query(ctx, sql, slices.Concat(tx.db.handwritten, args)...)
	}
	rows, err := tx.Tx.Query(ctx, o.text(), guarded(args)...)
	if err != nil {
		return nil, uninitialized(err)
	}
	return checkedRows{rows}, nil
}

func (tx spaceTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := tx.query(ctx, sql, args)
	if err != nil {
		return pgxdb.Refuse(err).QueryRow(ctx, sql)
	}
	return tenantRow{rows}
}

func (tx spaceTx) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	name, err := tx.db.copied(table)
	if err == nil {
		err = tx.prepare(ctx, false)
	}
	if err != nil {
		return 0, err
	}
	n, err := tx.Tx.CopyFrom(ctx, name, columns, rows)
	return n, uninitialized(err)
}

// Begin makes a savepoint.
func (tx spaceTx) Begin(ctx context.Context) (pgx.Tx, error) {
	nested, err := tx.Tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return spaceTx{Tx: nested, db: tx.db, path: tx.path}, nil
}

// Prepare is ErrPrepare. A prepared statement belongs to the connection, and under
// its name the next tenant would run it on the tables of this one.
func (spaceTx) Prepare(context.Context, string, string) (*pgconn.StatementDescription, error) {
	return nil, ErrPrepare
}
