package parse

import (
	"strings"

	"github.com/sqlc-dev/marino/ast"
)

// query converts a SELECT or set operation whose tokens are exactly w, which may be
// enclosed in parentheses.
func (c *mysqlConverter) query(n ast.Node, w window) *Query {
	q := &Query{Range: w.span()}
	for w.enclosed() {
		w = w.inner()
	}
	if c.err != nil {
		return q
	}
	proposed := c.proposed
	c.proposed = false
	defer func() { c.proposed = proposed }()
	switch s := n.(type) {
	case *ast.SelectStmt:
		c.plainSelect(q, s, c.onlyWith(q, s.With, w))
	case *ast.SetOprStmt:
		c.setOperation(q, s.SelectList.Selects, s.OrderBy, s.Limit, c.onlyWith(q, s.With, w))
	case *ast.SetOprSelectList:
		c.arm(q, s, w)
	default:
		c.fail(lost(w.start(), "a query"))
	}
	return q
}

// onlyWith converts a WITH clause at the start of w and returns what follows it, without
// the parentheses around it. Behind a second one the parser's tree would not say which
// query has it.
func (c *mysqlConverter) onlyWith(q *Query, clause *ast.WithClause, w window) window {
	w = c.with(q, clause, w)
	for w.enclosed() {
		w = w.inner()
	}
	if w.is(w.from, "with") {
		c.fail(unsupported(w.start(), "a WITH clause inside another's statement", "write one WITH clause"))
	}
	return w
}

// arm converts a part of a set operation that stands in parentheses.
func (c *mysqlConverter) arm(q *Query, s *ast.SetOprSelectList, w window) {
	if len(s.Selects) == 1 && s.OrderBy == nil && s.Limit == nil {
		whole := q.Range
		*q = *c.query(s.Selects[0], w)
		q.Range = whole
		return
	}
	w = c.with(q, s.With, w)
	for w.enclosed() {
		w = w.inner()
	}
	c.setOperation(q, s.Selects, s.OrderBy, s.Limit, w)
}

// tail converts the ORDER BY and LIMIT that w ends with, and returns the index where
// they and all other clauses behind a body begin.
func (c *mysqlConverter) tail(q *Query, order *ast.OrderByClause, limit *ast.Limit, w window) int {
	begin := w.find(w.from, func(i int) bool {
		if w.label(i) || w.is(i-1, "for") {
			return false
		}
		return w.is(i, "order", "limit", "fetch", "into") || w.is(i, "for") && w.is(i+1, "update", "share") || w.is(i, "lock") && w.is(i+1, "in")
	})
	rest := w.sub(begin, w.to)
	if order != nil {
		q.OrderBy = c.byItems(order.Items, rest)
	}
	if limit != nil {
		q.Limit, q.Offset = c.expr(limit.Count, rest), c.expr(limit.Offset, rest)
	}
	if (order != nil || limit != nil) && rest.empty() {
		c.fail(lost(w.start(), "ORDER BY or LIMIT"))
	}
	return begin
}

// locks converts FOR UPDATE and its kin.
func (c *mysqlConverter) locks(q *Query, s *ast.SelectStmt) {
	if s.LockInfo == nil {
		return
	}
	for _, info := range append([]*ast.SelectLockInfo{s.LockInfo}, s.MoreLockInfos...) {
		lock := Lock{}
		for _, t := range info.Tables {
			if t.Schema.L != "" {
				c.fail(unsupported(q.Start, "a locked table with the name of its database", "name the table as FROM does"))
			}
			lock.Tables = append(lock.Tables, t.Name.L)
		}
		q.Locks = append(q.Locks, lock)
	}
}

// setOperation converts the set operation that is exactly w. INTERSECT binds tighter
// than the others, which go from left to right. A single query in parentheses with a
// tail behind them is one without an operator.
func (c *mysqlConverter) setOperation(q *Query, selects []ast.Node, order *ast.OrderByClause, limit *ast.Limit, w window) {
	if c.err != nil {
		return
	}
	var parts []window
	var ops []string
	at := w.from
	for at <= w.to {
		op := w.findWord(at, "union", "except", "intersect")
		parts = append(parts, w.sub(at, op))
		if op == w.to {
			break
		}
		name := strings.ToUpper(w.list[op].text)
		at = op + 1
		if w.is(at, "all") {
			name += " ALL"
		}
		at = w.skip(at, "all", "distinct")
		ops = append(ops, name)
	}
	if len(parts) != len(selects) {
		c.fail(lost(w.start(), "a set operation"))
		return
	}
	last := parts[len(parts)-1]
	end := c.tail(q, order, limit, last)
	if s, ok := selects[len(selects)-1].(*ast.SelectStmt); ok {
		if c.noInto(s, w); s.LockInfo != nil {
			c.fail(unsupported(w.start(), "FOR UPDATE behind a set operation", "lock the rows in a statement of their own"))
		}
	}
	parts[len(parts)-1] = last.sub(last.from, end)
	if len(parts) == 1 {
		c.withTail(q, selects[0], parts[0])
		return
	}
	arms := make([]*Query, len(parts))
	for i, part := range parts {
		if part.empty() {
			c.fail(lost(w.start(), "a part of a set operation"))
			return
		}
		arms[i] = c.query(selects[i], part)
	}
	*q = *foldSetOps(q, arms, ops)
}

