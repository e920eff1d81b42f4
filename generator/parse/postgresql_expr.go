package parse

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// exprs converts a list of expressions that lie in w.
func (c *converter) exprs(nodes []*ast.Node, w window) []*Expr {
	var out []*Expr
	for _, n := range nodes {
		if e := c.expr(n, w); e != nil {
			out = append(out, e)
		}
	}
	return out
}

// expr converts an expression that lies in w. It returns nil for a nil node.
func (c *converter) expr(n *ast.Node, w window) *Expr {
	if n == nil || n.Node == nil || c.err != nil {
		return nil
	}
	e := &Expr{Kind: OtherExpr, Pos: -1, Name: nodeName(n)}
	if !c.leaf(e, n, w) && !c.operator(e, n, w) && !c.compound(e, n, w) {
		c.fail(unsupported(w.start(), constructName(n), "write the expression with plain operators and functions, such as jsonb_build_object"))
		return nil
	}
	// The parser reports 0 or -1 for nodes without a place of their own.
	if c.err == nil && e.Pos > 0 && (e.Pos < w.start() || e.Pos >= w.end()) {
		c.fail(lost(e.Pos, "an expression"))
	}
	return e
}

// leaf converts expressions without operands.
func (c *converter) leaf(e *Expr, n *ast.Node, w window) bool {
	switch s := n.Node.(type) {
	case *ast.Node_ColumnRef:
		e.Kind, e.Pos = ColumnExpr, int(s.ColumnRef.Location)
		for _, f := range s.ColumnRef.Fields {
			if f.GetAStar() != nil {
				e.Star = true
				continue
			}
			e.Path = append(e.Path, f.GetString_().GetSval())
		}
	case *ast.Node_ParamRef:
		e.Kind, e.Pos, e.Param = ParamExpr, int(s.ParamRef.Location), int(s.ParamRef.Number)
		if e.Param == 0 {
			c.fail(unsupported(e.Pos, "the parameter ?", "number it: $1"))
		}
	case *ast.Node_AConst:
		e.Kind, e.Pos, e.Null = ConstExpr, int(s.AConst.Location), s.AConst.Isnull
		e.Text, e.Quoted = constText(s.AConst), s.AConst.GetSval() != nil
	case *ast.Node_SetToDefault:
		e.Kind, e.Pos = DefaultExpr, int(s.SetToDefault.Location)
	case *ast.Node_SqlvalueFunction:
		e.Kind, e.Pos = ConstExpr, int(s.SqlvalueFunction.Location)
	case *ast.Node_MergeSupportFunc:
		e.Pos = int(s.MergeSupportFunc.Location)
	case *ast.Node_CurrentOfExpr:
		c.fail(unsupported(w.start(), "WHERE CURRENT OF", "select the row by its key"))
	case *ast.Node_String_, *ast.Node_Integer, *ast.Node_AStar:
	default:
		return false
	}
	return true
}

func constText(k *ast.A_Const) string {
	switch v := k.Val.(type) {
	case *ast.A_Const_Ival:
		return strconv.Itoa(int(v.Ival.Ival))
	case *ast.A_Const_Fval:
		return v.Fval.Fval
	case *ast.A_Const_Boolval:
		return strconv.FormatBool(v.Boolval.Boolval)
	case *ast.A_Const_Sval:
		return v.Sval.Sval
	case *ast.A_Const_Bsval:
		return v.Bsval.Bsval
	}
	return ""
}

// operator converts operators, tests and logic.
func (c *converter) operator(e *Expr, n *ast.Node, w window) bool {
	switch s := n.Node.(type) {
	case *ast.Node_AExpr:
		e.Kind, e.Pos = OpExpr, int(s.AExpr.Location)
		e.Name = operatorName(s.AExpr)
		e.Args = c.exprs([]*ast.Node{s.AExpr.Lexpr, s.AExpr.Rexpr}, w)
	case *ast.Node_BoolExpr:
		// The parser's location is that of the first AND or OR.
		e.Pos = int(s.BoolExpr.Location)
		switch s.BoolExpr.Boolop {
		case ast.BoolExprType_AND_EXPR:
			e.Kind = AndExpr
		case ast.BoolExprType_OR_EXPR:
			e.Kind = OrExpr
		case ast.BoolExprType_NOT_EXPR:
			e.Kind = NotExpr
		default:
			return false
		}
		e.Args = c.exprs(s.BoolExpr.Args, w)
	case *ast.Node_NullTest:
		e.Pos, e.Null = int(s.NullTest.Location), s.NullTest.Nulltesttype == ast.NullTestType_IS_NULL
		e.Args = c.exprs([]*ast.Node{s.NullTest.Arg}, w)
	case *ast.Node_BooleanTest:
		e.Pos = int(s.BooleanTest.Location)
		e.Args = c.exprs([]*ast.Node{s.BooleanTest.Arg}, w)
	case *ast.Node_CollateClause:
		e.Pos = int(s.CollateClause.Location)
		e.Args = c.exprs([]*ast.Node{s.CollateClause.Arg}, w)
	default:
		return false
	}
	return true
}

