package namespace_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// statements are the accepted statements of a project that can be moved, with their
// slots.
func statements(t *testing.T, path string) []runtime.Text {
	t.Helper()
	var report diag.Report
	list, err := generator.Explain(t.Context(), generator.Options{ConfigPath: path}, "", &report)
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Read(path, &report)
	cat := catalog.Load(dialect.PostgreSQL, project.Schema(cfg, &report), &report)
	cat.Classify(cfg, &report)
	tables := slot.Of(cat)
	var out []runtime.Text
	for _, s := range list {
		if s.Status != generator.StatusAccepted {
			continue
		}
		found, err := tables.Find(s.ScopedSQL)
		if u := (*slot.Unmovable)(nil); errors.As(err, &u) {
			t.Logf("%s %s", s.Name, u.Why)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		text := runtime.Text{SQL: s.ScopedSQL}
		for _, f := range found {
			text.Slots = append(text.Slots, runtime.Slot{Start: f.Start, End: f.End, Name: f.Name, Kind: slotKinds[f.Kind], Alias: f.Alias})
		}
		out = append(out, text)
	}
	return out
}

// description is what a prepared statement takes and gives.
type description struct {
	Params  []uint32
	Columns []string
}

// describe prepares a statement. The type of a table's rows is another one in each
// namespace, so it has no number here.
func describe(t *testing.T, conn *pgx.Conn, rowTypes map[uint32]bool, sql string) (description, error) {
	t.Helper()
	d, err := conn.Prepare(t.Context(), "", sql)
	if err != nil {
		return description{}, err
	}
	out := description{Params: d.ParamOIDs}
	for _, f := range d.Fields {
		oid := f.DataTypeOID
		if rowTypes[oid] {
			oid = 0
		}
		out.Columns = append(out.Columns, fmt.Sprintf("%s %d(%d)", f.Name, oid, f.TypeModifier))
	}
	return out, nil
}

// TestStatements prepares the statements of real projects as they are, on tables that
// tenants share, and then, when those are gone, in a schema and with a prefix: they
// are taken, and they take and give the same.
func TestStatements(t *testing.T) {
	t.Parallel()
	projects := map[string]struct {
		config string
		texts  []runtime.Text
	}{
		"example": {config: "../../../examples/tenancy.yaml"},
		"layout":  {"../../../examples/tenancy.yaml", gen.Layout.Statements},
		"nasty":   {config: "../../../internal/equivalence/testdata/nasty/tenancy.yaml"},
	}
	for name, p := range projects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := readSchema(t, name, filepath.FromSlash(p.config))
			if p.texts == nil {
				p.texts = statements(t, p.config)
			}
			if s.layout.Unmovable != "" {
				t.Fatal(s.layout.Unmovable)
			}
			s.prepareMoved(t, p.texts)
		})
	}
}

// prepareMoved compares what statements take and give with and without namespaces.
func (s *schema) prepareMoved(t *testing.T, texts []runtime.Text) {
	t.Helper()
	conn := connect(t)
	if err := inTx(t.Context(), conn, slices.Concat(s.shared(), namespace.DDL(s.layout, "public"))...); err != nil {
		t.Fatal(err)
	}
	own, err := s.inSchema(t.Context(), conn, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.withPrefix(t.Context(), conn, "acme"); err != nil {
		t.Fatal(err)
	}
	prefix, err := namespace.Prefix("acme")
	if err != nil {
		t.Fatal(err)
	}
	rowTypes := map[uint32]bool{}
	rows, err := conn.Query(t.Context(), "SELECT t.oid FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid OR c.reltype = t.typelem WHERE c.relkind <> 'c'")
	if err != nil {
		t.Fatal(err)
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		t.Fatal(err)
	}
	for _, oid := range oids {
		rowTypes[oid] = true
	}
	if err := run(t.Context(), conn, "SET search_path = public"); err != nil {
		t.Fatal(err)
	}
	want := make([]description, len(texts))
	for i, text := range texts {
		if want[i], err = describe(t, conn, rowTypes, text.SQL); err != nil {
			t.Errorf("%v\n%s", err, text.SQL)
		}
	}
	for _, d := range s.layout.DDL {
		for _, name := range d.Creates {
			if kind := kindOf(t, conn, name); !d.Shared && kind != "" {
				if err := run(t.Context(), conn, "DROP "+kind+" public."+namespace.Quote(name)+" CASCADE"); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := run(t.Context(), conn, "SET search_path = public"); err != nil {
		t.Fatal(err)
	}
	slots := 0
	for i, text := range texts {
		slots += len(text.Slots)
		for _, space := range []namespace.Space{{Schema: own}, {Schema: "public", Prefix: prefix}} {
			sql := namespace.Render(text, space)
			got, err := describe(t, conn, rowTypes, sql)
			if err != nil {
				t.Errorf("%v\n%s", err, sql)
				continue
			}
			if diff := cmp.Diff(want[i], got); diff != "" {
				t.Errorf("(-shared +own):\n%s\n%s", diff, sql)
			}
		}
	}
	t.Logf("%d statements with %d slots", len(texts), slots)
	if len(texts) == 0 || slots == 0 {
		t.Error("nothing was prepared")
	}
}

// kindOf is what a table or view of the shared schema is called in SQL; empty where
// there is none of the name.
func kindOf(t *testing.T, conn *pgx.Conn, name string) string {
	t.Helper()
	kinds := map[string]string{"r": "TABLE", "p": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"}
	for _, kind := range column(t, conn, "SELECT relkind::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = $1", name) {
		return kinds[kind]
	}
	return ""
}
