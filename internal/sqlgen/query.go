package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// query is a SELECT, or what stands for one.
type query struct {
	sql     string
	columns []field
	// tailed is set when ORDER BY, LIMIT or a locking clause ends it.
	tailed bool
	// plain is the level of a SELECT whose rows are those of FROM: ORDER BY may use
	// other expressions than its columns, and rows can be locked.
	plain *env
	// writes is the word of a statement that writes.
	writes string
	// combined is set for a set operation.
	combined bool
	// prefix are expressions that ORDER BY has to begin with.
	prefix string
}

// ordered makes the order of a query's rows certain, as far as they differ.
func (q *query) ordered() *query {
	if q.tailed {
		q.sql = "SELECT * FROM (" + q.sql + ") AS o"
		q.prefix = ""
	}
	q.sql += " ORDER BY " + q.prefix + ordinals(len(q.columns))
	q.tailed = true
	return q
}

func ordinals(n int) string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprint(i+1))
	}
	return list(out)
}

// query writes a query that gives columns of the kinds.
func (g *generator) query(kinds []kind, depth int, outer *env) *query {
	var q *query
	if g.one(16) && depth > 0 && !g.recurses {
		sql := g.with(false, func() string { q = g.body(kinds, depth, outer, nil); g.tail(q); return q.sql })
		q.sql, q.tailed = sql, true
		return q
	}
	q = g.body(kinds, depth, outer, nil)
	if g.one(2) {
		g.tail(q)
	}
	return q
}

// body writes a query without a tail. fixed are items that are given, by their
// index.
func (g *generator) body(kinds []kind, depth int, outer *env, fixed map[int]string) *query {
	var q *query
	g.choose(
		choice{8, func() string { q = g.simple(kinds, depth, outer, fixed); return "" }},
		choice{2, func() string {
			if len(fixed) > 0 {
				q = g.simple(kinds, depth, outer, fixed)
			} else {
				q = g.grouped(kinds, depth, outer)
			}
			return ""
		}},
		choice{1, func() string { q = g.windowed(kinds, depth, outer, fixed); return "" }},
		choice{2, func() string {
			if depth <= 0 || g.tables < 2 || len(fixed) > 0 {
				q = g.simple(kinds, depth, outer, fixed)
			} else {
				q = g.setOperation(kinds, depth, outer)
			}
			return ""
		}},
	)
	return q
}

// simple writes a SELECT of expressions over its FROM clause.
func (g *generator) simple(kinds []kind, depth int, outer *env, fixed map[int]string) *query {
	if g.can("no FROM") && g.one(32) {
		g.use("no FROM")
		e := &env{outer: outer}
		q := &query{}
		items := g.items(q, kinds, e, depth-1, fixed)
		q.sql = "SELECT " + list(items)
		return q
	}
	sql, e := g.from(depth, outer)
	q := &query{plain: e}
	items := g.items(q, kinds, e, depth-1, fixed)
	head := "SELECT "
	switch {
	case g.one(8):
		g.use("distinct")
		head, q.plain = "SELECT DISTINCT ", nil
	case g.can("distinct on") && g.one(16) && len(e.own("")) > 0:
		g.use("distinct on")
		by := pick(g, e.own("")).sql
		head, q.plain, q.prefix = "SELECT DISTINCT ON ("+by+") ", nil, by+", "
		q.sql = head + list(items) + " FROM " + sql + g.where(e, depth)
		q = q.ordered()
		return q
	}
	q.sql = head + list(items) + " FROM " + sql + g.where(e, depth)
	return q
}

// where writes a WHERE clause, or none.
func (g *generator) where(e *env, depth int) string {
	if g.one(2) {
		return ""
	}
	return " WHERE " + g.condition(e, depth)
}

// items writes a select list.
func (g *generator) items(q *query, kinds []kind, e *env, depth int, fixed map[int]string) []string {
	var out []string
	for i, k := range kinds {
		sql, given := fixed[i]
		if !given {
			sql = g.scalar(k, e, depth)
		}
		out = append(out, g.output(q, sql, k))
	}
	return out
}

// output gives a column of a query its name.
func (g *generator) output(q *query, sql string, k kind) string {
	name := g.name("c")
	q.columns = append(q.columns, field{name: name, kind: k})
	return sql + " AS " + name
}

