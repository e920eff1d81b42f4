package isolationtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// checkStatementErrors runs statements that PostgreSQL, or pgx, refuses. The
// connection has to be fit for the other tenant afterwards, and after an error of
// PostgreSQL's it has to be the same one: where an error costs a connection, a
// user who can cause errors can take the pool down.
func checkStatementErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	for _, tc := range []struct {
		name, code, sql string
		args            []any
	}{
		{"at run time", "22012", "SELECT 1 / $1::int", []any{0}},
		{"behind a row", "22012", "SELECT 1 / (2 - n) FROM generate_series(1, $1::int) n", []any{2}},
		{"unique key", "23505", insertNote, []any{ann.ID, 1, "again"}},
		{"syntax", "42601", "SELEC $1::int", []any{1}},
		{"no such table", "42P01", "SELECT $1::int FROM nowhere", []any{1}},
		{"argument", "", "SELECT $1::int", []any{failingValue{}}},
		{"too few arguments", "", "SELECT $1::int + $2::int", []any{1}},
	} {
		want := func(err error) error {
			if tc.code == "" || e.layout.place != nil && !slices.Contains(statements, tc.sql) {
				return wantErr(tc.name, err) // a provider may refuse a text that it does not know
			}
			return wantCode(tc.code, err)
		}
		before, err := backend(ctx, e)
		if err != nil {
			return err
		}
		err = steps(
			step{"Exec", func() error {
				_, err := db.Exec(ctx, tc.sql, tc.args...)
				return want(err)
			}},
			step{"Query", func() error {
				rows, err := db.Query(ctx, tc.sql, tc.args...)
				if err == nil {
					_, err = pgx.CollectRows(rows, pgx.RowTo[int])
				}
				return want(err)
			}},
			step{"QueryRow", func() error {
				var n int
				return want(db.QueryRow(ctx, tc.sql, tc.args...).Scan(&n))
			}},
			step{"SendBatch", func() error {
				b := &pgx.Batch{}
				b.Queue(tc.sql, tc.args...)
				return want(db.SendBatch(ctx, b).Close())
			}},
			step{"connection", func() error { return e.clean(ctx) }},
			step{"other tenant", func() error { return e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]) }},
			step{"same connection", func() error {
				after, err := backend(ctx, e)
				if tc.code == "" || err != nil {
					return err // pgx gives a connection up that it has sent half a batch on
				}
				return diff("process", before, after)
			}},
		)
		if err != nil {
			return fmt.Errorf("%s: %w", tc.name, err)
		}
	}
	return e.unchanged(ctx, ann, bob)
}

// backend returns the server's process that the pool's connection is to.
func backend(ctx context.Context, e *env) (pid int, err error) {
	err = e.pool.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid)
	return pid, err
}

type failingValue struct{}

func (failingValue) Value() (driver.Value, error) { return nil, errors.New("no value today") }

type panickingScanner struct{}

func (panickingScanner) Scan(any) error { panic("scanner") }

// checkScanErrors reads rows into what cannot hold them.
func checkScanErrors(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	sql, args := e.layout.scoped(ann, listNotes)
	var n int
	return steps(
		step{"QueryRow", func() error {
			return errors.Join(wantErr("Scan", db.QueryRow(ctx, sql, args...).Scan(&n)), e.clean(ctx))
		}},
		step{"QueryRow, too many destinations", func() error {
			return errors.Join(wantErr("Scan", db.QueryRow(ctx, sql, args...).Scan(&n, &n)), e.clean(ctx))
		}},
		step{"Rows", func() error {
			rows, err := db.Query(ctx, sql, args...)
			if err != nil {
				return err
			}
			rows.Next()
			err = rows.Scan(&n)
			// pgx closes rows at such an error, so the caller need not.
			return errors.Join(wantErr("Scan", err), wantErr("Err", rows.Err()), e.clean(ctx))
		}},
		step{"QueryRow, a panic", func() error {
			err := recovered(func() { _ = db.QueryRow(ctx, sql, args...).Scan(panickingScanner{}) })
			return errors.Join(wantErr("panic", err), e.clean(ctx))
		}},
		step{"Rows, a panic", func() error {
			err := recovered(func() {
				rows, err := db.Query(ctx, sql, args...)
				if err == nil {
					_, _ = pgx.CollectRows(rows, func(pgx.CollectableRow) (int, error) { panic("row") })
				}
			})
			return errors.Join(wantErr("panic", err), e.clean(ctx))
		}},
		step{"batch callback, a panic", func() error {
			if !e.layout.policies {
				return nil // a plain pool loses its connection here
			}
			err := recovered(func() {
				b := &pgx.Batch{}
				b.Queue(sql, args...).Query(func(pgx.Rows) error { panic("callback") })
				b.Queue(sql, args...)
				_ = db.SendBatch(ctx, b).Close()
			})
			return errors.Join(wantErr("panic", err), e.clean(ctx))
		}},
		step{"other tenant", func() error { return e.wantList(ctx, e.provider.For(bob), bob, notes[bob.ID]) }},
	)
}

