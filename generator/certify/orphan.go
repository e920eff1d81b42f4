package certify

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// NULL in the key that says whose row it is makes a row without a parent, which is
// nobody's: the tenant would lose it without a word. Where the table lets NULL
// into such a key, its value has to be one that is never NULL.

// notNull reports whether all of a table's columns refuse NULL.
func notNull(t *catalog.Table, columns ...string) bool {
	return !slices.ContainsFunc(columns, func(name string) bool {
		column := t.Column(name)
		return column == nil || !column.NotNull
	})
}

// numbers reports whether a column puts a number in the place of a NULL that it is
// given: as a key, that may be any row's.
func (c *checker) numbers(t *catalog.Table, columns ...string) bool {
	return c.cat.Dialect.FillsSerial() && slices.ContainsFunc(columns, func(name string) bool {
		column := t.Column(name)
		return column == nil || column.Serial
	})
}

// isThere reports whether columns of a relation are never NULL in its level: none of
// the joins above it puts NULLs in its place, nor do grouping sets and aggregates. The columns of
// a subquery or common table expression are looked at where they come from.
func isThere(r *level.Relation, columns []string, lv *level.Level) bool {
	return !lv.Grouped && !slices.ContainsFunc(r.Joins, level.Side.Nullable) && (r.Table == nil || notNull(r.Table, columns...))
}

// failsWithout reports whether a scalar subquery whose output is a column of p fails
// where there is no row of p. It has one row, which a query without FROM gives on
// the kept side of a LEFT JOIN, and for that row WHERE is a condition that raises an
// error where p.column IS NULL.
func (c *checker) failsWithout(q *parse.Query, p *level.Relation, column string) bool {
	if !isPlain(q) || len(q.Select.From) != 1 {
		return false
	}
	join := q.Select.From[0].Join
	if join == nil || join.Kind != parse.LeftJoin || !isPlain(join.Left.Query) || len(join.Left.Query.Select.From) > 0 || join.Left.Query.Select.Where != nil {
		return false
	}
	when := ofNullTest(c.cat.Dialect.FailsWhen(q.Select.Where))
	return when != nil && level.IsColumn(when, p.Name, column)
}

// isPlain reports whether a query is a SELECT with no more than FROM and WHERE.
func isPlain(q *parse.Query) bool {
	return q != nil && q.Select != nil && q.With == nil && q.Limit == nil && q.Offset == nil && !q.Select.Distinct && q.Select.GroupBy == nil && q.Select.Having == nil
}

// ofNullTest is x of x IS NULL; nil for anything else.
func ofNullTest(e *parse.Expr) *parse.Expr {
	if e == nil || e.Kind != parse.OtherExpr || e.Name != "NullTest" || !e.Null || len(e.Args) != 1 {
		return nil
	}
	return e.Args[0]
}