// operatorName is the operator itself for a plain one, and its form before it
// for the others, so that "=" is nothing but a plain, unqualified equality.
func operatorName(x *ast.A_Expr) string {
	name := strings.Join(stringsOf(x.Name), ".")
	switch x.Kind {
	case ast.A_Expr_Kind_AEXPR_OP:
		return name
	case ast.A_Expr_Kind_AEXPR_OP_ANY:
		return "ANY " + name
	case ast.A_Expr_Kind_AEXPR_OP_ALL:
		return "ALL " + name
	}
	return strings.TrimPrefix(x.Kind.String(), "AEXPR_") + " " + name
}

// compound converts the rest.
func (c *converter) compound(e *Expr, n *ast.Node, w window) bool {
	switch s := n.Node.(type) {
	case *ast.Node_FuncCall:
		c.function(e, s.FuncCall, w)
	case *ast.Node_TypeCast:
		e.Kind, e.Pos, e.Name = CastExpr, int(s.TypeCast.Location), typeName(s.TypeCast.TypeName)
		e.Args = c.exprs([]*ast.Node{s.TypeCast.Arg}, w)
	case *ast.Node_SubLink:
		c.sublink(e, s.SubLink, w)
	case *ast.Node_CaseExpr:
		e.Pos = int(s.CaseExpr.Location)
		e.Args = append(c.exprs([]*ast.Node{s.CaseExpr.Arg}, w), c.exprs(s.CaseExpr.Args, w)...)
		e.Args = append(e.Args, c.exprs([]*ast.Node{s.CaseExpr.Defresult}, w)...)
	case *ast.Node_CaseWhen:
		e.Pos = int(s.CaseWhen.Location)
		e.Args = c.exprs([]*ast.Node{s.CaseWhen.Expr, s.CaseWhen.Result}, w)
	case *ast.Node_CoalesceExpr:
		e.Pos = int(s.CoalesceExpr.Location)
		e.Args = c.exprs(s.CoalesceExpr.Args, w)
	case *ast.Node_MinMaxExpr:
		e.Pos = int(s.MinMaxExpr.Location)
		e.Args = c.exprs(s.MinMaxExpr.Args, w)
	case *ast.Node_RowExpr:
		e.Pos = int(s.RowExpr.Location)
		e.Args = c.exprs(s.RowExpr.Args, w)
	case *ast.Node_AArrayExpr:
		e.Pos = int(s.AArrayExpr.Location)
		e.Args = c.exprs(s.AArrayExpr.Elements, w)
	case *ast.Node_AIndirection:
		e.Args = c.exprs([]*ast.Node{s.AIndirection.Arg}, w)
		for _, i := range s.AIndirection.Indirection {
			e.Args = append(e.Args, c.indirection(i, w)...)
		}
	case *ast.Node_GroupingFunc:
		e.Pos = int(s.GroupingFunc.Location)
		e.Args = c.exprs(s.GroupingFunc.Args, w)
	case *ast.Node_GroupingSet:
		e.Pos = int(s.GroupingSet.Location)
		e.Args = c.exprs(s.GroupingSet.Content, w)
	case *ast.Node_SortBy:
		if len(s.SortBy.UseOp) > 0 {
			c.fail(unsupported(w.start(), "ORDER BY … USING", "use ASC or DESC"))
		}
		e.Args = c.exprs([]*ast.Node{s.SortBy.Node}, w)
	case *ast.Node_WindowDef:
		e.Args = c.windowDef(s.WindowDef, w)
	case *ast.Node_NamedArgExpr:
		e.Pos = int(s.NamedArgExpr.Location)
		e.Args = c.exprs([]*ast.Node{s.NamedArgExpr.Arg}, w)
	case *ast.Node_List:
		e.Args = c.exprs(s.List.Items, w)
	default:
		return false
	}
	return true
}

