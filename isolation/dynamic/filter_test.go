package dynamic_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/dynamic"
	"github.com/tenancygen/tenancygen/runtime"
)

const config = `
version: "1"
engine: postgresql
schema: migrations
tenant: {column: tenant_id, root: tenants}
tables: {plans: global, jobs: excluded, notes: {parent: orders}, templates: {read: own_or_shared}}
functions: [slugify]
go: {package: gen, out: gen, sql_package: pgx/v5}
`

const schema = `
CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id uuid NOT NULL, number text NOT NULL, qty int NOT NULL DEFAULT 0, UNIQUE (tenant_id, number));
CREATE TABLE notes (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, body text NOT NULL);
CREATE TABLE codes (code text PRIMARY KEY, tenant_id uuid NOT NULL, n int NOT NULL);
CREATE TABLE templates (id int PRIMARY KEY, tenant_id uuid, code text NOT NULL);
CREATE TABLE jobs (id int PRIMARY KEY);
CREATE VIEW open_orders AS SELECT id, number FROM orders WHERE qty > 0;
CREATE FUNCTION slugify(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1)';
CREATE FUNCTION spy() RETURNS int LANGUAGE sql AS 'SELECT 1';
`

func project(config, schema string) fstest.MapFS {
	return fstest.MapFS{
		"db/tenancy.yaml":                     {Data: []byte(config)},
		"db/migrations/1_init.sql":            {Data: []byte("-- +goose Up\n" + schema + "\n-- +goose Down\nDROP TABLE orders;\n")},
		"db/migrations/2_more.up.sql":         {Data: []byte("CREATE TABLE more (id int PRIMARY KEY, tenant_id uuid NOT NULL);")},
		"db/migrations/2_more.down.sql":       {Data: []byte("DROP TABLE more;")},
		"db/migrations/readme.txt":            {Data: []byte("no SQL")},
		"elsewhere/migrations/1_init.sql":     {Data: []byte("no SQL either")},
		"db/migrations/deeper/3_unwanted.sql": {Data: []byte("DROP TABLE more;")},
	}
}

