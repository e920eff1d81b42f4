package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// checkColumns refuses a qualified column that its table does not have: it may be
// a call of a function. refs are the tables of the query's level; a subquery sees
// those that it has no other relation of the name for.
func (s *scoper) checkColumns(q *parse.Query, refs []*Reference) {
	q.Expressions(func(e *parse.Expr) {
		if e.Kind == parse.SubqueryExpr && e.Query != nil && e.Query.Select != nil {
			own := relationsOf(origin{from: e.Query.Select.From})
			s.checkColumns(e.Query, slices.DeleteFunc(slices.Clone(refs), func(r *Reference) bool {
				return slices.ContainsFunc(own, func(f *parse.From) bool { return visibleName(f) == r.Ref.Visible() })
			}))
			return
		}
		for _, r := range refs {
			if len(r.Ref.Columns) == 0 {
				s.checkColumn(e, r, r.Ref.Visible())
			}
		}
	})
}

// checkReturning does the same for what RETURNING calls the row that is written,
// before and after the statement. Where another relation has one of these names, it
// means that.
func (s *scoper) checkReturning(r *Reference, list []parse.Target, aliases, others []string) {
	for _, name := range append([]string{"old", "new"}, aliases...) {
		if slices.Contains(others, name) {
			continue
		}
		for _, t := range list {
			t.Expr.Walk(func(e *parse.Expr) { s.checkColumn(e, r, name) })
		}
	}
}

func (s *scoper) checkColumn(e *parse.Expr, r *Reference, name string) {
	if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) != 2 || e.Path[0] != name || slices.Contains(s.catalog.Dialect.SystemColumns(), e.Path[1]) {
		return
	}
	if !r.Table.Opaque && r.Table.Column(e.Path[1]) == nil {
		s.refuse(diag.RelationUnknown, s.text.At(e.Pos), "table %q has no column %q", r.Table.QualifiedName(), e.Path[1]).
			WithHelp("correct the name, or add the column to the schema")
	}
}

// visibleNames are the names that a level gives to its relations.
func visibleNames(l *level) []string {
	var out []string
	for _, f := range relationsOf(origin{from: l.from}) {
		out = append(out, visibleName(f))
	}
	return out
}

// checkStrings refuses a word in double quotes that is the name of no column of the
// statement's tables: SQLite takes it for a string.
func (s *scoper) checkStrings(q *parse.Query) {
	has := func(name string) bool {
		return slices.ContainsFunc(s.plan.References, func(r *Reference) bool { return r.Table.Column(name) != nil })
	}
	q.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			if e.MaybeString && (q.Values != nil || !has(e.Path[0])) {
				s.refuse(diag.SyntaxUnsupported, s.text.At(e.Pos), "\"%s\" is a string, or a column of a subquery", e.Path[0]).
					WithHelp("write a string in single quotes, and a column with its table before it")
			}
		})
	})
}
