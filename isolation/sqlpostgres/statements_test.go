package sqlpostgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/isolation/internal/workload"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// checkOwnRows reads as each tenant in every way that a handle has.
func checkOwnRows(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob, ann} {
		db := e.provider.For(t)
		want := notes[t.ID]
		err := steps(
			step{"Query", func() error { return e.wantList(ctx, db, t, want) }},
			step{"QueryRow", func() error {
				query, args := e.scoped(t, countNotes)
				var n int
				return errors.Join(db.QueryRowContext(ctx, query, args...).Scan(&n), diff("count", len(want), n))
			}},
			step{"Exec", func() error {
				n, err := e.exec(ctx, db, t, "UPDATE notes SET body = body WHERE {own}")
				return errors.Join(err, diff("affected", int64(len(want)), n))
			}},
			step{"BeginTx", func() error {
				tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
				if err != nil {
					return err
				}
				var level, readOnly string
				return errors.Join(
					e.wantList(ctx, tx, t, want),
					tx.QueryRowContext(ctx, "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')").Scan(&level, &readOnly),
					diff("transaction", "serializable on", level+" "+readOnly),
					tx.Commit(),
				)
			}},
			step{"no row", func() error {
				query, args := e.scoped(t, "SELECT body FROM notes WHERE id = $1 AND {own}", 99)
				var body string
				if err := db.QueryRowContext(ctx, query, args...).Scan(&body); err != sql.ErrNoRows {
					return fmt.Errorf("error %v, want sql.ErrNoRows", err)
				}
				return nil
			}},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("as %s: %w", t.ID, err)
		}
	}
	return nil
}

// checkAffected writes as one tenant with statements that would hit both.
func checkAffected(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	n, err := e.exec(ctx, db, ann, "UPDATE notes SET body = upper(body) WHERE {own}")
	if err := errors.Join(err, diff("updated", int64(3), n)); err != nil {
		return err
	}
	query, args := e.scoped(ann, "DELETE FROM notes WHERE id = $1 AND {own} RETURNING body", 2)
	deleted, err := collect(db.QueryContext(ctx, query, args...))
	return errors.Join(err, diff("deleted", []string{"ANN"}, deleted),
		e.stored(ctx, ann, []string{"1 ANN", "3 ANN"}), e.unchanged(ctx, bob))
}

// checkForeignWrites writes rows of another tenant. Policies have to reject them
// with the error class for that, and change nothing.
func checkForeignWrites(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, query := range []string{
		"INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 9, 'x')",
		"UPDATE notes SET tenant_id = 'bob', id = 9 WHERE id = 3",
		"INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 1, 'x') ON CONFLICT (tenant_id, id) DO UPDATE SET body = 'x'",
		"WITH w AS (INSERT INTO notes (tenant_id, id, body) VALUES ('bob', 9, 'x') RETURNING 1) SELECT * FROM w",
	} {
		_, err := db.ExecContext(ctx, query)
		inTx := sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
			_, err := tx.ExecContext(ctx, query)
			return err
		})
		if err := errors.Join(wantCode("42501", err), wantCode("42501", inTx), e.clean(ctx)); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	n, err := e.exec(ctx, db, ann, "DELETE FROM notes WHERE tenant_id = 'bob'")
	return errors.Join(err, diff("deleted rows of bob", int64(0), n), e.unchanged(ctx, ann, bob))
}

