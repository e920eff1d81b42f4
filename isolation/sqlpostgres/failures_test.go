package sqlpostgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// checkStatementErrors runs statements that PostgreSQL, or the driver, refuses. The
// connection has to be fit for the other tenant afterwards, and after an error of
// PostgreSQL's it has to be the same one: where an error costs a connection, a
// user who can cause errors can take the pool down.
func checkStatementErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, tc := range []struct {
		name, code, query string
		args              []any
	}{
		{"at run time", "22012", "SELECT 1 / $1::int", []any{0}},
		{"behind a row", "22012", "SELECT 1 / (2 - n) FROM generate_series(1, $1::int) n", []any{2}},
		{"without arguments", "22012", "SELECT 1 / 0", nil},
		{"unique key", "23505", insertNote, []any{"ann", 1, "again"}},
		{"syntax", "42601", "SELEC $1::int", []any{1}},
		{"no such table", "42P01", "SELECT $1::int FROM nowhere", []any{1}},
		{"argument", "", "SELECT $1::int", []any{failingValue{}}},
		{"too few arguments", "", "SELECT $1::int + $2::int", []any{1}},
	} {
		want := func(err error) error {
			if tc.code == "" {
				return wantErr(tc.name, err)
			}
			return wantCode(tc.code, err)
		}
		before, err := e.backend(ctx)
		if err != nil {
			return err
		}
		err = steps(
			step{"Exec", func() error {
				_, err := db.ExecContext(ctx, tc.query, tc.args...)
				return want(err)
			}},
			step{"Query", func() error {
				_, err := collect(db.QueryContext(ctx, tc.query, tc.args...))
				return want(err)
			}},
			step{"QueryRow", func() error {
				var n int
				return want(db.QueryRowContext(ctx, tc.query, tc.args...).Scan(&n))
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"other tenant", func() error { return e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]) }},
			step{"same connection", func() error {
				after, err := e.backend(ctx)
				if tc.code == "" {
					return err
				}
				return errors.Join(err, diff("process", before, after))
			}},
		)
		if err != nil {
			return fmt.Errorf("%s: %w", tc.name, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// backend returns the server's process that the one connection is to.
func (e *env) backend(ctx context.Context) (pid int, err error) {
	err = e.provider.Global().QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid)
	return pid, err
}

// checkScanErrors reads rows into what cannot hold them, and panics in an argument.
// A destination whose Scan panics hangs in database/sql itself, and an argument that
// panics in a query costs it a connection, with any driver.
func checkScanErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	query, args := e.scoped(ann, listNotes)
	var n int
	return steps(
		step{"QueryRow", func() error {
			return errors.Join(wantErr("Scan", db.QueryRowContext(ctx, query, args...).Scan(&n)), e.clean(ctx))
		}},
		step{"QueryRow, too many destinations", func() error {
			return errors.Join(wantErr("Scan", db.QueryRowContext(ctx, query, args...).Scan(&n, &n)), e.clean(ctx))
		}},
		step{"Exec, an argument that panics", func() error {
			before, err := e.backend(ctx)
			if err != nil {
				return err
			}
			panicked := recovered(func() { _, _ = db.ExecContext(ctx, "SELECT $1::int", panickingValue{}) })
			after, err := e.backend(ctx)
			return errors.Join(wantErr("panic", panicked), err, diff("process", before, after), e.clean(ctx))
		}},
		step{"other tenant", func() error { return e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]) }},
	)
}

// checkClosedEarly leaves rows before their end.
func checkClosedEarly(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, read := range []int{0, 1} {
		rows, err := db.QueryContext(ctx, manyRows, 20000)
		if err != nil {
			return err
		}
		for range read {
			rows.Next()
		}
		if err := errors.Join(rows.Close(), rows.Close(), rows.Err(), e.clean(ctx)); err != nil {
			return fmt.Errorf("closed after %d rows: %w", read, err)
		}
	}
	var n int
	if err := errors.Join(db.QueryRowContext(ctx, manyRows, 20000).Scan(&n), e.clean(ctx)); err != nil {
		return fmt.Errorf("one row of many: %w", err)
	}
	// A statement that writes has done so, whatever is read of its rows.
	query, args := e.scoped(ann, "UPDATE notes SET body = 'x' WHERE {own} RETURNING body")
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return errors.Join(rows.Close(), e.clean(ctx), e.stored(ctx, ann, []string{"1 x", "2 x", "3 x"}), e.unchanged(ctx, bob))
}

