package parse

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// exprs converts a list of expressions.
func (c *sqliteConverter) exprs(list []ast.Expr) []*Expr {
	var out []*Expr
	for _, n := range list {
		if e := c.expr(n); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// expr converts an expression; nil for none. The names of the nodes, and where they
// are said to stand, are those that PostgreSQL's tree has.
func (c *sqliteConverter) expr(n ast.Expr) *Expr {
	n = unparenthesized(n)
	if n == nil || c.err != nil {
		return nil
	}
	e := &Expr{Kind: OtherExpr, Pos: n.Pos()}
	if !c.leaf(e, n) && !c.operator(e, n) && !c.compound(e, n) {
		c.refuse(n.Pos(), strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast."), "write the expression with plain operators and functions")
		return nil
	}
	return e
}

// unparenthesized takes parentheses off an expression. To SQLite they mean nothing.
func unparenthesized(n ast.Expr) ast.Expr {
	for {
		p, ok := n.(*ast.ParenExpr)
		if !ok {
			return n
		}
		n = p.X
	}
}

// leaf converts expressions without operands.
func (c *sqliteConverter) leaf(e *Expr, n ast.Expr) bool {
	switch s := n.(type) {
	case *ast.Ident:
		c.bareColumn(e, s)
	case *ast.QualifiedRef:
		if len(s.Parts) > 2 {
			c.refuse(n.Pos(), "a column name with a database", "leave out "+s.Parts[0].Raw)
		}
		e.Kind, e.Path = ColumnExpr, c.names(s.Parts)
	case *ast.BindParam:
		number, err := strconv.Atoi(strings.TrimPrefix(s.Raw, "$"))
		if s.Raw[0] != '$' || err != nil || number < 1 {
			c.refuse(n.Pos(), "the parameter "+s.Raw, "number it: $1")
		}
		e.Kind, e.Param = ParamExpr, number
	case *ast.Literal:
		e.Kind, e.Null, e.Quoted = ConstExpr, s.Kind == ast.LitNull, s.Kind == ast.LitString
		if s.Kind < ast.LitCurrentDate && !e.Null {
			e.Text = s.Value
		}
	default:
		return false
	}
	return true
}

// bareColumn converts a name without a table.
func (c *sqliteConverter) bareColumn(e *Expr, s *ast.Ident) {
	if s.Quote == ast.QuoteNone && sqliteTruth(s.Name) {
		e.Kind, e.Text = ConstExpr, foldASCII(s.Name)
		return
	}
	e.Kind, e.Path, e.MaybeString = ColumnExpr, []string{c.name(s)}, s.Quote == ast.QuoteDouble
}

// operator converts operators, tests and logic.
func (c *sqliteConverter) operator(e *Expr, n ast.Expr) bool {
	switch s := n.(type) {
	case *ast.BinaryExpr:
		switch s.Op {
		case ast.OpAnd:
			e.Kind, e.Args = AndExpr, c.chain(s)
		case ast.OpOr:
			e.Kind, e.Args = OrExpr, c.chain(s)
		default:
			e.Kind, e.Name, e.Args = OpExpr, s.Op.String(), c.exprs([]ast.Expr{s.X, s.Y})
			e.Pos = c.offset(c.indexAt(s.X.End()))
		}
	case *ast.UnaryExpr:
		c.unary(e, s)
	case *ast.IsExpr:
		c.isTest(e, s)
	case *ast.NullCheckExpr:
		if s.Test == ast.TestNotNullWords && endsInNot(s.X) {
			c.refuse(n.Pos(), "NOT NULL behind a NOT", "write IS NOT NULL, or put parentheses around what is negated")
		}
		e.Name, e.Null, e.Args = "NullTest", s.Test == ast.TestIsNull, c.exprs([]ast.Expr{s.X})
	case *ast.LikeExpr:
		c.like(e, s)
	case *ast.BetweenExpr:
		e.Kind, e.Name = OpExpr, negated(s.Not, "BETWEEN")
		e.Args = []*Expr{c.expr(s.X), {Kind: OtherExpr, Pos: -1, Name: "List", Args: c.exprs([]ast.Expr{s.Lo, s.Hi})}}
	case *ast.InExpr:
		c.in(e, s)
	case *ast.CollateExpr:
		e.Name, e.Args = "CollateClause", c.exprs([]ast.Expr{s.X})
		c.name(s.Name)
	default:
		return false
	}
	return true
}

// endsInNot reports whether an expression ends in the operand of a NOT. SQLite negates
// x NOT NULL in NOT x NOT NULL, where the parser takes NOT x for what is tested.
func endsInNot(n ast.Expr) bool {
	switch s := n.(type) {
	case *ast.UnaryExpr:
		return s.Op == ast.OpNot || endsInNot(s.X)
	case *ast.BinaryExpr:
		return endsInNot(s.Y)
	case *ast.IsExpr:
		return endsInNot(s.Y)
	case *ast.LikeExpr:
		return endsInNot(s.Y) || endsInNot(s.Escape)
	case *ast.BetweenExpr:
		return endsInNot(s.Hi)
	}
	return false
}

func negated(not bool, name string) string {
	if not {
		return "NOT " + name
	}
	return name
}

// chain are the operands of a AND b AND c, or of an OR.
func (c *sqliteConverter) chain(s *ast.BinaryExpr) []*Expr {
	operands := []ast.Expr{s.Y}
	for {
		left, ok := unparenthesized(s.X).(*ast.BinaryExpr)
		if !ok || left.Op != s.Op {
			break
		}
		operands, s = append(operands, left.Y), left
	}
	operands = append(operands, s.X)
	out := make([]*Expr, 0, len(operands))
	for i := len(operands) - 1; i >= 0; i-- {
		out = append(out, c.expr(operands[i]))
	}
	return out
}

func (c *sqliteConverter) unary(e *Expr, s *ast.UnaryExpr) {
	number, ok := s.X.(*ast.Literal)
	switch {
	case s.Op == ast.OpNot:
		e.Kind = NotExpr
	case s.Op == ast.OpMinus && ok && (number.Kind == ast.LitInteger || number.Kind == ast.LitFloat):
		e.Kind, e.Text = ConstExpr, "-"+number.Value
		return
	default:
		e.Kind, e.Name = OpExpr, s.Op.String()
	}
	e.Args = c.exprs([]ast.Expr{s.X})
}

// isTest converts IS, which compares any two values, and takes NULL for one.
func (c *sqliteConverter) isTest(e *Expr, s *ast.IsExpr) {
	equal := s.Not == s.Distinct
	e.Args = c.exprs([]ast.Expr{s.X, s.Y})
	switch y := unparenthesized(s.Y).(type) {
	case *ast.Literal:
		if y.Kind == ast.LitNull {
			e.Name, e.Null, e.Args = "NullTest", equal, e.Args[:min(1, len(e.Args))]
			return
		}
	case *ast.Ident:
		if y.Quote == ast.QuoteNone && sqliteTruth(y.Name) {
			e.Name = "BooleanTest"
			return
		}
	}
	e.Kind, e.Name = OpExpr, "NOT_DISTINCT ="
	if !equal {
		e.Name = "DISTINCT ="
	}
}

// like converts LIKE and its kin. REGEXP and MATCH are calls of functions that the
// application or a virtual table has to bring.
func (c *sqliteConverter) like(e *Expr, s *ast.LikeExpr) {
	name := strings.ToUpper(s.Op.Name)
	e.Args = c.exprs([]ast.Expr{s.X, s.Y, s.Escape})
	if name == "LIKE" || name == "GLOB" {
		e.Kind, e.Name = OpExpr, negated(s.Not, name)
		return
	}
	call := Expr{Kind: FuncExpr, Pos: s.Op.Pos(), Name: foldASCII(name), Args: e.Args}
	if *e = call; s.Not {
		*e = Expr{Kind: NotExpr, Pos: s.Op.Pos(), Args: []*Expr{&call}}
	}
}

// in converts x IN (…). Its place is that of IN.
func (c *sqliteConverter) in(e *Expr, s *ast.InExpr) {
	at := c.indexAt(s.X.End())
	if c.is(at, "not") {
		at++
	}
	e.Pos = c.offset(at)
	tested := c.expr(s.X)
	switch {
	case s.Table != nil:
		c.refuse(s.Table.Pos(), "IN with the name of a table", "write IN (SELECT … FROM "+s.Table.Name.Raw+")")
	case s.Select != nil:
		inner := Expr{Kind: SubqueryExpr, Pos: e.Pos, Name: "ANY", Args: []*Expr{tested}, Query: c.query(s.Select)}
		if *e = inner; s.Not {
			*e = Expr{Kind: NotExpr, Pos: e.Pos, Args: []*Expr{&inner}}
		}
	default:
		e.Kind, e.Name = OpExpr, "IN ="
		if s.Not {
			e.Name = "IN <>"
		}
		e.Args = []*Expr{tested, {Kind: OtherExpr, Pos: -1, Name: "List", Args: c.exprs(s.List)}}
	}
}

// compound converts the rest.
func (c *sqliteConverter) compound(e *Expr, n ast.Expr) bool {
	switch s := n.(type) {
	case *ast.FuncCall:
		c.function(e, s)
	case *ast.CastExpr:
		e.Kind, e.Name, e.Args = CastExpr, sqliteType(s.Type), c.exprs([]ast.Expr{s.X})
	case *ast.ExistsExpr:
		e.Kind, e.Name, e.Query = SubqueryExpr, "EXISTS", c.query(s.Select)
	case *ast.SubqueryExpr:
		e.Kind, e.Query = SubqueryExpr, c.query(s.Select)
	case *ast.VectorExpr:
		e.Name, e.Args = "RowExpr", c.exprs(s.List)
	case *ast.CaseExpr:
		e.Name, e.Args = "CaseExpr", c.exprs([]ast.Expr{s.Operand})
		for _, w := range s.Whens {
			e.Args = append(e.Args, &Expr{Kind: OtherExpr, Pos: w.Pos(), Name: "CaseWhen", Args: c.exprs([]ast.Expr{w.When, w.Then})})
		}
		e.Args = append(e.Args, c.exprs([]ast.Expr{s.Else})...)
	case *ast.RaiseExpr:
		c.refuse(n.Pos(), "RAISE outside of a trigger", "leave it out")
	default:
		return false
	}
	return true
}

// sqliteType is a type as it is written, in lower case and without modifiers; empty
// for none.
func sqliteType(n *ast.TypeName) string {
	if n == nil {
		return ""
	}
	return foldASCII(n.Name)
}

// function converts a call with its ORDER BY, FILTER and OVER.
func (c *sqliteConverter) function(e *Expr, s *ast.FuncCall) {
	e.Kind, e.Name = FuncExpr, foldASCII(s.Name.Name)
	e.Args = append(c.exprs(s.Args), c.sorted(s.OrderBy)...)
	e.Args = append(e.Args, c.exprs([]ast.Expr{s.Filter})...)
	if s.Over != nil {
		e.Over = true
		e.Args = append(e.Args, c.windowDef(s.Over)...)
	}
}

// sorted converts the terms of an ORDER BY.
func (c *sqliteConverter) sorted(list []*ast.OrderingTerm) []*Expr {
	var out []*Expr
	for _, n := range list {
		out = append(out, &Expr{Kind: OtherExpr, Pos: -1, Name: "SortBy", Args: c.exprs([]ast.Expr{n.Expr})})
	}
	return out
}

func (c *sqliteConverter) windowDef(s *ast.WindowDef) []*Expr {
	out := append(c.exprs(s.Partition), c.sorted(s.OrderBy)...)
	for _, bound := range []*ast.FrameBound{s.StartBound, s.EndBound} {
		if bound != nil {
			out = append(out, c.exprs([]ast.Expr{bound.Expr})...)
		}
	}
	return out
}
