package sqlgen

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// update writes an UPDATE, or a SELECT where no table can be written.
func (g *generator) update() *query {
	t := g.target(func(t *table) bool { return slices.ContainsFunc(t.columns, (*column).assignable) })
	if t == nil {
		return g.simple([]kind{number}, 0, nil, nil)
	}
	g.use("update")
	sql, r := g.targetRelation(t, " AS ")
	if g.can("update join") {
		return g.updateJoined(t, sql, r)
	}
	own := &env{relations: []*relation{r}, exposed: r.columns}
	e, from, tie := own, "", ""
	source := own // what SET and RETURNING may read: rows of which there is one
	if g.tables > 0 && g.one(2) {
		g.use("update from")
		from, e, tie = g.otherItems(" FROM ", r)
		if len(e.relations) == 2 && e.relations[1].base != nil && uniqueTie(e.relations[1], r, tie) {
			source = e
		}
		own.exposed = e.exposed
	}
	q := &query{writes: "update"}
	sets := g.sets(t, r, source)
	q.sql = "UPDATE " + sql + " SET " + list(sets) + from
	switch condition := g.condition(e, 1); {
	case tie != "" && !g.one(8):
		q.sql += " WHERE " + tie + " AND (" + condition + ")"
	case tie != "":
		q.sql += " WHERE " + condition
		if len(source.relations) > 1 {
			q.sql = "UPDATE " + sql + " SET " + list(sets) + from + " WHERE " + tie
		}
	case !g.one(8):
		q.sql += " WHERE " + condition
	}
	if !g.can("lateral") {
		source = own // RETURNING sees the target alone
	}
	return g.maybeReturning(q, source)
}

// updateJoined writes an UPDATE whose other tables are joined with the target, or one
// of the target alone with ORDER BY and LIMIT.
func (g *generator) updateJoined(t *table, sql string, r *relation) *query {
	own := &env{relations: []*relation{r}, exposed: r.columns}
	q := &query{writes: "update"}
	if g.tables > 0 && g.one(2) {
		g.use("update join")
		joined, e, tie := g.joinedItem(sql, r)
		source := own
		if len(e.relations) == 2 && e.relations[1].base != nil && uniqueTie(e.relations[1], r, tie) {
			source = e
		}
		var sets []string
		for _, s := range g.sets(t, r, source) {
			sets = append(sets, parse.PostgreSQL.Quote(r.name)+"."+s)
		}
		q.sql = "UPDATE " + joined + " SET " + list(sets)
		if len(source.relations) < 2 && !g.one(4) {
			q.sql += " WHERE " + g.condition(e, 1)
		}
		return q
	}
	q.sql = "UPDATE " + sql + " SET " + list(g.sets(t, r, own))
	if !g.one(8) {
		q.sql += " WHERE " + g.condition(own, 1)
	}
	q.sql += g.firstRows(t, r)
	return q
}

// sets writes assignments.
func (g *generator) sets(t *table, r *relation, e *env) []string {
	var out []string
	for _, c := range t.columns {
		if !c.assignable() || len(out) > 0 && !g.one(4) {
			continue
		}
		out = append(out, c.sql+" = "+g.assigned(c, parse.PostgreSQL.Quote(r.name)+"."+c.sql, e))
	}
	return out
}

// assigned is a value for a column of an UPDATE; old is the value before.
func (g *generator) assigned(c *column, old string, e *env) string {
	switch {
	case c.open || c.path:
		// Another tenant's key fails in another way, or not at all: it is left to
		// the statements that are written by hand.
		return g.paramOf(c.refersTo(), fromOwn)
	case c.unique && c.kind == number:
		return old + " + 100"
	case c.unique && c.kind == text:
		return fmt.Sprintf(g.schema.dialect.concatenated, old, "'x'")
	case c.unique:
		return old
	case g.can("default in set") && c.HasDefault && g.one(8):
		return "DEFAULT"
	case c.refers != nil && g.one(2):
		return g.paramOf(c.refers, fromAny)
	case c.NotNull:
		return "coalesce(" + g.scalar(c.kind, e, 1) + ", " + old + ")"
	}
	return g.scalar(c.kind, e, 1)
}
