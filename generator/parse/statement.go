package parse

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
	"github.com/sqlc-dev/oliphant/parser"
)

// PostgreSQL parses one statement. Parameters are $1, $2, …; sqlc's macros must
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
		return nil, &Error{Message: "there is no statement"}
	case 1:
	default:
		return nil, &Error{Pos: int(tree.Stmts[1].StmtLocation), Message: "there is more than one statement",
			Help: "end the statement before it, and give each statement a -- name: line of its own"}
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
		c.fail(&Error{Pos: w.start(), Unsupported: true,
			Message: fmt.Sprintf("%s is refused: only SELECT, INSERT, UPDATE, DELETE and MERGE can be scoped to a tenant", statementName(n)),
			Help:    "run it outside of the generated queries, as a migration or an administrator's task"})
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

// findWordAs returns the index of the AS after a CTE's name.
func (w window) findWordAs(i int) int {
	return w.find(i, func(i int) bool { return w.is(i, "as") })
}

// insert converts an INSERT that starts at w.
func (c *converter) insert(q *Query, s *ast.InsertStmt, w window) {
	if c.err != nil {
		return
	}
	ins := &Insert{}
	q.Insert = ins
	if !w.is(w.from, "insert") || !w.is(w.from+1, "into") {
		c.fail(lost(w.start(), "INSERT INTO"))
		return
	}
	returning := w.findWord(w.from, "returning")
	ins.Returning, ins.ReturningAliases = c.returning(s.ReturningClause, w.sub(returning, w.to))
	w = w.sub(w.from, returning)
	conflict := w.find(w.from, func(i int) bool {
		return w.is(i, "on") && w.is(i+1, "conflict") && w.is(i+2, "(", "do", "on")
	})
	if s.OnConflictClause != nil {
		ins.Conflict = c.conflict(s.OnConflictClause, w.sub(conflict, w.to))
		w = w.sub(w.from, conflict)
	}

	at := w.from + 2
	ins.Target, at = c.relation(s.Relation, w, at, insertTarget)
	ins.ColumnsEnd = w.list[at-1].End
	if len(s.Cols) > 0 {
		if !w.is(at, "(") {
			c.fail(lost(w.start(), "the column list"))
			return
		}
		c.columnList(ins, s.Cols, w.sub(at+1, w.match[at]))
		at = w.match[at] + 1
	}
	at = ins.overriding(w, at)
	if s.SelectStmt == nil {
		ins.DefaultValues = w.sub(at, w.to).span()
		if !w.is(at, "default") || !w.is(at+1, "values") {
			c.fail(lost(w.start(), "DEFAULT VALUES"))
		}
		return
	}
	ins.Source = c.query(s.SelectStmt, w.sub(at, w.to))
}

// overriding reads OVERRIDING {SYSTEM | USER} VALUE, if it is at the place, and
// returns the place behind it.
func (ins *Insert) overriding(w window, at int) int {
	if !w.is(at, "overriding") {
		return at
	}
	ins.Overriding = true
	if w.is(at+1, "user") {
		ins.UserValue = w.sub(at, at+3).span()
	}
	return at + 3
}

// columnList converts the column list of an INSERT that is exactly list.
func (c *converter) columnList(ins *Insert, nodes []*ast.Node, list window) {
	ins.HasColumns = true
	ins.ColumnsEnd = list.end()
	for i, part := range list.split() {
		target := nodes[min(i, len(nodes)-1)].GetResTarget()
		if len(target.Indirection) > 0 {
			c.fail(unsupported(part.start(), "a subscript or field in the column list", "insert the whole column"))
			return
		}
		if slices.ContainsFunc(ins.Columns, func(before Column) bool { return before.Name == target.Name }) {
			c.fail(&Error{Pos: part.start(), Message: fmt.Sprintf("the column list names %q twice", target.Name), Help: "name each column once, with one value for it"})
			return
		}
		ins.Columns = append(ins.Columns, Column{Range: part.span(), Name: target.Name})
	}
	if len(ins.Columns) != len(nodes) {
		c.fail(lost(list.start(), "the column list"))
	}
}

