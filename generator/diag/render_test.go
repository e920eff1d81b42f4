package diag_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

var update = flag.Bool("update", false, "rewrite the golden files; the run still fails")

// span returns the first place of text in a file.
func span(t *testing.T, f *source.File, text string) source.Span {
	t.Helper()
	at := strings.Index(f.Text, text)
	if at < 0 {
		t.Fatalf("%s does not hold %q", f.Path, text)
	}
	return f.Span(at, at+len(text))
}

// everything is a report with one diagnostic of every shape.
func everything(t *testing.T) *diag.Report {
	t.Helper()
	schema := source.NewFile("db/schema.sql", strings.Repeat("\n", 117)+"CREATE TABLE notes (tenant_id uuid);\n")
	queries := source.NewFile("queries/note.sql", strings.Join([]string{
		"-- name: ListNotes :many",
		"SELECT * FROM notes n LEFT JOIN tags t ON t.note_id = n.id;",
		"",
		"-- name: Tabs :many",
		"\tSELECT\tid FROM wide;",
		"-- name: Wide :many",
		"SELECT '漢字é👍e\u0301' AS x, bad FROM notes;",
		"SELECT a,\r",
		"       b FROM notes\x1b[31m;",
		"SELECT " + strings.Repeat("column_name, ", 30) + "wrong, " + strings.Repeat("column_name, ", 30) + "x",
		"-- the end",
	}, "\n"))
	r := &diag.Report{}
	r.Errorf(diag.SQLSyntax, span(t, queries, "b FROM notes\x1b[31m"), "control characters are not printed").
		WithHelp("remove them")
	r.Errorf(diag.PlacementImpossible, span(t, queries, "notes"), "query %q reads tenant table %q with no tenant predicate", "ListNotes", "notes").
		WithLabel("tenant column is notes.tenant_id").
		WithRelated(span(t, schema, "tenant_id"), "declared here").
		WithHelp("name the tenant column,\nor mark the query `-- @tenancy unscoped reason=\"...\"`").
		InQuery("ListNotes")
	r.Warnf(diag.ConflictUnguarded, span(t, queries, "tags"), "a warning without a label\nover two lines")
	r.Errorf(diag.SyntaxUnsupported, span(t, queries, "wide"), "behind tabs").WithLabel("this")
	r.Errorf(diag.SyntaxUnsupported, span(t, queries, "bad"), "behind wide runes").WithLabel("this")
	r.Errorf(diag.SyntaxUnsupported, span(t, queries, "'漢字é👍e\u0301'"), "wide runes").WithLabel("this")
	r.Errorf(diag.SyntaxUnsupported, span(t, queries, "SELECT a,\r\n       b"), "more than one line")
	r.Errorf(diag.SyntaxUnsupported, span(t, queries, "wrong"), "in a long line").WithLabel("this")
	end := len(queries.Text)
	r.Errorf(diag.SQLSyntax, queries.Span(end, end), "at the end of the file")
	r.Errorf(diag.FileMissing, source.Span{}, "no file %q", "tenancy.yaml").
		WithRelated(source.Span{}, "a note without a place").
		WithHelp("run `tenancygen init`")
	return r
}

func TestRender(t *testing.T) {
	t.Parallel()
	tests := []struct {
		golden  string
		options diag.Options
	}{
		{"pretty.txt", diag.Options{}},
		{"color.txt", diag.Options{Format: diag.Pretty, Color: true}},
		{"plain.txt", diag.Options{Format: diag.Plain, Package: "gen"}},
		{"short.txt", diag.Options{Format: diag.Short}},
		{"diagnostics.json", diag.Options{Format: diag.JSON, Color: true}},
	}
	for _, tt := range tests {
		t.Run(tt.golden, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := diag.Render(&out, everything(t).Sorted(), tt.options); err != nil {
				t.Fatal(err)
			}
			compareGolden(t, filepath.Join("testdata", tt.golden), out.Bytes())
		})
	}
}

func compareGolden(t *testing.T, path string, got []byte) {
	t.Helper()
	want, err := os.ReadFile(path)
	if err != nil && !*update {
		t.Fatal(err)
	}
	diff := cmp.Diff(string(want), string(got))
	if diff == "" {
		return
	}
	t.Errorf("%s (-want +got):\n%s", path, diff)
	if *update {
		if err := os.WriteFile(path, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRenderNothing(t *testing.T) {
	t.Parallel()
	want := map[diag.Format]string{diag.Pretty: "", diag.Short: "", diag.JSON: "[]\n"}
	for _, format := range diag.Formats {
		var out bytes.Buffer
		if err := diag.Render(&out, nil, diag.Options{Format: format}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != want[format] {
			t.Errorf("%s of nothing = %q, want %q", format, got, want[format])
		}
	}
	if err := diag.Render(&bytes.Buffer{}, nil, diag.Options{Format: "xml"}); err == nil {
		t.Error("an unknown format is not refused")
	}
}

// A problem matcher reads line by line: the first line of every diagnostic
// must be whole, whatever the message holds.
func TestShortIsOneLineEach(t *testing.T) {
	t.Parallel()
	diagnostics := everything(t).Sorted()
	var out bytes.Buffer
	if err := diag.Render(&out, diagnostics, diag.Options{Format: diag.Short}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(out.String(), "\n"); got != len(diagnostics) {
		t.Errorf("%d lines for %d diagnostics", got, len(diagnostics))
	}
}

func TestJSONFields(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := diag.Render(&out, everything(t).Sorted(), diag.Options{Format: diag.JSON}); err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	if err := json.Unmarshal(out.Bytes(), &all); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"code", "severity", "message", "path", "line", "column", "help", "query", "related"} {
		for i, d := range all {
			if v, ok := d[field]; !ok || v == nil {
				t.Errorf("diagnostic %d has no %s", i, field)
			}
		}
	}
}

func TestSorted(t *testing.T) {
	t.Parallel()
	a, b := source.NewFile("a.sql", "0123456789"), source.NewFile("b.sql", "0123456789")
	r := &diag.Report{}
	if r.HasErrors() {
		t.Error("an empty report has errors")
	}
	r.Warnf(diag.SQLSyntax, b.Span(1, 2), "6")
	if r.HasErrors() {
		t.Error("a warning is an error")
	}
	r.Errorf(diag.SQLSyntax, a.Span(5, 6), "4")
	r.Warnf(diag.ConfigSyntax, a.Span(5, 6), "5")
	r.Errorf(diag.ConfigSyntax, a.Span(5, 6), "3")
	r.Errorf(diag.SQLSyntax, a.Span(5, 6), "4") // said twice
	r.Errorf(diag.SQLSyntax, a.Span(2, 3), "2")
	r.Errorf(diag.SQLSyntax, source.Span{}, "1")
	if !r.HasErrors() {
		t.Error("the report has no errors")
	}
	var got []string
	for _, d := range r.Sorted() {
		got = append(got, d.Message)
	}
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "5", "6"}, got); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
}
