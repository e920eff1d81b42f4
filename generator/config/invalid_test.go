package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/diag"
)

var update = flag.Bool("update", false, "rewrite the golden files; the run still fails")

// rest is what a case of testdata/invalid.txtar without a version gets behind
// it, so that the only thing wrong is what the case shows.
const rest = `
version: "1"
engine: postgresql
schema: s.sql
tenant: {column: t}
go: {out: gen}
`

// TestInvalid reads testdata/invalid.txtar: after each configuration come the
// diagnostics that it must give. What follows "# sqlc.yaml" is that file.
func TestInvalid(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "invalid.txtar")
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden := &txtar.Archive{Comment: archive.Comment}
	for i, file := range archive.Files {
		if file.Name == "want" {
			continue
		}
		var want string
		if i+1 < len(archive.Files) && archive.Files[i+1].Name == "want" {
			want = string(archive.Files[i+1].Data)
		}
		got := diagnose(t, file.Name, string(file.Data))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", file.Name, diff)
		}
		golden.Files = append(golden.Files, file, txtar.File{Name: "want", Data: []byte(got)})
	}
	if *update && t.Failed() {
		if err := os.WriteFile(path, txtar.Format(golden), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// diagnose returns the diagnostics of a configuration, a line each and a line
// for the help.
func diagnose(t *testing.T, name, text string) string {
	t.Helper()
	text, sqlc, _ := strings.Cut(text, "# sqlc.yaml\n")
	if !strings.Contains(text, "version:") && !strings.HasPrefix(name, "alone") {
		text += rest[1:]
	}
	r := &diag.Report{}
	c := parse(text, sqlc, r)
	if (c == nil) != r.HasErrors() {
		t.Errorf("%s: configuration %v in spite of errors: %v", name, c != nil, r.HasErrors())
	}
	var out strings.Builder
	for _, d := range r.Sorted() {
		var line bytes.Buffer
		if err := diag.Render(&line, []*diag.Diagnostic{d}, diag.Options{Format: diag.Short}); err != nil {
			t.Fatal(err)
		}
		out.Write(line.Bytes())
		out.WriteString("  help: " + d.Help + "\n")
		if d.Help == "" {
			t.Errorf("%s: no help for %q", name, d.Message)
		}
		for _, related := range d.Related {
			p := related.Span.Position()
			out.WriteString("  related: " + p.Path + ": " + related.Message + "\n")
		}
	}
	return out.String()
}

// FuzzParse looks for input that panics, or is refused without a reason.
func FuzzParse(f *testing.F) {
	f.Add(full, "")
	f.Add(overSQLC, sqlcProject)
	f.Add("&a {<<: *a, tables: *a}", "")
	f.Add("a: &a [*a]\ntables: {<<: [*a, *a]}", "sql: &a [*a]\nversion: 2")
	f.Add("\ufeffversion: 1\n? {a: b}\n: c\n? \n: d", "")
	f.Add("\"\\x00\": \xff", "{")
	archive, err := txtar.ParseFile(filepath.Join("testdata", "invalid.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range archive.Files {
		text, sqlc, _ := strings.Cut(string(file.Data), "# sqlc.yaml\n")
		f.Add(text, sqlc)
	}
	f.Fuzz(func(t *testing.T, text, sqlc string) {
		r := &diag.Report{}
		if c := parse(text, sqlc, r); (c == nil) != r.HasErrors() {
			t.Errorf("configuration %v, errors %v", c != nil, r.HasErrors())
		}
		for _, format := range diag.Formats {
			if err := diag.Render(&bytes.Buffer{}, r.Sorted(), diag.Options{Format: format}); err != nil {
				t.Error(err)
			}
		}
	})
}