// conflict converts the ON CONFLICT clause that is exactly w.
func (c *converter) conflict(s *ast.OnConflictClause, w window) *Conflict {
	out := &Conflict{Range: w.span(), End: w.end()}
	if w.empty() {
		c.fail(lost(w.start(), "ON CONFLICT"))
		return out
	}
	do := w.findWord(w.from, "do")
	if s.Infer != nil {
		arbiter := w.sub(w.from, do)
		if out.Constraint = s.Infer.Conname; out.Constraint != "" {
			if !arbiter.is(do-2, "constraint") {
				c.fail(lost(w.start(), "ON CONSTRAINT"))
				return out
			}
			out.ConstraintRange = w.sub(do-1, do).span()
		}
		for _, n := range s.Infer.IndexElems {
			elem := n.GetIndexElem()
			if elem.GetExpr() != nil {
				out.Expressions = append(out.Expressions, c.expr(elem.Expr, arbiter))
				continue
			}
			out.Columns = append(out.Columns, elem.GetName())
		}
		out.ArbiterWhere = c.expr(s.Infer.WhereClause, arbiter)
	}
	switch s.Action {
	case ast.OnConflictAction_ONCONFLICT_NOTHING:
		return out
	case ast.OnConflictAction_ONCONFLICT_UPDATE:
	default:
		c.fail(unsupported(w.start(), "this ON CONFLICT action", "use DO NOTHING or DO UPDATE"))
		return out
	}
	out.Update = true
	if !w.is(do+1, "update") || !w.is(do+2, "set") {
		c.fail(lost(w.start(), "DO UPDATE SET"))
		return out
	}
	where := w.findWord(do+3, "where")
	out.Set = c.setList(s.TargetList, w.sub(do+3, where))
	if s.WhereClause != nil {
		body := w.sub(where+1, w.to)
		out.WhereRange = body.span()
		out.Where = c.expr(s.WhereClause, body)
	}
	return out
}

// setList converts the assignments that are exactly w.
func (c *converter) setList(targets []*ast.Node, w window) []Set {
	var sets []Set
	i := 0
	for _, part := range w.split() {
		if i >= len(targets) || part.empty() {
			c.fail(lost(part.start(), "an assignment"))
			return nil
		}
		eq := part.find(part.from, func(i int) bool { return part.is(i, "=") })
		if eq >= part.to {
			c.fail(lost(part.start(), "an assignment"))
			return nil
		}
		value := part.sub(eq+1, part.to)
		set := Set{Range: part.span(), ValueRange: value.span()}
		columns := 1
		if part.is(part.from, "(") {
			columns = len(part.sub(part.from+1, part.match[part.from]).split())
		}
		first := targets[i].GetResTarget()
		for range columns {
			if i >= len(targets) {
				c.fail(lost(part.start(), "an assignment"))
				return nil
			}
			target := targets[i].GetResTarget()
			for _, n := range target.Indirection {
				set.Subscripts = append(set.Subscripts, c.indirection(n, part)...)
			}
			set.Columns = append(set.Columns, target.Name)
			i++
		}
		val := first.Val
		if ref := val.GetMultiAssignRef(); ref != nil {
			val = ref.Source
		}
		set.Value = c.expr(val, value)
		if first.Val.GetMultiAssignRef() != nil && val.GetRowExpr() != nil {
			set.Items = rowItems(set.Value, value)
		}
		set.Default = set.Value != nil && set.Value.Kind == DefaultExpr
		sets = append(sets, set)
	}
	if i != len(targets) {
		c.fail(lost(w.start(), "an assignment"))
	}
	return sets
}

