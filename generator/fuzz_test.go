package generator

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// fuzzSchema is small and has a table of each class. The last tables are those
// that many of sqlc's test queries use.
const fuzzSchema = `
CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id uuid NOT NULL, plan_id int, number text NOT NULL, qty int NOT NULL DEFAULT 0, tags text[] NOT NULL DEFAULT '{}', data jsonb, UNIQUE (tenant_id, number));
CREATE TABLE items (id int PRIMARY KEY, tenant_id uuid NOT NULL, order_id int NOT NULL, qty int NOT NULL);
CREATE TABLE notes (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, body text NOT NULL);
CREATE TABLE reactions (id int PRIMARY KEY, note_id int NOT NULL REFERENCES notes, emoji text NOT NULL);
CREATE TABLE jobs (id int PRIMARY KEY);
CREATE VIEW open_orders AS SELECT id, tenant_id, number FROM orders WHERE qty > 0;
CREATE TABLE a (id int PRIMARY KEY, tenant_id uuid NOT NULL, plan_id int);
CREATE TABLE b (id int PRIMARY KEY, tenant_id uuid NOT NULL, a_id int NOT NULL);
CREATE TABLE c (id int PRIMARY KEY, tenant_id uuid NOT NULL, b_id int NOT NULL);
CREATE TABLE templates (id int PRIMARY KEY, tenant_id uuid, code text NOT NULL, body text, base_id int REFERENCES templates (id), UNIQUE (tenant_id, code));
CREATE TABLE foo (id bigserial PRIMARY KEY, tenant_id uuid NOT NULL, a text, b text, bar text, baz text, name text, slug text);
CREATE TABLE bar (id serial PRIMARY KEY, tenant_id uuid NOT NULL, c text, d text);
CREATE TABLE users (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, tenant_id uuid NOT NULL, first_name text NOT NULL, last_name text, age int);
CREATE TABLE authors (id bigserial PRIMARY KEY, tenant_id uuid NOT NULL, name text NOT NULL, bio text);
CREATE FUNCTION spy(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
`

const fuzzConfig = `
version: "1"
engine: postgresql
schema: schema.sql
tenant: {column: tenant_id, root: tenants}
tables: {plans: global, jobs: excluded, notes: {parent: orders}, reactions: {parent: notes}, templates: {read: own_or_shared}}
go: {package: gen, out: gen, sql_package: pgx/v5}
`

func fuzzCatalog(f testing.TB) (*catalog.Catalog, *config.Config) {
	return schemaCatalog(f, fuzzSchema)
}

func schemaCatalog(f testing.TB, schema string) (*catalog.Catalog, *config.Config) {
	f.Helper()
	dir := f.TempDir()
	path := filepath.Join(dir, "tenancy.yaml")
	writeFuzzFile(f, path, fuzzConfig)
	writeFuzzFile(f, filepath.Join(dir, "schema.sql"), schema)
	var report diag.Report
	in := read(path, &report)
	if in == nil {
		f.Fatal("no configuration")
	}
	cat := loadCatalog(in, &report)
	for _, d := range report.Sorted() {
		if d.IsError() {
			f.Fatal(d.Message)
		}
	}
	return cat, in.Config
}

// FuzzCompile takes any text through parse, scope, rewrite and certify. None of
// them panics, and a statement that is accepted has no violation.
func FuzzCompile(f *testing.F) {
	for _, sql := range append(goldenStatements(f), corpusStatements(f)...) {
		f.Add(sql, false)
		if strings.Contains(sql, "tenant_id") {
			f.Add(sql, true)
		}
	}
	cat, cfg := fuzzCatalog(f)
	f.Fuzz(func(t *testing.T, sql string, keep bool) {
		cfg := *cfg
		cfg.KeepTenantParams = keep
		compile := func() []*statement {
			var report diag.Report
			return scopeAll(oneStatement(dialect.PostgreSQL, sql, &report), cat, &cfg, &report, nil)
		}
		list, again := compile(), compile()
		if diff := cmp.Diff(explained(list), explained(again)); diff != "" {
			t.Fatalf("%q: a second run differs:\n%s", sql, diff)
		}
		for _, s := range list {
			e := s.explain()
			for _, d := range e.Diagnostics {
				if d.Code == diag.Internal {
					t.Fatalf("%q: %s", s.text.Text, d.Message)
				}
			}
			if e.Status == StatusRefused || e.Status == StatusUnscoped {
				continue
			}
			if v := violation(s, e.ScopedSQL, cat); v != "" {
				t.Fatalf("%q\nof %q: %s", e.ScopedSQL, s.text.Text, v)
			}
		}
	})
}

// TestCertifyHasNoSay holds that what is refused of these statements is refused
// before certify, which can say less of what to do.
func TestCertifyHasNoSay(t *testing.T) {
	t.Parallel()
	cat, cfg := fuzzCatalog(t)
	for _, sql := range append(goldenStatements(t), corpusStatements(t)...) {
		var report diag.Report
		for _, s := range scopeAll(oneStatement(dialect.PostgreSQL, sql, &report), cat, cfg, &report, nil) {
			for _, d := range s.explain().Diagnostics {
				if d.Code == diag.CertifyRefused {
					t.Errorf("%s: %s", s.text.Text, d.Message)
				}
			}
		}
	}
}

// goldenStatements are the statements of all golden cases.
func goldenStatements(f testing.TB) []string {
	paths, err := filepath.Glob(filepath.Join("..", "golden", "*", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	if len(paths) == 0 {
		f.Fatal("there is no case in golden/")
	}
	var out []string
	for _, path := range paths {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range archive.Files {
			if file.Name != "queries.sql" {
				continue
			}
			out = append(out, statementsOf(string(file.Data))...)
		}
	}
	return out
}

// corpusStatements are those of sqlc's own tests for PostgreSQL, where they lie
// beside the repository.
func corpusStatements(f testing.TB) []string {
	var out []string
	root := filepath.Join("..", "..", "shared", "corpora", "sqlc", "internal", "endtoend", "testdata")
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		postgres := strings.Contains(path, "postgres") || strings.Contains(path, "pgx")
		if err != nil || d.IsDir() || !postgres || !strings.HasPrefix(d.Name(), "query") || filepath.Ext(path) != ".sql" {
			return err
		}
		text, err := os.ReadFile(path)
		out = append(out, statementsOf(string(text))...)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		f.Fatal(err)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func statementsOf(text string) []string {
	var out []string
	var report diag.Report
	for _, q := range parse.QueryFile(parse.PostgreSQL, source.NewFile("queries.sql", text), &report) {
		out = append(out, q.File.Text[q.Start:q.End])
	}
	return out
}

func writeFuzzFile(f testing.TB, path, text string) {
	f.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
}