// grouped writes an aggregation: by columns, by grouping sets, or of all rows.
func (g *generator) grouped(kinds []kind, depth int, outer *env) *query {
	sql, e := g.from(depth, outer)
	g.use("group by")
	var keys []ref
	for range g.below(3) {
		if refs := e.own(""); len(refs) > 0 {
			keys = append(keys, pick(g, refs))
		}
	}
	var columns []string
	for _, r := range keys {
		if !slices.Contains(columns, r.sql) {
			columns = append(columns, r.sql)
		}
	}
	by := ""
	if len(columns) > 0 {
		by = " GROUP BY " + g.choose(
			choice{4, func() string { return list(columns) }},
			choice{g.ifCan("grouping sets", 1), func() string { g.use("rollup"); return "ROLLUP (" + list(columns) + ")" }},
			choice{g.ifCan("grouping sets", 1), func() string { g.use("cube"); return "CUBE (" + list(columns) + ")" }},
			choice{g.ifCan("grouping sets", 1), func() string {
				g.use("grouping sets")
				return "GROUPING SETS ((" + list(columns) + "), (" + columns[0] + "), ())"
			}},
		)
	}
	// PostgreSQL before 18 takes ORDER BY of a column that WHERE makes constant for
	// none, also where grouping sets make it NULL: such a query is ordered from
	// outside.
	q := &query{tailed: strings.Contains(by, "(")}
	var items []string
	for _, k := range kinds {
		item := ""
		for _, r := range keys {
			if r.kind == k && g.one(2) {
				item = r.sql
			}
		}
		if item == "" {
			item = g.aggregate(k, e, depth-1)
		}
		items = append(items, g.output(q, item, k))
	}
	q.sql = "SELECT " + list(items) + " FROM " + sql + g.where(e, depth) + by
	if g.one(4) {
		g.use("having")
		q.sql += " HAVING " + g.aggregate(number, e, depth-1) + pick(g, []string{" > ", " = ", " <= "}) +
			g.scalar(number, blind(e), depth-1)
	}
	return q
}

// aggregated writes an aggregation that gives one row.
func (g *generator) aggregated(kinds []kind, depth int, outer *env) *query {
	sql, e := g.from(depth, outer)
	q := &query{}
	var items []string
	for _, k := range kinds {
		items = append(items, g.output(q, g.aggregate(k, e, depth-1), k))
	}
	q.sql = "SELECT " + list(items) + " FROM " + sql + g.where(e, depth)
	return q
}

// aggregate writes an aggregate of the level's own columns: one of outer columns
// alone would belong to the outer level.
func (g *generator) aggregate(k kind, e *env, depth int) string {
	own := &env{relations: e.relations, exposed: e.exposed}
	arg := func(k kind) string {
		if refs := own.own(k); len(refs) > 0 {
			return pick(g, refs).sql
		}
		return g.literal(k)
	}
	filter := ""
	if g.can("filter") && g.one(8) {
		g.use("filter")
		filter = " FILTER (WHERE " + g.condition(own, min(depth, 1)) + ")"
	}
	switch k {
	case number:
		return g.choose(
			choice{3, func() string { return "count(*)" + filter }},
			choice{1, func() string { return "count(DISTINCT " + arg(g.kind()) + ")" + filter }},
			choice{2, func() string { return fmt.Sprintf(g.schema.dialect.sum, arg(number), filter) }},
			choice{2, func() string { return pick(g, []string{"max", "min"}) + "(" + arg(number) + ")" + filter }},
		)
	case text:
		x := arg(text)
		return g.choose(
			choice{2, func() string { return pick(g, []string{"max", "min"}) + "(" + x + ")" + filter }},
			choice{1, func() string { return fmt.Sprintf(g.schema.dialect.joined, x, filter) }},
		)
	case boolean:
		return "bool_or(" + arg(boolean) + ")" + filter
	case uuid:
		return "(max(" + arg(uuid) + "::text)" + filter + ")::uuid"
	}
	return pick(g, []string{"max", "min"}) + "(" + arg(k) + ")" + filter
}

// windowed writes a SELECT with window functions that give peers one value.
func (g *generator) windowed(kinds []kind, depth int, outer *env, fixed map[int]string) *query {
	sql, e := g.from(depth, outer)
	g.use("window")
	refs := e.own("")
	over := func(order string) string {
		by := ""
		if len(refs) > 0 && g.one(2) {
			by = "PARTITION BY " + pick(g, refs).sql + " "
		}
		if order == "" && len(refs) > 0 {
			order = pick(g, refs).sql
		}
		if order != "" {
			by += "ORDER BY " + order
		}
		return " OVER (" + by + ")"
	}
	q := &query{}
	var items []string
	for i, k := range kinds {
		item, given := fixed[i]
		own := e.own(k)
		switch {
		case given:
		case k == number && g.one(2):
			item = pick(g, []string{"rank()", "dense_rank()", "count(*)"}) + over("")
		case len(own) > 0 && k != boolean && k != uuid:
			x := pick(g, own).sql
			item = g.choose(
				choice{1, func() string { return "max(" + x + ")" + over("") }},
				choice{1, func() string { return "first_value(" + x + ")" + over(pick(g, refs).sql+" DESC, "+x) }},
			)
		default:
			item = g.scalar(k, e, depth-1)
		}
		items = append(items, g.output(q, item, k))
	}
	q.sql = "SELECT " + list(items) + " FROM " + sql + g.where(e, depth)
	return q
}