// withTail converts a query in parentheses that the tail in q stands behind.
func (c *mysqlConverter) withTail(q *Query, n ast.Node, w window) {
	inner := c.query(n, w)
	if len(inner.OrderBy) > 0 || inner.Limit != nil || len(inner.Locks) > 0 || inner.With != nil && q.With != nil {
		c.fail(unsupported(w.start(), "a second ORDER BY, LIMIT or WITH around a query", "write them once, or make the query a subquery in FROM"))
		return
	}
	inner.Range, inner.OrderBy, inner.Limit, inner.Offset, inner.Locks = q.Range, q.OrderBy, q.Limit, q.Offset, q.Locks
	if q.With != nil {
		inner.With = q.With
	}
	*q = *inner
}

// foldSetOps makes a tree of the arms of a set operation and the operators between
// them. The whole takes the clauses of q.
func foldSetOps(q *Query, arms []*Query, ops []string) *Query {
	join := func(left, right *Query, op string) *Query {
		name, all := strings.CutSuffix(op, " ALL")
		return &Query{Range: Range{left.Start, right.End}, SetOp: &SetOp{Op: name, All: all, Left: left, Right: right}}
	}
	for _, tight := range []bool{true, false} {
		out, rest := arms[:1:1], []string(nil)
		for i, op := range ops {
			if strings.HasPrefix(op, "INTERSECT") == tight {
				out[len(out)-1] = join(out[len(out)-1], arms[i+1], op)
				continue
			}
			out, rest = append(out, arms[i+1]), append(rest, op)
		}
		arms, ops = out, rest
	}
	q.SetOp = arms[0].SetOp
	return q
}

func (c *mysqlConverter) noInto(s *ast.SelectStmt, w window) {
	if s.SelectIntoOpt != nil {
		c.fail(unsupported(w.start(), "SELECT … INTO", "read the rows in the application, or write INSERT … SELECT"))
	}
}

// selectWords may stand between SELECT and its columns.
var selectWords = strings.Fields(`all distinct distinctrow high_priority straight_join sql_small_result sql_big_result
	sql_buffer_result sql_cache sql_no_cache sql_calc_found_rows`)

// plainSelect converts the SELECT, with the clauses behind it, that is exactly w.
func (c *mysqlConverter) plainSelect(q *Query, s *ast.SelectStmt, w window) {
	if c.err != nil {
		return
	}
	sel := &Select{Distinct: s.Distinct}
	q.Select = sel
	c.noInto(s, w)
	if s.Kind != ast.SelectStmtKindSelect || !w.is(w.from, "select") {
		c.fail(unsupported(w.start(), "TABLE or VALUES as a query", "write a SELECT"))
		return
	}
	end := c.tail(q, s.OrderBy, s.Limit, w)
	c.locks(q, s)
	body := w.sub(w.from, end)
	at := body.skip(w.from+1, selectWords...)
	group := body.find(at, func(i int) bool {
		return body.is(i, "group", "having", "window") && !body.label(i) && !body.is(i-1, "for")
	})
	where := min(body.findWord(at, "where"), group)
	from := min(body.findWord(at, "from"), where)
	sel.Targets = c.targets(s.Fields.Fields, body.sub(at, from))
	sel.FromEnd = body.sub(w.from, where).end()
	switch {
	case s.From != nil:
		sel.From = c.fromList(s.From.TableRefs, body.sub(from+1, where))
	case from != where && !(body.is(from+1, "dual") && from+2 == where):
		c.fail(lost(w.start(), "FROM"))
	}
	sel.Where, sel.WhereRange = c.where(s.Where, body.sub(w.from, group), where)
	rest := body.sub(group, end)
	if s.GroupBy != nil {
		sel.GroupBy = c.byItems(s.GroupBy.Items, rest)
		if s.GroupBy.Rollup {
			sel.GroupBy = []*Expr{{Kind: OtherExpr, Pos: -1, Name: "GroupingSet", Args: sel.GroupBy}}
		}
	}
	if s.Having != nil {
		sel.Having = c.expr(s.Having.Expr, rest)
	}
	for i := range s.WindowSpecs {
		sel.Windows = append(sel.Windows, &Expr{Kind: OtherExpr, Pos: -1, Name: "WindowDef", Args: c.window(&s.WindowSpecs[i], rest)})
	}
}

// targets converts the output columns that are exactly w.
func (c *mysqlConverter) targets(fields []*ast.SelectField, w window) []Target {
	parts := w.split()
	if c.err != nil || len(parts) != len(fields) {
		c.fail(lost(w.start(), "the output columns"))
		return nil
	}
	out := make([]Target, len(fields))
	for i, f := range fields {
		part := parts[i]
		if part.empty() || f.Offset != part.start() {
			c.fail(lost(part.start(), "an output column"))
			return nil
		}
		out[i] = Target{Range: part.span(), Value: part.unnamed(f.AsName.O).span(), Name: f.AsName.L}
		if star := f.WildCard; star != nil {
			e := &Expr{Kind: ColumnExpr, Pos: part.start(), Star: true}
			if star.Schema.L != "" {
				c.fail(unsupported(part.start(), "a column name with a database", "leave out the database's name"))
			}
			if star.Table.L != "" {
				e.Path = []string{star.Table.L}
			}
			out[i].Expr = e
			continue
		}
		if f.AsName.O == "" && part.is(part.to-2, "as") {
			c.fail(unsupported(part.start(), "a column without a name behind AS", "give it one"))
		}
		out[i].Expr = c.expr(f.Expr, part.unnamed(f.AsName.O))
	}
	return out
}
