package namespace_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/provision"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// schema is a project's schema, in the author's text and as DDL.
type schema struct {
	name   string
	text   []string // of the files
	layout *runtime.Layout
	// tenants are the names of tenants' tables and views.
	tenants []string
}

// readSchema reads the project of a configuration; nil for one with errors.
func readSchema(t *testing.T, name, path string) *schema {
	t.Helper()
	var report diag.Report
	cfg := config.Read(path, &report)
	if cfg == nil {
		return nil
	}
	files := project.Schema(cfg, &report)
	cat := catalog.Load(files, &report)
	cat.Classify(cfg, &report)
	if report.HasErrors() {
		return nil
	}
	made := provision.Schema(files, cat, &report)
	s := &schema{name: name, layout: &runtime.Layout{Schema: "public"}}
	for _, f := range files {
		s.text = append(s.text, f.Text)
	}
	if d := made.Unmovable; d != nil {
		at := d.Span.Position()
		s.layout.Unmovable = fmt.Sprintf("%s:%d: %s\n", filepath.Base(at.Path), at.Line, d.Message)
	}
	for _, d := range made.DDL {
		out := runtime.DDL{Text: runtime.Text{SQL: d.SQL}, Shared: d.Shared, Creates: d.Creates}
		for _, slot := range d.Slots {
			out.Slots = append(out.Slots, runtime.Slot{Start: slot.Start, End: slot.End, Name: slot.Name, Kind: slotKinds[slot.Kind]})
		}
		s.layout.DDL = append(s.layout.DDL, out)
	}
	for _, table := range cat.Tables {
		switch table.Tenancy.Class {
		case ir.ClassTenant, ir.ClassRoot, ir.ClassChild, ir.ClassView:
			s.tenants = append(s.tenants, table.Name)
		}
	}
	return s
}

var slotKinds = map[ir.SlotKind]runtime.SlotKind{
	ir.SlotTable: runtime.SlotTable, ir.SlotName: runtime.SlotName, ir.SlotLiteral: runtime.SlotLiteral,
}

// golden reads the project of a golden case.
func golden(t *testing.T, path string) *schema {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range archive.Files {
		if strings.HasPrefix(f.Name, "want/") {
			continue
		}
		file := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return readSchema(t, strings.TrimSuffix(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), ".txtar"), filepath.Join(dir, "tenancy.yaml"))
}

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), testpg.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// inTx runs statements as a provider does.
func inTx(t *testing.T, conn *pgx.Conn, statements []string) {
	t.Helper()
	exec(t, conn, "BEGIN")
	exec(t, conn, namespace.Before("public")...)
	exec(t, conn, statements...)
	exec(t, conn, "COMMIT")
}

func (s *schema) shared() []string {
	var out []string
	for _, d := range s.layout.DDL {
		if d.Shared {
			out = append(out, d.SQL)
		}
	}
	return out
}

// inSchema makes a tenant's relations in a schema, and returns the schema.
func (s *schema) inSchema(t *testing.T, conn *pgx.Conn, id string) string {
	t.Helper()
	name, err := namespace.Schema(id)
	if err != nil {
		t.Fatal(err)
	}
	inTx(t, conn, append([]string{"CREATE SCHEMA " + namespace.Quote(name)}, namespace.DDL(s.layout, name)...))
	return name
}

// withPrefix makes a tenant's relations with a prefix, and returns their names, with
// those of the schema's files.
func (s *schema) withPrefix(t *testing.T, conn *pgx.Conn, id string) map[string]string {
	t.Helper()
	prefix, err := namespace.Prefix(id)
	if err != nil {
		t.Fatal(err)
	}
	making, space := namespace.Making(prefix), namespace.Space{Schema: "public", Prefix: prefix}
	exec(t, conn, "BEGIN")
	exec(t, conn, namespace.Before("public")...)
	exec(t, conn, "CREATE SCHEMA "+namespace.Quote(making))
	exec(t, conn, namespace.DDL(s.layout, making)...)
	rows, err := conn.Query(t.Context(), namespace.Objects, making)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := pgx.CollectRows(rows, pgx.RowToStructByPos[namespace.Object])
	if err != nil {
		t.Fatal(err)
	}
	moves, err := namespace.Moves(objects, making, space)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, conn, moves...)
	exec(t, conn, "DROP SCHEMA "+namespace.Quote(making), "COMMIT")
	names := map[string]string{}
	for _, o := range objects {
		names[space.Relation(o.Name)] = o.Name
	}
	return names
}

func everything(string) bool { return true }

// checkAlike makes a schema plainly, and with two tenants in schemas and two with
// prefixes, and compares what the database says of them. It returns the difference.
func checkAlike(t *testing.T, s *schema) string {
	t.Helper()
	plain := connect(t)
	exec(t, plain, "SET check_function_bodies = off")
	for _, text := range s.text {
		exec(t, plain, text)
	}
	exec(t, plain, "RESET ALL")
	want := append(relationsOf(t, plain, "public", everything), othersOf(t, plain, "public")...).sorted()

	conn := connect(t)
	inTx(t, conn, s.shared())
	shared := append(relationsOf(t, conn, "public", everything), othersOf(t, conn, "public")...)
	var diffs []string
	compare := func(name string, own snapshot, names map[string]string) {
		t.Helper()
		all := slices.Concat(own.renamed(names), shared)
		if diff := cmp.Diff(want, all.sorted()); diff != "" {
			diffs = append(diffs, name+" (-plain +tenant):\n"+diff)
		}
	}
	for _, id := range []string{"acme", "6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60"} {
		schema := s.inSchema(t, conn, id)
		compare(schema, relationsOf(t, conn, schema, everything), map[string]string{schema: "public"})
		names := s.withPrefix(t, conn, id)
		own := relationsOf(t, conn, "public", func(name string) bool { _, ok := names[name]; return ok })
		compare("prefix of "+id, own, names)
	}
	return strings.Join(diffs, "\n")
}

// TestExample makes the example's tables for tenants.
func TestExample(t *testing.T) {
	t.Parallel()
	s := readSchema(t, "example", "../../../examples/tenancy.yaml")
	if s == nil || s.layout.Unmovable != "" {
		t.Fatalf("%+v", s)
	}
	if diff := checkAlike(t, s); diff != "" {
		t.Error(diff)
	}
}