// checkCancelled ends the context before and while a statement runs, and while rows
// are open.
func checkCancelled(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	const slow = "SELECT pg_sleep($1)::text"
	calls := map[string]func(context.Context) error{
		"Exec": func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, slow, 60)
			return err
		},
		"Query": func(ctx context.Context) error {
			_, err := collect(db.QueryContext(ctx, slow, 60))
			return err
		},
		"QueryRow": func(ctx context.Context) error {
			var s string
			return db.QueryRowContext(ctx, slow, 60).Scan(&s)
		},
		"rows are open": func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, "INSERT INTO notes SELECT 'ann', n, 'x' FROM generate_series(9, $1::int) n RETURNING 1", 20000)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			<-ctx.Done()
			for rows.Next() {
			}
			return rows.Err()
		},
		"InTx": func(ctx context.Context) error {
			return sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
				if _, err := tx.ExecContext(ctx, insertNote, ann.ID, 9, "x"); err != nil {
					return err
				}
				_, err := tx.ExecContext(ctx, slow, 60)
				return err
			})
		},
	}
	if !e.rls {
		// Without a transaction around it, the statement is committed before its rows
		// are read.
		delete(calls, "rows are open")
	}
	for name, call := range calls {
		for _, patience := range []time.Duration{0, 100 * time.Millisecond} {
			// The statement takes a minute, so a tenth of a second ends in the
			// middle of it, but for a machine that is too busy to begin.
			short, cancel := context.WithTimeout(ctx, patience)
			err := call(short)
			cancel()
			// The server's word for it is query_canceled.
			if !errors.Is(err, context.DeadlineExceeded) && wantCode("57014", err) != nil {
				return fmt.Errorf("%s after %v: error %v, want that of the context", name, patience, err)
			}
			if err := e.clean(ctx); err != nil {
				return fmt.Errorf("%s after %v: %w", name, patience, err)
			}
			if err := e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]); err != nil {
				return fmt.Errorf("%s after %v: %w", name, patience, err)
			}
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkDeferred breaks a constraint that PostgreSQL checks at the commit, which
// is behind the last result. Each way to run a statement has to report it.
func checkDeferred(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	args := []any{ann.ID, 1, 99}
	insert := func(db sqldb.DB) error {
		_, err := db.ExecContext(ctx, insertLink, args...)
		return err
	}
	calls := []step{
		{"Exec", func() error { return insert(db) }},
		{"Query read to the end", func() error {
			rows, err := db.QueryContext(ctx, insertLink+" RETURNING id", args...)
			if err != nil {
				return err
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
			}
			return rows.Err()
		}},
		{"Query closed early", func() error {
			rows, err := db.QueryContext(ctx, insertLink+" RETURNING id", args...)
			if err != nil {
				return err
			}
			return rows.Close()
		}},
		{"QueryRow", func() error {
			var id int
			return db.QueryRowContext(ctx, insertLink+" RETURNING id", args...).Scan(&id)
		}},
		{"InTx", func() error { return sqldb.InTx(ctx, db, insert) }},
		{"Commit", func() error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, insertLink, args...); err != nil {
				return fmt.Errorf("before the commit: %v", err)
			}
			return tx.Commit()
		}},
	}
	before, err := e.backend(ctx)
	if err != nil {
		return err
	}
	for _, c := range calls {
		if err := errors.Join(wantCode("23503", c.run()), e.clean(ctx)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var n int
		if err := e.admin.QueryRowContext(ctx, "SELECT count(*) FROM links").Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			return fmt.Errorf("%s: the row was stored", c.name)
		}
	}
	after, err := e.backend(ctx)
	return errors.Join(err, diff("process", before, after))
}

