package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// item is a part of a FROM clause.
type item struct {
	sql       string
	relations []*relation
	exposed   []field
	// base is set for a plain table under its own columns' names.
	base *relation
}

// from writes a FROM clause and returns what it makes visible. taken are names
// that are not free at the level.
func (g *generator) from(depth int, outer *env, taken ...*relation) (string, *env) {
	e := &env{outer: outer, relations: taken}
	var parts []string
	for {
		it := g.item(depth, e)
		parts = append(parts, it.sql)
		e.relations = append(e.relations, it.relations...)
		e.exposed = append(e.exposed, it.exposed...)
		if g.tables <= 0 || !g.one(8) {
			break
		}
		g.use("comma join")
	}
	if len(parts) == 0 {
		return "", e
	}
	return list(parts), e
}

// item writes an item of FROM: one relation, or a tree of joins.
func (g *generator) item(depth int, level *env) *item {
	it := g.primary(depth, level)
	for g.tables > 0 && !g.recurses && g.one(2) {
		it = g.join(it, depth, level)
		if !g.one(2) {
			break
		}
	}
	return it
}

// visibleTo are the relations beside an item, for LATERAL and for names.
func visibleTo(level *env, it *item) *env {
	e := &env{outer: level.outer, relations: slices.Clone(level.relations)}
	if it != nil {
		e.relations = append(e.relations, it.relations...)
	}
	return e
}

// blind keeps the names of a level and forgets its columns.
func blind(e *env) *env {
	out := &env{outer: e.outer}
	for _, r := range e.relations {
		out.relations = append(out.relations, &relation{name: r.name})
	}
	return out
}

// join joins another item to one.
func (g *generator) join(left *item, depth int, level *env) *item {
	beside := visibleTo(level, left)
	kind := pick(g, g.schema.dialect.joins)
	var right *item
	switch {
	case g.can("lateral") && g.one(8) && (kind == "JOIN" || kind == "LEFT JOIN" || kind == "CROSS JOIN"):
		right = g.lateral(depth, beside)
	case g.one(4) && g.tables > 1:
		g.use("nested join")
		inside := beside
		if kind == "RIGHT JOIN" || kind == "FULL JOIN" {
			inside = blind(beside) // LATERAL does not see through these
		}
		right = g.join(g.primary(depth, inside), depth, inside)
		right.sql = "(" + right.sql + ")"
		if g.can("aliased join") && g.one(4) {
			right = g.aliasJoin(right, beside)
		}
	default:
		right = g.primary(depth, beside)
	}
	g.use(strings.ToLower(kind))
	out := &item{relations: slices.Concat(left.relations, right.relations), exposed: slices.Concat(left.exposed, right.exposed)}
	condition := ""
	common := commonColumns(left, right)
	switch {
	case kind == "CROSS JOIN":
	case len(common) > 0 && kind != "STRAIGHT_JOIN" && g.one(4):
		condition = g.using(out, left, right, common)
		if condition == "" {
			kind = "NATURAL " + kind
		}
	default:
		condition = " ON " + g.on(kind, left, right, level.outer, depth)
	}
	if kind != "JOIN" && kind != "INNER JOIN" && kind != "CROSS JOIN" {
		markNullable(kind, left, right)
	}
	out.sql = left.sql + " " + kind + " " + right.sql + condition
	return out
}

func markNullable(kind string, left, right *item) {
	if !strings.Contains(kind, "RIGHT") && !strings.Contains(kind, "FULL") && !strings.Contains(kind, "LEFT") {
		return
	}
	if !strings.Contains(kind, "RIGHT") {
		for _, r := range right.relations {
			r.nullable = true
		}
	}
	if !strings.Contains(kind, "LEFT") {
		for _, r := range left.relations {
			r.nullable = true
		}
	}
}

// aliasJoin gives a join in parentheses an alias, which hides what is inside.
func (g *generator) aliasJoin(it *item, beside *env) *item {
	g.use("aliased join")
	r := &relation{name: g.alias("", beside), columns: once(it.exposed)}
	return &item{sql: it.sql + " AS " + parse.PostgreSQL.Quote(r.name), relations: []*relation{r}, exposed: it.exposed}
}

// once blanks the names that several columns have: they cannot be referred to.
func once(fields []field) []field {
	n := map[string]int{}
	for _, f := range fields {
		n[f.name]++
	}
	out := slices.Clone(fields)
	for i := range out {
		if n[out[i].name] > 1 {
			out[i].name = ""
		}
	}
	return out
}

// commonColumns are the names that both sides have once, with values that can be
// compared; nil when a common name cannot be joined by, since NATURAL takes all.
func commonColumns(left, right *item) []string {
	var out []string
	count := func(fields []field, name string) (n int) {
		for _, f := range fields {
			if f.name == name {
				n++
			}
		}
		return n
	}
	for _, l := range left.exposed {
		for _, r := range right.exposed {
			if l.name != r.name {
				continue
			}
			if l.kind != r.kind || l.kind == "" || count(left.exposed, l.name) > 1 || count(right.exposed, r.name) > 1 {
				return nil
			}
			out = append(out, l.name)
		}
	}
	return out
}

