package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// scalar writes an expression of a kind. depth says how much it may nest.
func (g *generator) scalar(k kind, e *env, depth int) string {
	if depth <= 0 {
		return g.atom(k, e)
	}
	return g.choose(
		choice{8, func() string { return g.atom(k, e) }},
		choice{2, func() string { return g.compute(k, e, depth-1) }},
		choice{2, func() string { return g.scalarSubquery(k, e, depth-1) }},
		choice{1, func() string {
			g.use("case")
			return "CASE WHEN " + g.condition(e, depth-1) + " THEN " + g.scalar(k, e, depth-1) + " ELSE " + g.scalar(k, e, depth-1) + " END"
		}},
		choice{1, func() string {
			g.use("coalesce")
			return "coalesce(" + g.scalar(k, e, depth-1) + ", " + g.atom(k, e) + ")"
		}},
	)
}

// atom is a column, a literal or a parameter.
func (g *generator) atom(k kind, e *env) string {
	refs := e.own(k)
	if len(refs) == 0 || g.one(8) {
		refs = e.all(k)
	}
	if len(refs) > 0 && !g.one(8) {
		return g.column(pick(g, refs), e)
	}
	if g.one(4) {
		return g.param(k)
	}
	return g.literal(k)
}

// column writes a column, at times without its relation.
func (g *generator) column(r ref, e *env) string {
	if bare := e.unqualified(r.field); bare != "" && g.one(8) && slices.ContainsFunc(e.own(""), func(o ref) bool { return o.sql == r.sql }) {
		return bare
	}
	return r.sql
}

func (g *generator) literal(k kind) string {
	if values := g.schema.values[k]; len(values) > 0 && !g.one(16) {
		return literal(k, pick(g, values))
	}
	g.use("null")
	return g.typed("NULL", typeName(k))
}

// typed gives NULL or a parameter its type, where it needs one.
func (g *generator) typed(sql, sqlType string) string {
	if g.schema.dialect.typed == "" {
		return sql
	}
	return fmt.Sprintf(g.schema.dialect.typed, sql, sqlType)
}

func typeName(k kind) string {
	switch k {
	case number, text, date, boolean, uuid:
		return string(k)
	}
	return `"` + string(k) + `"`
}

// param writes a parameter of a kind, a new one or one that is there already.
func (g *generator) param(k kind) string {
	g.use("parameter")
	for i, p := range g.params {
		if p.Name == string(k) && g.one(2) {
			return g.typed(mark(i), typeName(k))
		}
	}
	p := Param{Name: string(k), from: fromLiteral}
	if values := g.schema.values[k]; len(values) > 0 && !g.one(8) {
		p.value = pick(g, values)
	} else {
		p.from = fromNull
	}
	g.params = append(g.params, p)
	return g.typed(mark(len(g.params)-1), typeName(k))
}

// paramOf writes a new parameter for a value of a column.
func (g *generator) paramOf(c *column, from source) string {
	g.use("parameter")
	p := Param{Name: c.Name, column: c, from: from, pick: g.below(16), value: "0"}
	if values := g.schema.values[c.kind]; len(values) > 0 {
		p.value = values[0]
	}
	if c.kind == number {
		p.value = "987654" // where a tenant has no rows, a value that no row has
	}
	g.params = append(g.params, p)
	return mark(len(g.params) - 1)
}