// checkIDs uses ids that would break out of a statement if they were text of it.
func checkIDs(ctx context.Context, e *env) error {
	for _, id := range []string{
		`o'brien`, `a\b'c`, `'; DELETE FROM notes; --`, `bob' OR 'a'='a`, "ünï\n日本", "$1", `"q"`, " ann", "*", "ANN",
	} {
		t := runtime.Tenant{ID: id}
		db := e.provider.For(t)
		err := steps(
			step{"nothing at first", func() error { return e.wantList(ctx, db, t, nil) }},
			step{"insert", func() error {
				_, err := e.exec(ctx, db, t, insertNote, id, 1, "mine")
				return err
			}},
			step{"own row", func() error { return e.wantList(ctx, db, t, []string{"1 mine"}) }},
			step{"in a transaction", func() error {
				return sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return e.wantList(ctx, tx, t, []string{"1 mine"}) })
			}},
			step{"connection", func() error { return e.clean(ctx) }},
		)
		if err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	// An id that PostgreSQL cannot hold has to be an error, not a cut-off id.
	for _, id := range []string{bob.ID + "\x00x", bob.ID + "\xff"} {
		t := runtime.Tenant{ID: id}
		db := e.provider.For(t)
		if rows, err := e.list(ctx, db, t); err == nil {
			return fmt.Errorf("id %q: %d rows and no error", id, len(rows))
		}
		if _, err := e.exec(ctx, db, t, "UPDATE notes SET body = '' WHERE {own}"); err == nil {
			return fmt.Errorf("id %q: UPDATE without an error", id)
		}
		if err := e.clean(ctx); err != nil {
			return fmt.Errorf("id %q: %w", id, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// calls are what the tenants of a workload do.
func (e *env) calls(provider sqldb.Provider) workload.Calls[sqldb.DB] {
	return workload.Calls[sqldb.DB]{
		For:  provider.For,
		InTx: sqldb.InTx,
		Insert: func(ctx context.Context, db sqldb.DB, t runtime.Tenant, id int, body string) error {
			_, err := db.ExecContext(ctx, insertNote, t.ID, id, body)
			return err
		},
		List: func(ctx context.Context, db sqldb.DB, t runtime.Tenant) ([]string, error) { return e.list(ctx, db, t) },
		DeleteAll: func(ctx context.Context, db sqldb.DB, t runtime.Tenant) error {
			_, err := e.exec(ctx, db, t, "DELETE FROM notes WHERE {own}")
			return err
		},
		Fail: func(ctx context.Context, db sqldb.DB, _ runtime.Tenant) error {
			_, err := db.ExecContext(ctx, "SELECT 1 / $1::int", 0)
			return err
		},
		Abandon: func(ctx context.Context, db sqldb.DB) error {
			rows, err := db.QueryContext(ctx, manyRows, 2000)
			if err != nil {
				return err
			}
			rows.Next()
			return rows.Close()
		},
	}
}

// checkInterleaved lets two tenants take turns on one connection.
func checkInterleaved(ctx context.Context, e *env) error {
	model, err := workload.Interleaved(ctx, e.calls(e.provider), 120, []runtime.Tenant{ann, bob}, notes)
	if err != nil {
		return err
	}
	return errors.Join(e.stored(ctx, ann, model[ann.ID]), e.stored(ctx, bob, model[bob.ID]))
}

// checkConcurrent lets more tenants than there are connections work at the same time.
func checkConcurrent(ctx context.Context, e *env) error {
	err := workload.Concurrent(ctx, e.calls(e.wide), 15, workload.Workers())
	return errors.Join(err, e.unchanged(ctx, ann, bob))
}

// checkRefused calls every method as a tenant that may not act. Each has to
// return the error of Tenant.Check.
func checkRefused(ctx context.Context, e *env) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	for _, t := range []runtime.Tenant{
		{},
		{Identifier: runtime.MustIdentifier("ann"), Status: runtime.StatusActive},
		{ID: ann.ID, Status: runtime.StatusSuspended},
		{ID: ann.ID, Status: runtime.StatusDeleted},
		{ID: ann.ID, Status: "unknown"},
	} {
		db := e.provider.For(t)
		for _, ctx := range []context.Context{ctx, ended} {
			var n int
			for name, call := range map[string]func() error{
				"Exec": func() error {
					_, err := db.ExecContext(ctx, "SELECT 1")
					return err
				},
				"Query": func() error {
					_, err := collect(db.QueryContext(ctx, "SELECT 1"))
					return err
				},
				"QueryRow": func() error { return db.QueryRowContext(ctx, "SELECT 1").Scan(&n) },
				"Prepare": func() error {
					_, err := db.PrepareContext(ctx, "SELECT 1")
					return err
				},
				"BeginTx": func() error {
					tx, err := db.BeginTx(ctx, nil)
					if err == nil {
						err = tx.Rollback()
					}
					return err
				},
				"InTx": func() error {
					return sqldb.InTx(ctx, db, func(sqldb.DB) error { return errors.New("the function was called") })
				},
			} {
				if err := call(); !errors.Is(err, t.Check()) {
					return fmt.Errorf("status %q: %s: error %v, want %v", t.Status, name, err, t.Check())
				}
			}
		}
	}
	return nil
}

// checkGlobal uses the handle without a tenant, on a connection that tenants have
// used.
func checkGlobal(ctx context.Context, e *env) error {
	for _, t := range []runtime.Tenant{ann, bob} {
		if err := e.wantList(ctx, e.provider.For(t), t, notes[t.ID]); err != nil {
			return err
		}
		db := e.provider.Global()
		var name string
		err := db.QueryRowContext(ctx, "SELECT name FROM plans WHERE id = $1", 1).Scan(&name)
		if err := errors.Join(err, diff("plan", "free", name)); err != nil {
			return err
		}
		if !e.rls {
			continue
		}
		err = sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
			if err := e.wantList(ctx, tx, ann, nil); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, insertNote, ann.ID, 9, "x")
			return err
		})
		if err := errors.Join(wantCode("42501", err), e.wantList(ctx, db, ann, nil)); err != nil {
			return err
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkTwoStatements sends two statements at once, which both drivers do in an Exec
// without arguments. The tenant has to hold for the second, too.
func checkTwoStatements(ctx context.Context, e *env) error {
	db := e.provider.For(bob)
	if _, err := db.ExecContext(ctx, "UPDATE notes SET body = 'x'; DELETE FROM notes WHERE id = 2"); err != nil {
		return err
	}
	err := errors.Join(e.unchanged(ctx, ann), e.stored(ctx, bob, []string{"1 x"}), e.clean(ctx))
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, "SELECT 'first'; SELECT id || ' ' || body FROM notes")
	if err != nil {
		return errors.Join(wantCode("42601", err), e.clean(ctx)) // pgx prepares a query
	}
	defer func() { _ = rows.Close() }()
	var got []string
	for {
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				return err
			}
			got = append(got, s)
		}
		if !rows.NextResultSet() {
			break
		}
	}
	if len(got) == 1 {
		got = append(got, "1 x") // pgx shows the first result only
	}
	return errors.Join(rows.Err(), diff("rows", []string{"first", "1 x"}, got), e.clean(ctx))
}

