package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// narrow is a pool of one connection, so that what a statement leaves on it meets the
// next tenant.
func (s *shop) narrow(t *testing.T, mode pgx.QueryExecMode) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(s.app.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.DefaultQueryExecMode = mode
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// bodies runs hand-written SQL.
func bodies(ctx context.Context, db pgxdb.DB) ([]string, error) {
	rows, err := db.Query(ctx, "SELECT id || ' ' || body FROM notes WHERE id > $1 ORDER BY id", 0)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// Hand-written SQL on a schema's handle finds the tenant's tables, whatever the
// statement before it was, also where the tables of two tenants differ (cases 27, 28,
// 32), and leaves nothing on the connection.
func TestHandwrittenInSchema(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	s.initialize(t, ann, bob)
	// A migration has come to one tenant and not to the other.
	s.run(t, "DROP VIEW "+s.table(t, bob, "happy"))
	s.run(t, "ALTER TABLE "+s.table(t, bob, "notes")+" ALTER COLUMN id TYPE bigint, ADD COLUMN more text")
	s.run(t, "CREATE TABLE public.notes (id int, body text); INSERT INTO public.notes VALUES (1, 'shared'); GRANT ALL ON public.notes TO PUBLIC")
	for _, mode := range []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	} {
		t.Run(mode.String(), func(t *testing.T) {
			ctx := t.Context()
			pool := s.narrow(t, mode)
			p := s.open(t, pool, s.layout)
			path := func() (path string) {
				t.Helper()
				if err := pool.QueryRow(ctx, "SHOW search_path").Scan(&path); err != nil {
					t.Fatal(err)
				}
				return path
			}
			before := path()
			want := func(what string, db pgxdb.DB, tenant runtime.Tenant) {
				t.Helper()
				for read, f := range map[string]func(context.Context, pgxdb.DB) ([]string, error){"hand-written": bodies, "generated": readNotes} {
					got, err := f(ctx, db)
					if diff := cmp.Diff([]string{"1 of " + tenant.ID}, got); diff != "" || err != nil {
						t.Errorf("%s, %s: %v (-want +got):\n%s", what, read, err, diff)
					}
				}
				// A column of another type for each tenant, by the runner and by pgx.
				for _, args := range [][]any{nil, {pgx.QueryResultFormats{pgx.TextFormatCode}}} {
					var id int64
					if err := db.QueryRow(ctx, "SELECT id FROM notes", args...).Scan(&id); err != nil || id != 1 {
						t.Errorf("%s, with %v: %d, %v", what, args, id, err)
					}
				}
				var plan string
				if err := db.QueryRow(ctx, bare(listPlans)).Scan(&plan); err != nil || plan != "free" {
					t.Errorf("%s: what tenants share: %q, %v", what, plan, err)
				}
			}
			for range 3 {
				for _, tenant := range []runtime.Tenant{ann, bob} {
					db := p.For(tenant)
					want("alone", db, tenant)
					if _, err := bodies(ctx, p.Global()); err != nil {
						t.Errorf("global: %v", err)
					}
					// Errors, cancelled contexts and panics.
					_, _ = db.Exec(ctx, "SELECT 1 / $1::int", 0)
					cancelled, cancel := context.WithCancel(ctx)
					cancel()
					_, _ = bodies(cancelled, db)
					func() {
						defer func() { _ = recover() }()
						_ = db.QueryRow(ctx, "SELECT body FROM notes").Scan(panicking{})
					}()
					want("after failures", db, tenant)

					// Rolled back to a savepoint, a setting is what it was before.
					tx, err := db.Begin(ctx)
					if err != nil {
						t.Fatal(err)
					}
					// A transaction that stays would make the pool wait for it.
					defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
					nested, err := tx.Begin(ctx)
					if err != nil {
						t.Fatal(err)
					}
					want("savepoint", nested, tenant)
					want("beside the savepoint", tx, tenant)
					if err := nested.Rollback(ctx); err != nil {
						t.Fatal(err)
					}
					want("after the savepoint", tx, tenant)
					err = pgxdb.InTx(ctx, tx, func(tx pgxdb.DB) error { want("released savepoint", tx, tenant); return nil })
					if err != nil {
						t.Fatal(err)
					}
					if err := tx.Commit(ctx); err != nil {
						t.Fatal(err)
					}
					if _, err := bodies(ctx, tx); !errors.Is(err, pgx.ErrTxClosed) {
						t.Errorf("after commit: %v", err)
					}
					if after := path(); after != before {
						t.Errorf("the search_path of the connection is %q and was %q", after, before)
					}
				}
			}
		})
	}
}

// panicking is a destination whose Scan panics.
type panicking struct{}

func (panicking) Scan(any) error { panic("scan") }

// Hand-written SQL does not reach what is in the shared schema, in a temporary table,
// or in another tenant's schema, by a name that is not qualified (case 33).
func TestHandwrittenSeesTheSchemaAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t, runtime.StrategySchema)
	s.initialize(t, ann, bob)
	ctx, db := t.Context(), s.For(ann)
	for _, sql := range []string{"SELECT code FROM plans", "SELECT 'sad'::mood", "SELECT FROM namespaces"} {
		if err := db.QueryRow(ctx, sql).Scan(nil); code(err) != "42P01" && code(err) != "42704" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	pool := s.narrow(t, pgx.QueryExecModeCacheStatement)
	if _, err := pool.Exec(ctx, "CREATE TEMPORARY TABLE notes (id int, body text); INSERT INTO notes VALUES (1, 'temporary')"); err != nil {
		t.Fatal(err)
	}
	p := s.open(t, pool, s.layout)
	got, err := bodies(ctx, p.For(ann))
	if diff := cmp.Diff([]string{"1 of " + ann.ID}, got); diff != "" || err != nil {
		t.Errorf("beside a temporary table: %v (-want +got):\n%s", err, diff)
	}
	// Writes, and several of them in a batch.
	b := &pgx.Batch{}
	b.Queue("INSERT INTO notes (tenant_id, id, body) VALUES ($1, 2, 'by hand')", ann.ID)
	b.Queue("UPDATE notes SET body = 'changed' WHERE id = $1", 2).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return fmt.Errorf("%d rows", tag.RowsAffected())
		}
		return nil
	})
	if err := p.For(ann).SendBatch(ctx, b).Close(); err != nil {
		t.Error(err)
	}
	tag, err := p.For(ann).Exec(ctx, "DELETE FROM notes WHERE id = @id", pgx.NamedArgs{"id": 2})
	if err != nil || tag.RowsAffected() != 1 {
		t.Errorf("%v, %v", tag, err)
	}
	s.wantNotes(t, ann, bob)
	// Several statements, of which one would end the transaction.
	if _, err := db.Exec(ctx, "COMMIT; DELETE FROM notes"); code(err) != "42601" {
		t.Errorf("several statements: %v", err)
	}
	// A batch that fails leaves nothing.
	b = &pgx.Batch{}
	b.Queue("DELETE FROM notes")
	b.Queue("SELECT 1 / $1::int", 0)
	if err := db.SendBatch(ctx, b).Close(); code(err) != "22012" {
		t.Errorf("a batch that fails: %v", err)
	}
	s.wantNotes(t, ann, bob)
}