// using joins by common columns: by all, with NATURAL, where it returns nothing,
// or by some of them.
func (g *generator) using(out, left, right *item, common []string) string {
	by := common
	condition := ""
	if g.one(2) {
		g.use("natural")
	} else {
		g.use("using")
		by = common[:1+g.below(len(common))]
		var names []string
		for _, name := range by {
			names = append(names, parse.PostgreSQL.Quote(name))
		}
		condition = " USING (" + list(names) + ")"
	}
	var merged, rest []field
	for _, f := range left.exposed {
		if slices.Contains(by, f.name) {
			merged = append(merged, field{name: f.name, kind: f.kind})
		} else {
			rest = append(rest, f)
		}
	}
	for _, f := range right.exposed {
		if !slices.Contains(by, f.name) {
			rest = append(rest, f)
		}
	}
	out.exposed = append(merged, rest...)
	relations := slices.DeleteFunc(slices.Clone(out.relations), func(r *relation) bool { return r.name == "" })
	var still []field // merged below, and not once more here
	for _, r := range out.relations {
		for _, f := range r.columns {
			if r.name == "" && !slices.Contains(by, f.name) {
				still = append(still, f)
			}
		}
	}
	out.relations = append(relations, &relation{columns: append(merged, still...)})
	return condition
}

// on writes a join's condition, mostly with an equality of both sides.
func (g *generator) on(kind string, left, right *item, outer *env, depth int) string {
	l, r := &env{relations: left.relations, exposed: left.exposed}, &env{relations: right.relations, exposed: right.exposed}
	both := &env{relations: slices.Concat(left.relations, right.relations), exposed: slices.Concat(left.exposed, right.exposed), outer: outer}
	equality := g.equality(l, r)
	if kind == "FULL JOIN" {
		if equality == "" || g.one(16) {
			return pick(g, []string{"true", "false"})
		}
		if second := g.equality(l, r); second != "" && g.one(4) {
			return equality + " AND " + second
		}
		return equality
	}
	switch {
	case equality == "":
		return g.condition(both, depth-1)
	case g.one(4):
		g.use("condition beside equality in ON")
		return equality + pick(g, []string{" AND ", " AND ", " OR "}) + g.condition(both, depth-1)
	}
	return equality
}

// equality equates a column of each side: keys where there are any.
func (g *generator) equality(l, r *env) string {
	var keys, others []string
	for _, a := range l.own("") {
		for _, b := range r.own(a.kind) {
			sql := a.sql + " = " + b.sql
			if a.sql == parse.PostgreSQL.Quote(a.name) || b.sql == parse.PostgreSQL.Quote(b.name) {
				continue // a merged column may be ambiguous above this join
			}
			if a.column != nil && b.column != nil && (a.column.refers == b.column || b.column.refers == a.column) {
				keys = append(keys, sql)
			} else if a.kind != boolean {
				others = append(others, sql)
			}
		}
	}
	switch {
	case len(keys) > 0 && (len(others) == 0 || !g.one(4)):
		return pick(g, keys)
	case len(others) > 0:
		return pick(g, others)
	}
	return ""
}

// primary writes one relation.
func (g *generator) primary(depth int, beside *env) *item {
	if g.tables <= 0 {
		return g.values(beside)
	}
	var out *item
	g.choose(
		choice{12, func() string { out = g.base(beside); return "" }},
		choice{2, func() string { out = g.derived(depth, beside); return "" }},
		choice{3, func() string { out = g.cteReference(depth, beside); return "" }},
		choice{1, func() string { out = g.values(beside); return "" }},
	)
	return out
}

// base writes a table.
func (g *generator) base(beside *env) *item {
	g.tables--
	t := pick(g, g.schema.tables)
	if !g.can("schemas") && g.hasCTE(t.name) {
		return g.values(beside)
	}
	if t.View != nil {
		g.use("view")
	}
	sql := t.sql
	if g.can("schemas") && (g.hasCTE(t.name) || g.one(32)) {
		sql = parse.PostgreSQL.Quote(t.Schema) + "." + parse.PostgreSQL.Quote(t.name)
	}
	if g.can("only") && g.one(32) && t.View == nil {
		g.use("only")
		sql = "ONLY " + sql
	}
	alias := g.alias(t.name, beside)
	if alias != t.name || g.one(8) {
		sql += pick(g, []string{" AS ", " "}) + parse.PostgreSQL.Quote(alias)
	}
	r := &relation{name: alias, columns: fieldsOf(t), base: t}
	if g.can("renamed columns") && g.one(16) && alias != t.name {
		g.use("renamed columns")
		r.base = nil
		var names []string
		for i := range r.columns[:1+g.below(len(r.columns))] {
			r.columns[i].name = fmt.Sprintf("x%d", i+1)
			names = append(names, r.columns[i].name)
		}
		sql += " (" + list(names) + ")"
	}
	sql += g.hint(t)
	if g.can("rowid") && r.base != nil && len(t.PrimaryKey) == 1 && t.column(t.PrimaryKey[0]).kind == number && g.one(16) {
		g.use("rowid") // a table WITHOUT ROWID has no such key here
		r.columns = append(r.columns, field{name: "rowid", kind: number})
	}
	out := &item{sql: sql, relations: []*relation{r}, exposed: fieldsOf(t)}
	if r.base == nil {
		out.exposed = r.columns
	}
	if r.base != nil {
		out.base = r
	}
	return out
}

