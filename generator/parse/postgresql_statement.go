package parse

import (
	"errors"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// Statement parses one statement. Parameters are $1, $2, …; sqlc's macros must
// have been replaced. The error is always an *Error.
func (postgreSQL) Statement(text string) (*Query, error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	tree, err := parser.ParseToTree(text)
	if err != nil {
		return nil, syntaxError(err)
	}
	switch len(tree.Stmts) {
	case 0:
		return nil, noStatement()
	case 1:
	default:
		return nil, severalStatements(int(tree.Stmts[1].StmtLocation))
	}
	toks, err := scan(PostgreSQL, text)
	if err != nil {
		return nil, err
	}
	w := window{toks, 0, len(toks.list)}
	for w.is(w.to-1, ";") {
		w.to--
	}
	for _, tok := range toks.list {
		if len(tok.text) > 2 && strings.EqualFold(tok.text[:2], "u&") {
			return nil, unsupported(tok.Start, "a name or string with U& escapes", "write the characters themselves")
		}
	}
	c := &converter{}
	q := c.query(tree.Stmts[0].Stmt, w)
	if c.err != nil {
		return nil, c.err
	}
	if err := checkComplete(tree.Stmts[0].Stmt, q); err != nil {
		return nil, err
	}
	return q, nil
}

// syntaxError turns the parser's error into ours.
func syntaxError(err error) *Error {
	var e *parser.Error
	if errors.As(err, &e) {
		return &Error{Pos: max(e.Cursorpos-1, 0), Message: e.Message,
			Help: "correct the SQL; it must parse as PostgreSQL"}
	}
	return &Error{Message: err.Error(), Help: "correct the SQL; it must parse as PostgreSQL"}
}

// converter builds the tree. It keeps the first error and goes on with
// placeholder nodes, so that the methods need no error results.
type converter struct {
	err *Error
}

func (c *converter) fail(err *Error) {
	if c.err == nil {
		c.err = err
	}
}

// query converts a statement whose tokens are exactly w, which may be enclosed
// in parentheses.
func (c *converter) query(n *ast.Node, w window) *Query {
	q := &Query{Range: w.span()}
	if c.err != nil {
		return q
	}
	switch s := n.GetNode().(type) {
	case *ast.Node_SelectStmt:
		c.selectStmt(q, s.SelectStmt, w)
	case *ast.Node_InsertStmt:
		w = c.with(q, s.InsertStmt.WithClause, w)
		c.insert(q, s.InsertStmt, w)
	case *ast.Node_UpdateStmt:
		w = c.with(q, s.UpdateStmt.WithClause, w)
		c.update(q, s.UpdateStmt, w)
	case *ast.Node_DeleteStmt:
		w = c.with(q, s.DeleteStmt.WithClause, w)
		c.delete(q, s.DeleteStmt, w)
	case *ast.Node_MergeStmt:
		w = c.with(q, s.MergeStmt.WithClause, w)
		c.merge(q, s.MergeStmt, w)
	default:
		c.fail(refusedStatement(w.start(), statementName(n), "SELECT, INSERT, UPDATE, DELETE and MERGE"))
	}
	return q
}

// statementName names a refused statement as SQL does, as far as one word from
// its node's name goes.
func statementName(n *ast.Node) string {
	names := map[string]string{
		"TruncateStmt": "TRUNCATE", "CopyStmt": "COPY", "LockStmt": "LOCK", "DoStmt": "DO",
		"CallStmt": "CALL", "VariableSetStmt": "SET", "VariableShowStmt": "SHOW", "ExplainStmt": "EXPLAIN",
		"PrepareStmt": "PREPARE", "ExecuteStmt": "EXECUTE", "DeclareCursorStmt": "DECLARE", "FetchStmt": "FETCH",
		"CreateTableAsStmt": "CREATE TABLE AS", "CreateStmt": "CREATE TABLE", "AlterTableStmt": "ALTER TABLE",
		"DropStmt": "DROP", "IndexStmt": "CREATE INDEX", "VacuumStmt": "VACUUM", "RefreshMatViewStmt": "REFRESH MATERIALIZED VIEW",
		"NotifyStmt": "NOTIFY", "ListenStmt": "LISTEN", "TransactionStmt": "a transaction command", "GrantStmt": "GRANT",
	}
	if name := names[nodeName(n)]; name != "" {
		return name
	}
	return nodeName(n)
}

// with converts a WITH clause at the start of w and returns what follows it.
func (c *converter) with(q *Query, clause *ast.WithClause, w window) window {
	if clause == nil || c.err != nil {
		return w
	}
	if !w.is(w.from, "with") {
		c.fail(lost(w.start(), "WITH"))
		return w
	}
	q.With = &With{Recursive: clause.Recursive}
	at := w.from + 1
	if w.is(at, "recursive") && clause.Recursive {
		at++
	}
	for i, n := range clause.Ctes {
		cte := n.GetCommonTableExpr()
		if cte == nil {
			c.fail(lost(w.start(), "a common table expression"))
			return w
		}
		item := &CTE{Name: cte.Ctename, Columns: stringsOf(cte.Aliascolnames)}
		if at >= w.to {
			c.fail(lost(w.start(), "a common table expression"))
			return w
		}
		item.Range = w.list[at].Range
		as := w.findWordAs(at + 1)
		body := w.find(as, func(i int) bool { return w.is(i, "(") })
		if body >= w.to {
			c.fail(lost(item.Start, "the query of "+cte.Ctename))
			return w
		}
		item.Query = c.query(cte.Ctequery, w.sub(body+1, w.match[body]))
		q.With.CTEs = append(q.With.CTEs, item)
		at = c.searchAndCycle(item, cte, w, w.match[body]+1)
		if i < len(clause.Ctes)-1 {
			if !w.is(at, ",") {
				c.fail(lost(item.Start, "the end of "+cte.Ctename))
				return w
			}
			at++
		}
	}
	return w.sub(at, w.to)
}

// where converts the WHERE clause whose keyword is at index i of w and which
// ends with w.
func (c *converter) where(n *ast.Node, w window, i int) (*Expr, Range) {
	if n == nil {
		return nil, Range{}
	}
	if !w.is(i, "where") {
		c.fail(lost(w.start(), "WHERE"))
		return nil, Range{}
	}
	body := w.sub(i+1, w.to)
	return c.expr(n, body), body.span()
}

// targets converts the output columns that are exactly w.
func (c *converter) targets(nodes []*ast.Node, w window) []Target {
	if c.err != nil || len(nodes) == 0 {
		return nil
	}
	parts := w.split()
	if len(parts) != len(nodes) {
		c.fail(lost(w.start(), "the output columns"))
		return nil
	}
	out := make([]Target, len(nodes))
	for i, n := range nodes {
		target := n.GetResTarget()
		if target == nil || parts[i].empty() {
			c.fail(lost(parts[i].start(), "an output column"))
			return nil
		}
		out[i] = Target{Range: parts[i].span(), Value: parts[i].unnamed(target.Name).span(), Name: target.Name, Expr: c.expr(target.Val, parts[i])}
	}
	return out
}

func stringsOf(nodes []*ast.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.GetString_().GetSval())
	}
	return out
}
