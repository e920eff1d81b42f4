package postgres_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// describing are the modes in which the runner asks for a statement's types itself.
var describing = []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe}

// runnerEnv is one connection under RLS to a table items, with tenant a's handle.
type runnerEnv struct {
	pool  *pgxpool.Pool
	wire  *isolationtest.Wire
	admin *pgxpool.Pool
	db    pgxdb.Handle
	other pgxdb.Handle
}

func newRunnerEnv(t *testing.T, mode pgx.QueryExecMode, configure ...func(*pgxpool.Config)) *runnerEnv {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	e := &runnerEnv{admin: newPool(t, superuser)}
	e.exec(t, `
CREATE TABLE items (tenant_id text NOT NULL, id int NOT NULL, n int NOT NULL, PRIMARY KEY (tenant_id, id));
INSERT INTO items VALUES ('a', 1, 10), ('a', 2, 20), ('b', 1, 100);
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON items USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON items TO `+role)
	config, err := pgxpool.ParseConfig(roleURL)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.DefaultQueryExecMode = mode
	for _, f := range configure {
		f(config)
	}
	e.wire = isolationtest.NewWire(config.ConnConfig)
	e.pool, err = pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.pool.Close)
	p, err := postgres.NewRLS(e.pool)
	if err != nil {
		t.Fatal(err)
	}
	e.db, e.other = p.For(runtime.Tenant{ID: "a"}), p.For(runtime.Tenant{ID: "b"})
	return e
}

// exec runs SQL as the superuser.
func (e *runnerEnv) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := e.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// pid returns the server's process of the one connection.
func (e *runnerEnv) pid(t *testing.T) (pid int) {
	t.Helper()
	if err := e.pool.QueryRow(t.Context(), "SELECT pg_backend_pid()").Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

const sumItems = "SELECT coalesce(sum(n), 0)::int FROM items WHERE id < $1"

func wantSum(ctx context.Context, db pgxdb.DB, want int) error {
	var n int
	if err := db.QueryRow(ctx, sumItems, 10).Scan(&n); err != nil {
		return err
	}
	if n != want {
		return fmt.Errorf("the sum is %d, want %d", n, want)
	}
	return nil
}

// forEachDescribing runs a test in each of the runner's modes.
func forEachDescribing(t *testing.T, run func(*testing.T, pgx.QueryExecMode)) {
	t.Helper()
	for _, mode := range describing {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			run(t, mode)
		})
	}
}

// What never reached the server costs no connection.
func TestClientErrorsKeepTheConnection(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx, before := t.Context(), e.pid(t)
		for name, args := range map[string][]any{
			"no argument":       nil,
			"too many":          {1, 2},
			"of another type":   {struct{}{}},
			"that has an error": {failingValue{}},
			"that panics":       {panickingValue{}},
			"text for a number": {make(chan int)},
		} {
			for _, call := range []func() error{
				func() error { _, err := e.db.Exec(ctx, sumItems, args...); return err },
				func() error {
					rows, err := e.db.Query(ctx, sumItems, args...)
					rows.Close()
					return err
				},
				func() error { var n int; return e.db.QueryRow(ctx, sumItems, args...).Scan(&n) },
			} {
				if err := recovered(call); err == nil {
					t.Errorf("an argument %s: no error", name)
				}
				if pid := e.pid(t); pid != before {
					t.Fatalf("an argument %s cost the connection", name)
				}
			}
		}
		if err := wantSum(ctx, e.db, 30); err != nil {
			t.Error(err)
		}
	})
}

type failingValue struct{}

func (failingValue) Value() (driver.Value, error) { return nil, errors.New("no value") }

type panickingValue struct{}

func (panickingValue) Value() (driver.Value, error) { panic("value") }

// recovered returns what f panics with as an error.
func recovered(f func() error) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case error:
			err = fmt.Errorf("panic: %w", p)
		default:
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f()
}

// Whoever has the connection may throw the statements away, or change the tables.
// The next call has the right rows all the same.
func TestStatementsGone(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		star := "SELECT * FROM items WHERE id = $1"
		width := func(want int) error {
			rows, err := e.db.Query(ctx, star, 1)
			if err != nil {
				return err
			}
			all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (int, error) {
				values, err := row.Values()
				return len(values), err
			})
			if err != nil {
				return err
			}
			if d := cmp.Diff([]int{want}, all); d != "" {
				return fmt.Errorf("columns (-want +got):\n%s", d)
			}
			return nil
		}
		steps := []struct {
			name string
			do   func() error
		}{
			{"nothing", func() error { return nil }},
			{"DISCARD ALL", func() error { _, err := e.pool.Exec(ctx, "DISCARD ALL"); return err }},
			{"DEALLOCATE ALL", func() error { _, err := e.pool.Exec(ctx, "DEALLOCATE ALL"); return err }},
			{"DeallocateAll", func() error {
				return e.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return c.Conn().DeallocateAll(ctx) })
			}},
			{"Reset", func() error { e.pool.Reset(); return nil }},
		}
		for _, s := range steps {
			if err := s.do(); err != nil {
				t.Fatal(s.name, err)
			}
			if err := wantSum(ctx, e.db, 30); err != nil {
				t.Errorf("after %s: %v", s.name, err)
			}
			if err := width(3); err != nil {
				t.Errorf("after %s: %v", s.name, err)
			}
		}
		e.exec(t, "ALTER TABLE items ADD COLUMN more text")
		if err := width(4); err != nil {
			t.Errorf("after another column: %v", err)
		}
		e.exec(t, "ALTER TABLE items ALTER COLUMN id TYPE text; ALTER TABLE items ALTER COLUMN id TYPE int USING id::int")
		if err := wantSum(ctx, e.db, 30); err != nil {
			t.Errorf("after another type and back: %v", err)
		}
	})
}

