package parse

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/opcode"
)

// exprs converts a list of expressions that lie in w.
func (c *mysqlConverter) exprs(nodes []ast.ExprNode, w window) []*Expr {
	var out []*Expr
	for _, n := range nodes {
		if e := c.expr(n, w); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// expr converts an expression that lies in w. It returns nil for a nil node.
func (c *mysqlConverter) expr(n ast.ExprNode, w window) *Expr {
	if n == nil || c.err != nil {
		return nil
	}
	e := &Expr{Kind: OtherExpr, Pos: -1, Name: mysqlNode(n)}
	if pos := n.OriginTextPosition(); pos > 0 {
		e.Pos = pos // 0 is that of a node without a place
	}
	if !c.leaf(e, n, w) && !c.operator(e, n, w) && !c.call(e, n, w) {
		c.fail(unsupported(w.start(), e.Name, "write the expression with plain operators and functions"))
		return nil
	}
	if c.err == nil && e.Pos >= 0 && (e.Pos < w.start() || e.Pos >= w.end()) {
		c.fail(lost(e.Pos, "an expression"))
	}
	return e
}

// leaf converts expressions without operands.
func (c *mysqlConverter) leaf(e *Expr, n ast.ExprNode, w window) bool {
	switch s := n.(type) {
	case *ast.ColumnNameExpr:
		c.column(e, s.Name)
	case *ast.ParamMarkerExprBase:
		e.Kind, e.Pos, e.Param = ParamExpr, s.Offset, c.params[s.Offset]
		if e.Param == 0 {
			c.fail(lost(e.Pos, "a parameter"))
		}
	case *ast.ValueExprBase:
		c.constant(e, s, w)
	case *ast.DefaultExpr:
		if e.Kind = DefaultExpr; s.Name != nil {
			column := &Expr{Kind: ColumnExpr, Pos: -1}
			c.column(column, s.Name)
			e.Kind, e.Name, e.Args = FuncExpr, "default", []*Expr{column}
		}
	case *ast.ValuesExpr:
		if e.Kind = ColumnExpr; !c.proposed {
			c.fail(unsupported(e.Pos, "VALUES () outside of ON DUPLICATE KEY UPDATE", "name the column, or pass the value"))
		}
		e.Name, e.Path = "", []string{"excluded", s.Column.Name.Name.L}
	case *ast.PositionExpr:
		if s.P != nil {
			*e = *c.expr(s.P, w)
			return true
		}
		e.Kind, e.Name, e.Text = ConstExpr, "", fmt.Sprint(s.N)
	case *ast.TimeUnitExpr:
		e.Kind, e.Name, e.Text = ConstExpr, "", s.Unit.String()
	case *ast.TrimDirectionExpr:
		e.Kind, e.Name, e.Text = ConstExpr, "", s.Direction.String()
	case *ast.GetFormatSelectorExpr:
		e.Kind, e.Name = ConstExpr, ""
	default:
		return false
	}
	return true
}

// column converts a reference to a column. The new row of an INSERT, under whatever
// name, is called excluded.
func (c *mysqlConverter) column(e *Expr, n *ast.ColumnName) {
	e.Kind, e.Name = ColumnExpr, ""
	for _, name := range []string{n.Table.L, n.Name.L} {
		if name != "" {
			e.Path = append(e.Path, name)
		}
	}
	switch {
	case n.Schema.L != "":
		c.fail(unsupported(max(e.Pos, 0), "a column name with a database", "leave out the database's name"))
	case n.Table.L == "excluded":
		c.fail(unsupported(max(e.Pos, 0), "the name excluded", "write VALUES (column) for the new row's value, or rename the table"))
	case c.proposed && c.rowAlias != "" && n.Table.L == c.rowAlias:
		e.Path = []string{"excluded", n.Name.L}
	}
}

// constant converts a literal. One that the parser made up has no place.
func (c *mysqlConverter) constant(e *Expr, s *ast.ValueExprBase, w window) {
	e.Kind, e.Name = ConstExpr, ""
	switch s.Kind() {
	case ast.KindNull:
		e.Null = true
	case ast.KindString, ast.KindBytes:
		e.Text, e.Quoted = s.GetString(), true
	default:
		if at := w.indexAt(e.Pos); e.Pos >= 0 && at < w.to && w.list[at].Start == e.Pos {
			e.Text = strings.ToLower(w.original(at))
		}
	}
}

// mysqlOps are the operators of two operands.
var mysqlOps = map[opcode.Op]string{
	opcode.LogicXor: "XOR", opcode.LeftShift: "<<", opcode.RightShift: ">>", opcode.GE: ">=", opcode.LE: "<=", opcode.EQ: "=",
	opcode.NE: "<>", opcode.LT: "<", opcode.GT: ">", opcode.Plus: "+", opcode.Minus: "-", opcode.And: "&", opcode.Or: "|",
	opcode.Mod: "%", opcode.Xor: "^", opcode.Div: "/", opcode.Mul: "*", opcode.IntDiv: "DIV", opcode.NullEQ: "<=>", opcode.BitNeg: "~",
}

// operator converts operators, logic and subqueries.
func (c *mysqlConverter) operator(e *Expr, n ast.ExprNode, w window) bool {
	pair := func(l, r ast.ExprNode) []*Expr { return c.exprs([]ast.ExprNode{l, r}, w) }
	switch s := n.(type) {
	case *ast.ParenthesesExpr:
		if inner := c.expr(s.Expr, w); inner != nil {
			*e = *inner
		}
	case *ast.BinaryOperationExpr:
		switch e.Name, e.Args = "", pair(s.L, s.R); s.Op {
		case opcode.LogicAnd:
			e.Kind = AndExpr
		case opcode.LogicOr:
			e.Kind = OrExpr
		default:
			e.Kind, e.Name = OpExpr, mysqlOps[s.Op]
			return e.Name != ""
		}
	case *ast.UnaryOperationExpr:
		return c.unary(e, s, w)
	case *ast.CompareSubqueryExpr:
		c.subquery(e, s.R, w)
		e.Args = c.exprs([]ast.ExprNode{s.L}, w)
		if e.Name = "ANY"; s.All {
			e.Name = "ALL"
		}
	case *ast.ExistsSubqueryExpr:
		c.subquery(e, s.Sel, w)
		e.Name = "EXISTS"
		c.negate(e, s.Not)
	case *ast.SubqueryExpr:
		c.subquery(e, s, w)
	case *ast.SetCollationExpr:
		e.Name, e.Args = "CollateClause", c.exprs([]ast.ExprNode{s.Expr}, w)
	case *ast.RowExpr:
		e.Name, e.Args = "RowExpr", c.exprs(s.Values, w)
	case *ast.CaseExpr:
		e.Name = "CaseExpr"
		e.Args = c.exprs([]ast.ExprNode{s.Value}, w)
		for _, when := range s.WhenClauses {
			e.Args = append(e.Args, &Expr{Kind: OtherExpr, Pos: -1, Name: "CaseWhen", Args: pair(when.Expr, when.Result)})
		}
		e.Args = append(e.Args, c.exprs([]ast.ExprNode{s.ElseClause}, w)...)
	default:
		return c.test(e, n, w)
	}
	return true
}

// test converts IS, BETWEEN, LIKE, REGEXP and IN.
func (c *mysqlConverter) test(e *Expr, n ast.ExprNode, w window) bool {
	pair := func(l, r ast.ExprNode) []*Expr { return c.exprs([]ast.ExprNode{l, r}, w) }
	switch s := n.(type) {
	case *ast.IsNullExpr:
		e.Name, e.Null, e.Args = "NullTest", !s.Not, c.exprs([]ast.ExprNode{s.Expr}, w)
	case *ast.IsTruthExpr:
		e.Name, e.Args = "BooleanTest", c.exprs([]ast.ExprNode{s.Expr}, w)
	case *ast.BetweenExpr:
		bounds := &Expr{Kind: OtherExpr, Pos: -1, Name: "List"}
		e.Kind, e.Name, e.Args = OpExpr, negated(s.Not, "BETWEEN"), append(c.exprs([]ast.ExprNode{s.Expr}, w), bounds)
		bounds.Args = pair(s.Left, s.Right)
	case *ast.PatternLikeOrIlikeExpr:
		e.Kind, e.Name, e.Args = OpExpr, negated(s.Not, "LIKE"), pair(s.Expr, s.Pattern)
		return s.IsLike
	case *ast.PatternRegexpExpr:
		e.Kind, e.Name, e.Args = OpExpr, negated(s.Not, "REGEXP"), pair(s.Expr, s.Pattern)
	case *ast.PatternInExpr:
		c.in(e, s, w)
	default:
		return false
	}
	return true
}

// negate puts NOT around an expression.
func (c *mysqlConverter) negate(e *Expr, not bool) {
	if not {
		inner := *e
		*e = Expr{Kind: NotExpr, Pos: e.Pos, Args: []*Expr{&inner}}
	}
}

// unary converts an operator of one operand. A number with a sign is a constant.
func (c *mysqlConverter) unary(e *Expr, s *ast.UnaryOperationExpr, w window) bool {
	e.Name, e.Args = "", c.exprs([]ast.ExprNode{s.V}, w)
	if c.err != nil {
		return true
	}
	switch s.Op {
	case opcode.Not, opcode.Not2:
		e.Kind = NotExpr
		return true
	case opcode.Minus, opcode.Plus:
		if v := e.Args[0]; v.Kind == ConstExpr && !v.Quoted && !v.Null {
			sign := map[opcode.Op]string{opcode.Minus: "-"}[s.Op]
			*e = Expr{Kind: ConstExpr, Pos: e.Pos, Text: sign + v.Text}
			return true
		}
	}
	e.Kind, e.Name = OpExpr, mysqlOps[s.Op]
	return e.Name != ""
}

// in converts IN with a list or a subquery.
func (c *mysqlConverter) in(e *Expr, s *ast.PatternInExpr, w window) {
	value := c.exprs([]ast.ExprNode{s.Expr}, w)
	if s.Sel != nil {
		c.subquery(e, s.Sel, w)
		e.Name, e.Args = "ANY", value
		c.negate(e, s.Not)
		return
	}
	if e.Kind, e.Name = OpExpr, "IN ="; s.Not {
		e.Name = "IN <>"
	}
	e.Args = append(value, &Expr{Kind: OtherExpr, Pos: -1, Name: "List", Args: c.exprs(s.List, w)})
}

// subquery converts a subquery, which begins at its parenthesis.
func (c *mysqlConverter) subquery(e *Expr, n ast.ExprNode, w window) {
	e.Kind, e.Name = SubqueryExpr, ""
	s, ok := n.(*ast.SubqueryExpr)
	if !ok || c.err != nil {
		c.fail(lost(w.start(), "a subquery"))
		return
	}
	at := w.indexAt(s.OriginTextPosition())
	if !w.is(at, "(") || w.list[at].Start != s.OriginTextPosition() || !w.beginsQuery(at+1) {
		c.fail(lost(w.start(), "a subquery"))
		return
	}
	e.Query = c.query(s.Query, w.sub(at+1, w.match[at]))
}

// byItems converts the items of GROUP BY, ORDER BY or PARTITION BY.
func (c *mysqlConverter) byItems(items []*ast.ByItem, w window) []*Expr {
	var out []*Expr
	for _, item := range items {
		if e := c.expr(item.Expr, w); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// window converts the expressions of a window.
func (c *mysqlConverter) window(s *ast.WindowSpec, w window) []*Expr {
	var out []*Expr
	if s.PartitionBy != nil {
		out = append(out, c.byItems(s.PartitionBy.Items, w)...)
	}
	if s.OrderBy != nil {
		out = append(out, c.byItems(s.OrderBy.Items, w)...)
	}
	if s.Frame != nil {
		out = append(out, c.exprs([]ast.ExprNode{s.Frame.Extent.Start.Expr, s.Frame.Extent.End.Expr}, w)...)
	}
	return out
}
