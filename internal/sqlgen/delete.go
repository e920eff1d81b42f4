package sqlgen

import (
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// delete writes a DELETE, or a SELECT where no table can be written.
func (g *generator) delete() *query {
	t := g.target(func(t *table) bool { return !t.kept && t.Tenancy.Class != ir.ClassRoot })
	if t == nil {
		return g.simple([]kind{number}, 0, nil, nil)
	}
	g.use("delete")
	if !g.can("delete using") {
		return g.deleteFrom(t)
	}
	sql, r := g.targetRelation(t, " AS ")
	own := &env{relations: []*relation{r}, exposed: r.columns}
	e, using, tie := own, "", ""
	if g.tables > 0 && g.one(2) {
		g.use("delete using")
		using, e, tie = g.otherItems(" USING ", r)
		own.exposed = e.exposed
	}
	q := &query{sql: "DELETE FROM " + sql + using, writes: "delete"}
	switch condition := g.condition(e, 1); {
	case tie != "":
		q.sql += " WHERE " + tie + " AND (" + condition + ")"
	case !g.one(8):
		q.sql += " WHERE " + condition
	}
	return g.maybeReturning(q, own)
}

// deleteFrom writes a DELETE where there is no USING.
func (g *generator) deleteFrom(t *table) *query {
	sql, r := g.targetRelation(t, " AS ")
	own := &env{relations: []*relation{r}, exposed: r.columns}
	if g.can("delete join") && g.tables > 0 && g.one(2) {
		g.use("delete join")
		joined, e, _ := g.joinedItem(sql, r)
		name := parse.PostgreSQL.Quote(r.name)
		q := &query{sql: pick(g, []string{"DELETE " + name + " FROM ", "DELETE FROM " + name + " USING "}) + joined}
		if !g.one(8) {
			q.sql += " WHERE " + g.condition(e, 1)
		}
		return q
	}
	q := &query{writes: "delete"}
	if !g.can("update from") { // neither an alias here
		sql, r = t.sql, &relation{name: t.name, columns: fieldsOf(t), base: t}
		own = &env{relations: []*relation{r}, exposed: r.columns}
	}
	q.sql = "DELETE FROM " + sql
	if !g.one(8) {
		q.sql += " WHERE " + g.condition(own, 1)
	}
	if first := g.firstRows(t, r); first != "" {
		q.sql += first
		return q
	}
	return g.maybeReturning(q, own)
}
