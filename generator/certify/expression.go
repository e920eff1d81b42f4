package certify

import (
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// gap is what may stand between two tokens.
const gap = `(?:\s|/\*(?s:.*?)\*/|--[^\n]*\n)*`

// What follows are forms that the tree leaves out. They are looked for in the
// text, where a string or comment may look like one: then the statement is
// refused for nothing, but none gets through.
var (
	anyOperator = regexp.MustCompile(`(?i)\boperator` + gap + `\(`)
	anyField    = regexp.MustCompile(`\]` + gap + `\.`)
)

// leftOut refuses forms that the tree leaves out: an operator found by its
// schema, as in ORDER BY … USING OPERATOR(x.<) and = ANY (SELECT …), may be any
// function; so may a field behind a subscript, (x)[1].name.
func (c *checker) leftOut() {
	for what, form := range map[string]*regexp.Regexp{"an operator by its schema": anyOperator, "a field behind a subscript": anyField} {
		if at := form.FindStringIndex(c.sql); at != nil {
			c.refuse(at[0], "%s may be any function", what)
		}
	}
}

// expressions checks every expression of a query's own level, and the
// subqueries in them.
func (c *checker) expressions(q *parse.Query, lv *level.Level) {
	q.Expressions(func(e *parse.Expr) { c.expression(e, lv) })
}

// expression checks one expression; its operands are visited on their own.
func (c *checker) expression(e *parse.Expr, lv *level.Level) {
	c.operands(e, lv)
	switch e.Kind {
	case parse.ParamExpr, parse.ConstExpr, parse.AndExpr, parse.OrExpr, parse.NotExpr, parse.OpExpr, parse.CastExpr, parse.DefaultExpr:
	case parse.ColumnExpr:
		c.column(e, lv)
	case parse.FuncExpr:
		// A function that is not known may run any SQL.
		switch c.cat.Function(e.Name) {
		case dialect.FunctionPlain, dialect.FunctionAggregate, dialect.FunctionWindow, dialect.FunctionAllowed:
		case dialect.FunctionForbidden:
			c.refuse(e.Pos, "function %s reads or changes what no tenant may", e.Name)
		default:
			c.refuse(e.Pos, "function %s is not known", e.Name)
		}
	case parse.SubqueryExpr:
		c.query(e.Query, lv.Names, lv)
	default:
		c.other(e)
	}
}

// otherNodes are the nodes that compute from their operands alone.
var otherNodes = strings.Fields(`NullTest BooleanTest CollateClause CaseExpr CaseWhen CoalesceExpr MinMaxExpr RowExpr
	AArrayExpr AIndirection GroupingFunc GroupingSet SortBy WindowDef NamedArgExpr List String Integer AStar MergeSupportFunc`)

func (c *checker) other(e *parse.Expr) {
	switch {
	case e.Kind != parse.OtherExpr || !slices.Contains(otherNodes, e.Name):
		c.refuse(e.Pos, "%s is not known", e.Name)
	case e.Name == "AIndirection" && len(e.Args) < 2:
		// No subscript, so a field: and (row).name calls the function name(row) where
		// the row has no such field.
		c.refuse(e.Pos, "a field of an expression may be a function call")
	}
}

// column refuses relation.name where the table has no such column: PostgreSQL
// takes that for a call of the function name(relation). Where the columns are not
// known, the schema must have no such function.
func (c *checker) column(e *parse.Expr, lv *level.Level) {
	n := len(e.Path)
	if e.MaybeString && !hasColumn(lv, e.Path[0]) {
		c.refuse(e.Pos, "%q may be a string: no table here is known to have a column of that name", e.Path[0])
	}
	if e.Star || n < 2 {
		return
	}
	for ; lv != nil; lv = lv.Outer {
		r := lv.Named(e.Path[n-2])
		if r == nil {
			continue
		}
		switch t := r.Table; {
		case t == nil || r.Renamed || t.Opaque:
			if c.cat.Declares(e.Path[n-1]) {
				c.refuse(e.Pos, "%s.%s may be a function call", r.Name, e.Path[n-1])
			}
		case t.Column(e.Path[n-1]) == nil && !slices.Contains(c.cat.Dialect.SystemColumns(), e.Path[n-1]):
			c.refuse(e.Pos, "%s has no column %s, so this may be a function call", t.QualifiedName(), e.Path[n-1])
		}
		return
	}
}

// hasColumn reports whether a table of a level, or of one around it, has a column of
// some name: then the name is no string. The names that a view gives are not certain.
func hasColumn(lv *level.Level, name string) bool {
	for ; lv != nil; lv = lv.Outer {
		if slices.ContainsFunc(lv.Relations, func(r *level.Relation) bool {
			return r.Table != nil && r.Table.View == nil && !r.Renamed && r.Table.Column(name) != nil
		}) {
			return true
		}
	}
	return false
}