// alias draws a name that is free: the table's own, another table's, or a new
// one.
func (g *generator) alias(own string, beside *env) string {
	taken := beside.names()
	if own != "" && !slices.Contains(taken, own) && !g.one(2) {
		return own
	}
	if g.one(4) {
		if name := pick(g, g.schema.tables).name; !slices.Contains(taken, name) {
			g.use("alias of another table's name")
			return name
		}
	}
	if name := pick(g, []string{"a", "b", "c"}); !slices.Contains(taken, name) {
		return name // an outer level may have it as well
	}
	return g.name("t")
}

// derived writes a subquery.
func (g *generator) derived(depth int, beside *env) *item {
	g.use("derived table")
	g.tables--
	outer := beside.outer
	if !g.can("outer columns in derived tables") {
		outer = nil
	}
	return g.subqueryItem(g.query(g.kinds(), depth-1, outer), beside, "")
}

// lateral writes a subquery that sees what stands left of it.
func (g *generator) lateral(depth int, beside *env) *item {
	g.use("lateral")
	g.tables--
	q := g.query(g.kinds(), depth-1, beside)
	return g.subqueryItem(q, beside, "LATERAL ")
}

func (g *generator) subqueryItem(q *query, beside *env, prefix string) *item {
	r := &relation{name: g.alias("", beside)}
	sql := prefix + "(" + q.sql + ") AS " + parse.PostgreSQL.Quote(r.name)
	r.columns = once(q.columns)
	if g.can("renamed columns") && g.one(8) {
		var names []string
		for i := range r.columns {
			r.columns[i].name = fmt.Sprintf("y%d", i+1)
			names = append(names, r.columns[i].name)
		}
		sql += " (" + list(names) + ")"
	}
	return &item{sql: sql, relations: []*relation{r}, exposed: r.columns}
}

// values writes VALUES or a function as a relation.
func (g *generator) values(beside *env) *item {
	k := g.kind()
	r := &relation{name: g.alias("", beside), columns: []field{{name: "v", kind: k}}}
	var sql string
	if !g.can("values with names") {
		return g.plainValues(k, r)
	}
	if g.one(2) {
		g.use("function in FROM")
		r.columns[0].kind = number
		sql = fmt.Sprintf("generate_series(1, %d) AS %s (v)", 1+g.below(4), parse.PostgreSQL.Quote(r.name))
	} else {
		g.use("values in FROM")
		rows := []string{}
		for range 1 + g.below(3) {
			rows = append(rows, "("+g.atom(k, &env{})+")")
		}
		sql = "(VALUES " + list(rows) + ") AS " + parse.PostgreSQL.Quote(r.name) + " (v)"
	}
	return &item{sql: sql, relations: []*relation{r}, exposed: r.columns}
}

// plainValues writes rows where VALUES gives its columns no names of its author's.
func (g *generator) plainValues(k kind, r *relation) *item {
	name := parse.PostgreSQL.Quote(r.name)
	if g.can("values column1") && g.one(2) {
		g.use("values in FROM")
		r.columns[0].name = "column1"
		rows := []string{}
		for range 1 + g.below(3) {
			rows = append(rows, "("+g.atom(k, &env{})+")")
		}
		return &item{sql: "(VALUES " + list(rows) + ") AS " + name, relations: []*relation{r}, exposed: r.columns}
	}
	g.use("rows in FROM")
	sql := "SELECT " + g.atom(k, &env{}) + " AS v"
	for range g.below(3) {
		sql += " UNION ALL SELECT " + g.atom(k, &env{})
	}
	return &item{sql: "(" + sql + ") AS " + name, relations: []*relation{r}, exposed: r.columns}
}

// hint writes what tells the database which index to take, or none.
func (g *generator) hint(t *table) string {
	if t.View != nil || !g.one(16) {
		return ""
	}
	switch {
	case g.can("indexed by"):
		g.use("not indexed")
		return " NOT INDEXED"
	case g.can("index hints") && len(t.PrimaryKey) > 0:
		g.use("index hint")
		return pick(g, []string{" USE INDEX (PRIMARY)", " IGNORE INDEX FOR JOIN (PRIMARY)", " FORCE INDEX (PRIMARY)", " USE INDEX ()"})
	}
	return ""
}
