package certify

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// reduce turns the outer joins of an author's level into what they come to. A
// condition that NULL does not pass, on a relation that an outer join may have
// filled with NULLs, drops the rows that it filled: under WHERE b.t = $1 a LEFT
// JOIN b is an inner join. Joins that become inner may have such conditions
// themselves.
func (a *author) reduce(lv *level) {
	for changed := true; changed; {
		changed = false
		for _, r := range lv.relations {
			for i, s := range r.joins {
				if s.nullable() && a.rejected(lv, r, r.joins[i:]) {
					s.item.Join.Kind = reduced(s)
					changed = true
				}
			}
		}
		if changed {
			lv.filters = append(lv.filters[:1:1], innerPlaces(lv)...)
			for _, r := range lv.relations {
				if r.item != nil {
					r.places = placesOf(r.joins, lv.filters[0])
				}
			}
		}
	}
}

// reduced is what a join becomes when no row of its result has NULLs for this
// side.
func reduced(s joinSide) parse.JoinKind {
	if s.item.Join.Kind != parse.FullJoin {
		return parse.InnerJoin
	}
	if s.left {
		return parse.LeftJoin
	}
	return parse.RightJoin
}

// rejected reports whether a condition above the nearest of the joins, which
// filters, is not passed by NULLs in place of r.
func (a *author) rejected(lv *level, r *relation, joins []joinSide) bool {
	if joins[0].item.Alias != "" {
		return false
	}
	for _, p := range placesOf(joins[1:], lv.filters[0]) {
		if slices.ContainsFunc(p.conjuncts, func(e *parse.Expr) bool { return a.strict(lv, e, r) }) {
			return true
		}
	}
	return false
}

// strict reports whether a condition compares a column of r, so that it is not
// true for NULL.
func (a *author) strict(lv *level, e *parse.Expr, r *relation) bool {
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

// innerPlaces are the conditions of joins that every row of the level satisfies.
func innerPlaces(lv *level) []place {
	var out []place
	seen := map[*parse.From]bool{}
	for _, r := range lv.relations {
		for i, s := range r.joins {
			above := slices.ContainsFunc(r.joins[i+1:], joinSide.nullable)
			if s.item.Join.Kind == parse.InnerJoin && !above && !seen[s.item] {
				seen[s.item] = true
				out = append(out, joinPlace(s.item))
			}
		}
	}
	return out
}
