package sqlgen

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// hasCTE reports whether a common table expression hides a table's name.
func (g *generator) hasCTE(name string) bool {
	return slices.ContainsFunc(g.ctes, func(r *relation) bool { return r.name == name })
}

// with puts common table expressions before a query, at times; before a whole
// statement also those that write.
func (g *generator) with(top bool, body func() string) string {
	if !g.one(4) || g.tables < 3 {
		return body()
	}
	before := len(g.ctes)
	defer func() { g.ctes = g.ctes[:before] }()
	g.use("with")
	if g.one(4) && !g.merges {
		sql := g.recursive()
		return "WITH RECURSIVE " + sql + " " + body()
	}
	var parts []string
	for range 1 + g.below(2) {
		parts = append(parts, g.cte(top))
		if g.tables < 2 {
			break
		}
	}
	return "WITH " + list(parts) + " " + body()
}

// cteName draws a name for a common table expression, at times a table's.
func (g *generator) cteName() string {
	if g.one(2) {
		if name := pick(g, g.schema.tables).name; !g.hasCTE(name) {
			g.use("cte named like a table")
			return name
		}
	}
	return g.name("w")
}

// cte writes one common table expression. Its own body does not see its name.
func (g *generator) cte(top bool) string {
	name := g.cteName()
	if top && g.can("data-modifying cte") && g.one(4) {
		if q := g.modifying(); q != nil {
			g.use("data-modifying cte")
			g.ctes = append(g.ctes, &relation{name: name, columns: once(q.columns)})
			return parse.PostgreSQL.Quote(name) + " AS (" + q.sql + ")"
		}
	}
	g.tables--
	q := g.query(g.kinds(), 1, nil)
	r := &relation{name: name, columns: once(q.columns)}
	g.ctes = append(g.ctes, r)
	return parse.PostgreSQL.Quote(name) + pick(g, g.schema.dialect.materialized) + q.sql + ")"
}

// modifying is a write with RETURNING; nil where nothing can be written.
func (g *generator) modifying() *query {
	switch g.below(3) {
	case 0:
		return g.insert()
	case 1:
		return g.update()
	}
	return g.delete()
}

// cteReference reads a common table expression, where there is one.
func (g *generator) cteReference(depth int, beside *env) *item {
	var visible []*relation
	for i, r := range g.ctes {
		inner := slices.ContainsFunc(g.ctes[i+1:], func(o *relation) bool { return o.name == r.name })
		if !inner && len(r.columns) > 0 {
			visible = append(visible, r)
		}
	}
	if len(visible) == 0 {
		return g.base(beside)
	}
	g.use("cte read")
	cte := pick(g, visible)
	alias := g.alias(cte.name, beside)
	sql := parse.PostgreSQL.Quote(cte.name)
	if alias != cte.name {
		sql += " AS " + parse.PostgreSQL.Quote(alias)
	}
	r := &relation{name: alias, columns: slices.Clone(cte.columns)}
	return &item{sql: sql, relations: []*relation{r}, exposed: r.columns}
}

// recursive writes a recursive common table expression that goes along one table
// for three steps at most.
func (g *generator) recursive() string {
	g.use("recursive")
	name := g.cteName()
	k := g.kind()
	// Its name is taken in both arms; only the second one may read it.
	g.ctes = append(g.ctes, &relation{name: name})
	own := g.ctes[len(g.ctes)-1]
	converted := func(sql string) string { return fmt.Sprintf(g.schema.dialect.convert(k), sql) }
	g.tables--
	first, e := g.from(0, nil)
	sql := parse.PostgreSQL.Quote(name) + " (r1, r2) AS (SELECT " + converted(g.scalar(k, e, 0)) + ", 1 FROM " + first + g.where(e, 1)
	sql += pick(g, []string{" UNION ", " UNION ", " UNION ALL "})
	self := &item{sql: parse.PostgreSQL.Quote(name) + " AS r", relations: []*relation{{name: "r", columns: []field{{name: "r1", kind: k}}}}}
	self.exposed = self.relations[0].columns
	g.tables--
	g.recurses = true
	step := g.base(&env{relations: self.relations})
	l, r := &env{relations: self.relations}, &env{relations: step.relations, exposed: step.exposed}
	on := g.equality(l, r)
	if on == "" {
		on = "false"
	}
	both := &env{relations: slices.Concat(self.relations, step.relations)}
	joins := []string{" JOIN "}
	if g.can("left join in recursion") {
		joins = append(joins, " LEFT JOIN ")
	}
	sql += "SELECT " + converted(g.scalar(k, r, 0)) + ", r.r2 + 1 FROM " + self.sql + pick(g, joins) + step.sql + " ON " + on +
		" WHERE r.r2 < 3 AND (" + g.condition(both, 1) + "))"
	g.recurses = false
	own.columns = []field{{name: "r1", kind: k}, {name: "r2", kind: number}}
	return sql
}
