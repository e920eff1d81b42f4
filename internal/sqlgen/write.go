package sqlgen

import (
	"fmt"
	"slices"
	"strings"

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

// update writes an UPDATE; a query of no statement where no table can be written
// becomes a DELETE's turn.
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

// refersTo is the key that a column's values are of.
func (c *column) refersTo() *column {
	if c.refers != nil {
		return c.refers
	}
	return c
}

// delete writes a DELETE.
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

// insert writes an INSERT.
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