// setOperation combines two queries.
func (g *generator) setOperation(kinds []kind, depth int, outer *env) *query {
	op := pick(g, g.schema.dialect.setOperations)
	g.use(strings.ToLower(op))
	left, right := g.body(kinds, depth-1, outer, nil), g.body(kinds, depth-1, outer, nil)
	for _, arm := range []*query{left, right} {
		if arm.plain = nil; g.can("outer columns in derived tables") && g.one(8) {
			g.tail(arm)
		}
		switch {
		case g.can("parenthesized arms") && (arm.tailed || g.one(4)):
			arm.sql = "(" + arm.sql + ")"
		case arm.tailed || !g.can("parenthesized arms") && arm.combined:
			arm.sql = "SELECT * FROM (" + arm.sql + ") AS o"
		}
	}
	return &query{sql: left.sql + " " + op + " " + right.sql, columns: left.columns, combined: true}
}

// tail ends a query with ORDER BY and LIMIT, or locks its rows.
func (g *generator) tail(q *query) {
	if q.tailed {
		return
	}
	if q.plain != nil && g.one(4) {
		if lock := g.lock(q.plain); lock != "" {
			q.sql, q.tailed = q.sql+lock, true
			return
		}
	}
	if q.plain != nil && g.one(4) {
		if refs := q.plain.own(""); len(refs) > 0 {
			q.prefix = pick(g, refs).sql + pick(g, g.directions())
		}
		if g.one(4) && g.tables > 0 {
			g.use("subquery in ORDER BY")
			q.prefix = g.scalarSubquery(number, q.plain, 0) + ", "
		}
	}
	g.use("order by")
	q = q.ordered()
	if !g.one(2) {
		return
	}
	g.use("limit")
	q.sql += g.choose(
		choice{4, func() string { return " LIMIT " + fmt.Sprint(1+g.below(4)) }},
		choice{2, func() string {
			if !g.can("offset first") {
				return " LIMIT " + g.limitParam() + " OFFSET " + fmt.Sprint(g.below(3))
			}
			return " OFFSET " + fmt.Sprint(g.below(3)) + " LIMIT " + g.limitParam()
		}},
		choice{g.ifCan("subquery in LIMIT", 1), func() string {
			if g.tables <= 0 {
				return ""
			}
			g.use("subquery in LIMIT")
			return " LIMIT (" + g.aggregateCount() + ")"
		}},
		choice{g.ifCan("with ties", 1), func() string {
			if q.plain == nil {
				// PostgreSQL hands WITH TIES on to what it looks up min() with, and then
				// finds more than one row.
				return ""
			}
			g.use("with ties")
			return " FETCH FIRST " + fmt.Sprint(1+g.below(3)) + " ROWS WITH TIES"
		}},
	)
}

// directions are ways to end the expression of an ORDER BY.
func (g *generator) directions() []string {
	if g.can("nulls first") {
		return []string{", ", " DESC, ", " NULLS FIRST, "}
	}
	return []string{", ", " DESC, "}
}

func (g *generator) aggregateCount() string {
	sql, e := g.from(0, nil)
	return "SELECT count(*) FROM " + sql + g.where(e, 0)
}

func (g *generator) limitParam() string {
	g.use("parameter")
	g.params = append(g.params, Param{Name: "limit", value: fmt.Sprint(g.below(4))})
	return mark(len(g.params) - 1)
}

// lock locks the rows of one table that cannot be missing. Of a table with shared
// rows it leaves out those, as policies do.
func (g *generator) lock(e *env) string {
	if g.recurses || len(g.schema.dialect.lock) == 0 {
		return ""
	}
	for _, r := range e.relations {
		if r.base != nil && r.base.View == nil && !r.nullable && !r.base.Tenancy.Shared {
			g.use("for update")
			return " " + strings.ReplaceAll(pick(g, g.schema.dialect.lock), "%s", parse.PostgreSQL.Quote(r.name))
		}
	}
	return ""
}
