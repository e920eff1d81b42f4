package sqlpostgres_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

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

// checkInterleaved lets two tenants take turns on one connection, in an order
// that is random and the same each time, against a model of what each owns.
func checkInterleaved(ctx context.Context, e *env) error {
	random := rand.New(rand.NewPCG(1, 2))
	tenants := []runtime.Tenant{ann, bob}
	model := map[string][]string{ann.ID: slices.Clone(notes[ann.ID]), bob.ID: slices.Clone(notes[bob.ID])}
	oops := errors.New("oops")
	for i := range 120 {
		t := tenants[random.IntN(len(tenants))]
		db := e.provider.For(t)
		id := 100 + i
		insert := func(db sqldb.DB) error {
			_, err := db.ExecContext(ctx, insertNote, t.ID, id, "mixed")
			return err
		}
		var err error
		stored := true
		action := random.IntN(6)
		switch action {
		case 0:
			err = insert(db)
		case 1:
			err = sqldb.InTx(ctx, db, insert)
		case 2:
			stored = false
			err = sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return errors.Join(insert(tx), oops) })
			if errors.Is(err, oops) {
				err = nil
			}
		case 3:
			err = sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return sqldb.InTx(ctx, tx, insert) })
		case 4:
			stored = false
			_, failed := db.ExecContext(ctx, "SELECT 1 / $1::int", 0)
			err = wantErr("Exec", failed)
		case 5: // as much as there is, and of the other tenant nothing
			stored = false
			model[t.ID] = nil
			_, err = e.exec(ctx, db, t, "DELETE FROM notes WHERE {own}")
		}
		if err != nil {
			return fmt.Errorf("turn %d, action %d: %w", i, action, err)
		}
		if stored {
			model[t.ID] = append(model[t.ID], fmt.Sprintf("%d mixed", id))
		}
		for _, reader := range tenants {
			if err := e.wantList(ctx, e.provider.For(reader), reader, model[reader.ID]); err != nil {
				return fmt.Errorf("turn %d, action %d: %w", i, action, err)
			}
		}
	}
	return errors.Join(e.stored(ctx, ann, model[ann.ID]), e.stored(ctx, bob, model[bob.ID]))
}

// checkConcurrent lets more goroutines than there are connections work as
// several tenants.
func checkConcurrent(ctx context.Context, e *env) error {
	const workers, turns = 8, 15
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() {
			// Every worker is a tenant of its own, so that it knows its rows.
			t := runtime.Tenant{ID: fmt.Sprintf("worker-%d", w)}
			db := e.wide.For(t)
			var mine []string
			for i := range turns {
				if err := e.turn(ctx, db, t, i, &mine); err != nil {
					errs[w] = fmt.Errorf("%s, turn %d: %w", t.ID, i, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(append(errs, e.unchanged(ctx, ann, bob))...)
}

// turn does one thing as a worker, and reads its rows.
func (e *env) turn(ctx context.Context, db sqldb.DB, t runtime.Tenant, i int, mine *[]string) error {
	switch i % 5 {
	case 0, 1:
		id := 10 + i
		insert := func(db sqldb.DB) error {
			_, err := db.ExecContext(ctx, insertNote, t.ID, id, "w")
			return err
		}
		err := insert
		if i%5 == 1 {
			err = func(db sqldb.DB) error { return sqldb.InTx(ctx, db, insert) }
		}
		if err := err(db); err != nil {
			return err
		}
		*mine = append(*mine, fmt.Sprintf("%d w", id))
	case 2:
		if _, err := db.ExecContext(ctx, "SELECT 1 / $1::int", 0); err == nil {
			return errors.New("no error")
		}
	case 3:
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := e.list(ended, db, t); err == nil {
			return errors.New("no error for a context that has ended")
		}
	case 4:
		rows, err := db.QueryContext(ctx, manyRows, 2000)
		if err != nil {
			return err
		}
		rows.Next()
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return e.wantList(ctx, db, t, *mine)
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
