package sqlcproc_test

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

const schema = `CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TYPE pair AS (a int, b int);
CREATE SCHEMA audit;
CREATE TABLE notes (
    id bigserial PRIMARY KEY,
    body text NOT NULL, -- ünïcode
    mood mood,
    tags text[] NOT NULL
);
CREATE TABLE audit.entries (id uuid PRIMARY KEY, note_id bigint REFERENCES notes (id));
CREATE VIEW happy_notes AS SELECT * FROM notes WHERE mood = 'ok';
`

// newEngine returns the engine that runs this test binary.
func newEngine(t testing.TB) analyze.Engine {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return sqlcproc.New([]string{exe, childArgument})
}

// statement makes a query whose text is its own author's file.
func statement(name, cmd, text string) analyze.Query {
	file := source.NewFile(name+".sql", text)
	return analyze.Query{
		Name: name, Cmd: cmd, File: name + ".sql", Text: text,
		Origin: func(offset int) source.Span { return file.Span(offset, offset) },
	}
}

// setup analyses statements over the test's schema.
func setup(t *testing.T, queries ...analyze.Query) (*analyze.Output, *diag.Report) {
	t.Helper()
	var report diag.Report
	out, err := newEngine(t).Analyze(t.Context(), analyze.Input{
		Engine:  "postgresql",
		Schema:  []*source.File{source.NewFile("schema.down.sql", schema)},
		Queries: queries,
	}, &report)
	if err != nil {
		t.Fatal(err)
	}
	return out, &report
}

func TestAnalyzeSchema(t *testing.T) {
	t.Parallel()
	out, report := setup(t)
	if n := len(report.Sorted()); n != 0 {
		t.Fatalf("%d diagnostics", n)
	}
	if out.DefaultSchema != "public" {
		t.Errorf("default schema %q", out.DefaultSchema)
	}
	wantEnums := []ir.Enum{{Schema: "public", Name: "mood", Values: []string{"sad", "ok"}}}
	if diff := cmp.Diff(wantEnums, out.Enums); diff != "" {
		t.Errorf("enums (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]ir.Name{{Schema: "public", Name: "pair"}}, out.Composites); diff != "" {
		t.Errorf("composite types (-want +got):\n%s", diff)
	}
	var tables []string
	for _, table := range out.Tables {
		tables = append(tables, table.Schema+"."+table.Name)
	}
	if diff := cmp.Diff([]string{"public.notes", "public.happy_notes", "audit.entries"}, tables); diff != "" {
		t.Errorf("tables (-want +got):\n%s", diff)
	}
	tags := ir.Column{
		Name: "tags", NotNull: true, IsArray: true, ArrayDims: 1,
		Type: ir.Name{Name: "text"}, Table: ir.Name{Name: "notes"},
	}
	if diff := cmp.Diff(tags, out.Tables[0].Columns[3]); diff != "" {
		t.Errorf("column (-want +got):\n%s", diff)
	}
}

func TestAnalyzeQueries(t *testing.T) {
	t.Parallel()
	out, report := setup(t,
		statement("ListNotes", ":many", "SELECT * FROM notes WHERE body = @body AND id > sqlc.narg(after)::bigint"),
		statement("AddNote", ":execrows", "INSERT INTO notes (body, tags) VALUES ($1, $2)"),
	)
	for _, d := range report.Sorted() {
		t.Fatal(d.Message)
	}
	list, add := out.Queries[0], out.Queries[1]
	if want := "SELECT id, body, mood, tags FROM notes WHERE body = $1 AND id > $2::bigint"; list.SQL != want {
		t.Errorf("SQL is %q, want %q", list.SQL, want)
	}
	if len(list.Columns) != 4 || len(list.Params) != 2 || list.Params[1].Column.Name != "after" {
		t.Errorf("unexpected shape: %+v", list)
	}
	if add.InsertInto == nil || add.InsertInto.Name != "notes" || add.Cmd != ":execrows" {
		t.Errorf("unexpected insert: %+v", add)
	}
}

// What sqlc would drop or change must come back as it went in.
func TestAnalyzeKeepsText(t *testing.T) {
	t.Parallel()
	texts := map[string]string{
		"line comment":          "SELECT id\n-- keep me\nFROM notes\n  -- and me\n-- name: other :one\n",
		"hint":                  "/*+ SeqScan(notes) */\nSELECT id FROM notes",
		"block comment":         "SELECT id\n/* keep */\nFROM notes\n/* over\n-- lines\n# 3\n*/",
		"operator":              "SELECT 5\n# 3 AS id",
		"string literal":        "SELECT 'a\n-- b\n# c\n/* d */' AS id",
		"dollar quote":          "SELECT $x$a\n-- b\n\n/* d */\n$x$ AS id",
		"literal continues":     "SELECT 'a'\n'b' AS id",
		"carriage returns":      "SELECT 'a\r\nb' AS id\r\n-- c\r\nFROM notes",
		"quoted identifier":     "SELECT id AS \"a\n-- b\" FROM notes",
		"form feeds":            "SELECT id\f \f\n-- c\nFROM notes",
		"ends in comment":       "SELECT id FROM notes -- end",
		"ends in dashed line":   "SELECT id FROM notes\n-- end",
		"begins with a comment": "-- first\nSELECT id FROM notes",
	}
	var queries []analyze.Query
	for name, text := range texts {
		queries = append(queries, statement("Q"+strings.ReplaceAll(name, " ", "_"), ":many", text))
	}
	out, report := setup(t, queries...)
	for _, d := range report.Sorted() {
		t.Errorf("%s: %s", d.Query, d.Message)
	}
	if out == nil {
		t.Fatal("no output")
	}
	for i, query := range out.Queries {
		want := strings.TrimSpace(queries[i].Text)
		if diff := cmp.Diff(want, query.SQL); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query.Name, diff)
		}
		if column := query.Columns[0].Name; strings.Contains(column, "\f") {
			t.Errorf("%s: mark left in column %q", query.Name, column)
		}
	}
}

