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
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
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
	text   []string // the statements of the files
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
	cat := catalog.Load(dialect.PostgreSQL, files, &report)
	cat.Classify(cfg, &report)
	if report.HasErrors() {
		return nil
	}
	made := provision.Schema(files, cat, &report)
	s := &schema{name: name, layout: &runtime.Layout{Schema: "public"}}
	for _, f := range files {
		list, err := parse.PostgreSQL.SchemaStatements(f.Text)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range list {
			s.text = append(s.text, f.Text[statement.Start:statement.End])
		}
	}
	if d := made.Unmovable; d != nil {
		at := d.Span.Position()
		s.layout.Unmovable = fmt.Sprintf("%s:%d: %s", filepath.Base(at.Path), at.Line, d.Message)
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
	files := map[string]string{}
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			files[f.Name] = string(f.Data)
		}
	}
	return written(t, strings.TrimSuffix(filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), ".txtar"), files)
}

// written reads a project of files.
func written(t *testing.T, name string, files map[string]string) *schema {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return readSchema(t, name, filepath.Join(dir, "tenancy.yaml"))
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
func inTx(ctx context.Context, conn *pgx.Conn, statements ...string) error {
	return run(ctx, conn, slices.Concat([]string{"BEGIN"}, namespace.Before("public"), statements, []string{"COMMIT"})...)
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
func (s *schema) inSchema(ctx context.Context, conn *pgx.Conn, id string) (string, error) {
	name, err := namespace.Schema(id)
	if err != nil {
		return "", err
	}
	return name, inTx(ctx, conn, append([]string{"CREATE SCHEMA " + namespace.Quote(name)}, namespace.DDL(s.layout, name)...)...)
}

// withPrefix makes a tenant's relations with a prefix, and returns their names, with
// those of the schema's files.
func (s *schema) withPrefix(ctx context.Context, conn *pgx.Conn, id string) (map[string]string, error) {
	prefix, err := namespace.Prefix(id)
	if err != nil {
		return nil, err
	}
	making, space := namespace.Making(prefix), namespace.Space{Schema: "public", Prefix: prefix}
	statements := slices.Concat([]string{"BEGIN"}, namespace.Before("public"), []string{"CREATE SCHEMA " + namespace.Quote(making)}, namespace.DDL(s.layout, making))
	if err := run(ctx, conn, statements...); err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, namespace.Objects, making)
	if err != nil {
		return nil, err
	}
	objects, err := pgx.CollectRows(rows, pgx.RowToStructByPos[namespace.Object])
	if err != nil {
		return nil, err
	}
	moves, err := namespace.Moves(objects, making, space)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, o := range objects {
		names[space.Relation(o.Name)] = o.Name
	}
	return names, run(ctx, conn, append(moves, "DROP SCHEMA "+namespace.Quote(making), "COMMIT")...)
}

func everything(string) bool { return true }

// plain makes a schema as it is written, and returns what the database says of it.
func (s *schema) plain(t *testing.T) snapshot {
	t.Helper()
	conn := connect(t)
	statements := append([]string{"SET check_function_bodies = off"}, s.text...)
	if err := run(t.Context(), conn, append(statements, "RESET ALL")...); err != nil {
		t.Fatal(err)
	}
	return whole(t, conn)
}

// whole is what a database says of all schemas but its own.
func whole(t *testing.T, conn *pgx.Conn) snapshot {
	t.Helper()
	var out snapshot
	for _, schema := range column(t, conn, `SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`) {
		out = slices.Concat(out, relationsOf(t, conn, schema, everything), othersOf(t, conn, schema))
	}
	return out.sorted()
}

// ids are of tenants: one is a part of names as it is, and with the other most names
// with a prefix are cut.
var ids = []string{"acme", "6f1c2a9e-0d5b-4c6e-8f2a-1b2c3d4e5f60"}

// unlike makes a schema with tenants in schemas and with prefixes, and compares what
// the database says of them with what it says of the plain schema. It returns the
// difference, or what the database refused; empty when the two are alike.
func (s *schema) unlike(t *testing.T, plain snapshot) string {
	t.Helper()
	conn := connect(t)
	if err := inTx(t.Context(), conn, s.shared()...); err != nil {
		return err.Error()
	}
	shared := whole(t, conn)
	var diffs []string
	compare := func(name string, own snapshot, names map[string]string) {
		t.Helper()
		all := slices.Concat(own.renamed(names), shared)
		if diff := cmp.Diff(plain, all.sorted()); diff != "" {
			diffs = append(diffs, name+" (-plain +tenant):\n"+diff)
		}
	}
	for _, id := range ids {
		schema, err := s.inSchema(t.Context(), conn, id)
		if err != nil {
			return err.Error()
		}
		compare(schema, relationsOf(t, conn, schema, everything), map[string]string{schema: "public"})
		names, err := s.withPrefix(t.Context(), conn, id)
		if err != nil {
			return err.Error()
		}
		own := relationsOf(t, conn, "public", func(name string) bool { _, ok := names[name]; return ok })
		compare("prefix of "+id, own, names)
	}
	return strings.Join(diffs, "\n")
}

// unlikeInDatabase makes a schema in a database of a tenant's own, and compares it with
// the plain one.
func (s *schema) unlikeInDatabase(t *testing.T, plain snapshot) string {
	t.Helper()
	conn := connect(t)
	var all []string
	for _, d := range s.layout.DDL {
		all = append(all, d.SQL)
	}
	if err := inTx(t.Context(), conn, all...); err != nil {
		return err.Error()
	}
	return cmp.Diff(plain, whole(t, conn))
}

// check compares all that can be made of a schema with the plain one.
func (s *schema) check(t *testing.T) {
	t.Helper()
	plain := s.plain(t)
	if diff := s.unlikeInDatabase(t, plain); diff != "" {
		t.Errorf("database (-plain +tenant):\n%s", diff)
	}
	if s.layout.Unmovable != "" {
		return
	}
	if diff := s.unlike(t, plain); diff != "" {
		t.Error(diff)
	}
}

// TestProvision makes the tables of real schemas for tenants.
func TestProvision(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*schema{
		"example": readSchema(t, "example", "../../../examples/tenancy.yaml"),
		"kinds":   golden(t, "testdata/kinds.txtar"),
		"dump":    golden(t, "testdata/dump.txtar"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s == nil {
				t.Fatal("the schema has errors")
			}
			if s.layout.Unmovable != "" {
				t.Fatal(s.layout.Unmovable)
			}
			s.check(t)
		})
	}
}

// TestProvisionGolden makes the tables of all golden cases that can be moved.
func TestProvisionGolden(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("../../../golden/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	unmovable := map[string]int{}
	for _, path := range paths {
		s := golden(t, path)
		if s == nil || len(s.text) == 0 {
			continue
		}
		key := fmt.Sprint(s.layout.DDL)
		if seen[key] {
			continue
		}
		seen[key] = true
		if why := s.layout.Unmovable; why != "" {
			unmovable[s.name+": "+why]++
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.name == "config/global_unknown_columns" {
				t.Skip("its schema refers to a table that it does not make")
			}
			s.check(t)
		})
	}
	t.Logf("%d schemas, %d of them cannot be moved", len(seen), len(unmovable))
	for why := range unmovable {
		t.Log(why)
	}
}
