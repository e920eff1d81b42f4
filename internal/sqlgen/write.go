package sqlgen

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// target draws a table to be written that no other part of the statement writes,
// nor one that a foreign key ties to it: in which order they are written is not
// certain.
func (g *generator) target(fits func(*table) bool) *table {
	var tables []*table
	for _, t := range g.schema.tables {
		// Where the oracle has no trigger that keeps shared rows, none is written.
		if t.writable() && (!t.Tenancy.Shared || g.can("shared rows written")) && fits(t) && !slices.Contains(g.written, t) {
			tables = append(tables, t)
		}
	}
	if len(tables) == 0 {
		return nil
	}
	t := pick(g, tables)
	g.written = append(append(g.written, t), t.related...)
	for _, r := range t.related {
		g.written = append(g.written, r.related...) // by a cascade
	}
	g.tables--
	return t
}

// returning writes a RETURNING clause of columns that the level sees.
func (g *generator) returning(q *query, e *env) {
	if !g.can("alias in RETURNING") {
		columns := slices.Clone(e.relations[0].columns)
		e = &env{relations: []*relation{{columns: columns}}, exposed: columns}
	}
	if len(e.own("")) == 0 {
		return
	}
	g.use("returning")
	var kinds []kind
	for range 1 + g.below(2) {
		kinds = append(kinds, g.kindOf(e))
	}
	q.sql += " RETURNING " + list(g.items(q, kinds, e, 1, nil))
}

// maybeReturning does so where it must, and at times.
func (g *generator) maybeReturning(q *query, e *env) *query {
	if g.can(q.writes+" returning") && (len(g.ctes) > 0 || g.one(2)) {
		g.returning(q, e)
	}
	return q
}

// targetRelation is the target of a write as its clauses see it.
func (g *generator) targetRelation(t *table, as string) (string, *relation) {
	name, sql := t.name, t.sql
	if g.one(2) {
		name = g.alias("", &env{})
		if name == "excluded" || name == t.name {
			name = g.name("t")
		}
		sql += as + parse.PostgreSQL.Quote(name)
	}
	return sql, &relation{name: name, columns: fieldsOf(t), base: t}
}

// joinedItem joins the target of a write with another item.
func (g *generator) joinedItem(sql string, r *relation) (joined string, e *env, tie string) {
	other := g.primary(1, &env{relations: []*relation{{name: r.name}}})
	target, right := &env{relations: []*relation{r}}, &env{relations: other.relations}
	e = &env{relations: append([]*relation{r}, other.relations...), exposed: append(slices.Clone(r.columns), other.exposed...)}
	tie = g.equality(target, right)
	switch {
	case tie == "" && g.one(2):
		return sql + ", " + other.sql, e, ""
	case tie == "":
		return sql + " CROSS JOIN " + other.sql, e, ""
	}
	return sql + pick(g, []string{" JOIN ", " LEFT JOIN ", " STRAIGHT_JOIN "}) + other.sql + " ON " + tie, e, tie
}

// firstRows limits a write to the first rows of an order that is certain.
func (g *generator) firstRows(t *table, r *relation) string {
	if !g.can("order and limit of writes") || len(t.PrimaryKey) == 0 || !g.one(4) {
		return ""
	}
	g.use("order and limit of a write")
	var by []string
	for _, name := range t.PrimaryKey {
		by = append(by, parse.PostgreSQL.Quote(r.name)+"."+parse.PostgreSQL.Quote(name))
	}
	return " ORDER BY " + list(by) + pick(g, []string{"", " DESC"}) + " LIMIT " + fmt.Sprint(1+g.below(3))
}

// otherItems writes the FROM of an UPDATE or the USING of a DELETE, and an
// equality that ties it to the target.
func (g *generator) otherItems(keyword string, target *relation) (sql string, e *env, tie string) {
	sql, e = g.from(1, nil, &relation{name: target.name}) // LATERAL does not see the target
	e.relations[0] = target
	other := &env{relations: e.relations[1:]}
	tie = g.equality(&env{relations: []*relation{target}}, other)
	e.exposed = append(e.exposed, target.columns...)
	return keyword + sql, e, tie
}

// uniqueTie reports whether an equality is by a whole key of the other table,
// within one tenant, so that a row of the target meets one of its rows.
func uniqueTie(other, target *relation, tie string) bool {
	ties := other.base.ties()
	for _, key := range other.base.Keys() {
		var rest []string
		for _, c := range key {
			if !slices.Contains(ties, c) || other.base.Tenancy.Class == ir.ClassChild {
				rest = append(rest, c)
			}
		}
		if len(rest) == 1 {
			column := parse.PostgreSQL.Quote(other.name) + "." + parse.PostgreSQL.Quote(rest[0])
			for _, f := range target.columns {
				if tie == parse.PostgreSQL.Quote(target.name)+"."+parse.PostgreSQL.Quote(f.name)+" = "+column {
					return true
				}
			}
		}
	}
	return false
}

// refersTo is the key that a column's values are of.
func (c *column) refersTo() *column {
	if c.refers != nil {
		return c.refers
	}
	return c
}
