package tie

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// reduce turns the outer joins of an author's level into what they come to. A
// condition that NULL does not pass, on a relation that an outer join may have
// filled with NULLs, drops the rows that it filled: under WHERE b.t = $1 a LEFT
// JOIN b is an inner join. Joins that become inner may have such conditions
// themselves.
func (a *author) reduce(lv *level.Level) {
	for changed := true; changed; {
		changed = false
		for _, r := range lv.Relations {
			for i, s := range r.Joins {
				if s.Nullable() && a.rejected(lv, r, r.Joins[i:]) {
					s.Item.Join.Kind = reduced(s)
					changed = true
				}
			}
		}
		if changed {
			lv.Place()
		}
	}
}

// reduced is what a join becomes when no row of its result has NULLs for this
// side.
func reduced(s level.Side) parse.JoinKind {
	if s.Item.Join.Kind != parse.FullJoin {
		return parse.InnerJoin
	}
	if s.Left {
		return parse.LeftJoin
	}
	return parse.RightJoin
}

// rejected reports whether a condition above the nearest of the joins, which
// filters, is not passed by NULLs in place of r.
func (a *author) rejected(lv *level.Level, r *level.Relation, joins []level.Side) bool {
	if joins[0].Item.Alias != "" {
		return false
	}
	for _, p := range level.PlacesOf(joins[1:], lv.Filters[0]) {
		if slices.ContainsFunc(p.Conjuncts, func(e *parse.Expr) bool { return a.strict(lv, e, r) }) {
			return true
		}
	}
	return false
}

// strict reports whether a condition compares a column of r, so that it is not
// true for NULL.
func (a *author) strict(lv *level.Level, e *parse.Expr, r *level.Relation) bool {
	if e.Kind != parse.OpExpr || !slices.Contains([]string{"=", "<>", "<", ">", "<=", ">=", "ANY =", "IN ="}, e.Name) {
		return false
	}
	return slices.ContainsFunc(e.Args, func(x *parse.Expr) bool {
		x = x.Uncast()
		if x.Kind != parse.ColumnExpr || x.Star || len(x.Path) == 0 {
			return false
		}
		found, _ := a.resolve(lv, x.Path)
		return found == r
	})
}
