package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// insert writes an INSERT, or a SELECT where no table can be written.
func (g *generator) insert() *query {
	t := g.target(func(t *table) bool {
		return t.Tenancy.Class != ir.ClassRoot && len(t.ties()) < 2 && !slices.ContainsFunc(t.columns, func(c *column) bool {
			return (c.kind == "" || c.pair) && c.NotNull && !c.HasDefault && !c.tenant
		})
	})
	if t == nil {
		return g.simple([]kind{number}, 0, nil, nil)
	}
	g.use("insert")
	sql, r := t.sql, &relation{name: t.name, columns: fieldsOf(t), base: t}
	if g.can("aliased insert") {
		sql, r = g.targetRelation(t, " AS ")
	}
	q := &query{writes: "insert"}
	arbiter, conflict := g.arbiter(t)
	head := "INSERT"
	if !conflict && len(g.schema.dialect.skip) > 0 && g.one(8) {
		g.use("insert or")
		head += pick(g, g.schema.dialect.skip)
		conflict, arbiter = true, nil
	}
	q.sql = head + " INTO " + sql
	columns := g.insertColumns(t)
	if len(columns) == 0 {
		g.use("default values")
		q.sql += map[bool]string{true: " DEFAULT VALUES", false: " () VALUES ()"}[g.can("default values")]
		return g.maybeReturning(q, &env{relations: []*relation{r}, exposed: r.columns})
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.sql)
	}
	if g.can("insert set") && g.one(8) {
		g.use("insert set")
		var sets []string
		for _, c := range columns {
			sets = append(sets, c.sql+" = "+g.inserted(c, conflict, true))
		}
		q.sql += " SET " + list(sets)
		return g.withConflict(q, t, r, head, arbiter, conflict, false)
	}
	q.sql += " (" + list(names) + ")"
	if g.can("overriding") && slices.ContainsFunc(columns, func(c *column) bool { return c.Identity }) {
		q.sql += " OVERRIDING SYSTEM VALUE"
	}
	source := g.insertSource(columns, conflict)
	q.sql += source
	return g.withConflict(q, t, r, head, arbiter, conflict, !strings.HasPrefix(source, " VALUES"))
}

// withConflict ends an INSERT: what happens to rows in the way, and RETURNING.
func (g *generator) withConflict(q *query, t *table, r *relation, head string, arbiter []string, conflict, selects bool) *query {
	switch {
	case !conflict || head != "INSERT":
	case g.can("on conflict"):
		if selects && !g.can("lateral") {
			q.sql = g.beforeConflict(q.sql)
		}
		q.sql += g.conflict(t, r, arbiter)
	case g.can("on duplicate key"):
		q.sql += g.onDuplicateKey(t, r)
	}
	return g.maybeReturning(q, &env{relations: []*relation{r}, exposed: r.columns})
}

// beforeConflict makes a SELECT end in WHERE: the parser would otherwise take ON
// CONFLICT for the condition of a join.
func (g *generator) beforeConflict(sql string) string {
	at := strings.Index(sql, ") ") // the end of the columns
	return sql[:at+2] + "SELECT * FROM (" + sql[at+2:] + ") AS o WHERE true"
}

// onDuplicateKey writes MySQL's clause for rows in the way.
func (g *generator) onDuplicateKey(t *table, r *relation) string {
	e := &env{relations: []*relation{r}}
	var sets []string
	for _, c := range t.columns {
		if c.assignable() && !c.unique && !c.open && !c.path && (len(sets) == 0 || g.one(4)) {
			value := "VALUES(" + c.sql + ")"
			if g.one(2) {
				value = g.scalar(c.kind, e, 1)
				if c.NotNull {
					value = "coalesce(" + value + ", VALUES(" + c.sql + "))"
				}
			}
			sets = append(sets, c.sql+" = "+value)
		}
	}
	if len(sets) == 0 {
		return ""
	}
	g.use("on duplicate key update")
	return " ON DUPLICATE KEY UPDATE " + list(sets)
}

// insertColumns draws the columns that an INSERT lists: all that it must, and
// some that it may.
func (g *generator) insertColumns(t *table) []*column {
	var out []*column
	for _, c := range t.columns {
		must := c.NotNull && !c.HasDefault && !c.Identity && !c.Serial || c.path
		switch {
		case c.Generated || c.kind == "" || c.pair:
		case c.tenant:
			if g.one(8) {
				g.use("tenant inserted by its author")
				out = append(out, c)
			}
		case c.Identity || c.Serial:
			if g.one(16) {
				out = append(out, c)
			}
		case must || g.one(2):
			out = append(out, c)
		}
	}
	return out
}

