package certify

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// level is one query level: the relations of one FROM clause (or of one UPDATE
// or DELETE, target included) and the predicates on them.
type level struct {
	outer     *level // whose columns may be used here as well
	ctes      *names
	relations []*relation
	// filters are the predicates that hold for every row that the level's FROM and
	// WHERE yield.
	filters []place
}

// relation is one named relation of a level.
type relation struct {
	name    string // under which the level sees it; may be empty
	pos     int
	item    *parse.From    // nil for the target of a write
	ref     *parse.Table   // nil for subqueries, functions and aliases of joins
	table   *catalog.Table // nil when ref is nil, a CTE or unknown
	isCTE   bool
	renamed bool // its columns have other names here
	own     bool // it is written or locked, so that shared rows may not be among it
	// joins are the joins above it, the nearest first.
	joins []joinSide
	// places are where a predicate on it can stand.
	places []place
}

// joinSide is one side of a join.
type joinSide struct {
	item *parse.From // with Join set
	left bool
}

// nullable reports whether rows of this side may be replaced by NULLs.
func (s joinSide) nullable() bool {
	switch s.item.Join.Kind {
	case parse.InnerJoin:
		return false
	case parse.LeftJoin:
		return !s.left
	case parse.RightJoin:
		return s.left
	}
	return true
}

// place is a conjunction: WHERE, or the condition of a join.
type place struct {
	join      *parse.From // nil for WHERE
	conjuncts []*parse.Expr
	text      string // "in WHERE"
}

func joinPlace(item *parse.From) place {
	text := "in the condition of the " + string(item.Join.Kind) + " JOIN"
	return place{item, item.Join.On.Conjuncts(), text}
}

// newLevel works out a level. It looks at no expression and reports nothing.
func (c *checker) newLevel(from []*parse.From, where *parse.Expr, ctes *names, outer *level) *level {
	lv := &level{outer: outer, ctes: ctes}
	w := place{conjuncts: where.Conjuncts(), text: "in WHERE"}
	lv.filters = []place{w}
	for _, f := range from {
		c.addItem(lv, f, nil)
	}
	for _, r := range lv.relations {
		r.places = placesOf(r.joins, w)
	}
	if c.author != nil {
		c.author.qualify(lv)
	}
	return lv
}

// addItem adds what a FROM item makes visible; above are the joins that it is
// in, the nearest first.
func (c *checker) addItem(lv *level, f *parse.From, above []joinSide) {
	add := func(name string) *relation {
		r := &relation{name: name, pos: f.Start, item: f, joins: above}
		lv.relations = append(lv.relations, r)
		return r
	}
	switch {
	case f.Table != nil:
		r := add(f.Table.Visible())
		r.ref, r.renamed, r.own = f.Table, len(f.Table.Columns) > 0, c.locked[f.Table]
		if r.isCTE = f.Table.Schema == "" && lv.ctes.has(f.Table.Name); !r.isCTE {
			r.table = c.lookup(f.Table)
		}
	case f.Join != nil:
		for _, name := range []string{f.Alias, f.Join.UsingAlias} {
			if name != "" {
				add(name)
			}
		}
		filter := f.Join.Kind == parse.InnerJoin
		for _, s := range above {
			filter = filter && !s.nullable()
		}
		if filter {
			// Neither this join nor one above invents rows on this side, so every row of
			// the level satisfies the condition.
			lv.filters = append(lv.filters, joinPlace(f))
		}
		c.addItem(lv, f.Join.Left, append([]joinSide{{f, true}}, above...))
		c.addItem(lv, f.Join.Right, append([]joinSide{{f, false}}, above...))
	case f.Alias == "" && len(f.Function) > 0 && f.Function[0] != nil:
		// ROWS FROM (f(), g()) is called f.
		name := f.Function[0].Name
		add(name[strings.LastIndex(name, ".")+1:])
	default:
		add(f.Alias)
	}
}

// placesOf lists the places from which a predicate p on a relation R filters
// exactly R: the result is the same as with σ(R), the rows of R that satisfy p,
// in place of R. p speaks of R's row (and perhaps of rows outside the level).
// Let E be the join tree below a place, with R in it.
//
//   - R on either side of an inner join: σ(A) ⋈ B = σ(A ⋈ B). R on the preserved
//     side of an outer join: σ(A) ⟕ B = σ(A ⟕ B), since each row of the result
//     has exactly one row of A in it. So, as long as the walk up has met nothing
//     else, E with σ(R) in it is σ(E), and the next place may serve.
//   - The condition of an inner join: A ⋈_{θ∧p} B = σ(A ⋈_θ B). Whatever is above
//     this join sees the same relation, so here the upper tree does not matter.
//   - R on the nullable side of an outer join: A ⟕_{θ∧p} B = A ⟕_θ σ(B), since a
//     row of B that fails p matches nothing. Above this join R may be NULL, and p
//     would drop rows that σ(R) keeps, so the walk ends here.
//   - The condition of an outer join with R on the preserved side filters nothing:
//     a row of R that fails it still comes out, with NULLs. It is no place, and the
//     walk goes on.
//   - FULL JOIN: both sides are preserved, so its condition filters nothing, and
//     both are nullable, so neither does anything above. The walk ends.
//   - An alias on a join hides the names in it from everything above; a predicate
//     that uses one there speaks of another relation. The walk ends.
//   - WHERE at the end: the items of FROM are joined without a condition, as by
//     inner joins.
//
// The same places serve for a conjunct X that only implies p: σ_X = σ_X∘σ_p, and
// likewise in a join's condition.
func placesOf(joins []joinSide, where place) []place {
	var out []place
	for _, s := range joins {
		switch s.item.Join.Kind {
		case parse.InnerJoin:
			out = append(out, joinPlace(s.item))
		case parse.LeftJoin, parse.RightJoin:
			if s.nullable() {
				return append(out, joinPlace(s.item))
			}
		default:
			return out
		}
		if s.item.Alias != "" {
			return out
		}
	}
	return append(out, where)
}

// visibleAt reports whether a place sees the relation: the place is above it,
// and no alias of a join hides it there. Elsewhere its name would mean a
// relation of an outer level.
func (r *relation) visibleAt(p place) bool {
	for _, s := range r.joins {
		if s.item == p.join {
			return true
		}
		if s.item.Alias != "" {
			return false
		}
	}
	return p.join == nil
}

// named returns the relation of that name, or nil.
func (lv *level) named(name string) *relation {
	for _, r := range lv.relations {
		if r.name == name {
			return r
		}
	}
	return nil
}
