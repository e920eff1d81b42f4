package parse

import (
	"reflect"
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// mysqlComplete refuses a statement of which the tree lost a part, as checkComplete
// does. The parser's own tree forgets some things that it has read, so that what can
// be told by the tokens alone is counted there, too.
func mysqlComplete(n ast.StmtNode, q *Query, w window) *Error {
	parsed := mysqlCensus{seen: map[uintptr]bool{}}
	parsed.count(reflect.ValueOf(n))
	ours := countTree(q)
	selects, params := 0, 0
	for i := range w.list {
		switch {
		case w.is(i, "select") && !w.is(i-1, "."):
			selects++
		case w.list[i].kind == ParamToken:
			params++
		}
	}
	q.EachQuery(func(q *Query) {
		if q.Select != nil {
			selects--
		}
	})
	if parsed.census != ours || selects != 0 || params != ours.params {
		return lost(0, "a part of the statement")
	}
	return nil
}

// mysqlCensus counts what the parser's tree holds. It goes through whatever field
// holds nodes, each of them once.
type mysqlCensus struct {
	census
	seen map[uintptr]bool
}

func (c *mysqlCensus) count(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			c.count(v.Elem())
		}
	case reflect.Pointer:
		if v.IsNil() || c.seen[v.Pointer()] || !strings.HasSuffix(v.Type().Elem().PkgPath(), "marino/ast") {
			return
		}
		c.seen[v.Pointer()] = true
		if c.node(v.Interface()) {
			c.count(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.count(v.Index(i))
		}
	case reflect.Struct:
		if !strings.HasSuffix(v.Type().PkgPath(), "marino/ast") {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.count(v.Field(i))
			}
		}
	}
}

// node counts a node, and reports whether what is in it counts as well.
func (c *mysqlCensus) node(n any) bool {
	switch s := n.(type) {
	case *ast.SelectStmt, *ast.UpdateStmt, *ast.DeleteStmt:
		c.queries++
	case *ast.SetOprSelectList:
		c.queries += len(s.Selects) - 1 // the operators
	case *ast.InsertStmt:
		c.queries++
		if s.Select == nil && (len(s.Columns) > 0 || len(s.Lists) != 1 || len(s.Lists[0]) > 0) {
			c.queries++ // VALUES
		}
	case *ast.TableSource:
		if _, ok := s.Source.(*ast.TableName); ok {
			c.tables++
		}
	case *ast.ColumnNameExpr, *ast.WildCardField:
		c.columns++
	case *ast.MatchAgainst:
		c.functions++
		c.columns += len(s.ColumnNames)
	case *ast.DefaultExpr:
		if s.Name != nil {
			c.functions++
			c.columns++
		}
	case *ast.FuncCallExpr:
		if name := s.FnName.L; name != ast.DateLiteral && name != ast.TimeLiteral && name != ast.TimestampLiteral {
			c.functions++
		}
	case *ast.AggregateFuncExpr, *ast.WindowFuncExpr:
		c.functions++
	case *ast.ParamMarkerExprBase:
		c.params++
		return false
	case *ast.ValueExprBase:
		return false
	}
	return true
}
