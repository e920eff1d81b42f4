package generator

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// TestAllMistakes checks that one run says all that is wrong: a statement that is
// refused before the analysis does not keep the analysis from the others.
func TestAllMistakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tenancy.yaml": `version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id}
go: {package: gen, out: gen}
`,
		"schema.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, qty int NOT NULL);\n",
		"queries.sql": `-- name: Gap :one
SELECT id FROM orders WHERE qty = $2;

-- name: Unknown :one
SELECT colour FROM orders;

-- name: Fine :one
SELECT id FROM orders WHERE qty = $1;
`,
	} {
		write(t, filepath.Join(dir, name), []byte(text))
	}
	var report diag.Report
	result, err := Generate(t.Context(), Options{
		ConfigPath: filepath.Join(dir, "tenancy.yaml"), Engine: sqlcproc.New([]string{os.Args[0], sqlcChild}),
	}, &report)
	if err != nil {
		t.Fatal(err)
	}
	if result.Files != nil {
		t.Error("files in spite of mistakes")
	}
	var got []string
	for _, d := range report.Sorted() {
		got = append(got, d.Query+" "+string(d.Code))
	}
	if diff := cmp.Diff([]string{"Gap TG0006", "Unknown TG0402"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
