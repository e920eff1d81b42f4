package namespace_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// corpora is beside the repository.
const corpora = "../../../../shared/corpora"

// TestProvisionChinook gives each customer of a record shop tables of their own.
func TestProvisionChinook(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(corpora, "chinook", "Chinook_PostgreSql.sql"))
	if err != nil {
		t.Skip("the Chinook database is not beside the repository")
	}
	_, tables, _ := strings.Cut(string(text), "\\c chinook;")
	tables, _, _ = strings.Cut(tables, "INSERT INTO")
	s := written(t, "chinook", map[string]string{
		"tenancy.yaml": `
version: "1"
engine: postgresql
schema: schema.sql
queries: q.sql
tenant: {column: customer_id, root: customer}
tables:
  invoice_line: {parent: invoice}
  album: global
  artist: global
  employee: global
  genre: global
  media_type: global
  playlist: global
  playlist_track: global
  track: global
go: {package: gen, out: gen, sql_package: pgx/v5}
`,
		"schema.sql": tables,
		"q.sql":      "-- name: ListInvoices :many\nSELECT invoice_id FROM invoice;\n",
	})
	if s == nil {
		t.Fatal("the schema has errors")
	}
	if s.layout.Unmovable != "" {
		t.Fatal(s.layout.Unmovable)
	}
	s.check(t)
}

// TestProvisionMinder makes the tables of 117 migrations in a database. They cannot be
// moved: global tables were tenants' once, functions and DO blocks move data.
func TestProvisionMinder(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(filepath.Join(corpora, "minder")); err != nil {
		t.Skip("the minder project is not beside the repository")
	}
	s := readSchema(t, "minder", "../../../examples/minder/tenancy.yaml")
	if s == nil {
		t.Fatal("the schema has errors")
	}
	if !strings.HasPrefix(s.layout.Unmovable, "000001_init.up.sql:31: ") {
		t.Errorf("unmovable: %q", s.layout.Unmovable)
	}
	s.check(t)
}