func TestAnalyzeReportsPlaces(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ text, at, message string }{
		"Column":     {"SELECT id, nope FROM notes", "nope", `column "nope" does not exist`},
		"Multibyte":  {"SELECT id, 'äöü', nope FROM notes", "nope", `column "nope" does not exist`},
		"AfterMarks": {"SELECT id\n-- one\n-- two\n, nope FROM notes", "nope", `column "nope" does not exist`},
		"Ambiguous":  {"SELECT a.id FROM notes a, notes b\nWHERE body = $1", "body", `column reference "body" is ambiguous`},
		"Relation":   {"SELECT id\nFROM nowhere", "nowhere", `relation "nowhere" does not exist`},
		"Syntax":     {"SELEC id FROM notes", "SELEC", `syntax error at or near "SELEC"`},
		"Gap":        {"SELECT id FROM notes WHERE id = $1 AND body = $3", "", "could not determine data type of parameter $2"},
	}
	var queries []analyze.Query
	for name, test := range tests {
		queries = append(queries, statement(name, ":many", test.text))
	}
	out, report := setup(t, queries...)
	if out != nil {
		t.Error("output in spite of errors")
	}
	found := map[string]*diag.Diagnostic{}
	for _, d := range report.Sorted() {
		found[d.Query] = d
	}
	for name, test := range tests {
		d := found[name]
		switch {
		case d == nil:
			t.Errorf("%s: nothing reported", name)
		case d.Code != diag.AnalysisFailed || d.Help == "" || !strings.Contains(d.Message, test.message):
			t.Errorf("%s: unexpected diagnostic %+v", name, d)
		case d.Span.Start != strings.Index(test.text, test.at):
			t.Errorf("%s: reported at %q", name, test.text[d.Span.Start:])
		}
	}
}

