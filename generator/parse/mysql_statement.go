package parse

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// mysqlConverter builds the tree, as converter does for PostgreSQL: the parser's tree
// says what there is, and the tokens say where. It keeps the first error.
type mysqlConverter struct {
	err *Error
	// params are the numbers of the parameters, by their places.
	params map[int]int
	// names are the names of relations as they are written, by what they fold to.
	names map[string]string
	// proposed is set where VALUES (c) means a value of the row to be inserted, and
	// rowAlias is the name that the statement gives that row.
	proposed bool
	rowAlias string
}

func (c *mysqlConverter) fail(err *Error) {
	if c.err == nil {
		c.err = err
	}
}

// name folds the name of a relation. To a server that keeps the case of names, O and
// o are two; to others they are one.
func (c *mysqlConverter) name(written string, pos int) string {
	folded := strings.ToLower(written)
	if folded == "excluded" {
		c.fail(unsupported(pos, "the name excluded", "choose another; the tool has a use for it"))
	}
	if before, ok := c.names[folded]; ok && before != written {
		c.fail(unsupported(pos, fmt.Sprintf("%s beside %s", written, before), "write the name in one way, or choose another: to some servers they are two names"))
	}
	c.names[folded] = written
	return folded
}

// statement converts the statement that is exactly w.
func (c *mysqlConverter) statement(n ast.StmtNode, w window) *Query {
	q := &Query{Range: w.span()}
	switch s := n.(type) {
	case *ast.SelectStmt, *ast.SetOprStmt:
		return c.query(n, w)
	case *ast.InsertStmt:
		c.insert(q, s, w)
	case *ast.UpdateStmt:
		w = c.with(q, s.With, w)
		c.update(q, s, w)
	case *ast.DeleteStmt:
		w = c.with(q, s.With, w)
		c.delete(q, s, w)
	default:
		c.fail(refusedStatement(w.start(), strings.ToUpper(w.list[w.from].text), "SELECT, INSERT, REPLACE, UPDATE and DELETE"))
	}
	return q
}

// with converts a WITH clause at the start of w and returns what follows it.
func (c *mysqlConverter) with(q *Query, clause *ast.WithClause, w window) window {
	if clause == nil || c.err != nil {
		return w
	}
	if !w.is(w.from, "with") {
		c.fail(lost(w.start(), "WITH"))
		return w
	}
	q.With = &With{Recursive: clause.IsRecursive}
	at := w.from + 1
	if clause.IsRecursive && w.is(at, "recursive") {
		at++
	}
	for i, cte := range clause.CTEs {
		as := w.findWordAs(at + 1)
		if as+1 >= w.to || !w.is(as+1, "(") {
			c.fail(lost(w.start(), "a common table expression"))
			return w
		}
		item := &CTE{Range: w.list[at].Range, Name: c.name(cte.Name.O, w.list[at].Start), Columns: mysqlNames(cte.ColNameList)}
		item.Query = c.query(cte.Query.Query, w.sub(as+2, w.match[as+1]))
		q.With.CTEs = append(q.With.CTEs, item)
		at = w.match[as+1] + 1
		if i < len(clause.CTEs)-1 {
			if !w.is(at, ",") {
				c.fail(lost(item.Start, "the end of "+item.Name))
				return w
			}
			at++
		}
	}
	return w.sub(at, w.to)
}

// skip returns the index of the first token from at on that is none of the words.
func (w window) skip(at int, words ...string) int {
	for w.is(at, words...) {
		at++
	}
	return at
}

func mysqlNames(list []ast.CIStr) []string {
	var out []string
	for _, name := range list {
		out = append(out, name.L)
	}
	return out
}

func mysqlColumnNames(list []*ast.ColumnName) []string {
	var out []string
	for _, name := range list {
		out = append(out, name.Name.L)
	}
	return out
}
