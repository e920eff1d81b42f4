package generator

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// TestViewColumnsUnknownToAnalysis checks that a view is refused whose columns
// sqlc knows by other names, since it would write those in the place of a star;
// and only where a query reads it.
func TestViewColumnsUnknownToAnalysis(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tenancy.yaml": `version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id, root: tenants}
go: {package: gen, out: gen, sql_package: pgx/v5}
`,
		"schema.sql": `CREATE TABLE tenants (id uuid PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id uuid NOT NULL, number text NOT NULL);
CREATE VIEW counts (num, total) AS SELECT number, count(*) FROM orders GROUP BY number;
CREATE VIEW same (number) AS SELECT number FROM orders;
CREATE VIEW unused (a) AS SELECT number FROM orders;
`,
		"queries.sql": `-- name: Star :many
SELECT * FROM counts;

-- name: Same :many
SELECT * FROM same;
`,
	} {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	var report diag.Report
	opts := Options{ConfigPath: filepath.Join(dir, "tenancy.yaml"), Version: "v0.0.0", Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}
	if _, err := Generate(context.Background(), opts, &report); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range report.Sorted() {
		got = append(got, string(d.Code)+" "+d.Message)
	}
	want := []string{`TG0402 sqlc does not read the column names that are listed for view "counts"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
