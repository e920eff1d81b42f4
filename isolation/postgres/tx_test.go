package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"

	"github.com/tenancygen/tenancygen/isolation/postgres"
)

var allModes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// forEachMode runs a test in each of pgx's modes.
func forEachMode(t *testing.T, run func(*testing.T, pgx.QueryExecMode)) {
	t.Helper()
	for _, mode := range allModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			run(t, mode)
		})
	}
}

func begin(t *testing.T, db pgxdb.Handle, options pgx.TxOptions) pgx.Tx {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func wantCode(t *testing.T, what, code string, err error) {
	t.Helper()
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != code {
		t.Errorf("%s: error %v, want PostgreSQL's %s", what, err, code)
	}
}

// A transaction begins with its first statement. Until then it costs nothing, and no
// connection.
func TestTxRoundTrips(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		five := func() error {
			return e.db.InTx(ctx, func(tx pgxdb.DB) error {
				for range 5 {
					if err := wantSum(ctx, tx, 30); err != nil {
						return err
					}
				}
				return nil
			})
		}
		none := func() error {
			tx, err := e.db.Begin(ctx)
			if err != nil {
				return err
			}
			if n := e.pool.Stat().AcquiredConns(); n != 0 {
				return fmt.Errorf("%d connections are held", n)
			}
			return tx.Commit(ctx)
		}
		if err := five(); err != nil { // the connection learns the statement
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			run  func() error
			want int
		}{
			"five statements":           {five, 6},
			"no statement":              {none, 0},
			"no statement, rolled back": {func() error { return begin(t, e.db, pgx.TxOptions{}).Rollback(ctx) }, 0},
			"a batch": {func() error {
				return pgx.BeginFunc(ctx, e.db, func(tx pgx.Tx) error {
					b := &pgx.Batch{}
					b.Queue("SELECT $1::int", 1)
					return tx.SendBatch(ctx, b).Close()
				})
			}, 4}, // pgx describes the batch's statement at its first use
		} {
			n, err := e.wire.Count(tc.run)
			if d := cmp.Diff(isolationtest.Counts{Ready: tc.want, Turns: tc.want}, n); err != nil || d != "" {
				t.Errorf("%s: %v, round trips (-want +got):\n%s", name, err, d)
			}
		}
	})
}

