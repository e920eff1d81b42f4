package parse_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// The forms of a name, of flags and of comments are those of sqlc.
func TestAnnotationForms(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, name string
		comments   []string
		vet        parse.VetFlags
	}{
		"dashes":           {text: "-- name: A :one\nSELECT 1;", name: "A :one"},
		"block":            {text: "/* name: A :many */\nSELECT 1;", name: "A :many"},
		"carriage returns": {text: "/* name: A :many */\r\n-- note\r\nSELECT 1;\r\n", name: "A :many", comments: []string{"note"}},
		"inside":           {text: "SELECT 1\n-- name: A :exec\n+ 1;", name: "A :exec"},
		"flags": {
			text: "-- name: A :one\n-- @param id the id\n/* @unknown word */\nSELECT 1;", name: "A :one",
			comments: []string{"@param id the id", "@unknown word"},
		},
		"a name behind something":  {text: "-- name: A :one\nSELECT 1 /* name: B :one */;", name: "A :one"},
		"a name in a string":       {text: "-- name: A :one\nSELECT '\n-- name: B :one\n';", name: "A :one"},
		"a name within a block":    {text: "/*\nname: B :many\n*/\n-- name: A :one\nSELECT 1;", name: "A :one", comments: []string{"", "name: B :many", ""}},
		"a name of the one before": {text: "-- name: A :one\nSELECT 1; -- name: B :one\n", name: "A :one"},
		"all rules":                {text: "-- name: A :one\n-- @sqlc-vet-disable\nSELECT 1;", name: "A :one", comments: []string{"@sqlc-vet-disable"}, vet: parse.VetFlags{All: true}},
		"some rules": {
			text: "/* @sqlc-vet-disable a b */\n-- @tenancy vet-disable tenancy/x\n-- name: A :one\nSELECT 1;", name: "A :one",
			comments: []string{"@sqlc-vet-disable a b"}, vet: parse.VetFlags{Rules: []string{"a", "b", "tenancy/x"}},
		},
	} {
		var report diag.Report
		list := parse.QueryFile(parse.PostgreSQL, source.NewFile("q.sql", tt.text), &report)
		if len(list) != 1 || len(report.Sorted()) > 0 {
			t.Errorf("%s: %d statements, %d diagnostics", name, len(list), len(report.Sorted()))
			continue
		}
		q := list[0]
		if got := q.Name + " " + q.Cmd; got != tt.name {
			t.Errorf("%s: %s, want %s", name, got, tt.name)
		}
		if diff := cmp.Diff(tt.comments, q.Comments); diff != "" {
			t.Errorf("%s: comments (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(tt.vet, q.Vet); diff != "" {
			t.Errorf("%s: vet (-want +got):\n%s", name, diff)
		}
	}
}

// An exemption counts only where nobody can mean it for another statement.
func TestAnnotationOfTenancy(t *testing.T) {
	t.Parallel()
	const next = "\n-- name: B :exec\nDELETE FROM notes;"
	for annotation, want := range map[string]string{
		`-- @tenancy unscoped reason="r"`:                                       "",
		`-- @tenancy unscoped reason="r" until="2027-01-31"`:                    "",
		`-- @tenancy unscoped reason="r" until="tomorrow"`:                      "the @tenancy annotation is not understood",
		`-- @tenancy unscoped reason="r" until="2027-99-99"`:                    `until="2027-99-99" is not a date of the calendar`,
		`-- @tenancy unscoped reason="r" until="2027-02-29"`:                    `until="2027-02-29" is not a date of the calendar`,
		`-- @tenancy unscoped reason="r" until="2028-02-29"`:                    "",
		`-- @tenancy unscoped reason="" until="2027-01-31"`:                     "the @tenancy annotation is not understood",
		`-- @tenancy vet-disable`:                                               "the @tenancy annotation is not understood",
		"-- name: A :one\nSELECT 1; -- @tenancy unscoped reason=\"r\"":          "the @tenancy annotation stands behind other text",
		"-- name: A :one\nSELECT 1; /* @tenancy vet-disable tenancy/x */":       "the @tenancy annotation stands behind other text",
		"-- name: A :one\nSELECT 1;\n/*\n  @tenancy unscoped reason=\"r\"\n */": "",
	} {
		var report diag.Report
		list := parse.QueryFile(parse.PostgreSQL, source.NewFile("q.sql", annotation+next), &report)
		i := slices.IndexFunc(list, func(q *parse.QueryText) bool { return q.Name == "B" })
		switch found := report.Sorted(); {
		case want == "" && (len(found) > 0 || i < 0 || !list[i].Unscoped || list[i].Reason != "r"):
			t.Errorf("%s: %d diagnostics, statement %d", annotation, len(found), i)
		case want != "" && (len(found) != 1 || found[0].Message != want || i >= 0):
			t.Errorf("%s: %d diagnostics, statement %d, want %q", annotation, len(found), i, want)
		}
	}
}
