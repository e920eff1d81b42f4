package generator

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
	"golang.org/x/tools/txtar"
	"google.golang.org/protobuf/proto"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// fuzzSchema is small and has one table of each class.
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
CREATE FUNCTION spy(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
`

const fuzzConfig = `
version: "1"
engine: postgresql
schema: schema.sql
tenant: {column: tenant_id, root: tenants}
tables: {plans: global, jobs: excluded, notes: {parent: orders}, reactions: {parent: notes}}
go: {package: gen, out: gen, sql_package: pgx/v5}
`

func fuzzCatalog(f *testing.F) (*catalog.Catalog, *config.Config) {
	dir := f.TempDir()
	path := filepath.Join(dir, "tenancy.yaml")
	writeFuzzFile(f, path, fuzzConfig)
	writeFuzzFile(f, filepath.Join(dir, "schema.sql"), fuzzSchema)
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
// them panics, and a statement that is accepted parses again, is certified, and
// is the author's text with text put in: no token of the author's is lost.
func FuzzCompile(f *testing.F) {
	for _, sql := range goldenStatements(f) {
		f.Add(sql)
	}
	cat, cfg := fuzzCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		var report diag.Report
		for _, s := range scopeAll(oneStatement(sql, &report), cat, cfg, &report, nil) {
			e := s.explain()
			if e.Status == StatusRefused || e.Status == StatusUnscoped {
				continue
			}
			checkAccepted(t, s, e, cat)
		}
	})
}

// checkAccepted checks what has to hold for every statement that is accepted.
func checkAccepted(t *testing.T, s *statement, e Explained, cat *catalog.Catalog) {
	t.Helper()
	if _, err := parse.PostgreSQL(e.ScopedSQL); err != nil {
		t.Fatalf("%q does not parse: %v", e.ScopedSQL, err)
	}
	if s.check == nil || len(s.check.Findings) > 0 {
		t.Fatalf("%q is not certified", e.ScopedSQL)
	}
	if again := certify.Check(e.ScopedSQL, s.result.Tenant, cat); len(again.Findings) > 0 {
		t.Fatalf("%q is not certified again: %v", e.ScopedSQL, again.Findings)
	}
	for i, p := range e.Params {
		if p.Position != i+1 {
			t.Fatalf("%q: parameter %d stands at %d", e.ScopedSQL, p.Position, i+1)
		}
	}
	if lost := firstLost(fuzzTokens(t, s.text.Text), fuzzTokens(t, e.ScopedSQL)); lost != "" {
		t.Fatalf("%q lost %q of %q", e.ScopedSQL, lost, s.text.Text)
	}
}

// firstLost returns the first token of want that got does not have in its place;
// empty when want is got with tokens left out.
func firstLost(want, got []string) string {
	i := 0
	for _, token := range got {
		if i < len(want) && want[i] == token {
			i++
		}
	}
	if i < len(want) {
		return want[i]
	}
	return ""
}

// fuzzTokens are the tokens and comments of a text, without what scoping may
// replace: the numbers of parameters, and DEFAULT VALUES, which becomes VALUES
// with the tenant.
func fuzzTokens(t *testing.T, sql string) []string {
	t.Helper()
	raw, err := parser.ScanToProtobuf(sql)
	if err != nil {
		t.Fatalf("%q: %v", sql, err)
	}
	var scanned ast.ScanResult
	if err := proto.Unmarshal(raw, &scanned); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, tok := range scanned.Tokens {
		text := sql[tok.Start:tok.End]
		if tok.Token == ast.Token_PARAM {
			text = "$"
		}
		if strings.EqualFold(text, "VALUES") && len(out) > 0 && strings.EqualFold(out[len(out)-1], "DEFAULT") {
			out = out[:len(out)-1]
		}
		out = append(out, text)
	}
	return out
}

// goldenStatements are the statements of all golden cases.
func goldenStatements(f *testing.F) []string {
	paths, err := filepath.Glob(filepath.Join("..", "golden", "*", "*.txtar"))
	if err != nil {
		f.Fatal(err)
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
			var report diag.Report
			for _, q := range parse.QueryFile(source.NewFile(file.Name, string(file.Data)), &report) {
				out = append(out, q.File.Text[q.Start:q.End])
			}
		}
	}
	return out
}

func writeFuzzFile(f *testing.F, path, text string) {
	f.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		f.Fatal(err)
	}
}