func newFilter(t testing.TB) *dynamic.Filter {
	t.Helper()
	f, err := dynamic.New(project(config, schema), "db/tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var ann = runtime.Tenant{ID: "aaaaaaaa-0000-4000-8000-000000000001"}

func TestAccepted(t *testing.T) {
	t.Parallel()
	f := newFilter(t)
	for _, tt := range []struct {
		sql, want string
		args      []any
		global    bool
	}{
		{sql: "SELECT * FROM orders", want: "SELECT * FROM orders WHERE orders.tenant_id = $1::uuid"},
		{sql: "SELECT * FROM more;", want: "SELECT * FROM more WHERE more.tenant_id = $1::uuid"},
		{sql: "SELECT number FROM orders WHERE qty > $1 OR number = $2 ORDER BY id LIMIT $3", args: []any{1, "a", 10},
			want: "SELECT number FROM orders WHERE (qty > $1 OR number = $2) AND orders.tenant_id = $4::uuid ORDER BY id LIMIT $3"},
		{sql: "UPDATE orders SET qty = $2 WHERE id = $1", args: []any{1, 2},
			want: "UPDATE orders SET qty = $2 WHERE (id = $1) AND orders.tenant_id = $3::uuid"},
		{sql: "INSERT INTO orders (id, number) VALUES ($1, $2)", args: []any{1, "a"},
			want: "INSERT INTO orders (id, number, tenant_id) VALUES ($1, $2, $3::uuid)"},
		// The author's own parameter stays: two ids that differ find nothing.
		{sql: "DELETE FROM orders WHERE tenant_id = $1", args: []any{"x"},
			want: "DELETE FROM orders WHERE (tenant_id = $1) AND orders.tenant_id = $2::uuid"},
		{sql: "INSERT INTO orders (id, number, tenant_id) VALUES (1, 'a', $1)", args: []any{"x"},
			want: "INSERT INTO orders (id, number, tenant_id) VALUES (1, 'a', CASE WHEN $1 = $2::uuid THEN $2::uuid END)"},
		{sql: "SELECT n.body FROM notes n WHERE n.id = $1", args: []any{1},
			want: "SELECT n.body FROM notes n WHERE (n.id = $1) AND EXISTS (SELECT 1 FROM orders WHERE orders.id = n.order_id AND orders.tenant_id = $2::uuid)"},
		{sql: "SELECT number FROM open_orders",
			want: "SELECT number FROM (SELECT id, number FROM orders WHERE (qty > 0) AND orders.tenant_id = $1::uuid) AS open_orders"},
		{sql: "SELECT code FROM templates", want: "SELECT code FROM templates WHERE (templates.tenant_id = $1::uuid OR templates.tenant_id IS NULL)"},
		{sql: "SELECT slugify(number) FROM orders", want: "SELECT slugify(number) FROM orders WHERE orders.tenant_id = $1::uuid"},
		{sql: "SELECT name FROM plans WHERE id = $1", args: []any{1}, want: "SELECT name FROM plans WHERE id = $1", global: true},
		{sql: "INSERT INTO tenants (id, name) VALUES ($1, 'x')", args: []any{1},
			want: "INSERT INTO tenants (id, name) VALUES (CASE WHEN $1 = $2::uuid THEN $2::uuid END, 'x')"},
		{sql: "SELECT " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200), want: "SELECT " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200), global: true},
		{sql: "SELECT 1", want: "SELECT 1", global: true},
		// What is in comments and strings is no SQL, and no parameter.
		{sql: "/* $1 /*+ */ DELETE FROM orders -- */ SELECT 1", want: "/* $1 /*+ */ DELETE FROM orders -- */ SELECT 1", global: true},
		{sql: "-- name: X :many\n-- @tenancy unscoped reason=\"r\"\nSELECT id FROM orders -- WHERE\n;",
			want: "-- name: X :many\n-- @tenancy unscoped reason=\"r\"\nSELECT id FROM orders\nWHERE orders.tenant_id = $1::uuid"},
		{sql: "SELECT id FROM orders /* tenant_id = $1 */ WHERE number = '$2 --' --", want: "SELECT id FROM orders /* tenant_id = $1 */ WHERE (number = '$2 --') AND orders.tenant_id = $1::uuid"},
		{sql: "/*+ SeqScan(orders) */ SELECT id FROM orders", want: "/*+ SeqScan(orders) */ SELECT id FROM orders WHERE orders.tenant_id = $1::uuid"},
		{sql: "INSERT INTO orders (id, number) VALUES (1, 'a') ON CONFLICT (tenant_id, number) DO UPDATE SET qty = 1",
			want: "INSERT INTO orders (id, number, tenant_id) VALUES (1, 'a', $1::uuid) ON CONFLICT (tenant_id, number) DO UPDATE SET qty = 1 WHERE orders.tenant_id = $1::uuid"},
	} {
		t.Run(tt.sql, func(t *testing.T) {
			t.Parallel()
			wantArgs := slices.Clone(tt.args)
			if !tt.global {
				wantArgs = append(wantArgs, ann.ID)
			}
			for range 2 { // the second time from the cache
				text, args, err := f.Filter(runtime.Query{SQL: tt.sql, Args: tt.args}, ann)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, text.SQL); diff != "" {
					t.Error(diff)
				}
				if len(args) != len(wantArgs) || len(args) > 0 && !cmp.Equal(wantArgs, args) {
					t.Errorf("arguments %v, want %v", args, wantArgs)
				}
			}
		})
	}
}