// indirection converts a subscript behind an expression. A field there may be a
// function's name, called with the value, so it is refused.
func (c *converter) indirection(n *ast.Node, w window) []*Expr {
	switch s := n.Node.(type) {
	case *ast.Node_AIndices:
		bounds := c.exprs([]*ast.Node{s.AIndices.Lidx, s.AIndices.Uidx}, w)
		if len(bounds) == 0 { // [:]
			bounds = []*Expr{{Kind: ConstExpr, Pos: -1, Null: true}}
		}
		return bounds
	case *ast.Node_String_:
		c.fail(unsupported(w.start(), "the field ."+s.String_.Sval+" of an expression", "select the whole value, or write to_jsonb(…) ->> '"+s.String_.Sval+"'; a field of an expression may be a function in disguise"))
		return nil
	}
	c.fail(unsupported(w.start(), "a star behind an expression", "list the columns"))
	return nil
}

// function converts a call with its ORDER BY, FILTER and OVER.
func (c *converter) function(e *Expr, s *ast.FuncCall, w window) {
	e.Kind, e.Pos = FuncExpr, int(s.Location)
	e.Name = strings.TrimPrefix(strings.Join(stringsOf(s.Funcname), "."), "pg_catalog.")
	e.Args = c.exprs(s.Args, w)
	e.Args = append(e.Args, c.exprs(s.AggOrder, w)...)
	e.Args = append(e.Args, c.exprs([]*ast.Node{s.AggFilter}, w)...)
	if s.Over != nil {
		e.Over = true
		e.Args = append(e.Args, c.windowDef(s.Over, w)...)
	}
}

func (c *converter) windowDef(s *ast.WindowDef, w window) []*Expr {
	out := append(c.exprs(s.PartitionClause, w), c.exprs(s.OrderClause, w)...)
	return append(out, c.exprs([]*ast.Node{s.StartOffset, s.EndOffset}, w)...)
}

// sublink converts a subquery in an expression. Its text is the first
// parenthesis that holds a query at or behind its location.
func (c *converter) sublink(e *Expr, s *ast.SubLink, w window) {
	e.Kind, e.Pos, e.Name = SubqueryExpr, int(s.Location), ""
	switch s.SubLinkType {
	case ast.SubLinkType_EXISTS_SUBLINK:
		e.Name = "EXISTS"
	case ast.SubLinkType_ANY_SUBLINK:
		e.Name = "ANY"
	case ast.SubLinkType_ALL_SUBLINK:
		e.Name = "ALL"
	case ast.SubLinkType_ARRAY_SUBLINK:
		e.Name = "ARRAY"
	case ast.SubLinkType_EXPR_SUBLINK:
	default:
		c.fail(unsupported(e.Pos, fmt.Sprintf("a subquery of kind %s", s.SubLinkType), "write it as IN, EXISTS or a scalar subquery"))
		return
	}
	if len(s.OperName) > 1 {
		c.fail(unsupported(e.Pos, "an operator with a schema", "use the plain operator"))
	}
	e.Args = c.exprs([]*ast.Node{s.Testexpr}, w)
	for i := w.indexAt(e.Pos); i < w.to; i++ {
		if w.is(i, "(") && w.beginsQuery(i+1) {
			e.Query = c.query(s.Subselect, w.sub(i+1, w.match[i]))
			return
		}
	}
	c.fail(lost(e.Pos, "a subquery"))
}

// typeName is a type as SQL prints it, without pg_catalog.
func typeName(t *ast.TypeName) string {
	if t == nil {
		return ""
	}
	name := strings.Join(stringsOf(t.Names), ".")
	name = strings.TrimPrefix(name, "pg_catalog.")
	for range t.ArrayBounds {
		name += "[]"
	}
	return name
}

// constructName is what SQL calls a node that has no place in the tree.
func constructName(n *ast.Node) string {
	names := map[string]string{
		"RangeTableFunc": "XMLTABLE", "XmlExpr": "an XML expression", "XmlSerialize": "XMLSERIALIZE",
		"JsonTable": "JSON_TABLE", "JsonObjectConstructor": "JSON_OBJECT", "JsonArrayConstructor": "JSON_ARRAY",
		"JsonArrayQueryConstructor": "JSON_ARRAY of a query", "JsonObjectAgg": "JSON_OBJECTAGG", "JsonArrayAgg": "JSON_ARRAYAGG",
		"JsonFuncExpr": "JSON_EXISTS, JSON_VALUE or JSON_QUERY", "JsonIsPredicate": "IS JSON", "JsonParseExpr": "JSON ()",
		"JsonScalarExpr": "JSON_SCALAR", "JsonSerializeExpr": "JSON_SERIALIZE",
	}
	if name := names[nodeName(n)]; name != "" {
		return name
	}
	return nodeName(n)
}

// nodeName is the name of a node's type, for messages.
func nodeName(n *ast.Node) string {
	if n == nil || n.Node == nil {
		return "an empty node"
	}
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", n.Node), "*ast.Node_"), "_")
}