// insertSource writes VALUES or a SELECT.
func (g *generator) insertSource(columns []*column, conflict bool) string {
	shared := slices.ContainsFunc(columns, func(c *column) bool { return c.shared || c.tenant })
	if shared || g.tables <= 0 || !g.one(2) {
		var rows []string
		lookedUp := slices.ContainsFunc(columns, func(c *column) bool { return c.open || c.path })
		for range 1 + g.below(2) {
			if lookedUp && conflict && len(rows) > 0 {
				break // of two errors the look-up's comes first
			}
			var row []string
			for _, c := range columns {
				row = append(row, g.inserted(c, conflict, true))
			}
			rows = append(rows, "("+list(row)+")")
		}
		if len(rows) > 1 {
			g.use("several rows inserted")
		}
		return " VALUES " + list(rows)
	}
	g.use("insert select")
	var kinds []kind
	fixed := map[int]string{}
	for i, c := range columns {
		kinds = append(kinds, c.kind)
		if c.open || c.path || c.refers != nil {
			if (c.NotNull || !c.path) && !conflict && g.one(2) {
				continue // whatever the source gives is looked up
			}
			fixed[i] = g.inserted(c, conflict, false)
		}
	}
	// In a certain order, since the rows may get numbers from a sequence.
	return " " + g.body(kinds, 1, nil, fixed).ordered().sql
}

// inserted is a value for a column of a new row.
func (g *generator) inserted(c *column, conflict, values bool) string {
	from := fromAny
	if conflict {
		from = fromOwn // a look-up comes before the conflict
	}
	switch {
	case c.tenant:
		return g.paramOf(c, fromOwn)
	case c.open || c.path:
		if c.open && !c.NotNull && g.one(4) {
			return g.typed("NULL", c.Type)
		}
		if c.open && !c.NotNull && conflict {
			from = fromOwnOrNull
		}
		if !conflict && (c.NotNull || !c.path) && g.one(4) {
			return g.scalar(c.kind, &env{}, 1) // looked up, whatever it is
		}
		return g.typed(g.paramOf(c.refersTo(), from), c.Type)
	case c.shared:
		if !c.mixed && g.one(2) {
			return g.paramOf(c, fromOwn)
		}
		return g.unused(c.kind)
	case c.refers != nil:
		return g.typed(g.paramOf(c.refers, fromAny), c.Type)
	case c.unique && !g.one(4):
		if conflict && g.one(2) {
			return g.paramOf(c, fromOwn)
		}
		return g.unused(c.kind)
	case g.can("default") && c.HasDefault && values && g.one(4):
		return "DEFAULT"
	case c.NotNull:
		return "coalesce(" + g.scalar(c.kind, &env{}, 1) + ", " + literal(c.kind, g.schema.values[c.kind][0]) + ")"
	}
	return g.scalar(c.kind, &env{}, 1)
}

// unused is a value that no row has.
func (g *generator) unused(k kind) string {
	g.names++
	switch k {
	case number:
		return fmt.Sprint(900000 + g.names)
	case text:
		return fmt.Sprintf("'new %d'", g.names)
	}
	return literal(k, g.schema.values[k][0])
}

// arbiter draws what ON CONFLICT looks at: a key, or nothing.
func (g *generator) arbiter(t *table) (key []string, conflict bool) {
	if !g.one(2) {
		return nil, false
	}
	if keys := t.Keys(); len(keys) > 0 && !g.one(4) {
		return pick(g, keys), true
	}
	return nil, true
}

// conflict writes ON CONFLICT.
func (g *generator) conflict(t *table, r *relation, key []string) string {
	if key == nil {
		g.use("on conflict do nothing")
		return " ON CONFLICT DO NOTHING"
	}
	var names []string
	for _, name := range key {
		names = append(names, parse.PostgreSQL.Quote(name))
	}
	sql := " ON CONFLICT (" + list(names) + ")"
	e := &env{relations: []*relation{r, {name: "excluded", columns: fieldsOf(t)}}}
	var sets []string
	for _, c := range t.columns {
		if c.assignable() && !c.unique && !c.open && !c.path && (len(sets) == 0 || g.one(4)) {
			value := "excluded." + c.sql
			if g.one(2) {
				value = g.scalar(c.kind, e, 1)
				if c.NotNull {
					value = "coalesce(" + value + ", excluded." + c.sql + ")"
				}
			}
			sets = append(sets, c.sql+" = "+value)
		}
	}
	if len(sets) == 0 || g.one(4) {
		g.use("on conflict do nothing")
		return sql + " DO NOTHING"
	}
	g.use("on conflict do update")
	sql += " DO UPDATE SET " + list(sets)
	if g.one(2) {
		sql += " WHERE " + g.condition(e, 1)
	}
	return sql
}
