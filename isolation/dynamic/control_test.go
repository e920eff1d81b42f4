package dynamic

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/runtime"
)

// TestCertifyHasTheLastWord spoils what scope has decided: certify sees each, and
// nothing of it is cached as accepted.
func TestCertifyHasTheLastWord(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		sql    string
		tamper func(*scope.Plan)
	}{
		"a table without its predicate": {"SELECT * FROM notes", func(p *scope.Plan) { p.References[0].Placement = scope.NoPredicate }},
		"one of two tables":             {"SELECT 1 FROM notes a, notes b", func(p *scope.Plan) { p.References[1].Placement = scope.NoPredicate }},
		"a row without its tenant":      {"INSERT INTO notes (id, body) VALUES (1, 'a')", func(p *scope.Plan) { p.Inserts = nil }},
		"another parameter":             {"DELETE FROM notes WHERE id = $1", func(p *scope.Plan) { p.Bound[1] = true }},
	} {
		f := notesFilter(t)
		q := runtime.Query{SQL: tt.sql}
		if tt.sql[0] == 'D' {
			q.Args = []any{1}
		}
		if _, _, err := f.Filter(q, ann); err != nil {
			t.Fatalf("%s: as it is: %v", name, err)
		}
		f = notesFilter(t)
		f.compiler.tamper = tt.tamper
		for range 2 {
			_, _, err := f.Filter(q, ann)
			var e *Error
			if !errors.As(err, &e) || e.Diagnostics[0].Code != "TG0401" && e.Diagnostics[0].Code != "TG0901" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := f.accepted.held(); n != 0 {
			t.Errorf("%s: %d texts are held as accepted", name, n)
		}
	}
}
