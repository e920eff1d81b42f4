package parse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// TestReadable holds that what cannot be read is taken out, and nothing else.
func TestReadable(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{"fine", "CREATE TABLE a ();\nCREATE TABLE b ();", "CREATE TABLE a ();\nCREATE TABLE b ();"},
		{"one of three", "CREATE TABLE a ();\nCREATE TABEL b ();\nCREATE TABLE c ();", "CREATE TABLE a ();\n                  \nCREATE TABLE c ();"},
		{"the last, without a semicolon", "CREATE TABLE a ();\nCREATE b", "CREATE TABLE a ();\n        "},
		{"semicolons in strings and bodies", "CREATE x;\nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';'; $$;", "         \nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT ';'; $$;"},
		{"a quote without an end", "CREATE TABLE a ();\nCOMMENT ON TABLE a IS 'x;\n", "CREATE TABLE a ();\n                         \n"},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, errs := parse.Readable(parse.PostgreSQL, tt.text)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (got != tt.text) != (len(errs) == 1) {
				t.Errorf("errors: %v", errs)
			}
		})
	}
}

// TestReadableQueries holds that a quote without an end takes one query along, and
// not its file.
func TestReadableQueries(t *testing.T) {
	t.Parallel()
	text := "-- name: A :one\nSELECT 1;\n-- name: B :one\nSELECT 'x;\n-- name: C :one\nSELECT 3;\n"
	file := source.NewFile("q.sql", text)
	var report diag.Report
	var got []string
	for _, q := range parse.ReadableQueries(parse.PostgreSQL, file, &report) {
		got = append(got, q.Name)
		if at := q.File.Position(q.Start).Line; text[q.Start:q.End] != strings.Split(text, "\n")[at-1][:len("SELECT 1")] {
			t.Errorf("%s is %q in line %d", q.Name, text[q.Start:q.End], at)
		}
	}
	if diff := cmp.Diff([]string{"A", "C"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all := report.Sorted(); len(all) != 1 || all[0].Span.Position().Line != 4 || all[0].Query != "B" {
		t.Errorf("%d diagnostics", len(all))
	}
}