// compute writes an operation or a call of a function. None of them fails.
func (g *generator) compute(k kind, e *env, depth int) string {
	d := g.schema.dialect
	arg := func(k kind) string { return g.scalar(k, e, depth) }
	switch k {
	case number:
		return g.choose(
			choice{3, func() string { return "(" + arg(number) + pick(g, []string{" + ", " - "}) + arg(number) + ")" }},
			choice{1, func() string { return fmt.Sprintf(d.greater, arg(number), arg(number)) }},
			choice{1, func() string { return "nullif(" + arg(number) + ", " + arg(number) + ")" }},
			choice{1, func() string { return "length(" + arg(text) + ")" }},
			choice{1, func() string { return "abs(" + arg(number) + ")" }},
			choice{g.ifCan("div", 1), func() string { g.use("div"); return "(" + arg(number) + " DIV 3)" }},
		)
	case text:
		return g.choose(
			choice{2, func() string { return fmt.Sprintf(d.concatenated, arg(text), arg(text)) }},
			choice{1, func() string { return "upper(" + arg(text) + ")" }},
			choice{1, func() string { return g.wholeRow(e, arg) }},
			choice{1, func() string { return fmt.Sprintf(d.converted[text], arg(number)) }},
			choice{1, func() string { return "concat(" + arg(text) + ", " + arg(g.kind()) + ")" }},
		)
	case date:
		if g.can("date arithmetic") {
			return "(" + arg(date) + " + " + fmt.Sprint(g.below(5)) + ")"
		}
	case boolean:
		return "(" + g.condition(e, depth) + ")"
	}
	return fmt.Sprintf(d.lesser, arg(k), arg(k))
}

// wholeRow is a row of a table as text.
func (g *generator) wholeRow(e *env, arg func(kind) string) string {
	for _, r := range e.relations {
		if g.can("whole row") && r.base != nil && !slices.ContainsFunc(g.schema.tables, func(t *table) bool { return t.column(r.name) != nil }) {
			g.use("whole row")
			return parse.PostgreSQL.Quote(r.name) + "::text"
		}
	}
	return "lower(" + arg(text) + ")"
}

// scalarSubquery is a subquery that gives one row at most.
func (g *generator) scalarSubquery(k kind, e *env, depth int) string {
	if g.tables <= 0 || g.recurses {
		return g.atom(k, e)
	}
	g.use("scalar subquery")
	if g.one(4) {
		if g.can("array") && k == text && g.one(2) {
			g.use("array subquery")
			return "array_to_string(ARRAY(" + g.query([]kind{text}, depth, e).ordered().sql + "), ',')"
		}
		q := g.inner([]kind{k}, depth, e).ordered()
		return "(" + q.sql + " LIMIT 1)"
	}
	return "(" + g.aggregated([]kind{k}, depth, e).sql + ")"
}

// condition writes an expression of type boolean.
func (g *generator) condition(e *env, depth int) string {
	if depth <= 0 {
		return g.comparison(e, 0)
	}
	return g.choose(
		choice{8, func() string { return g.comparison(e, depth-1) }},
		choice{2, func() string {
			g.use("or")
			return g.condition(e, depth-1) + " OR " + g.condition(e, depth-1)
		}},
		choice{2, func() string {
			return g.both(g.condition(e, depth-1), g.condition(e, depth-1))
		}},
		choice{1, func() string {
			g.use("not")
			return "NOT (" + g.condition(e, depth-1) + ")"
		}},
		choice{4, func() string { return g.subqueryCondition(e, depth-1) }},
	)
}

// both joins two conditions. What AND binds to may be half of an OR: that is as
// good a condition as any.
func (g *generator) both(a, b string) string { return a + " AND " + b }

// comparison compares expressions without a subquery of its own.
func (g *generator) comparison(e *env, depth int) string {
	k := g.kindOf(e)
	left := g.scalar(k, e, depth)
	return g.choose(
		choice{6, func() string {
			return left + pick(g, []string{" <> ", " <= ", " > ", " = "}) + g.operand(k, e, left, depth)
		}},
		choice{2, func() string { return left + pick(g, []string{" IS NOT NULL", " IS NOT NULL", " IS NULL"}) }},
		choice{1, func() string { return fmt.Sprintf(g.schema.dialect.distinct, left, g.atom(k, e)) }},
		choice{g.ifCan("null-safe equality", 1), func() string { g.use("<=>"); return left + " <=> " + g.atom(k, e) }},
		choice{g.ifCan("is", 1), func() string { g.use("is"); return left + pick(g, []string{" IS ", " IS NOT "}) + g.atom(k, e) }},
		choice{g.ifCan("glob", 1), func() string { g.use("glob"); return left + " GLOB '*o*'" }},
		choice{1, func() string { return left + " BETWEEN " + g.atom(k, e) + " AND " + g.atom(k, e) }},
		choice{1, func() string {
			return left + pick(g, []string{" NOT IN (", " IN ("}) + g.atom(k, e) + ", " + g.atom(k, e) + ")"
		}},
		choice{1, func() string {
			if k == text || !g.can("array") {
				return left + " LIKE '%o%'"
			}
			return left + " = ANY (ARRAY[" + g.atom(k, e) + ", " + g.atom(k, e) + "])"
		}},
		choice{1, func() string { return g.tenantComparison(e) }},
	)
}