// Whatever comes first in a transaction finds the tenant there, and what comes next
// does so too.
func TestTxFirst(t *testing.T) {
	t.Parallel()
	forEachMode(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		const tenant = "SELECT current_setting('app.current_tenant', true)"
		for name, first := range map[string]func(pgx.Tx) error{
			"Exec":              func(tx pgx.Tx) error { _, err := tx.Exec(ctx, sumItems, 1); return err },
			"Exec of two":       func(tx pgx.Tx) error { _, err := tx.Exec(ctx, "SELECT 1; SELECT 2"); return err },
			"Exec of a word":    func(tx pgx.Tx) error { _, err := tx.Exec(ctx, "SELECT"); return err },
			"Exec of nothing":   func(tx pgx.Tx) error { _, err := tx.Exec(ctx, "-- no statement"); return err },
			"Query":             func(tx pgx.Tx) error { rows, err := tx.Query(ctx, sumItems, 1); rows.Close(); return err },
			"QueryRow":          func(tx pgx.Tx) error { return wantSum(ctx, tx, 30) },
			"an option":         func(tx pgx.Tx) error { _, err := tx.Exec(ctx, sumItems, pgx.QueryExecModeExec, 1); return err },
			"an encoding error": func(tx pgx.Tx) error { _, _ = tx.Exec(ctx, sumItems, failingValue{}); return nil },
			"too few arguments": func(tx pgx.Tx) error {
				if mode != pgx.QueryExecModeExec { // there the server counts them
					_, _ = tx.Exec(ctx, "SELECT $1::int + $2::int", 1)
				}
				return nil
			},
			"an argument's panic": func(tx pgx.Tx) error {
				_ = recovered(func() error { _, err := tx.Exec(ctx, sumItems, panickingValue{}); return err })
				return nil
			},
			"a context that ended": func(tx pgx.Tx) error {
				ended, cancel := context.WithCancel(ctx)
				cancel()
				if _, err := tx.Exec(ended, sumItems, 1); !errors.Is(err, context.Canceled) {
					return fmt.Errorf("error %v", err)
				}
				return nil
			},
			"SendBatch": func(tx pgx.Tx) error {
				b := &pgx.Batch{}
				b.Queue(tenant).QueryRow(func(row pgx.Row) error {
					var id string
					if err := row.Scan(&id); err != nil || id != "a" {
						return fmt.Errorf("tenant %q, %w", id, err)
					}
					return nil
				})
				return tx.SendBatch(ctx, b).Close()
			},
			"Prepare": func(tx pgx.Tx) error { _, err := tx.Prepare(ctx, "sum", sumItems); return err },
			"Begin": func(tx pgx.Tx) error {
				return pgx.BeginFunc(ctx, tx, func(sp pgx.Tx) error { return wantSum(ctx, sp, 30) })
			},
			"Begin, rolled back": func(tx pgx.Tx) error {
				sp, err := tx.Begin(ctx)
				if err != nil {
					return err
				}
				_, _ = sp.Exec(ctx, "SELECT 1 / $1::int", 0)
				return sp.Rollback(ctx)
			},
			"Conn": func(tx pgx.Tx) error {
				var id string
				if err := tx.Conn().QueryRow(ctx, tenant).Scan(&id); err != nil || id != "a" {
					return fmt.Errorf("tenant %q, %w", id, err)
				}
				return nil
			},
			"LargeObjects": func(tx pgx.Tx) error { return writeLargeObject(ctx, tx) },
			"LargeObjects later": func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, sumItems, 1)
				return errors.Join(err, writeLargeObject(ctx, tx))
			},
			"CopyFrom": func(tx pgx.Tx) error {
				if _, err := tx.CopyFrom(ctx, nil, nil, nil); !errors.Is(err, postgres.ErrCopyUnderRLS) {
					return err
				}
				return nil
			},
		} {
			tx := begin(t, e.db, pgx.TxOptions{})
			if err := first(tx); err != nil {
				t.Errorf("%s first: %v", name, err)
			}
			var id string
			if err := tx.QueryRow(ctx, tenant).Scan(&id); err != nil || id != "a" {
				t.Errorf("after %s: tenant %q, %v", name, id, err)
			}
			if err := wantSum(ctx, tx, 30); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
			if _, err := tx.Exec(ctx, "INSERT INTO items VALUES ('a', $1, 1)", 50); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
			if err := tx.Rollback(ctx); err != nil {
				t.Errorf("after %s: %v", name, err)
			}
			if err := writeLargeObject(ctx, tx); err == nil {
				t.Errorf("after the end, %s: large objects can be used", name)
			}
			if tx.Conn() != nil {
				t.Errorf("after the end, %s: there is a connection", name)
			}
			if err := wantSum(ctx, e.other, 100); err != nil {
				t.Errorf("after %s, the other tenant: %v", name, err)
			}
		}
		if err := wantSum(ctx, e.db, 30); err != nil {
			t.Errorf("a rolled back row stayed: %v", err)
		}
	})
}

func writeLargeObject(ctx context.Context, tx pgx.Tx) error {
	objects := tx.LargeObjects()
	oid, err := objects.Create(ctx, 0)
	if err != nil {
		return err
	}
	o, err := objects.Open(ctx, oid, pgx.LargeObjectModeWrite)
	if err != nil {
		return err
	}
	_, err = o.Write([]byte("x"))
	return err
}