// TestSlots has providers with a schema for each tenant find the tenant's tables.
func TestSlots(t *testing.T) {
	t.Parallel()
	text, _, err := newFilter(t).Filter(runtime.Query{SQL: "SELECT n.body, orders.qty FROM notes n JOIN public.orders ON orders.id = n.order_id, plans"}, ann)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range text.Slots {
		got = append(got, fmt.Sprint(text.SQL[s.Start:s.End], " ", s.Name, " ", s.Kind, " ", s.Alias))
	}
	want := []string{"notes notes 0 false", "public.orders orders 0 true", "orders orders 0 false"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: %s", text.SQL, diff)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := newFilter(t)
	for sql, want := range map[string]string{
		"":                             "there is no statement",
		" -- SELECT 1":                 "there is no statement",
		";":                            "there is no statement",
		"SELEC 1":                      "syntax error",
		"SELECT 'a":                    "unterminated",
		"SELECT 1 /*":                  "unterminated",
		"SELECT \x00":                  "NUL",
		"SELECT 1; SELECT 2":           "more than one statement",
		"SELECT 1; DELETE FROM orders": "more than one statement",
		"SELECT 1;; DROP TABLE orders": "more than one statement",
		"SELECT 'orders'::regclass":    "casts to regclass",
		"SELECT public.orders.id FROM public.orders":                          "names a column of",
		"SELECT " + strings.Repeat("(", 201) + "1" + strings.Repeat(")", 201): "nested as deeply",
		"DROP TABLE orders":                               "DROP is refused",
		"TRUNCATE orders":                                 "TRUNCATE is refused",
		"ALTER TABLE orders ADD x int":                    "ALTER TABLE is refused",
		"CREATE TABLE x AS SELECT 1":                      "is refused",
		"SELECT 1 INTO x":                                 "INTO",
		"SET app.current_tenant = 'x'":                    "SET is refused",
		"COMMIT":                                          "a transaction command is refused",
		"COPY orders TO STDOUT":                           "COPY is refused",
		"EXPLAIN ANALYZE DELETE FROM orders":              "EXPLAIN is refused",
		"DO $$ BEGIN END $$":                              "DO is refused",
		"SELECT * FROM nothing":                           `no table "nothing"`,
		"SELECT * FROM pg_class":                          `pg_class`,
		"SELECT * FROM jobs":                              `excluded`,
		"SELECT spy()":                                    "spy",
		"SELECT set_config('a.b', 'c', true)":             "set_config",
		"SELECT query_to_xml('SELECT 1', true, true, '')": "query_to_xml",
		"SELECT U&'\\0041'":                               "U&",
		"UPDATE orders SET tenant_id = $1":                "tenant_id",
		"INSERT INTO orders (id, number, tenant_id) VALUES (1, 'a', 'b')":                    "tenant",
		"INSERT INTO tenants (name) VALUES ('x')":                                            "creates a tenant",
		"UPDATE plans SET name = 'x'":                                                        "global table",
		"WITH x AS (DELETE FROM plans RETURNING id) SELECT * FROM x":                         "global table",
		"INSERT INTO codes (code, n) VALUES ($1, $2) ON CONFLICT (code) DO UPDATE SET n = 1": "does not hold the tenant",
		"INSERT INTO codes (code, n) VALUES ($1, $2) ON CONFLICT DO NOTHING":                 "does not hold the tenant",
		"SELECT code FROM templates FOR UPDATE":                                              "shared rows",
		"SELECT * FROM orders TABLESAMPLE system (10)":                                       "TABLESAMPLE",
		"SELECT pg_sleep(1)":                           "pg_sleep",
		"SELECT current_setting('app.current_tenant')": "current_setting",
		"SELECT * FROM orders WHERE id = @id":          "@id has no meaning at run time",
		"SELECT * FROM orders WHERE id = sqlc.arg(id)": "sqlc.arg(id) has no meaning at run time",
		"SELECT sqlc.embed(orders) FROM orders":        "sqlc.embed(orders) has no meaning at run time",
		"SELECT * FROM orders WHERE id = $2":           "parameter $1 is not used",
		"SELECT $0":                                    "no usable number",
		"SELECT $65536":                                "no usable number",
		"SELECT /*tenancygen:1s*/ 1":                   "/*tenancygen:",
		"SELECT * FROM orders WHERE id IN (" + strings.Repeat("1, ", 16<<10) + "1)": "more than 32768",
	} {
		t.Run(sql[:min(len(sql), 60)], func(t *testing.T) {
			t.Parallel()
			var first *dynamic.Error
			for range 2 {
				_, _, err := f.Filter(runtime.Query{SQL: sql}, ann)
				var e *dynamic.Error
				if !errors.Is(err, dynamic.ErrRefused) || !errors.As(err, &e) || errors.Is(err, dynamic.ErrProject) {
					t.Fatalf("the error is %v", err)
				}
				d := e.Diagnostics[0]
				if !strings.Contains(d.Message, want) || d.Help == "" || !strings.HasPrefix(d.Code, "TG0") {
					t.Errorf("the diagnostic is %+v", d)
				}
				if d.Path != "" || len(sql) < 1000 && (d.Line < 1 || d.Column < 1) {
					t.Errorf("the place is %s:%d:%d", d.Path, d.Line, d.Column)
				}
				if first != nil && !cmp.Equal(first.Diagnostics, e.Diagnostics) {
					t.Error("the second time it is another error")
				}
				first = e
			}
		})
	}
}

func TestErrorSaysWhere(t *testing.T) {
	t.Parallel()
	_, _, err := newFilter(t).Filter(runtime.Query{SQL: "SELECT 1\nFROM nothing, nowhere"}, ann)
	const want = `tenancy: the statement is refused: 2:6: the schema has no table "nothing" [TG0202] (and 1 more)`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// rewriter is a pgx.QueryRewriter of somebody's own.
type rewriter struct{}

func (*rewriter) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	return "SELECT * FROM orders", nil, nil
}

var _ pgx.QueryRewriter = (*rewriter)(nil)

func TestArguments(t *testing.T) {
	t.Parallel()
	f := newFilter(t)
	const sql = "SELECT * FROM orders WHERE id = $1"
	for name, args := range map[string][]any{
		"none":               nil,
		"too many":           {1, 2},
		"named":              {pgx.NamedArgs{"id": 1}},
		"strictly named":     {pgx.StrictNamedArgs{"id": 1}},
		"somebody's own":     {&rewriter{}},
		"the tenant as well": {1, ann.ID},
	} {
		if _, _, err := f.Filter(runtime.Query{SQL: sql, Args: args}, ann); !errors.Is(err, dynamic.ErrArguments) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// The caller's slice has room behind it, which is the caller's.
	room := []any{1, "mine"}
	_, args, err := f.Filter(runtime.Query{SQL: sql, Args: room[:1]}, ann)
	if err != nil || !cmp.Equal(args, []any{1, ann.ID}) || !cmp.Equal(room, []any{1, "mine"}) {
		t.Error(args, room, err)
	}
	args[0] = 2
	if room[0] != 1 {
		t.Error("the arguments are the caller's")
	}
	_, args, err = f.Filter(runtime.Query{SQL: "SELECT id FROM plans WHERE id = $1", Args: room[:1]}, ann)
	if err != nil || len(args) != 1 || &args[0] == &room[0] {
		t.Error(args, err)
	}
	for _, arg := range []any{nil, 1, "a", []byte("a"), [16]byte{}, &room, struct{}{}, []string{"a"}} {
		if _, _, err := f.Filter(runtime.Query{SQL: sql, Args: []any{arg}}, ann); err != nil {
			t.Errorf("%T: %v", arg, err)
		}
	}
}

func TestTenants(t *testing.T) {
	t.Parallel()
	f := newFilter(t)
	q := runtime.Query{SQL: "SELECT * FROM orders"}
	for _, tenant := range []runtime.Tenant{ann, {ID: "bbbbbbbb-0000-4000-8000-000000000001"}} {
		if _, args, err := f.Filter(q, tenant); err != nil || !cmp.Equal(args, []any{tenant.ID}) {
			t.Error(args, err)
		}
	}
	for _, sql := range []string{q.SQL, "SELECT 1"} {
		if _, _, err := f.Filter(runtime.Query{SQL: sql}, runtime.Tenant{}); !errors.Is(err, runtime.ErrNoTenant) {
			t.Error(err)
		}
		if _, _, err := f.Filter(runtime.Query{SQL: sql}, runtime.Tenant{ID: "a", Status: runtime.StatusSuspended}); !errors.Is(err, runtime.ErrTenantInactive) {
			t.Error(err)
		}
		// The database would take it for ann.
		if _, args, err := f.Filter(runtime.Query{SQL: sql}, runtime.Tenant{ID: strings.ToUpper(ann.ID)}); !errors.Is(err, runtime.ErrTenantID) {
			t.Error(args, err)
		}
	}
}

func TestNewFails(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		files fstest.MapFS
		path  string
		want  string
	}{
		"no configuration":      {project(config, schema), "tenancy.yaml", "tenancy.yaml cannot be read"},
		"a path that is none":   {project(config, schema), "../tenancy.yaml", "cannot be read"},
		"a broken one":          {project("version: [", schema), "db/tenancy.yaml", "db/tenancy.yaml:1:"},
		"an unknown key":        {project(config+"tenat: {}\n", schema), "db/tenancy.yaml", "tenat"},
		"no schema":             {project(strings.Replace(config, "migrations", "elsewhere", 1), schema), "db/tenancy.yaml", "db/elsewhere does not exist"},
		"a schema outside":      {project(strings.Replace(config, "migrations", "../../x.sql", 1), schema), "db/tenancy.yaml", "../x.sql"},
		"a schema of the disk":  {project(strings.Replace(config, "migrations", "/etc/passwd", 1), schema), "db/tenancy.yaml", "/etc/passwd"},
		"a table without class": {project(config, schema+"CREATE TABLE lost (id int);"), "db/tenancy.yaml", "lost"},
		"no tenants": {fstest.MapFS{"tenancy.yaml": {Data: []byte("version: \"1\"\nengine: postgresql\nschema: schema.sql\ntenant: {column: tenant_id}\n" +
			"tables: {\"*\": global}\ngo: {package: gen, out: gen}\n")}, "schema.sql": {Data: []byte("CREATE TABLE a (id int);")}}, "tenancy.yaml", "no table of the schema belongs to a tenant"},
	} {
		f, err := dynamic.New(tt.files, tt.path)
		var e *dynamic.Error
		if f != nil || !errors.Is(err, dynamic.ErrProject) || !errors.As(err, &e) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	above := project(strings.Replace(config, "migrations", "../elsewhere/good.sql", 1), schema)
	above["elsewhere/good.sql"] = &fstest.MapFile{Data: []byte(schema)}
	if _, err := dynamic.New(above, "db/tenancy.yaml"); err != nil {
		t.Errorf("a schema beside the directory: %v", err)
	}
}
