package generator

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// TestMergeAnalysisPlaces checks that what sqlc says of the stand-in for a MERGE
// is reported at the author's place.
func TestMergeAnalysisPlaces(t *testing.T) {
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
CREATE TABLE orders (tenant_id uuid NOT NULL, id int, qty int NOT NULL, PRIMARY KEY (tenant_id, id));
`,
		"queries.sql": `-- name: Untyped :exec
MERGE INTO orders AS o USING (SELECT @id::int AS id, 2 AS more) AS n ON o.id = n.id
WHEN MATCHED AND o.qty > @least THEN UPDATE SET qty = n.more + @more;

-- name: WithoutRows :many
MERGE INTO orders AS o USING (SELECT @id::int AS id) AS n ON o.id = n.id WHEN MATCHED THEN DELETE;
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
		line := d.Span.File.Line(d.Span.Position().Line)
		got = append(got, string(d.Code)+" "+line[d.Span.Position().Column-1:])
	}
	want := []string{
		"TG0402 n.more + @more;",
		"TG0402 MERGE INTO orders AS o USING (SELECT @id::int AS id) AS n ON o.id = n.id WHEN MATCHED THEN DELETE;",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, strings.Join(got, "\n"))
	}
}
