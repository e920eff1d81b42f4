package parse

import (
	"fmt"
	"slices"

	"github.com/sqlc-dev/oliphant/ast"
)

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
