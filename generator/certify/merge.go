package certify

import (
	"fmt"

	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// merge checks MERGE INTO T USING S ON θ WHEN …. Its clauses are given the rows
// of a join of T and S: the pairs that satisfy θ, the rows of S that match no row
// of T, and the rows of T that match no row of S.
//
// For the tables in S this is a full join: a row of S that fails θ is not
// dropped, but counts as not matched. So their places are those below it, as
// level.PlacesOf says, and with these anchors S is what the tenant's rows make of it.
//
// For T a conjunct of θ that anchors it keeps a foreign row from matching. So the
// pairs, and the rows of S that match nothing, are the same with σ(T) in place of
// T. Of the rows of T that match nothing there are more than in σ(T), namely all
// foreign ones. They are given to the clauses for NOT MATCHED BY SOURCE, of which
// each has the anchor as a conjunct: it is false for a foreign row, which no
// clause takes then, and true for any other, which meets the same clause as
// without it. The clauses for MATCHED have it as well: there it is true of every
// row, and does not depend on how the join came about. Where T has shared rows, ON
// may match them, as σ(T) holds them, and the anchors in the clauses, which have to
// be of own rows, keep every clause from them.
//
// What the clauses write is checked as for INSERT and UPDATE.
func (c *checker) merge(q *parse.Query, names *level.Names, outer *level.Level) {
	m := q.Merge
	join := &parse.From{Join: &parse.Join{Kind: parse.FullJoin, Left: &parse.From{Table: m.Target}, Right: m.Source, On: m.On}}
	lv := c.levels.Level([]*parse.From{join}, nil, names, outer)
	c.from([]*parse.From{m.Source}, lv)
	r := c.target(m.Target, level.Place{Conjuncts: m.On.Conjuncts(), Text: "in the condition of MERGE"})
	r.Own = false       // ON reads it; what the clauses do needs the tenant's own rows
	lv.Relations[0] = r // which Level took for one that is read
	c.reads(lv)
	for _, w := range m.Whens {
		c.when(w, r, lv)
	}
	returning(lv, m.ReturningAliases)
	c.expressions(q, lv)
}

// when checks one WHEN clause of a MERGE into r; lv is the level of the MERGE, of
// which the clause sees the target, the source, or both.
func (c *checker) when(w *parse.When, r *level.Relation, lv *level.Level) {
	if r.Table == nil {
		return // reads has refused it
	}
	owned := r.Table.Tenancy.Class != ir.ClassGlobal
	seen := &level.Level{Outer: lv.Outer, Names: lv.Names}
	switch w.Kind {
	case parse.NotMatched:
		seen.Relations = lv.Relations[1:]
		if w.Insert != nil && owned {
			c.inserted(w.Insert, r.Table, lv.Names, seen)
		} else if w.Insert != nil {
			c.insertedKeys(w.Insert, r.Table, lv.Names, seen)
		}
		return
	case parse.Matched:
		seen.Relations = append(seen.Relations, lv.Relations...)
	case parse.NotMatchedBySource:
		seen.Relations = append(seen.Relations, r)
	default:
		c.refuse(w.Start, "this WHEN clause is not known")
		return
	}
	guarded := *r
	guarded.Places = []level.Place{{Conjuncts: w.Condition.Conjuncts(), Text: fmt.Sprintf("behind WHEN %s", w.Kind)}}
	seen.Relations[0] = &guarded
	if owned && c.anchor(seen, &guarded, true) == "" {
		c.refuse(w.Start, "WHEN %s may change another tenant's row: %s", w.Kind, c.unanchored(&guarded))
	}
	c.assignments(w.Update, seen, false)
}
