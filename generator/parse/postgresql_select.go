package parse

import "github.com/sqlc-dev/oliphant/ast"

// isFrom reports whether the token at i begins a FROM clause: not a label, and
// not part of IS [NOT] DISTINCT FROM.
func (w window) isFrom(i int) bool {
	if !w.is(i, "from") || w.label(i) {
		return false
	}
	return !(w.is(i-1, "distinct") && w.is(i-2, "is", "not"))
}

// selectStmt converts a SELECT, VALUES or set operation that is exactly w.
func (c *converter) selectStmt(q *Query, s *ast.SelectStmt, w window) {
	if c.err != nil {
		return
	}
	if s.IntoClause != nil {
		c.fail(unsupported(w.start(), "SELECT INTO", "create the table in a migration and use INSERT … SELECT"))
		return
	}
	if w.empty() {
		c.fail(lost(w.start(), "a query"))
		return
	}
	body, tail := c.core(q, s, w)
	if c.err != nil {
		return
	}
	c.tail(q, s, tail)
	switch {
	case s.Op != ast.SetOperation_SETOP_NONE:
		c.setOperation(q, s, body)
	case len(s.ValuesLists) > 0:
		c.values(q, s, body)
	default:
		c.plainSelect(q, s, body)
	}
}

// core splits the text of a SELECT statement into its body and the ORDER BY,
// LIMIT and locking clauses behind it. It takes off the parentheses and the WITH
// clause in front, in whichever order they come.
func (c *converter) core(q *Query, s *ast.SelectStmt, w window) (body, tail window) {
	tail = w.sub(w.to, w.to)
	for c.err == nil {
		switch {
		case w.is(w.from, "with"):
			if q.With != nil {
				c.fail(unsupported(w.start(), "a WITH clause inside another's statement", "write one WITH clause"))
				return w, tail
			}
			w = c.with(q, s.WithClause, w)
			continue
		case w.enclosed():
			w = w.inner()
			continue
		}
		end := w.find(w.from, func(i int) bool {
			return w.is(i, "order", "limit", "offset", "fetch", "for") && !w.label(i)
		})
		if end == w.to {
			break
		}
		if tail.empty() {
			tail = w.sub(end, w.to)
		} else if s.Op == ast.SetOperation_SETOP_NONE {
			// ( SELECT … ORDER BY a ) LIMIT 1: two tails around one body. Their
			// expressions are checked against the text from the inner tail on.
			tail = w.sub(end, tail.to)
		} else {
			break
		}
		w = w.sub(w.from, end)
		if w.empty() {
			break
		}
		if s.Op != ast.SetOperation_SETOP_NONE && !w.enclosed() && !w.is(w.from, "with") {
			break
		}
	}
	if s.WithClause != nil && q.With == nil {
		c.fail(lost(w.start(), "WITH"))
	}
	return w, tail
}

// tail converts the clauses behind a body.
func (c *converter) tail(q *Query, s *ast.SelectStmt, w window) {
	q.OrderBy = c.exprs(s.SortClause, w)
	q.Limit = c.expr(s.LimitCount, w)
	q.Offset = c.expr(s.LimitOffset, w)
	for _, n := range s.LockingClause {
		lock := Lock{}
		for _, rel := range n.GetLockingClause().GetLockedRels() {
			lock.Tables = append(lock.Tables, rel.GetRangeVar().GetRelname())
		}
		q.Locks = append(q.Locks, lock)
	}
}

// setOperation converts the set operation that is exactly w. The operator of
// the tree's top is the last of the loosest kind.
func (c *converter) setOperation(q *Query, s *ast.SelectStmt, w window) {
	op := &SetOp{All: s.All}
	q.SetOp = op
	switch s.Op {
	case ast.SetOperation_SETOP_UNION:
		op.Op = "UNION"
	case ast.SetOperation_SETOP_INTERSECT:
		op.Op = "INTERSECT"
	case ast.SetOperation_SETOP_EXCEPT:
		op.Op = "EXCEPT"
	}
	at, loose := -1, false
	for i := w.from; i < w.to; i = w.next(i) {
		if w.label(i) {
			continue
		}
		switch {
		case w.is(i, "union", "except"):
			at, loose = i, true
		case w.is(i, "intersect") && !loose:
			at = i
		}
	}
	if at < 0 {
		c.fail(lost(w.start(), op.Op))
		return
	}
	right := at + 1
	if w.is(right, "all", "distinct") {
		right++
	}
	op.Left = c.query(&ast.Node{Node: &ast.Node_SelectStmt{SelectStmt: s.Larg}}, w.sub(w.from, at))
	op.Right = c.query(&ast.Node{Node: &ast.Node_SelectStmt{SelectStmt: s.Rarg}}, w.sub(right, w.to))
}

// values converts the VALUES list that is exactly w.
func (c *converter) values(q *Query, s *ast.SelectStmt, w window) {
	q.Values = &Values{}
	rows := w.sub(w.from+1, w.to).split()
	if !w.is(w.from, "values") || len(rows) != len(s.ValuesLists) {
		c.fail(lost(w.start(), "VALUES"))
		return
	}
	for i, row := range rows {
		nodes := s.ValuesLists[i].GetList().GetItems()
		if !row.enclosed() {
			c.fail(lost(row.start(), "a row of VALUES"))
			return
		}
		items := row.inner().split()
		if len(items) != len(nodes) {
			c.fail(lost(row.start(), "a row of VALUES"))
			return
		}
		out := Row{Range: row.span()}
		for j, n := range nodes {
			out.Items = append(out.Items, Item{Range: items[j].span(), Value: items[j].span(), Expr: c.expr(n, items[j])})
		}
		q.Values.Rows = append(q.Values.Rows, out)
	}
}

// plainSelect converts the SELECT, up to HAVING and WINDOW, that is exactly w.
func (c *converter) plainSelect(q *Query, s *ast.SelectStmt, w window) {
	sel := &Select{}
	q.Select = sel
	if w.is(w.from, "table") {
		c.fail(unsupported(w.start(), "TABLE as a statement", "write SELECT * FROM"))
		return
	}
	if !w.is(w.from, "select") {
		c.fail(lost(w.start(), "SELECT"))
		return
	}
	at := w.from + 1
	switch {
	case w.is(at, "all"):
		at++
	case w.is(at, "distinct") && len(s.DistinctClause) > 0:
		at++
		sel.Distinct = true
		if w.is(at, "on") && w.is(at+1, "(") {
			sel.DistinctOn = c.exprs(s.DistinctClause, w.sub(at+1, w.match[at+1]+1))
			at = w.match[at+1] + 1
		}
	}
	group := w.find(at, func(i int) bool {
		if w.label(i) {
			return false
		}
		return w.is(i, "group") && w.is(i+1, "by") || w.is(i, "having", "window")
	})
	where := min(w.findWord(at, "where"), group)
	from := min(w.find(at, w.isFrom), where)
	sel.Targets = c.targets(s.TargetList, w.sub(at, from))
	sel.FromEnd = w.sub(w.from, where).end()
	if len(s.FromClause) > 0 {
		sel.From = c.fromList(s.FromClause, w.sub(from+1, where))
	} else if from != where {
		c.fail(lost(w.start(), "FROM"))
	}
	sel.Where, sel.WhereRange = c.where(s.WhereClause, w.sub(w.from, group), where)
	rest := w.sub(group, w.to)
	sel.GroupBy = c.exprs(s.GroupClause, rest)
	sel.Having = c.expr(s.HavingClause, rest)
	sel.Windows = c.exprs(s.WindowClause, rest)
}