// operand is the other side of a comparison: for a column often one of its
// values.
func (g *generator) operand(k kind, e *env, left string, depth int) string {
	for _, r := range e.own(k) {
		if r.sql == left && r.column != nil && len(r.column.values) > 0 && !g.one(2) {
			if g.one(2) {
				return g.paramOf(r.column, pick(g, []source{fromOwn, fromAny}))
			}
			return literal(k, pick(g, r.column.values))
		}
	}
	return g.scalar(k, e, depth)
}

// tenantComparison compares a tenant column, as an author does who scopes the
// statement himself, rightly or not.
func (g *generator) tenantComparison(e *env) string {
	var refs []ref
	for _, r := range e.all(number) {
		if r.column != nil && r.column.tenant {
			refs = append(refs, r)
		}
	}
	if len(refs) == 0 {
		return "true"
	}
	g.use("tenant compared")
	r := pick(g, refs)
	if g.one(2) {
		return r.sql + pick(g, []string{" = ", " <> "}) + pick(g, refs).sql
	}
	return r.sql + pick(g, []string{" = ", " = ", " <> "}) + g.paramOf(r.column, fromAny)
}

// kindOf draws a kind that the level has columns of.
func (g *generator) kindOf(e *env) kind {
	var kinds []kind
	for _, r := range e.own("") {
		if !slices.Contains(kinds, r.kind) && slices.Contains(g.schema.kinds, r.kind) {
			kinds = append(kinds, r.kind)
		}
	}
	if len(kinds) == 0 {
		return g.kind()
	}
	return pick(g, kinds)
}

// subqueryCondition is a condition on a subquery.
func (g *generator) subqueryCondition(e *env, depth int) string {
	if g.tables <= 0 || g.recurses {
		return g.comparison(e, depth)
	}
	k := g.kindOf(e)
	left := func() string { return g.atom(k, e) }
	return g.choose(
		choice{3, func() string {
			g.use("exists")
			return pick(g, []string{"", "NOT "}) + "EXISTS (" + g.inner([]kind{g.kind()}, depth, e).sql + ")"
		}},
		choice{3, func() string {
			g.use("in subquery")
			return left() + " IN (" + g.inner([]kind{k}, depth, e).sql + ")"
		}},
		choice{2, func() string {
			g.use("not in subquery")
			return left() + " NOT IN (" + g.inner([]kind{k}, depth, e).sql + ")"
		}},
		choice{g.ifCan("any or all", 2), func() string {
			g.use("any or all")
			return left() + pick(g, []string{" = ANY (", " > ALL (", " <= ANY (", " <> ALL ("}) + g.inner([]kind{k}, depth, e).sql + ")"
		}},
		choice{1, func() string {
			g.use("row in subquery")
			other := g.kindOf(e)
			return "(" + left() + ", " + g.atom(other, e) + ") IN (" + g.inner([]kind{k, other}, depth, e).sql + ")"
		}},
		choice{1, func() string {
			g.use("compared subquery")
			return "(" + g.aggregated([]kind{k}, depth, e).sql + ")" + pick(g, []string{" = ", " < "}) + left()
		}},
	)
}

// inner is a query in an expression. Where a derived table sees no outer columns, it
// has no ORDER BY of its own, so that it need not become one.
func (g *generator) inner(kinds []kind, depth int, e *env) *query {
	if g.can("outer columns in derived tables") {
		return g.query(kinds, depth, e)
	}
	return g.body(kinds, depth, e, nil)
}

// list joins with commas.
func list(parts []string) string { return strings.Join(parts, ", ") }