// checkClosedEarly leaves rows before their end.
func checkClosedEarly(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	many := "SELECT n FROM generate_series(1, $1::int) n"
	for _, read := range []int{0, 1} {
		rows, err := db.Query(ctx, many, 20000)
		if err != nil {
			return err
		}
		for range read {
			rows.Next()
		}
		rows.Close()
		rows.Close()
		if err := rows.Err(); err != nil {
			return fmt.Errorf("closed after %d rows: %w", read, err)
		}
		if err := e.clean(ctx); err != nil {
			return fmt.Errorf("closed after %d rows: %w", read, err)
		}
	}
	var n int
	if err := db.QueryRow(ctx, many, 20000).Scan(&n); err != nil {
		return err
	}
	if err := e.clean(ctx); err != nil {
		return fmt.Errorf("one row of many: %w", err)
	}
	b := &pgx.Batch{}
	b.Queue(many, 20000)
	b.Queue(many, 20000)
	br := db.SendBatch(ctx, b)
	rows, err := br.Query()
	if err != nil {
		return err
	}
	rows.Next()
	rows.Close()
	if err := br.Close(); err != nil {
		return err
	}
	if err := br.Close(); err != nil {
		return fmt.Errorf("closed again: %w", err)
	}
	return e.clean(ctx)
}

// checkCancelled ends the context before and while a statement runs.
func checkCancelled(ctx context.Context, e *env) error {
	db := e.provider.For(ann)
	slow := "SELECT pg_sleep($1)::text"
	calls := map[string]func(context.Context) error{
		"Exec": func(ctx context.Context) error {
			_, err := db.Exec(ctx, slow, 60)
			return err
		},
		"Query": func(ctx context.Context) error {
			rows, err := db.Query(ctx, slow, 60)
			if err == nil {
				_, err = pgx.CollectRows(rows, pgx.RowTo[string])
			}
			return err
		},
		"QueryRow": func(ctx context.Context) error {
			var s string
			return db.QueryRow(ctx, slow, 60).Scan(&s)
		},
		"SendBatch": func(ctx context.Context) error {
			b := &pgx.Batch{}
			b.Queue(insertNote, ann.ID, 9, "x")
			b.Queue(slow, 60)
			return db.SendBatch(ctx, b).Close()
		},
		"InTx": func(ctx context.Context) error {
			return pgxdb.InTx(ctx, db, func(tx pgxdb.DB) error {
				if _, err := tx.Exec(ctx, insertNote, ann.ID, 9, "x"); err != nil {
					return err
				}
				_, err := tx.Exec(ctx, slow, 60)
				return err
			})
		},
		"Begin": func(ctx context.Context) error {
			tx, err := db.Begin(ctx)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, slow, 60)
			return errors.Join(err, tx.Rollback(ctx))
		},
	}
	for name, call := range calls {
		for _, patience := range []time.Duration{0, 100 * time.Millisecond} {
			// The statement takes a minute, so a tenth of a second ends in the
			// middle of it, but for a machine that is too busy to begin.
			short, cancel := context.WithTimeout(ctx, patience)
			err := call(short)
			cancel()
			if !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("%s after %v: error %v, want context.DeadlineExceeded", name, patience, err)
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
	const code = "23503"
	insert := func(db pgxdb.DB) error {
		_, err := db.Exec(ctx, insertLink, args...)
		return err
	}
	calls := []step{
		{"Exec", func() error { return insert(db) }},
		{"Query", func() error {
			rows, err := db.Query(ctx, insertLink+" RETURNING id", args...)
			if err != nil {
				return err
			}
			for rows.Next() {
			}
			return rows.Err()
		}},
		{"Query closed early", func() error {
			rows, err := db.Query(ctx, insertLink+" RETURNING id", args...)
			if err != nil {
				return err
			}
			rows.Close()
			return rows.Err()
		}},
		{"CollectRows", func() error {
			rows, err := db.Query(ctx, insertLink+" RETURNING id", args...)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, pgx.RowTo[int])
			return err
		}},
		{"QueryRow", func() error {
			var id int
			return db.QueryRow(ctx, insertLink+" RETURNING id", args...).Scan(&id)
		}},
		{"SendBatch", func() error {
			b := &pgx.Batch{}
			b.Queue(insertLink, args...)
			return db.SendBatch(ctx, b).Close()
		}},
		{"InTx", func() error { return pgxdb.InTx(ctx, db, insert) }},
		{"Commit", func() error {
			tx, err := db.Begin(ctx)
			if err != nil {
				return err
			}
			if err := insert(tx); err != nil {
				return fmt.Errorf("before the commit: %v", err)
			}
			return tx.Commit(ctx)
		}},
	}
	for _, c := range calls {
		if err := errors.Join(wantCode(code, c.run()), e.clean(ctx)); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		var n int
		conn, table, err := e.where(ctx, ann)
		if err != nil {
			return err
		}
		if err := conn.QueryRow(ctx, "SELECT count(*) FROM "+table("links")).Scan(&n); err != nil {
			return err
		}
		if n != 0 {
			return fmt.Errorf("%s: the row was stored", c.name)
		}
	}
	return nil
}