// checkUserCommit sends statements that end the transaction which the tenant is
// set in. What follows has to find no tenant.
func checkUserCommit(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, end := range []string{"COMMIT", "ROLLBACK", "COMMIT AND CHAIN"} {
		err := steps(
			step{"alone", func() error {
				_, err := db.ExecContext(ctx, end)
				_ = err // PostgreSQL warns, or says that there is no transaction
				return e.clean(ctx)
			}},
			step{"with another statement", func() error {
				_, _ = db.ExecContext(ctx, end+"; UPDATE notes SET body = 'seen'")
				return errors.Join(e.clean(ctx), e.unchanged(ctx, ann, bob))
			}},
			step{"in a transaction", func() error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				defer func() { _ = tx.Rollback() }()
				if _, err := tx.ExecContext(ctx, end); err != nil {
					return err
				}
				var n int
				if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM notes").Scan(&n); err == nil && n != 0 {
					return fmt.Errorf("%d rows can be seen after %s", n, end)
				}
				return nil
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"begin without an end", func() error {
				_, _ = db.ExecContext(ctx, "BEGIN")
				return e.clean(ctx)
			}},
		)
		if err != nil {
			return fmt.Errorf("%s: %w", end, err)
		}
	}
	return nil
}

// checkTx commits and rolls back, by hand and with InTx.
func checkTx(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	oops := errors.New("oops")
	insert := func(id int) func(sqldb.DB) error {
		return func(db sqldb.DB) error {
			_, err := db.ExecContext(ctx, insertNote, ann.ID, id, "tx")
			return err
		}
	}
	return steps(
		step{"commit", func() error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			if _, err := tx.ExecContext(ctx, insertNote, ann.ID, 4, "tx"); err != nil {
				return err
			}
			return errors.Join(e.wantList(ctx, tx, ann, []string{"1 ann", "2 ann", "3 ann", "4 tx"}), tx.Commit())
		}},
		step{"connection", func() error { return e.clean(ctx) }},
		step{"use after the end", func() error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			if err := tx.Rollback(); err != nil {
				return err
			}
			if _, err := e.list(ctx, tx, ann); !errors.Is(err, sql.ErrTxDone) {
				return fmt.Errorf("statement: error %v, want sql.ErrTxDone", err)
			}
			if err := tx.Commit(); !errors.Is(err, sql.ErrTxDone) {
				return fmt.Errorf("commit: error %v, want sql.ErrTxDone", err)
			}
			return e.clean(ctx)
		}},
		step{"InTx commits", func() error { return sqldb.InTx(ctx, db, insert(5)) }},
		step{"InTx rolls back", func() error {
			err := sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return errors.Join(insert(6)(tx), oops) })
			if !errors.Is(err, oops) {
				return fmt.Errorf("error %v, want the function's", err)
			}
			return e.clean(ctx)
		}},
		step{"stored", func() error {
			return errors.Join(e.stored(ctx, ann, []string{"1 ann", "2 ann", "3 ann", "4 tx", "5 tx"}), e.unchanged(ctx, bob))
		}},
	)
}

