package lists_test

import (
	"context"
	"database/sql"
	"iter"
	"math/big"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/lib/pq"

	"github.com/tenancygen/tenancygen/internal/lists"
	"github.com/tenancygen/tenancygen/internal/lists/pgxgen"
	"github.com/tenancygen/tenancygen/internal/lists/sqlgen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestMain(m *testing.M) { testpg.Main(m) }

var ann = runtime.Tenant{ID: "aaaaaaaa-0000-4000-8000-000000000001"}

// seed gives rows of which each has less than the one before, so that what is left
// of a row shows in the next.
const seed = `
INSERT INTO tenants VALUES ('aaaaaaaa-0000-4000-8000-000000000001');
INSERT INTO things SELECT n, 'aaaaaaaa-0000-4000-8000-000000000001', 'note ' || n, '\xaabbccdd', ARRAY['a', 'b', 'c'], ARRAY[1, 2, 3],
	'{"a": {"b": [1, 2]}}', '{"a": "1", "b": "2"}', '{"Name": "n", "Email": "e", "Tags": ["x", "y"]}', '{"a": "1", "b": "2"}', 123456789012345678901234567890.5
	FROM generate_series(1, 3) AS n;
INSERT INTO things VALUES (4, 'aaaaaaaa-0000-4000-8000-000000000001', '', '\xaa', ARRAY['d'], ARRAY[4], '{}', '{"c": "3"}', '{"Tags": ["z"]}', '{"c": "3"}', 1);
INSERT INTO things VALUES (5, 'aaaaaaaa-0000-4000-8000-000000000001', '', '', '{}', '{}', '{}', '{}', '{}', '{}', 0);
INSERT INTO things (id, tenant_id, settings, profile, marks) VALUES (6, 'aaaaaaaa-0000-4000-8000-000000000001', 'null', 'null', 'null');
INSERT INTO things (id, tenant_id) VALUES (7, 'aaaaaaaa-0000-4000-8000-000000000001');`

// things is how many rows there are.
const things = 7

func database(t testing.TB) string {
	t.Helper()
	url := testpg.Database(t)
	schema, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), string(schema)+seed); err != nil {
		t.Fatal(err)
	}
	return url
}

func pgxQueries(t testing.TB, mode pgx.QueryExecMode) (*pgxgen.TenantQueries, *pgxpool.Pool) {
	t.Helper()
	config, err := pgxpool.ParseConfig(database(t))
	if err != nil {
		t.Fatal(err)
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p, err := postgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	return pgxgen.New(p).ForTenant(ann), pool
}

func sqlQueries(t testing.TB, db *sql.DB) *sqlgen.TenantQueries {
	t.Helper()
	t.Cleanup(func() { _ = db.Close() })
	p, err := sqlpostgres.NewRowFilter(db)
	if err != nil {
		t.Fatal(err)
	}
	return sqlgen.New(p).ForTenant(ann)
}

// equal compares numbers, whose digits are in unexported fields.
var equal = cmp.Comparer(func(a, b *big.Int) bool { return a == b || a != nil && b != nil && a.Cmp(b) == 0 })

// own holds that rows are what was read one by one, and have no memory in common.
func own[T any](t *testing.T, name string, rows []T, want []T) {
	t.Helper()
	if diff := cmp.Diff(want, rows, equal); diff != "" {
		t.Errorf("%s (-read one by one +list):\n%s", name, diff)
	}
	shared, seen := sharing(rows)
	for _, s := range shared {
		t.Errorf("%s: %s", name, s)
	}
	if seen == 0 {
		t.Errorf("%s has no memory to look at", name)
	}
}

// columns returns one column of rows.
func columns[T, C any](rows []T, column func(T) C) []C {
	var list []C
	for _, row := range rows {
		list = append(list, column(row))
	}
	return list
}

// must returns what a query returned.
func must[T any](rows T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
}

// gathered returns the rows of an iterator.
func gathered[T any](rows iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

func TestRowsOwnTheirMemoryPgx(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeSimpleProtocol} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			q, _ := pgxQueries(t, mode)
			var want []pgxgen.Thing
			for id := int64(1); id <= things; id++ {
				want = append(want, must(q.GetThing(ctx, id))(t))
			}
			own(t, "list", must(q.ListThings(ctx))(t), want)
			own(t, "iterator", must(gathered(q.ListThingsIter(ctx)))(t), want)
			embedded := columns(want, func(r pgxgen.Thing) pgxgen.ListEmbeddedRow { return pgxgen.ListEmbeddedRow{Thing: r, Number: r.ID} })
			own(t, "embedded", must(q.ListEmbedded(ctx))(t), embedded)
			own(t, "notes", must(q.ListNotes(ctx))(t), columns(want, func(r pgxgen.Thing) *string { return r.Note }))
			own(t, "raws", must(q.ListRaws(ctx))(t), columns(want, func(r pgxgen.Thing) []byte { return r.Raw }))
			own(t, "words", must(q.ListWords(ctx))(t), columns(want, func(r pgxgen.Thing) []string { return r.Words }))
			own(t, "settings", must(q.ListSettings(ctx))(t), columns(want, func(r pgxgen.Thing) lists.Settings { return r.Settings }))
			own(t, "profiles", must(q.ListProfiles(ctx))(t), columns(want, func(r pgxgen.Thing) lists.Profile { return r.Profile }))
			own(t, "marks", must(q.ListMarks(ctx))(t), columns(want, func(r pgxgen.Thing) lists.Marks { return r.Marks }))
			own(t, "marks, iterator", must(gathered(q.ListMarksIter(ctx)))(t), columns(want, func(r pgxgen.Thing) lists.Marks { return r.Marks }))
			q.ListThingsFrom(ctx, []int64{1, 3}).Query(func(n int, rows []pgxgen.Thing, err error) {
				own(t, "batch", must(rows, err)(t), want[2*n:])
			})
		})
	}
}

