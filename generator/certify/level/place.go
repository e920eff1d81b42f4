package level

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// Side is one side of a join.
type Side struct {
	Item *parse.From // with Join set
	Left bool
}

// Nullable reports whether rows of this side may be replaced by NULLs.
func (s Side) Nullable() bool {
	switch s.Item.Join.Kind {
	case parse.InnerJoin:
		return false
	case parse.LeftJoin:
		return !s.Left
	case parse.RightJoin:
		return s.Left
	}
	return true
}

// Place is a conjunction: WHERE, or the condition of a join.
type Place struct {
	Join      *parse.From // nil for WHERE
	Conjuncts []*parse.Expr
	Text      string // "in WHERE"
}

func joinPlace(item *parse.From) Place {
	return Place{item, item.Join.On.Conjuncts(), "in the condition of the " + string(item.Join.Kind) + " JOIN"}
}

// Place works out the places of the relations in FROM, and the filters, by the
// kinds of the joins. Level has done so; it is for who has changed a kind.
func (lv *Level) Place() {
	lv.Filters = lv.Filters[:1:1]
	seen := map[*parse.From]bool{}
	for _, r := range lv.Relations {
		if r.Item == nil {
			continue
		}
		r.Places = PlacesOf(r.Joins, lv.Filters[0])
		for i, s := range r.Joins {
			// Neither this join nor one above invents rows on this side, so every row of
			// the level satisfies the condition.
			if s.Item.Join.Kind == parse.InnerJoin && !slices.ContainsFunc(r.Joins[i+1:], Side.Nullable) && !seen[s.Item] {
				seen[s.Item] = true
				lv.Filters = append(lv.Filters, joinPlace(s.Item))
			}
		}
	}
}

// PlacesOf lists the places from which a predicate p on a relation R filters
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
func PlacesOf(joins []Side, where Place) []Place {
	var out []Place
	for _, s := range joins {
		switch s.Item.Join.Kind {
		case parse.InnerJoin:
			out = append(out, joinPlace(s.Item))
		case parse.LeftJoin, parse.RightJoin:
			if s.Nullable() {
				return append(out, joinPlace(s.Item))
			}
		default:
			return out
		}
		if s.Item.Alias != "" {
			return out
		}
	}
	return append(out, where)
}

// VisibleAt reports whether a place sees the relation: the place is above it,
// and no alias of a join hides it there. Elsewhere its name would mean a
// relation of an outer level.
func (r *Relation) VisibleAt(p Place) bool {
	for _, s := range r.Joins {
		if s.Item == p.Join {
			return true
		}
		if s.Item.Alias != "" {
			return false
		}
	}
	return p.Join == nil
}

// Conjuncts are those of the places in which the relation's name means it.
func (r *Relation) Conjuncts(places []Place) []*parse.Expr {
	var out []*parse.Expr
	for _, at := range places {
		if r.VisibleAt(at) {
			out = append(out, at.Conjuncts...)
		}
	}
	return out
}
