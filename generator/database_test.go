package generator

import (
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

const typedSchema = `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE tenants (id uuid PRIMARY KEY);
CREATE TABLE orders (
    tenant_id uuid NOT NULL REFERENCES tenants, id bigint NOT NULL, number varchar(20) NOT NULL,
    price numeric(10, 2) NOT NULL, mood mood NOT NULL, tags text[] NOT NULL, PRIMARY KEY (tenant_id, id)
);
CREATE TABLE items (
    tenant_id uuid NOT NULL REFERENCES tenants, id bigint NOT NULL, qty int NOT NULL, at timestamptz(3) NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
`

// typedQueries are statements that sqlc cannot type without a database, but for
// the first and the last.
const typedQueries = `-- name: Plain :many
SELECT id, number FROM orders WHERE number = $1;

-- name: Merged :many
SELECT tenant_id, id, price, mood, tags, qty, at FROM orders JOIN items USING (tenant_id, id)
WHERE id > @after AND qty < sqlc.arg(below);

-- name: Outer :many
SELECT tenant_id, id, price, qty FROM orders LEFT JOIN items USING (tenant_id, id) WHERE id > $1;

-- name: Renamed :many
SELECT a, c FROM (orders JOIN items ON items.id = orders.id) AS j (t, a, b, c) WHERE a > $1;

-- name: Shadow :many
WITH orders AS (SELECT i.id AS other FROM items AS i WHERE i.qty > $2)
DELETE FROM orders WHERE orders.id = $1 RETURNING number;

-- name: Bound :many
SELECT id, qty FROM orders JOIN items USING (tenant_id, id) WHERE orders.tenant_id = @tenant AND id = @id;

-- name: Move :exec
MERGE INTO orders AS o USING items AS i ON o.id = i.id AND o.number = @number
WHEN MATCHED AND i.qty > @least THEN UPDATE SET number = @renamed;
`

// typedProject writes the project, and returns its options.
func typedProject(t *testing.T, queries, database string) Options {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "schema.sql"), []byte(typedSchema))
	write(t, filepath.Join(dir, "queries.sql"), []byte(queries))
	write(t, filepath.Join(dir, "tenancy.yaml"), []byte(`version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id, root: tenants}
go: {package: gen, out: gen}
`+database))
	return Options{ConfigPath: filepath.Join(dir, "tenancy.yaml"), Version: "v0.0.0", Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}
}

