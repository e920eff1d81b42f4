package parse

import (
	"reflect"
	"sync"

	"github.com/sqlc-dev/oliphant/ast"
)

// checkComplete refuses a statement of which the tree lost a part: what the
// later stages do not see, they cannot scope. It compares what the parser's own
// tree holds with what a walk of ours finds.
func checkComplete(n *ast.Node, q *Query) *Error {
	var parsed census
	parsed.count(reflect.ValueOf(n))
	if parsed != countTree(q) {
		return lost(0, "a part of the statement")
	}
	return nil
}

// count adds what a node of the parser's tree and everything in it hold. It knows
// no kind of node but those that it counts: whatever field holds nodes is gone
// through.
func (c *census) count(node reflect.Value) {
	if node.IsNil() {
		return
	}
	v := node.Elem()
	parts := partsOf(v.Type())
	switch parts.name {
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
		if v.FieldByName("Colno").Int() != 1 {
			return
		}
	}
	for _, i := range parts.fields {
		switch f := v.Field(i); f.Kind() {
		case reflect.Slice:
			for j := range f.Len() {
				c.count(f.Index(j))
			}
		case reflect.Interface: // one of several kinds of node
			if !f.IsNil() {
				c.count(f.Elem())
			}
		default:
			c.count(f)
		}
	}
}

// nodeParts are the name of a kind of node, and its fields that hold nodes.
type nodeParts struct {
	name   string
	fields []int
}

// knownParts holds nodeParts by reflect.Type: statements are parsed several at once.
var knownParts sync.Map

func partsOf(t reflect.Type) *nodeParts {
	if known, ok := knownParts.Load(t); ok {
		return known.(*nodeParts)
	}
	parts := &nodeParts{name: t.Name()}
	for i := range t.NumField() {
		f := t.Field(i)
		holds := f.Type
		if holds.Kind() == reflect.Slice {
			holds = holds.Elem()
		}
		if f.IsExported() && (holds.Kind() == reflect.Pointer || holds.Kind() == reflect.Interface) {
			parts.fields = append(parts.fields, i)
		}
	}
	knownParts.Store(t, parts)
	return parts
}