// checkTxFailures ends transactions by panics, errors and the context.
func checkTxFailures(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	insert := func(db sqldb.DB) error {
		_, err := db.ExecContext(ctx, insertNote, ann.ID, 9, "x")
		return err
	}
	ends := []step{
		{"panic", func() error {
			err := recovered(func() {
				_ = sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
					_ = insert(tx)
					panic("in a transaction")
				})
			})
			return wantErr("panic", err)
		}},
		{"panic while rows are open", func() error {
			err := recovered(func() {
				_ = sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
					rows, err := tx.QueryContext(ctx, manyRows, 20000)
					if err == nil {
						rows.Next()
						err = rows.Err()
					}
					panic(fmt.Sprint("in a transaction: ", err))
				})
			})
			return wantErr("panic", err)
		}},
		{"swallowed error of a statement", func() error {
			return wantErr("InTx", sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
				_ = insert(tx)
				_, _ = tx.ExecContext(ctx, "SELECT 1 / $1::int", 0)
				return nil
			}))
		}},
		{"context cancelled in the function", func() error {
			before, err := e.backend(ctx)
			if err != nil {
				return err
			}
			short, cancel := context.WithCancel(ctx)
			defer cancel()
			err = sqldb.InTx(short, db, func(tx sqldb.DB) error {
				err := insert(tx)
				cancel()
				return err
			})
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("error %v, want context.Canceled", err)
			}
			if !e.rls {
				return nil // without the suite's driver, the two give the connection up
			}
			after, err := e.backend(ctx)
			return errors.Join(err, diff("process", before, after))
		}},
		{"connection lost", func() error {
			return wantErr("InTx", sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
				if err := insert(tx); err != nil {
					return err
				}
				var pid int
				if err := tx.QueryRowContext(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
					return err
				}
				_, err := e.admin.ExecContext(ctx, "SELECT pg_terminate_backend($1)", pid)
				return err
			}))
		}},
		{"connection lost, InTx of the next call", func() error {
			return sqldb.InTx(ctx, db, func(tx sqldb.DB) error { return e.wantList(ctx, tx, ann, notes[ann.ID]) })
		}},
	}
	for _, end := range ends {
		err := errors.Join(end.run(), e.clean(ctx), e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]))
		if err != nil {
			return fmt.Errorf("%s: %w", end.name, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// checkSavepoints nests transactions. The tenant stays the same in all of them.
func checkSavepoints(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	oops := errors.New("oops")
	insert := func(db sqldb.DB, id int) error {
		_, err := db.ExecContext(ctx, insertNote, ann.ID, id, "sp")
		return err
	}
	base := notes[ann.ID]
	with4 := append(base[:3:3], "4 sp")
	err := sqldb.InTx(ctx, db, func(tx sqldb.DB) error {
		return steps(
			step{"released", func() error {
				return sqldb.InTx(ctx, tx, func(sp sqldb.DB) error {
					return errors.Join(insert(sp, 4), e.wantList(ctx, sp, ann, with4))
				})
			}},
			step{"after the release", func() error { return e.wantList(ctx, tx, ann, with4) }},
			step{"rolled back", func() error {
				err := sqldb.InTx(ctx, tx, func(sp sqldb.DB) error { return errors.Join(insert(sp, 5), oops) })
				if !errors.Is(err, oops) {
					return fmt.Errorf("error %v, want the function's", err)
				}
				return nil
			}},
			step{"after the rollback", func() error { return e.wantList(ctx, tx, ann, with4) }},
			step{"rolled back after an error of a statement", func() error {
				return wantCode("23505", sqldb.InTx(ctx, tx, func(sp sqldb.DB) error { return insert(sp, 4) }))
			}},
			step{"a panic", func() error {
				err := recovered(func() {
					_ = sqldb.InTx(ctx, tx, func(sp sqldb.DB) error {
						_ = insert(sp, 6)
						panic("in a savepoint")
					})
				})
				return wantErr("panic", err)
			}},
			step{"cancelled", func() error {
				short, cancel := context.WithCancel(ctx)
				defer cancel()
				return wantErr("InTx", sqldb.InTx(short, tx, func(sp sqldb.DB) error {
					err := insert(sp, 7)
					cancel()
					return err
				}))
			}},
			step{"three deep", func() error {
				return sqldb.InTx(ctx, tx, func(sp sqldb.DB) error {
					return sqldb.InTx(ctx, sp, func(sp sqldb.DB) error { return e.wantList(ctx, sp, ann, with4) })
				})
			}},
			step{"BeginTx", func() error {
				if _, err := tx.BeginTx(ctx, nil); !errors.Is(err, sqldb.ErrNested) {
					return fmt.Errorf("error %v, want sqldb.ErrNested", err)
				}
				return nil
			}},
			step{"at the end", func() error { return e.wantList(ctx, tx, ann, with4) }},
		)
	})
	if err != nil {
		return err
	}
	return errors.Join(e.stored(ctx, ann, with4), e.unchanged(ctx, bob))
}