func TestRowsOwnTheirMemorySQL(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) *sql.DB{
		"lib/pq": func(t *testing.T) *sql.DB {
			connector, err := pq.NewConnector(database(t))
			if err != nil {
				t.Fatal(err)
			}
			return sql.OpenDB(connector)
		},
		"pgx": func(t *testing.T) *sql.DB {
			config, err := pgx.ParseConfig(database(t))
			if err != nil {
				t.Fatal(err)
			}
			return sql.OpenDB(stdlib.GetConnector(*config))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			q := sqlQueries(t, open(t))
			var want []*sqlgen.Thing
			for id := int64(1); id <= things; id++ {
				want = append(want, must(q.GetThing(ctx, id))(t))
			}
			own(t, "list", must(q.ListThings(ctx))(t), want)
			own(t, "iterator", must(gathered(q.ListThingsIter(ctx)))(t), want)
			embedded := columns(want, func(r *sqlgen.Thing) *sqlgen.ListEmbeddedRow { return &sqlgen.ListEmbeddedRow{Thing: *r, Number: r.ID} })
			own(t, "embedded", must(q.ListEmbedded(ctx))(t), embedded)
			own(t, "raws", must(q.ListRaws(ctx))(t), columns(want, func(r *sqlgen.Thing) []byte { return r.Raw }))
			own(t, "words", must(q.ListWords(ctx))(t), columns(want, func(r *sqlgen.Thing) []string { return r.Words }))
			own(t, "profiles", must(q.ListProfiles(ctx))(t), columns(want, func(r *sqlgen.Thing) lists.ScannedProfile { return r.Profile }))
			own(t, "marks", must(q.ListMarks(ctx))(t), columns(want, func(r *sqlgen.Thing) lists.Marks { return r.Marks }))
			own(t, "marks, iterator", must(gathered(q.ListMarksIter(ctx)))(t), columns(want, func(r *sqlgen.Thing) lists.Marks { return r.Marks }))
		})
	}
}

// TestRowThatIsNotEmptied is the control: without the line that empties the variable,
// rows show what is left of those before them, and share their memory.
func TestRowThatIsNotEmptied(t *testing.T) {
	t.Parallel()
	_, pool := pgxQueries(t, pgx.QueryExecModeCacheStatement)
	rows, err := pool.Query(t.Context(), "SELECT marks FROM things ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []lists.Marks
	var marks lists.Marks
	dest := []any{&marks}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		list = append(list, marks)
	}
	if shared, _ := sharing(list); len(shared) == 0 || len(list) != things || len(list[4]) == 0 {
		t.Errorf("%v shares %v", list, shared)
	}
}

// TestListsThatAreEmpty holds that a list without rows is nil.
func TestListsThatAreEmpty(t *testing.T) {
	t.Parallel()
	q, _ := pgxQueries(t, pgx.QueryExecModeCacheStatement)
	if list := must(q.ListOrders(t.Context(), 10))(t); list != nil {
		t.Errorf("%#v", list)
	}
	if list := must(q.ListOrderIDs(t.Context(), 10))(t); list != nil {
		t.Errorf("%#v", list)
	}
}