// What sqlc cannot type by itself generates with a database, with the tenant in the
// statement as ever, and the statement is one that the database takes.
func TestDatabaseTypes(t *testing.T) {
	t.Parallel()
	url := testpg.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	if _, err := conn.Exec(t.Context(), typedSchema); err != nil {
		t.Fatal(err)
	}
	var report diag.Report
	result, err := Generate(t.Context(), typedProject(t, typedQueries, fmt.Sprintf("database: {uri: %q}\n", url)), &report)
	if err != nil {
		t.Fatal(err)
	}
	failOnErrors(t, &report)
	for _, q := range result.Queries {
		sql := finalSQL(t, result.Files, q)
		if _, err := conn.Prepare(t.Context(), "", sql); err != nil {
			t.Errorf("%s: %v\n%s", q.Name, err, sql)
		}
		if !strings.Contains(sql, "::uuid") {
			t.Errorf("%s: no tenant in\n%s", q.Name, sql)
		}
	}
	pkg := checkTypes(t, result.Files)
	got := map[string]string{}
	handle := pkg.Scope().Lookup("TenantQueries").Type().(*types.Named)
	for m := range handle.Methods() {
		got[m.Name()] = types.TypeString(m.Signature(), types.RelativeTo(pkg))
	}
	for _, name := range []string{"MergedParams", "MergedRow", "OuterRow", "BoundRow", "MoveParams"} {
		got[name] = types.TypeString(pkg.Scope().Lookup(name).Type().Underlying(), types.RelativeTo(pkg))
	}
	const pgtype = "github.com/jackc/pgx/v5/pgtype."
	want := map[string]string{
		"Merged":       "func(ctx context.Context, arg MergedParams) ([]MergedRow, error)",
		"MergedParams": "struct{After " + pgtype + "Int8; Below " + pgtype + "Int4}",
		"MergedRow": "struct{TenantID " + pgtype + "UUID; ID int64; Price " + pgtype + "Numeric; Mood Mood; Tags []string; " +
			"Qty int32; At " + pgtype + "Timestamptz}",
		"Outer": "func(ctx context.Context, arg " + pgtype + "Int8) ([]OuterRow, error)",
		// A column behind an outer join may be NULL, whatever its table says.
		"OuterRow":   "struct{TenantID " + pgtype + "UUID; ID " + pgtype + "Int8; Price " + pgtype + "Numeric; Qty " + pgtype + "Int4}",
		"Shadow":     "func(ctx context.Context, arg ShadowParams) ([]string, error)",
		"BoundRow":   "struct{ID int64; Qty int32}",
		"Bound":      "func(ctx context.Context, id " + pgtype + "Int8) ([]BoundRow, error)",
		"Move":       "func(ctx context.Context, arg MoveParams) error",
		"MoveParams": "struct{Number string; Least int32; Renamed string}",
	}
	for name, signature := range want {
		if diff := cmp.Diff(signature, got[name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The same statements without a database are reported as what they are, with what
// helps.
func TestDatabaseWanted(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"", "database: {uri: postgres://nowhere.invalid/x}\nanalyzer: {database: false}\n"} {
		var report diag.Report
		if _, err := Generate(t.Context(), typedProject(t, typedQueries, off), &report); err != nil {
			t.Fatal(err)
		}
		var refused []string
		for _, d := range report.Sorted() {
			if d.Code != diag.AnalysisFailed || !strings.Contains(d.Help, "`database: {uri: …}`") {
				t.Errorf("%s %s (%s)", d.Code, d.Message, d.Help)
			}
			refused = append(refused, d.Query)
		}
		if diff := cmp.Diff([]string{"Merged", "Outer", "Renamed", "Shadow", "Bound"}, refused); diff != "" {
			t.Errorf("refused (-want +got):\n%s", diff)
		}
	}
}

// A database that is not what the project takes it for.
func TestDatabaseUnusable(t *testing.T) {
	t.Parallel()
	const query = "-- name: Plain :many\nSELECT id FROM orders WHERE number = $1;\n"
	for _, tt := range []struct{ uri, message, help string }{
		{"${TENANCYGEN_TEST_NOT_SET}", "the environment has no TENANCYGEN_TEST_NOT_SET", "set it"},
		{"postgres://127.0.0.1:1/x", "connection refused", "has to run while the code is generated"},
		{testpg.Database(t), `relation "orders" does not exist`, "has the schema of the files"},
	} {
		var report diag.Report
		result, err := Generate(t.Context(), typedProject(t, query, fmt.Sprintf("database: {uri: %q}\n", tt.uri)), &report)
		if err != nil {
			t.Fatal(err)
		}
		list := report.Sorted()
		if len(list) != 1 || result.Files != nil {
			t.Fatalf("%s: %d diagnostics, %d files", tt.uri, len(list), len(result.Files))
		}
		if !strings.Contains(list[0].Message, tt.message) || !strings.Contains(list[0].Help, tt.help) {
			t.Errorf("%s: %s (%s)", tt.uri, list[0].Message, list[0].Help)
		}
	}
}

// A project that sqlc can type by itself gets the same package with a database, but
// for the counts of LIMIT and OFFSET, which sqlc alone takes for integers.
func TestDatabaseOfMinder(t *testing.T) {
	t.Parallel()
	in := readMinder(t)
	url := testpg.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, file := range in.Schema {
		if _, err := conn.Exec(t.Context(), file.Text); err != nil {
			t.Fatalf("%s: %v", file.Path, err)
		}
	}
	compiled := func() map[string][]byte {
		var report diag.Report
		result, err := Compile(t.Context(), in, Options{Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}, &report)
		if err != nil {
			t.Fatal(err)
		}
		failOnErrors(t, &report)
		return result.Files
	}
	static := compiled()
	in.Config.Analysis.DatabaseURI = url
	dynamic := compiled()
	counts := regexp.MustCompile(`(?m)^(\t(?:Limit|Offset) +)int(?:32|64)\b`)
	changed := 0
	for name, text := range static {
		if string(text) != string(dynamic[name]) {
			changed++
		}
		want, got := counts.ReplaceAllString(string(text), "${1}int"), counts.ReplaceAllString(string(dynamic[name]), "${1}int")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-static +database):\n%s", name, diff)
		}
	}
	if changed == 0 {
		t.Error("nothing changed: was the database asked?")
	}
	if len(static) != len(dynamic) || len(static) < 20 {
		t.Errorf("%d files, with a database %d", len(static), len(dynamic))
	}
}
