package sqlgen

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// merge writes a MERGE of rows that are grouped by what the target is compared
// with: a row of the target that meets two of them is an error. A table with shared
// rows is no target: MERGE passes over those, and inserts where they would match.
func (g *generator) merge() string {
	t := g.target(func(t *table) bool {
		return t.Tenancy.Class != ir.ClassRoot && !t.kept && !t.Tenancy.Shared && len(t.ties()) < 2 && slices.ContainsFunc(t.columns, (*column).assignable) &&
			!slices.ContainsFunc(t.columns, func(c *column) bool {
				return (c.kind == "" || c.pair || c.shared && !c.Identity) && c.NotNull && !c.HasDefault && !c.tenant
			})
	})
	if t == nil {
		return g.simple([]kind{number}, 0, nil, nil).sql
	}
	g.use("merge")
	sql, r := g.targetRelation(t, " AS ")
	from, e := g.from(1, nil)
	refs := e.own("")
	if len(refs) == 0 {
		return "SELECT 1 FROM " + from
	}
	key := pick(g, refs)
	source := &relation{name: g.name("s"), columns: []field{{name: "v", kind: key.kind}, {name: "n", kind: number}}}
	var on []string
	for _, f := range r.columns {
		if f.kind == key.kind {
			on = append(on, parse.PostgreSQL.Quote(r.name)+"."+parse.PostgreSQL.Quote(f.name)+" = "+source.name+".v")
		}
	}
	condition := "false"
	if len(on) > 0 {
		condition = pick(g, on)
	}
	both, alone := &env{relations: []*relation{r, source}}, &env{relations: []*relation{source}}
	if g.one(4) {
		condition += " AND (" + g.condition(both, 1) + ")"
	}
	sql = "MERGE INTO " + sql + " USING (SELECT " + key.sql + " AS v, count(*) AS n FROM " + from + g.where(e, 1) + " GROUP BY " + key.sql + ") AS " + source.name + " ON " + condition
	when := func(head string, e *env, action string) {
		if g.one(2) {
			head += " AND (" + g.condition(e, 1) + ")"
		}
		sql += " " + head + " THEN " + action
	}
	if g.one(2) {
		g.use("merge delete")
		when("WHEN MATCHED", both, "DELETE")
	}
	when("WHEN MATCHED", both, "UPDATE SET "+list(g.sets(t, r, both)))
	if g.one(2) {
		g.use("merge insert")
		when("WHEN NOT MATCHED", alone, g.mergeInsert(t))
	}
	return sql
}

func (g *generator) mergeInsert(t *table) string {
	var names, values []string
	for _, c := range g.insertColumns(t) {
		if c.Identity || c.Serial || c.shared {
			continue
		}
		names, values = append(names, c.sql), append(values, g.inserted(c, false, true))
	}
	if len(names) == 0 {
		return "INSERT DEFAULT VALUES"
	}
	return "INSERT (" + list(names) + ") VALUES (" + list(values) + ")"
}