// What a handle refuses, it refuses before anything reaches the database.
func TestNamespaceRefusals(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		s.initialize(t, ann)
		db := s.For(ann)
		handwritten := func(what string, db pgxdb.DB) {
			t.Helper()
			b := &pgx.Batch{}
			b.Queue("DELETE FROM notes")
			_, execErr := db.Exec(ctx, "DELETE FROM notes")
			_, queryErr := bodies(ctx, db)
			for _, err := range []error{execErr, queryErr, db.QueryRow(ctx, "SELECT 1").Scan(nil), db.SendBatch(ctx, b).Close()} {
				if !errors.Is(err, postgres.ErrHandwritten) {
					t.Errorf("%s: hand-written SQL: %v", what, err)
				}
			}
		}
		copied := func(what string, db pgxdb.DB) {
			t.Helper()
			for _, table := range []pgx.Identifier{{"plans"}, {"nowhere"}, {"happy"}, {"public", "plans"}, {"other", "notes"}, {}, {"a", "b", "notes"}} {
				if _, err := db.CopyFrom(ctx, table, []string{"code"}, pgx.CopyFromRows([][]any{{"x"}})); !errors.Is(err, postgres.ErrNotTenantTable) {
					t.Errorf("%s: CopyFrom %v: %v", what, table, err)
				}
			}
			for i, table := range []pgx.Identifier{{"notes"}, {"public", "notes"}} {
				rows := pgx.CopyFromRows([][]any{{ann.ID, 8 + i, "copied"}})
				if n, err := db.CopyFrom(ctx, table, []string{"tenant_id", "id", "body"}, rows); err != nil || n != 1 {
					t.Errorf("%s: CopyFrom %v: %d, %v", what, table, n, err)
				}
			}
		}
		rewriter := func(what string, db pgxdb.DB) {
			t.Helper()
			if _, err := db.Exec(ctx, bare(listNotes), replacing{}); !errors.Is(err, postgres.ErrRewriter) {
				t.Errorf("%s: a rewriter: %v", what, err)
			}
		}
		rewriter("alone", db)
		if s.strategy == runtime.StrategyPrefix {
			handwritten("alone", db)
		} else {
			b := &pgx.Batch{}
			b.Queue(bare(listNotes))
			b.Queue("SELECT 1")
			if err := db.SendBatch(ctx, b).Close(); !errors.Is(err, postgres.ErrMixedBatch) {
				t.Errorf("a mixed batch: %v", err)
			}
		}
		tx, err := db.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(ctx) }()
		nested, err := tx.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if s.strategy == runtime.StrategyPrefix {
			handwritten("transaction", tx)
			handwritten("savepoint", nested)
		}
		copied("savepoint", nested)
		rewriter("savepoint", nested)
		if _, err := nested.Prepare(ctx, "list", bare(listNotes)); !errors.Is(err, postgres.ErrPrepare) {
			t.Errorf("Prepare: %v", err)
		}
		begun := &pgx.Batch{}
		begun.BeginTx(pgx.TxOptions{})
		if err := nested.SendBatch(ctx, begun).Close(); !errors.Is(err, postgres.ErrBatchBegin) {
			t.Errorf("BeginTx of a batch: %v", err)
		}
		if err := nested.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		if err := tx.Rollback(ctx); err != nil {
			t.Fatal(err)
		}
		s.wantNotes(t, ann)
		copied("alone", db)

		if err := errors.Join(s.Close(), s.Close()); err != nil {
			t.Error(err)
		}
		_, destroyErr := s.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
		_, verifyErr := s.Verify(ctx, ann)
		_, listErr := readNotes(ctx, s.For(ann))
		_, globalErr := s.Global().Exec(ctx, "SELECT 1")
		for _, err := range []error{s.Initialize(ctx, bob), destroyErr, verifyErr, listErr, globalErr, s.Isolation.(spaces).InitializeShared(ctx)} {
			if !errors.Is(err, runtime.ErrClosed) {
				t.Errorf("closed: %v", err)
			}
		}
	})
}