// checkPrepared prepares statements, which a handle refuses and a transaction does.
func checkPrepared(ctx context.Context, e *env) error {
	for _, db := range []sqldb.DB{e.provider.For(ann), e.provider.Global()} {
		if _, err := db.PrepareContext(ctx, "SELECT 1"); err == nil {
			return errors.New("a statement was prepared outside a transaction")
		}
	}
	var kept *sql.Stmt
	for _, t := range []runtime.Tenant{ann, bob} {
		err := sqldb.InTx(ctx, e.provider.For(t), func(tx sqldb.DB) error {
			stmt, err := tx.PrepareContext(ctx, "SELECT id || ' ' || body FROM notes WHERE id > $1 ORDER BY id")
			if err != nil {
				return err
			}
			kept = stmt
			got, err := collect(stmt.QueryContext(ctx, 0))
			return errors.Join(err, diff("rows", notes[t.ID], got))
		})
		if err != nil {
			return err
		}
	}
	_, err := kept.QueryContext(ctx, 0)
	return wantErr("a statement prepared in a transaction, after it", err)
}

// failingValue and panickingValue are arguments whose own methods go wrong.
type (
	failingValue   struct{}
	panickingValue struct{}
)

func (failingValue) Value() (driver.Value, error)   { return nil, errors.New("no value today") }
func (panickingValue) Value() (driver.Value, error) { panic("value") }
