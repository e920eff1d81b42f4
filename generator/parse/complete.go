package parse

import (
	"github.com/sqlc-dev/oliphant/ast"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// census counts what a statement holds that could reach a table, a parameter or
// a function.
type census struct {
	queries, tables, columns, params, functions int
}

// checkComplete refuses a statement of which the tree lost a part: what the
// later stages do not see, they cannot scope. It compares what the parser's own
// tree holds with what a walk of ours finds.
func checkComplete(n *ast.Node, q *Query) *Error {
	var parsed census
	parsed.count(n.ProtoReflect())
	if parsed != countTree(q) {
		return lost(0, "a part of the statement")
	}
	return nil
}

// count adds what a message and everything in it hold.
func (c *census) count(m protoreflect.Message) {
	switch m.Descriptor().Name() {
	case "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt":
		c.queries++
	case "RangeVar":
		c.tables++
	case "ColumnRef":
		c.columns++
	case "ParamRef":
		c.params++
	case "FuncCall":
		c.functions++
	case "LockingClause":
		return // names of tables in FROM
	case "MultiAssignRef":
		// Each column of (a, b) = … repeats the whole source.
		if m.Get(m.Descriptor().Fields().ByName("colno")).Int() != 1 {
			return
		}
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap() || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				c.count(v.List().Get(i).Message())
			}
		default:
			c.count(v.Message())
		}
		return true
	})
}

// countTree counts the same in our tree, by the walks that the stages use.
func countTree(q *Query) census {
	var c census
	q.EachQuery(func(q *Query) {
		c.queries++
		switch {
		case q.Select != nil:
			c.tables += len(Tables(q.Select.From))
		case q.Insert != nil:
			c.tables++
		case q.Update != nil:
			c.tables += 1 + len(Tables(q.Update.From))
		case q.Delete != nil:
			c.tables += 1 + len(Tables(q.Delete.Using))
		case q.Merge != nil:
			c.tables += 1 + len(Tables([]*From{q.Merge.Source}))
		}
		q.Expressions(func(e *Expr) {
			switch e.Kind {
			case ColumnExpr:
				c.columns++
			case ParamExpr:
				c.params++
			case FuncExpr:
				c.functions++
			}
		})
	})
	return c
}