// replacing puts other SQL in the place of what it is given.
type replacing struct{}

func (replacing) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	return "SELECT 1", nil, nil
}

// filter is a runtime.Filter that knows one table.
type filter struct{}

func (filter) Filter(q runtime.Query, t runtime.Tenant) (runtime.Text, []any, error) {
	if q.SQL == "DELETE FROM plans" {
		return runtime.Text{}, nil, errOops
	}
	text := marked("SELECT id || ' ' || body FROM «notes*» WHERE notes.tenant_id = $1 AND id < " + q.SQL)
	return text, []any{t.ID}, nil
}

// What ApplyFilters returns is sent for the tenant of the handle.
func TestNamespaceFilter(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		s.initialize(t, ann, bob)
		p := s.open(t, s.app, s.layout, postgres.WithFilter(filter{}))
		first, err := p.ApplyFilters(runtime.Query{SQL: "1000000"}, ann)
		if err != nil {
			t.Fatal(err)
		}
		// Many others do not make it forget one that is used.
		for i := range 20_000 {
			if _, err := p.ApplyFilters(runtime.Query{SQL: fmt.Sprint(i + 2)}, ann); err != nil {
				t.Fatal(err)
			}
			if i%1000 == 0 {
				for _, tenant := range []runtime.Tenant{ann, bob} {
					rows, err := p.For(tenant).Query(ctx, first.SQL, tenant.ID)
					if err != nil {
						t.Fatal(err)
					}
					got, err := pgx.CollectRows(rows, pgx.RowTo[string])
					if diff := cmp.Diff([]string{"1 of " + tenant.ID}, got); diff != "" || err != nil {
						t.Fatalf("%v (-want +got):\n%s", err, diff)
					}
				}
			}
		}
		if _, err := p.ApplyFilters(runtime.Query{SQL: "DELETE FROM plans"}, ann); !errors.Is(err, errOops) {
			t.Errorf("a statement that the filter refuses: %v", err)
		}
		if _, err := p.ApplyFilters(runtime.Query{SQL: "1"}, runtime.Tenant{}); !errors.Is(err, runtime.ErrNoTenant) {
			t.Errorf("no tenant: %v", err)
		}
		if _, err := s.ApplyFilters(runtime.Query{SQL: "1"}, ann); !errors.Is(err, runtime.ErrNoFilter) {
			t.Errorf("no filter: %v", err)
		}
	})
}
