package level

import (
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Equality returns the operands of a plain, unqualified "=".
func Equality(e *parse.Expr) (a, b *parse.Expr, ok bool) {
	if e.Kind != parse.OpExpr || e.Name != "=" || len(e.Args) != 2 {
		return nil, nil, false
	}
	return e.Args[0], e.Args[1], true
}

// IsColumn reports whether e is relation.column. A bare column does not count:
// where the relation lacks it, it silently means a column of an outer level.
func IsColumn(e *parse.Expr, relation, column string) bool {
	return e.Kind == parse.ColumnExpr && !e.Star && len(e.Path) == 2 && e.Path[0] == relation && e.Path[1] == column
}

// KeysEqual reports whether conjuncts equate the columns a of one relation with
// the columns b of another, each with the one at its index.
func KeysEqual(conjuncts []*parse.Expr, a string, aColumns []string, b string, bColumns []string) bool {
	for i := range aColumns {
		found := false
		for _, e := range conjuncts {
			x, y, ok := Equality(e)
			found = found || ok && (IsColumn(x, a, aColumns[i]) && IsColumn(y, b, bColumns[i]) ||
				IsColumn(y, a, aColumns[i]) && IsColumn(x, b, bColumns[i]))
		}
		if !found {
			return false
		}
	}
	return true
}

// YieldsFrom reports whether a query yields rows only where its FROM does, so that
// EXISTS of it says that there is a row. An aggregate yields one from nothing
// (EXISTS (SELECT count(*) …) is always true), even one in a subquery that speaks
// of the query's columns, so its targets have to be plain, and all other clauses
// absent.
func YieldsFrom(q *parse.Query) bool {
	if q == nil || q.Select == nil || q.With != nil || q.Limit != nil || q.Offset != nil || len(q.OrderBy) > 0 {
		return false
	}
	s := q.Select
	if s.Distinct || len(s.GroupBy) > 0 || s.Having != nil || len(s.Windows) > 0 {
		return false
	}
	for _, t := range s.Targets {
		if t.Expr == nil || t.Expr.Kind != parse.ConstExpr && t.Expr.Kind != parse.ParamExpr && t.Expr.Kind != parse.ColumnExpr {
			return false
		}
	}
	return true
}