// An error of the server's in the first statement fails the transaction, as it does
// where the transaction began before: what follows is refused until its end.
func TestTxFirstFails(t *testing.T) {
	t.Parallel()
	forEachMode(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		for name, tc := range map[string]struct {
			sql, code string
			args      []any
		}{
			"syntax":        {"SELEC FROM items WHERE id = $1", "42601", []any{1}},
			"no such table": {"SELECT FROM nowhere WHERE id = $1", "42P01", []any{1}},
			"at run time":   {"SELECT 1 / $1::int", "22012", []any{0}},
			"a policy":      {"INSERT INTO items VALUES ('b', $1, 0)", "42501", []any{7}},
			"two in one":    {"SELECT 1; SELECT 1 / 0", "22012", nil},
		} {
			tx := begin(t, e.db, pgx.TxOptions{})
			_, err := tx.Exec(ctx, tc.sql, tc.args...)
			wantCode(t, name, tc.code, err)
			wantCode(t, name+", the next", "25P02", wantSum(ctx, tx, 30))
			if err := tx.Commit(ctx); !errors.Is(err, pgx.ErrTxCommitRollback) {
				t.Errorf("%s: Commit: %v, want pgx.ErrTxCommitRollback", name, err)
			}
			if err := tx.Rollback(ctx); !errors.Is(err, pgx.ErrTxClosed) {
				t.Errorf("%s: Rollback after Commit: %v", name, err)
			}
			if err := wantSum(ctx, e.other, 100); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A transaction that the server does not begin has no second try: its first statement
// has the error, and the transaction is closed.
func TestTxNotBegun(t *testing.T) {
	t.Parallel()
	forEachMode(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		p, err := postgres.NewRLS(e.pool)
		if err != nil {
			t.Fatal(err)
		}
		bad := p.For(runtime.Tenant{ID: "a\x00"})
		for name, tx := range map[string]pgx.Tx{
			"a level that is none":           begin(t, e.db, pgx.TxOptions{IsoLevel: "sideways"}),
			"an id that is none":             begin(t, bad, pgx.TxOptions{}),
			"a query of the caller's to set": begin(t, e.db, pgx.TxOptions{BeginQuery: "SELECT 1 / 0"}),
		} {
			if err := wantSum(ctx, tx, 30); err == nil {
				t.Errorf("%s: no error", name)
			}
			if err := wantSum(ctx, tx, 30); err == nil {
				t.Errorf("%s: the second statement runs", name)
			}
			if err := tx.Commit(ctx); err == nil {
				t.Errorf("%s: it commits", name)
			}
			_ = tx.Rollback(ctx)
			if err := wantSum(ctx, e.other, 100); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		ended, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := e.db.Begin(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("Begin with a context that ended: %v", err)
		}
	})
}

// The options are those of the transaction, whatever comes first in it.
func TestTxOptions(t *testing.T) {
	t.Parallel()
	forEachMode(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		const show = "SELECT current_setting('transaction_isolation') || ' ' || current_setting('transaction_read_only') || ' ' || current_setting('transaction_deferrable')"
		for _, tc := range []struct {
			options pgx.TxOptions
			want    string
		}{
			{pgx.TxOptions{}, "read committed off off"},
			{pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, "repeatable read off off"},
			{pgx.TxOptions{AccessMode: pgx.ReadOnly}, "read committed on off"},
			{pgx.TxOptions{IsoLevel: pgx.Serializable, AccessMode: pgx.ReadOnly, DeferrableMode: pgx.Deferrable}, "serializable on on"},
			{pgx.TxOptions{BeginQuery: "begin read only", CommitQuery: "rollback"}, "read committed on off"},
		} {
			for _, first := range []string{"", "SELECT 1; SELECT 2"} {
				tx := begin(t, e.db, tc.options)
				if first != "" {
					if _, err := tx.Exec(ctx, first); err != nil {
						t.Error(err)
					}
				}
				var got string
				if err := tx.QueryRow(ctx, show).Scan(&got); err != nil || got != tc.want {
					t.Errorf("%+v: %q, %v, want %q", tc.options, got, err, tc.want)
				}
				want := error(nil)
				if tc.options.CommitQuery != "" {
					want = pgx.ErrTxCommitRollback
				}
				if err := tx.Commit(ctx); !errors.Is(err, want) {
					t.Errorf("%+v: Commit: %v, want %v", tc.options, err, want)
				}
			}
		}
	})
}

// A connection that is lost takes the transaction with it: what comes next does not
// run outside of it.
func TestTxConnectionLost(t *testing.T) {
	t.Parallel()
	forEachMode(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		tx := begin(t, e.db, pgx.TxOptions{})
		if _, err := tx.Exec(ctx, "INSERT INTO items VALUES ('a', 60, 1)"); err != nil {
			t.Fatal(err)
		}
		var pid int
		if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
			t.Fatal(err)
		}
		e.exec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
		for range 2 {
			if err := wantSum(ctx, tx, 31); err == nil {
				t.Error("a statement runs")
			}
		}
		if err := tx.Commit(ctx); err == nil {
			t.Error("it commits")
		}

		short, cancel := context.WithCancel(ctx)
		tx = begin(t, e.db, pgx.TxOptions{})
		rows, err := tx.Query(short, "SELECT repeat('x', 10000) FROM generate_series(1, $1::int)", 100000)
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		for rows.Next() {
		}
		if rows.Err() == nil {
			t.Error("rows end without an error")
		}
		if err := wantSum(ctx, tx, 30); err == nil {
			t.Error("a statement runs after the first was cancelled")
		}
		if err := tx.Commit(ctx); err == nil {
			t.Error("it commits")
		}
		if err := wantSum(ctx, e.db, 30); err != nil {
			t.Error(err)
		}
	})
}

// The first statement of a transaction may find its description outdated.
func TestTxStatementsGone(t *testing.T) {
	t.Parallel()
	e := newRunnerEnv(t, pgx.QueryExecModeCacheStatement)
	ctx := t.Context()
	for range 2 {
		err := e.db.InTx(ctx, func(tx pgxdb.DB) error { return wantSum(ctx, tx, 30) })
		if err != nil {
			t.Error(err)
		}
		if _, err := e.pool.Exec(ctx, "DISCARD ALL"); err != nil {
			t.Fatal(err)
		}
	}
}
