package parse

import "github.com/sqlc-dev/meyer/ast"

// query converts a SELECT, VALUES or set operation with its WITH clause. ORDER BY and
// LIMIT of the last arm belong to the whole, and those of another are an error.
func (c *sqliteConverter) query(s *ast.SelectStmt) *Query {
	last := len(s.Cores) - 1
	q := &Query{Range: Range{s.Pos(), s.Cores[last].End()}, With: c.with(s.With)}
	if last == 0 {
		c.core(q, s.Cores[0])
	} else {
		// The operators have one precedence.
		left := c.arm(s.Cores[0])
		for i, op := range s.Ops {
			right := c.arm(s.Cores[i+1])
			set := &SetOp{Op: op.Op, All: op.All, Left: left, Right: right}
			if i == last-1 {
				q.SetOp = set
				break
			}
			left = &Query{Range: Range{left.Start, right.End}, SetOp: set}
		}
	}
	for i, core := range s.Cores {
		sel, ok := core.(*ast.SelectQuery)
		switch {
		case !ok:
		case i == last:
			c.tail(q, sel)
		case len(sel.OrderBy) > 0 || sel.Limit != nil:
			c.fail(&Error{Pos: c.offset(c.indexAt(c.coreEnd(sel))), Message: "ORDER BY and LIMIT come after the last SELECT of a " + s.Ops[i].Op,
				Help: "move them to the end, or put this SELECT into a subquery: SELECT * FROM (…)"})
		}
	}
	return q
}

// arm converts an arm of a set operation.
func (c *sqliteConverter) arm(core ast.SelectCore) *Query {
	q := &Query{Range: Range{core.Pos(), c.coreEnd(core)}}
	c.core(q, core)
	return q
}

// coreEnd is where an arm ends without its ORDER BY and LIMIT.
func (c *sqliteConverter) coreEnd(core ast.SelectCore) int {
	s, ok := core.(*ast.SelectQuery)
	switch {
	case ok && len(s.OrderBy) > 0:
		return c.list[c.indexAt(s.OrderBy[0].Pos())-3].End // before ORDER BY
	case ok && s.Limit != nil:
		return c.endBefore(s.Limit.Pos())
	}
	return core.End()
}

// endBefore is where the last token ends that stands before a byte offset.
func (c *sqliteConverter) endBefore(offset int) int { return c.list[c.indexAt(offset)-1].End }

func (c *sqliteConverter) core(q *Query, core ast.SelectCore) {
	switch s := core.(type) {
	case *ast.SelectQuery:
		q.Select = c.plainSelect(s)
	case *ast.ValuesClause:
		q.Values = c.values(s)
	default:
		c.refuse(core.Pos(), "this query", "write a SELECT")
	}
}

// tail converts the clauses behind the last arm.
func (c *sqliteConverter) tail(q *Query, s *ast.SelectQuery) {
	q.OrderBy = c.sorted(s.OrderBy)
	if s.Limit != nil {
		q.Limit, q.Offset = c.expr(s.Limit.Count), c.expr(s.Limit.Offset)
	}
}

func (c *sqliteConverter) plainSelect(s *ast.SelectQuery) *Select {
	sel := &Select{Distinct: s.Distinct == ast.DistinctDistinct, Targets: c.targets(s.Columns)}
	sel.FromEnd = s.Columns[len(s.Columns)-1].End()
	if len(s.From) > 0 {
		sel.From = c.fromList(s.From)
		sel.FromEnd = s.From[len(s.From)-1].End()
	}
	sel.Where, sel.WhereRange = c.condition(s.Where)
	sel.GroupBy = c.exprs(s.GroupBy)
	sel.Having = c.expr(s.Having)
	for _, w := range s.Windows {
		sel.Windows = append(sel.Windows, &Expr{Kind: OtherExpr, Pos: w.Pos(), Name: "WindowDef", Args: c.windowDef(w)})
	}
	return sel
}

// condition converts what follows WHERE or ON.
func (c *sqliteConverter) condition(n ast.Expr) (*Expr, Range) {
	if n == nil {
		return nil, Range{}
	}
	return c.expr(n), spanOf(n)
}

// targets converts output columns.
func (c *sqliteConverter) targets(list []*ast.ResultColumn) []Target {
	var out []Target
	for _, n := range list {
		out = append(out, Target{Range: spanOf(n), Value: spanOf(n.Expr), Name: c.name(n.Alias), Expr: c.target(n.Expr)})
	}
	return out
}

func (c *sqliteConverter) target(n ast.Expr) *Expr {
	star, ok := n.(*ast.Star)
	if !ok {
		return c.expr(n)
	}
	e := &Expr{Kind: ColumnExpr, Pos: n.Pos(), Star: true}
	if star.Table != nil {
		e.Path = []string{c.name(star.Table)}
	}
	return e
}

func (c *sqliteConverter) values(s *ast.ValuesClause) *Values {
	out := &Values{}
	for _, row := range s.Rows {
		open := c.indexAt(row[0].Pos()) - 1
		r := Row{Range: c.sub(open, c.match[open]+1).span()}
		for _, n := range row {
			r.Items = append(r.Items, Item{Range: spanOf(n), Value: spanOf(n), Expr: c.expr(n)})
		}
		out.Rows = append(out.Rows, r)
	}
	return out
}

// with converts a WITH clause. SQLite looks for a name among all of the clause's
// expressions, its own among them, whether or not the clause says RECURSIVE. Where each
// names only those before it, it does not matter.
func (c *sqliteConverter) with(s *ast.With) *With {
	if s == nil {
		return nil
	}
	out := &With{Everywhere: true}
	for _, n := range s.CTEs {
		out.CTEs = append(out.CTEs, &CTE{Range: spanOf(n.Name), Name: c.name(n.Name), Columns: c.names(n.Columns), Query: c.query(n.Select)})
	}
	out.Recursive = out.looksAhead()
	return out
}
