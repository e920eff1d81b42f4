package parse

import (
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// mysqlFunctionNames are names of functions that the parser gives them, and SQL's.
var mysqlFunctionNames = map[string]string{ast.InsertFunc: "insert", ast.CharFunc: "char", ast.PasswordFunc: "password"}

// call converts functions and casts.
func (c *mysqlConverter) call(e *Expr, n ast.ExprNode, w window) bool {
	switch s := n.(type) {
	case *ast.FuncCallExpr:
		switch name := s.FnName.L; name {
		case ast.NextVal, ast.LastVal, ast.SetVal:
			c.fail(unsupported(w.start(), "a sequence", "number the rows with AUTO_INCREMENT; MySQL has no sequences"))
		case ast.DateLiteral, ast.TimeLiteral, ast.TimestampLiteral:
			args := c.exprs(s.Args, w)
			if len(args) != 1 || args[0].Kind != ConstExpr {
				return false
			}
			*e = Expr{Kind: ConstExpr, Pos: e.Pos, Text: args[0].Text, Quoted: true}
		default:
			if sql := mysqlFunctionNames[name]; sql != "" {
				name = sql
			}
			if s.Schema.L != "" {
				name = s.Schema.L + "." + name
			}
			e.Kind, e.Name, e.Args = FuncExpr, name, c.exprs(s.Args, w)
		}
	case *ast.FuncCastExpr:
		if s.AtTimeZone != "" || s.Tp.IsArray() {
			return false
		}
		e.Kind, e.Name, e.Args = CastExpr, c.castType(e, s, w), c.exprs([]ast.ExprNode{s.Expr}, w)
	case *ast.AggregateFuncExpr:
		e.Kind, e.Name, e.Args = FuncExpr, strings.ToLower(s.F), c.exprs(s.Args, w)
		if s.Order != nil {
			e.Args = append(e.Args, c.byItems(s.Order.Items, w)...)
		}
		c.countAll(e)
	case *ast.WindowFuncExpr:
		e.Kind, e.Name, e.Over = FuncExpr, strings.ToLower(s.Name), true
		if e.Name == "group_concat" { // the parser forgets its ORDER BY
			return false
		}
		e.Args = c.exprs(s.Args, w)
		c.countAll(e)
		e.Args = append(e.Args, c.window(&s.Spec, w)...)
	case *ast.MatchAgainst:
		e.Kind, e.Name = FuncExpr, "match"
		for _, name := range s.ColumnNames {
			column := &Expr{Kind: ColumnExpr, Pos: -1}
			c.column(column, name)
			e.Args = append(e.Args, column)
		}
		e.Args = append(e.Args, c.exprs([]ast.ExprNode{s.Against}, w)...)
	default:
		return false
	}
	return true
}

// countAll takes out the constant that the parser puts into count (*).
func (c *mysqlConverter) countAll(e *Expr) {
	if e.Name == "count" && len(e.Args) == 1 && e.Args[0].Kind == ConstExpr && e.Args[0].Pos < 0 {
		e.Args = nil
	}
}

// castType is the type of a cast, as it is written.
func (c *mysqlConverter) castType(e *Expr, s *ast.FuncCastExpr, w window) string {
	at := w.indexAt(e.Pos)
	if s.FunctionType == ast.CastBinaryOperator && w.is(at, "binary") {
		return "binary"
	}
	if c.err != nil || !w.is(at+1, "(") {
		c.fail(lost(w.start(), "a cast"))
		return ""
	}
	inside := w.sub(at+2, w.match[at+1])
	begin := inside.from
	for i := inside.from; i < inside.to; i = inside.next(i) {
		if s.FunctionType == ast.CastFunction && inside.is(i, "as") || s.FunctionType == ast.CastConvertFunction && inside.is(i, ",") {
			begin = i + 1
		}
	}
	var name strings.Builder
	for i := begin; i < inside.to; i++ {
		word := strings.ToLower(inside.original(i))
		if i > begin && InWord(word[0]) && InWord(inside.original(i - 1)[0]) {
			name.WriteByte(' ')
		}
		name.WriteString(word)
	}
	return name.String()
}