// The server holds no more statements than the cache has room for, and forgets them
// on the way: in no round trip of their own.
func TestStatementCacheIsBounded(t *testing.T) {
	t.Parallel()
	const capacity = 4
	e := newRunnerEnv(t, pgx.QueryExecModeCacheStatement, func(c *pgxpool.Config) { c.ConnConfig.StatementCacheCapacity = capacity })
	ctx := t.Context()
	for i := range 30 {
		n, err := e.wire.Count(func() error {
			var got int
			err := e.db.QueryRow(ctx, fmt.Sprintf("SELECT n + %d FROM items WHERE id = $1", i), 1).Scan(&got)
			if err == nil && got != 10+i {
				err = fmt.Errorf("%d, want %d", got, 10+i)
			}
			return err
		})
		if err != nil {
			t.Fatal(i, err)
		}
		if i > 0 && (n.Ready != 2 || n.Turns != 2) {
			t.Errorf("statement %d takes %+v, want one round trip to describe it and one to run it", i, n)
		}
		var held int
		if err := e.pool.QueryRow(ctx, "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'tenancy%'").Scan(&held); err != nil {
			t.Fatal(err)
		}
		// What the last statement displaced goes with the next.
		if held > capacity+1 {
			t.Errorf("%d statements are held after %d", held, i+1)
		}
	}
}

// A statement that the application has prepared runs by its name.
func TestPreparedByName(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode, func(c *pgxpool.Config) {
			c.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
				_, err := conn.Prepare(ctx, "itemCount", "SELECT count(*)::int FROM items WHERE id < $1")
				return err
			}
		})
		var n int
		if err := e.db.QueryRow(t.Context(), "itemCount", 10).Scan(&n); err != nil || n != 2 {
			t.Error(n, err)
		}
		if tag, err := e.db.Exec(t.Context(), "itemCount", 10); err != nil || tag.String() != "SELECT 1" {
			t.Error(tag, err)
		}
	})
}

// A tracer sees the statement that the application sent, and its end.
func TestTracer(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		tracer := &recordingTracer{}
		e := newRunnerEnv(t, mode, func(c *pgxpool.Config) { c.ConnConfig.Tracer = tracer })
		ctx := t.Context()
		var n int
		_ = e.db.QueryRow(ctx, sumItems, 10).Scan(&n)
		_, _ = e.db.Exec(ctx, sumItems, 1, 2)
		_, _ = e.db.Exec(ctx, "SELECT 1 / $1::int", 0)
		_, _ = e.db.Exec(ctx, "SELECT FROM nowhere")
		want := []string{
			"start " + sumItems + " [10]", "prepare " + sumItems, "end SELECT 1",
			"start " + sumItems + " [1 2]", "end error",
			"start SELECT 1 / $1::int [0]", "prepare SELECT 1 / $1::int", "end error",
			"start SELECT FROM nowhere []", "prepare SELECT FROM nowhere", "end error",
		}
		if d := cmp.Diff(want, tracer.events); d != "" {
			t.Errorf("events (-want +got):\n%s", d)
		}
	})
}

type recordingTracer struct {
	mu     sync.Mutex
	events []string
}

func (r *recordingTracer) add(s string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, s)
}

func (r *recordingTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	r.add(fmt.Sprint("start ", d.SQL, " ", d.Args))
	return ctx
}

func (r *recordingTracer) TraceQueryEnd(_ context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	if d.Err != nil {
		r.add("end error")
		return
	}
	r.add("end " + d.CommandTag.String())
}

func (r *recordingTracer) TracePrepareStart(ctx context.Context, _ *pgx.Conn, d pgx.TracePrepareStartData) context.Context {
	r.add("prepare " + d.SQL)
	return ctx
}

func (r *recordingTracer) TracePrepareEnd(context.Context, *pgx.Conn, pgx.TracePrepareEndData) {}

// A connection that is lost while rows are read is an error, never an end of the
// rows, and the pool goes on with another.
func TestConnectionLost(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		ctx := t.Context()
		pid := e.pid(t)
		rows, err := e.db.Query(ctx, "SELECT repeat('x', 10000), n FROM generate_series(1, $1::int) n", 100000)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		rows.Next()
		e.exec(t, fmt.Sprintf("SELECT pg_terminate_backend(%d)", pid))
		read := 1
		for rows.Next() {
			read++
		}
		if rows.Err() == nil || read == 100000 {
			t.Errorf("%d rows, error %v", read, rows.Err())
		}
		for range 2 {
			if err := wantSum(ctx, e.other, 100); err != nil {
				t.Error(err)
			}
		}
	})
}

// An error has the position in the text that the application wrote.
func TestErrorPosition(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newRunnerEnv(t, mode)
		const sql = "SELECT n FROM items WHERE nothing = $1"
		_, ours := e.db.Exec(t.Context(), sql, 1)
		_, theirs := e.pool.Exec(t.Context(), sql, 1)
		want := position(t, theirs)
		if got := position(t, ours); got != want || int(got) != strings.Index(sql, "nothing")+1 {
			t.Errorf("position %d, want %d", got, want)
		}
	})
}

func position(t *testing.T, err error) int32 {
	t.Helper()
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		t.Fatalf("error %v, want PostgreSQL's", err)
	}
	return pgErr.Position
}
