package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// spacesEnv is one connection to many tenants' schemas, each with a table items of
// one row, {1, the tenant's number}.
type spacesEnv struct {
	pool  *pgxpool.Pool
	wire  *isolationtest.Wire
	admin *pgxpool.Pool
	p     *postgres.Schema
}

// getItem is a generated text, and countItems another.
const (
	getItem    = "SELECT n FROM items WHERE id = $1"
	starItems  = "SELECT * FROM items WHERE id = $1"
	countItems = "SELECT count(*)::int FROM items"
)

// generated is a text that names items once, with its slot.
func generated(sql string) runtime.Text {
	at := strings.Index(sql, "items")
	return runtime.Text{SQL: sql, Slots: []runtime.Slot{{Start: at, End: at + len("items"), Name: "items"}}}
}

func newSpacesEnv(t *testing.T, mode pgx.QueryExecMode, tenants, capacity int) *spacesEnv {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	e := &spacesEnv{admin: newPool(t, superuser)}
	for i := range tenants {
		e.exec(t, fmt.Sprintf(`
CREATE SCHEMA tenant_t%[1]d;
CREATE TABLE tenant_t%[1]d.items (id int PRIMARY KEY, n int NOT NULL);
INSERT INTO tenant_t%[1]d.items VALUES (1, %[1]d);
GRANT USAGE ON SCHEMA tenant_t%[1]d TO %[2]s;
GRANT SELECT, INSERT ON tenant_t%[1]d.items TO %[2]s;`, i, role))
	}
	config, err := pgxpool.ParseConfig(roleURL)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	config.ConnConfig.DefaultQueryExecMode = mode
	config.ConnConfig.StatementCacheCapacity, config.ConnConfig.DescriptionCacheCapacity = capacity, capacity
	e.wire = isolationtest.NewWire(config.ConnConfig)
	if e.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.pool.Close)
	e.p, err = postgres.NewSchema(e.pool, runtime.Layout{
		Schema:     "public",
		Tables:     []runtime.Table{{Name: "items", Class: runtime.ClassTenant}},
		Statements: []runtime.Text{generated(getItem), generated(starItems), generated(countItems)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *spacesEnv) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := e.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func (e *spacesEnv) tenant(i int) pgxdb.Handle {
	return e.p.For(runtime.Tenant{ID: fmt.Sprintf("t%d", i)})
}

// held counts the runner's statements that the server holds.
func (e *spacesEnv) held(t *testing.T) (n int) {
	t.Helper()
	if err := e.pool.QueryRow(t.Context(), "SELECT count(*)::int FROM pg_prepared_statements WHERE name LIKE 'tenancy%'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func wantN(ctx context.Context, db pgxdb.DB, sql string, want int) error {
	var n int
	if err := db.QueryRow(ctx, sql, 1).Scan(&n); err != nil {
		return err
	}
	if n != want {
		return fmt.Errorf("%q is %d, want %d", sql, n, want)
	}
	return nil
}

// byHand is SQL that is not generated.
const byHand = "SELECT n + 1000 FROM items WHERE id = $1"

// Many more tenants than the connection has room for statements: each call takes one
// round trip all the same, has its own tenant's row, and the server does not hold
// more than there is room for.
func TestManyTenants(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		const tenants, capacity, rounds = 24, 8, 5
		e := newSpacesEnv(t, mode, tenants, capacity)
		ctx := t.Context()
		var first []string // the calls that took more than one round trip
		for round := range rounds {
			for i := range tenants {
				for _, c := range []struct {
					sql  string
					want int
				}{{getItem, i}, {byHand, i + 1000}} {
					n, err := e.wire.Count(func() error { return wantN(ctx, e.tenant(i), c.sql, c.want) })
					if err != nil {
						t.Fatalf("round %d, tenant %d: %v", round, i, err)
					}
					if n.Ready != 1 || n.Turns != 1 {
						first = append(first, fmt.Sprint(round, " ", i, " ", c.sql))
					}
				}
			}
			if n := e.held(t); n > capacity+1 {
				t.Errorf("round %d: the server holds %d statements", round, n)
			}
		}
		if len(first) != 2 {
			t.Errorf("calls that took more than one round trip: %q, want the first of each text", first)
		}
		// Few tenants that come again and again have their statements held.
		for range 4 {
			for i := range 2 {
				if err := wantN(ctx, e.tenant(i), getItem, i); err != nil {
					t.Error(err)
				}
			}
		}
		if n := e.held(t); (n == 0) != (mode == pgx.QueryExecModeCacheDescribe) {
			t.Errorf("the server holds %d statements", n)
		}
	})
}

// The same hand-written text is another statement for each tenant: to hold one for
// all of them would have the server plan it anew at each change of the tenant.
func TestHandwrittenIsHeldForEach(t *testing.T) {
	t.Parallel()
	e := newSpacesEnv(t, pgx.QueryExecModeCacheStatement, 3, 16)
	for range 5 {
		for i := range 3 {
			if err := wantN(t.Context(), e.tenant(i), byHand, i+1000); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := e.held(t); n != 4 { // and the setting
		t.Errorf("the server holds %d statements, want 4", n)
	}
}

// A tenant whose table is not like the others' has its own rows, or an error, and so
// have the others; no value is ever read as one of another type.
func TestDriftedTenant(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		for _, tc := range []struct {
			drifted int // whose types are shared, or one of the others
			wider   bool
		}{{0, false}, {0, true}, {2, false}, {2, true}} {
			drifted := tc.drifted
			e := newSpacesEnv(t, mode, 4, 8)
			ctx := t.Context()
			e.exec(t, fmt.Sprintf("ALTER TABLE tenant_t%d.items ALTER COLUMN n TYPE real USING 0.5", drifted))
			own := []any{int32(1), float32(0.5)}
			if tc.wider {
				e.exec(t, fmt.Sprintf("ALTER TABLE tenant_t%d.items ADD COLUMN more text DEFAULT 'x'", drifted))
				own = append(own, "x")
			}
			for round := range 6 {
				for i := range 4 {
					want := []any{int32(1), int32(i)}
					if i == drifted {
						want = own
					}
					rows, err := e.tenant(i).Query(ctx, starItems, 1)
					if err != nil {
						t.Fatalf("round %d, tenant %d: %v", round, i, err)
					}
					got, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
					if err != nil {
						t.Fatalf("round %d, tenant %d: %v", round, i, err)
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("round %d, tenant %d (-want +got):\n%s", round, i, d)
					}
				}
			}
			// A parameter of another type: int and double precision have no bytes in common.
			e.exec(t, fmt.Sprintf("ALTER TABLE tenant_t%[1]d.items ALTER COLUMN id TYPE text", drifted))
			for range 6 {
				for i := range 4 {
					rows, err := e.tenant(i).Query(ctx, getItem, "1")
					if err != nil {
						continue
					}
					got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
					if err == nil && len(got) != 1 {
						t.Errorf("tenant %d: %v", i, got)
					}
				}
			}
		}
	})
}

// Whatever is thrown away between two calls, the next has the right rows.
func TestTenantsStatementsGone(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newSpacesEnv(t, mode, 3, 8)
		ctx := t.Context()
		for range 4 {
			for range 4 { // until they are held
				for i := range 3 {
					if err := wantN(ctx, e.tenant(i), getItem, i); err != nil {
						t.Fatal(err)
					}
					if err := wantN(ctx, e.tenant(i), byHand, i+1000); err != nil {
						t.Fatal(err)
					}
				}
			}
			if _, err := e.pool.Exec(ctx, "DISCARD ALL"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A transaction of a tenant with tables of its own begins with its first statement,
// too, and takes a hand-written one along in the same round trip.
func TestTenantsTx(t *testing.T) {
	t.Parallel()
	forEachDescribing(t, func(t *testing.T, mode pgx.QueryExecMode) {
		e := newSpacesEnv(t, mode, 2, 8)
		ctx := t.Context()
		run := func(i int) error {
			return e.tenant(i).InTx(ctx, func(tx pgxdb.DB) error {
				for range 3 {
					if err := wantN(ctx, tx, getItem, i); err != nil {
						return err
					}
				}
				return nil
			})
		}
		for range 4 {
			for i := range 2 {
				if err := run(i); err != nil {
					t.Fatal(err)
				}
			}
		}
		n, err := e.wire.Count(func() error { return run(0) })
		if d := cmp.Diff(isolationtest.Counts{Ready: 4, Turns: 4}, n); err != nil || d != "" {
			t.Errorf("%v, round trips (-want +got):\n%s", err, d)
		}
		// The path of hand-written SQL is for that alone.
		err = e.tenant(1).InTx(ctx, func(tx pgxdb.DB) error {
			for range 3 {
				if err := wantN(ctx, tx, byHand, 1001); err != nil {
					return err
				}
				if err := wantN(ctx, tx, getItem, 1); err != nil {
					return err
				}
			}
			n, err := tx.CopyFrom(ctx, pgx.Identifier{"items"}, []string{"id", "n"}, pgx.CopyFromRows([][]any{{2, 2}}))
			if err != nil || n != 1 {
				return fmt.Errorf("CopyFrom: %d, %w", n, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		var path string
		if err := e.pool.QueryRow(ctx, "SELECT current_setting('search_path')").Scan(&path); err != nil || strings.Contains(path, "tenant_") {
			t.Errorf("search_path is %q, %v", path, err)
		}
	})
}
