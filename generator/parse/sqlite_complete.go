package parse

import (
	"reflect"

	"github.com/sqlc-dev/meyer/ast"
)

// sqliteComplete refuses a statement of which the tree lost a part, as checkComplete
// does.
func sqliteComplete(n ast.Stmt, q *Query) *Error {
	var parsed census
	parsed.countSQLite(reflect.ValueOf(n))
	if parsed != countTree(q) {
		return lost(0, "a part of the statement")
	}
	return nil
}

// countSQLite adds what a node of SQLite's tree and everything in it hold. It goes
// through whatever field holds nodes, and not by the nodes' own lists of children.
// Where an expression stands, a bare identifier is a column, and elsewhere a name.
func (c *census) countSQLite(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if name, ok := v.Interface().(*ast.Ident); ok {
			if name.Quote != ast.QuoteNone || !sqliteTruth(name.Name) {
				c.columns++
			}
			return
		}
		c.countSQLite(v.Elem())
	case reflect.Pointer:
		if !v.IsNil() {
			c.countSQLiteNode(v)
		}
	case reflect.Slice:
		for i := range v.Len() {
			c.countSQLite(v.Index(i))
		}
	}
}

func (c *census) countSQLiteNode(v reflect.Value) {
	switch n := v.Interface().(type) {
	case *ast.SelectStmt:
		c.queries += 2*len(n.Cores) - 1 // and one for each operator
	case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt:
		c.queries++
		c.tables++
	case *ast.TableRef:
		switch {
		case n.HasArgs:
			c.functions++
		case n.Name != nil:
			c.tables++
		}
	case *ast.Upsert:
		for _, term := range n.Target {
			if _, ok := term.Expr.(*ast.Ident); ok {
				c.columns-- // a name of the arbiter's
			}
		}
	case *ast.QualifiedRef, *ast.Star:
		c.columns++
	case *ast.BindParam:
		c.params++
	case *ast.FuncCall:
		c.functions++
	case *ast.LikeExpr:
		if name := foldASCII(n.Op.Name); name == "regexp" || name == "match" {
			c.functions++
		}
	}
	for i := range v.Elem().NumField() {
		c.countSQLite(v.Elem().Field(i))
	}
}