// rowItems gives the items of a row, ROW (a, b) or (a, b), their texts.
func rowItems(row *Expr, w window) []Item {
	for row != nil && (w.enclosed() || w.is(w.from, "row") && w.sub(w.from+1, w.to).enclosed()) {
		explicit := w.is(w.from, "row")
		if explicit {
			w = w.sub(w.from+1, w.to)
		}
		w = w.inner()
		parts := w.split()
		if !explicit && len(parts) == 1 {
			continue // parentheses around the row
		}
		if len(parts) != len(row.Args) {
			return nil
		}
		var items []Item
		for i, part := range parts {
			items = append(items, Item{Range: part.span(), Value: part.span(), Expr: row.Args[i]})
		}
		return items
	}
	return nil
}

// update converts an UPDATE that is exactly w.
func (c *converter) update(q *Query, s *ast.UpdateStmt, w window) {
	if c.err != nil {
		return
	}
	up := &Update{}
	q.Update = up
	if !w.is(w.from, "update") {
		c.fail(lost(w.start(), "UPDATE"))
		return
	}
	returning := w.findWord(w.from, "returning")
	up.Returning, up.ReturningAliases = c.returning(s.ReturningClause, w.sub(returning, w.to))
	w = w.sub(w.from, returning)
	var at int
	up.Target, at = c.relation(s.Relation, w, w.from+1, dmlTarget)
	if !w.is(at, "set") {
		c.fail(lost(w.start(), "SET"))
		return
	}
	where := w.findWord(at, "where")
	from := w.find(at, func(i int) bool { return w.isFrom(i) })
	from = min(from, where)
	up.Set = c.setList(s.TargetList, w.sub(at+1, from))
	up.FromEnd = w.sub(w.from, where).end()
	if len(s.FromClause) > 0 {
		up.From = c.fromList(s.FromClause, w.sub(from+1, where))
	}
	up.Where, up.WhereRange = c.where(s.WhereClause, w, where)
}

// delete converts a DELETE that is exactly w.
func (c *converter) delete(q *Query, s *ast.DeleteStmt, w window) {
	if c.err != nil {
		return
	}
	del := &Delete{}
	q.Delete = del
	if !w.is(w.from, "delete") || !w.is(w.from+1, "from") {
		c.fail(lost(w.start(), "DELETE FROM"))
		return
	}
	returning := w.findWord(w.from, "returning")
	del.Returning, del.ReturningAliases = c.returning(s.ReturningClause, w.sub(returning, w.to))
	w = w.sub(w.from, returning)
	var at int
	del.Target, at = c.relation(s.Relation, w, w.from+2, dmlTarget)
	where := w.findWord(at, "where")
	del.FromEnd = w.sub(w.from, where).end()
	if len(s.UsingClause) > 0 {
		if !w.is(at, "using") {
			c.fail(lost(w.start(), "USING"))
			return
		}
		del.Using = c.fromList(s.UsingClause, w.sub(at+1, where))
	}
	del.Where, del.WhereRange = c.where(s.WhereClause, w, where)
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

// returning converts the RETURNING clause that is exactly w.
func (c *converter) returning(s *ast.ReturningClause, w window) ([]Target, []string) {
	if s == nil || c.err != nil {
		return nil, nil
	}
	if !w.is(w.from, "returning") {
		c.fail(lost(w.start(), "RETURNING"))
		return nil, nil
	}
	list := w.sub(w.from+1, w.to)
	var aliases []string
	if len(s.Options) > 0 {
		for _, n := range s.Options {
			aliases = append(aliases, n.GetReturningOption().GetValue())
		}
		if !list.is(list.from, "with") || !list.is(list.from+1, "(") {
			c.fail(lost(list.start(), "RETURNING WITH"))
			return nil, nil
		}
		list = list.sub(list.match[list.from+1]+1, list.to)
	}
	return c.targets(s.Exprs, list), aliases
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

// unnamed is an output column without the name that ends it, if it has one.
func (w window) unnamed(name string) window {
	if name == "" {
		return w
	}
	if w.to--; w.is(w.to-1, "as") {
		w.to--
	}
	return w
}

func stringsOf(nodes []*ast.Node) []string {
	var out []string
	for _, n := range nodes {
		out = append(out, n.GetString_().GetSval())
	}
	return out
}
