package level_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

func loadCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	report := &diag.Report{}
	cat := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", "CREATE TABLE a (id int); CREATE TABLE b (id int); CREATE TABLE c (id int); CREATE TABLE s.a (id int)")}, report)
	if report.HasErrors() {
		t.Fatal(report.Sorted()[0].Message)
	}
	return cat
}

// TestPlaces holds for each form of join from which conditions a predicate filters
// a relation: the joins by their kind and number in the text, and WHERE.
func TestPlaces(t *testing.T) {
	t.Parallel()
	cat := loadCatalog(t)
	for _, tt := range []struct{ from, want string }{
		{"a", "a: WHERE"},
		{"a, b", "a: WHERE; b: WHERE"},
		{"a JOIN b ON true", "a: INNER WHERE; b: INNER WHERE"},
		{"a LEFT JOIN b ON true", "a: WHERE; b: LEFT"},
		{"a RIGHT JOIN b ON true", "a: RIGHT; b: WHERE"},
		{"a FULL JOIN b ON true", "a: ; b: "},
		{"a LEFT JOIN (b JOIN c ON true) ON true", "a: WHERE; b: INNER LEFT; c: INNER LEFT"},
		{"a LEFT JOIN (b LEFT JOIN c ON true) ON true", "a: WHERE; b: LEFT; c: LEFT"},
		{"(a LEFT JOIN b ON true) FULL JOIN c ON true", "a: ; b: LEFT; c: "},
		{"(a LEFT JOIN b ON true) JOIN c ON true", "a: INNER WHERE; b: LEFT; c: INNER WHERE"},
		{"(a JOIN b ON true) AS j", "j: WHERE; a: INNER; b: INNER"},
		{"(a LEFT JOIN b ON true) AS j JOIN c ON true", "j: INNER WHERE; a: ; b: LEFT; c: INNER WHERE"},
	} {
		q, err := parse.PostgreSQL.Statement("SELECT 1 FROM " + tt.from + " WHERE true")
		if err != nil {
			t.Fatal(err)
		}
		lv := level.NewResolver(q, cat).Level(q.Select.From, q.Select.Where, nil, nil)
		var out []string
		for _, r := range lv.Relations {
			var places []string
			for _, p := range r.Places {
				if !r.VisibleAt(p) {
					t.Errorf("%s: %s is not seen %s", tt.from, r.Name, p.Text)
				}
				places = append(places, strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(p.Text, "in the condition of the "), "in "), " JOIN"))
			}
			out = append(out, r.Name+": "+strings.Join(places, " "))
		}
		if diff := cmp.Diff(tt.want, strings.Join(out, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.from, diff)
		}
	}
}

// TestNames holds what a name in FROM stands for: a common table expression (cte) or
// a table.
func TestNames(t *testing.T) {
	t.Parallel()
	cat := loadCatalog(t)
	for _, tt := range []struct{ sql, want string }{
		{"SELECT 1 FROM a", "a: table"},
		{"WITH a AS (SELECT 1 FROM a) SELECT 1 FROM a", "a: table; a: cte"},
		{"WITH RECURSIVE a AS (SELECT 1 FROM a) SELECT 1 FROM a", "a: cte; a: cte"},
		{"WITH b AS (SELECT 1 FROM a), a AS (SELECT 1 FROM b) SELECT 1 FROM a", "a: table; b: cte; a: cte"},
		{"WITH RECURSIVE b AS (SELECT 1 FROM a), a AS (SELECT 1 FROM b) SELECT 1 FROM a", "a: cte; b: cte; a: cte"},
		{"WITH a AS (SELECT 1) SELECT 1 FROM s.a", "a: table"},
		{"SELECT 1 FROM pg_class", "pg_class: nothing"},
	} {
		q, err := parse.PostgreSQL.Statement(tt.sql)
		if err != nil {
			t.Fatal(err)
		}
		levels := level.NewResolver(q, cat)
		var out []string
		var visit func(*parse.Query, *level.Names)
		visit = func(q *parse.Query, names *level.Names) {
			names.Bodies(q.With, visit)
			for _, r := range levels.Level(q.Select.From, q.Select.Where, names.And(q.With), nil).Relations {
				is := "nothing"
				switch {
				case r.IsCTE:
					is = "cte"
				case r.Table != nil:
					is = "table"
				}
				out = append(out, fmt.Sprintf("%s: %s", r.Name, is))
			}
		}
		visit(q, nil)
		if diff := cmp.Diff(tt.want, strings.Join(out, "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.sql, diff)
		}
	}
}