func TestAnalyzeRefusesUnreadable(t *testing.T) {
	t.Parallel()
	_, report := setup(t,
		statement("Nul", ":one", "SELECT 1,\x00 FROM notes"),
		statement("Long", ":one", "SELECT 1\n'"+strings.Repeat("x", 1<<16)+"'"),
	)
	if n := len(report.Sorted()); n != 2 {
		t.Fatalf("%d diagnostics, want 2", n)
	}
	for _, d := range report.Sorted() {
		if d.Span.Start != len("SELECT 1,") {
			t.Errorf("%s: reported at %d", d.Query, d.Span.Start)
		}
	}
}

func TestAnalyzeReportsSchema(t *testing.T) {
	t.Parallel()
	file := source.NewFile("db/schema.sql", "CREATE TABLE a (id int);\nCREATE TABLE a (id int);\n")
	var report diag.Report
	out, err := newEngine(t).Analyze(t.Context(), analyze.Input{Engine: "postgresql", Schema: []*source.File{file}}, &report)
	if err != nil || out != nil {
		t.Fatalf("got %v, %v", out, err)
	}
	d := report.Sorted()[0]
	if d.Span.File != file || !strings.Contains(d.Message, `relation "a" already exists`) {
		t.Errorf("reported at %+v: %s", d.Span.Position(), d.Message)
	}
}

func TestAnalyzeStopsWhenCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var report diag.Report
	_, err := newEngine(t).Analyze(ctx, analyze.Input{Engine: "postgresql", Queries: []analyze.Query{statement("A", ":one", "SELECT 1")}}, &report)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestAnalyzeFailsWithoutChild(t *testing.T) {
	t.Parallel()
	var report diag.Report
	for _, command := range [][]string{nil, {"/nonexistent/tenancygen"}} {
		if _, err := sqlcproc.New(command).Analyze(t.Context(), analyze.Input{Engine: "postgresql"}, &report); err == nil {
			t.Errorf("no error for command %q", command)
		}
	}
}

// What is begun ahead gives the same, is given up without a trace, and leaves
// mistakes at their places, however the files of the schema end.
func TestPrepare(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"one":      {"CREATE TABLE notes (id int PRIMARY KEY, body text)"},
		"several":  {"CREATE TYPE mood AS ENUM ('sad')", "", "-- nothing", "CREATE TABLE notes (id int PRIMARY KEY, body text, mood mood) -- the last word"},
		"rollback": {"CREATE TABLE notes (id int PRIMARY KEY, body text);", "CREATE TABLE a (id int);\n-- +goose downwards\nDROP TABLE a;", "CREATE TABLE b (id int);"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var schema []*source.File
			for i, text := range texts {
				schema = append(schema, source.NewFile(strconv.Itoa(i), text))
			}
			prepare(t, analyze.Input{Engine: "postgresql", Schema: schema})
		})
	}
}

func prepare(t *testing.T, in analyze.Input) {
	engine := newEngine(t)
	queries := []analyze.Query{statement("A", ":many", "SELECT * FROM notes WHERE id = $1"), statement("B", ":exec", "DELETE FROM notes")}
	all := in
	all.Queries = queries
	var report diag.Report
	want, err := engine.Analyze(t.Context(), all, &report)
	if err != nil || report.HasErrors() {
		t.Fatal(err, report.Sorted())
	}
	ahead := engine.Prepare(t.Context(), in)
	defer ahead.Close()
	got, err := ahead.Analyze(t.Context(), queries, &report)
	if err != nil || report.HasErrors() {
		t.Fatal(err, report.Sorted())
	}
	if got.Took <= 0 {
		t.Error("it took no time")
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(analyze.Output{}, "Took")); diff != "" {
		t.Errorf("-at once +ahead:\n%s", diff)
	}

	engine.Prepare(t.Context(), in).Close()

	wrong := engine.Prepare(t.Context(), in)
	defer wrong.Close()
	queries[1] = statement("B", ":exec", "DELETE FROM nowhere")
	if out, err := wrong.Analyze(t.Context(), queries, &report); err != nil || out != nil {
		t.Fatalf("got %v, %v", out, err)
	}
	if d := report.Sorted(); len(d) != 1 || d[0].Query != "B" {
		t.Errorf("reported %v", d)
	}
}
