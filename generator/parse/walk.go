package parse

import "slices"

// EachQuery calls visit for the query and for every query inside it: in its WITH
// clause, its FROM clause, its expressions, the arms of a set operation and the
// source of an INSERT.
func (q *Query) EachQuery(visit func(*Query)) {
	if q == nil {
		return
	}
	visit(q)
	if q.With != nil {
		for _, cte := range q.With.CTEs {
			cte.Query.EachQuery(visit)
		}
	}
	switch {
	case q.Select != nil:
		eachFromQuery(q.Select.From, visit)
	case q.SetOp != nil:
		q.SetOp.Left.EachQuery(visit)
		q.SetOp.Right.EachQuery(visit)
	case q.Insert != nil:
		q.Insert.Source.EachQuery(visit)
	case q.Update != nil:
		eachFromQuery(q.Update.From, visit)
	case q.Delete != nil:
		eachFromQuery(q.Delete.Using, visit)
	case q.Merge != nil:
		eachFromQuery([]*From{q.Merge.Source}, visit)
	}
	q.Expressions(func(e *Expr) { e.Query.EachQuery(visit) })
}

func eachFromQuery(from []*From, visit func(*Query)) {
	for _, f := range from {
		f.Query.EachQuery(visit)
		if f.Join != nil {
			eachFromQuery([]*From{f.Join.Left, f.Join.Right}, visit)
		}
	}
}

// looksAhead reports whether an expression of the clause may name itself or one behind
// it.
func (w *With) looksAhead() bool {
	for i, cte := range w.CTEs {
		found := false
		cte.Query.EachQuery(func(q *Query) {
			for _, name := range q.names() {
				found = found || slices.ContainsFunc(w.CTEs[i:], func(other *CTE) bool { return other.Name == name })
			}
		})
		if found {
			return true
		}
	}
	return false
}

// names are those of the tables that a query reads at its own level.
func (q *Query) names() []string {
	var from []*From
	switch {
	case q.Select != nil:
		from = q.Select.From
	case q.Update != nil:
		from = q.Update.From
	case q.Delete != nil:
		from = q.Delete.Using
	}
	var out []string
	for _, t := range Tables(from) {
		out = append(out, t.Name)
	}
	return out
}

// Tables lists the references to tables in FROM items, left to right; not those
// inside subqueries.
func Tables(from []*From) []*Table {
	var out []*Table
	for _, f := range from {
		switch {
		case f.Table != nil:
			out = append(out, f.Table)
		case f.Join != nil:
			out = append(out, Tables([]*From{f.Join.Left, f.Join.Right})...)
		}
	}
	return out
}

// Locked are the references to tables that FOR UPDATE and its kin lock, at any
// level: those that OF names, or all of the FROM clause, and the tables of a
// subquery there. A common table expression is not among what a clause outside of
// it locks.
func (q *Query) Locked() map[*Table]bool {
	locked := map[*Table]bool{}
	q.EachQuery(func(q *Query) {
		for _, lock := range q.Locks {
			q.lock(lock.Tables, locked)
		}
	})
	return locked
}

// LockedWhole is Locked where a clause outside of the query locks all of it.
func (q *Query) LockedWhole() map[*Table]bool {
	locked := q.Locked()
	q.lock(nil, locked)
	return locked
}

// lock adds what a locking clause on q locks; no names stand for all.
func (q *Query) lock(names []string, locked map[*Table]bool) {
	var visit func(from []*From)
	visit = func(from []*From) {
		for _, f := range from {
			switch {
			case f.Table != nil:
				if names == nil || slices.Contains(names, f.Table.Visible()) {
					locked[f.Table] = true
				}
			case f.Query != nil:
				if names == nil || slices.Contains(names, f.Alias) {
					f.Query.lock(nil, locked)
				}
			case f.Join != nil:
				visit([]*From{f.Join.Left, f.Join.Right})
			}
		}
	}
	switch {
	case q.Select != nil:
		visit(q.Select.From)
	case q.SetOp != nil:
		q.SetOp.Left.lock(names, locked)
		q.SetOp.Right.lock(names, locked)
	}
}

// Assignments are those of an UPDATE's SET, of ON CONFLICT DO UPDATE, or of all
// the updates of a MERGE.
func (q *Query) Assignments() []Set {
	switch {
	case q.Merge != nil:
		var all []Set
		for _, w := range q.Merge.Whens {
			all = append(all, w.Update...)
		}
		return all
	case q.Update != nil:
		return q.Update.Set
	case q.Insert != nil && q.Insert.Conflict != nil:
		return q.Insert.Conflict.Set
	}
	return nil
}

// Expressions calls visit for every expression of the query that is at its own
// level, and for the expressions inside those. It enters neither subqueries nor
// the WITH clause; a subquery in FROM is not at this level, but the conditions
// of its joins are.
func (q *Query) Expressions(visit func(*Expr)) {
	walk := func(list []*Expr) {
		for _, e := range list {
			e.Walk(visit)
		}
	}
	targets := func(list []Target) {
		for _, t := range list {
			t.Expr.Walk(visit)
		}
	}
	sets := func(list []Set) {
		for _, s := range list {
			walk(s.Subscripts)
			s.Value.Walk(visit)
		}
	}
	walk(q.OrderBy)
	walk([]*Expr{q.Limit, q.Offset})
	switch {
	case q.Select != nil:
		s := q.Select
		walk(s.DistinctOn)
		targets(s.Targets)
		fromExpressions(s.From, visit)
		walk([]*Expr{s.Where})
		walk(s.GroupBy)
		walk([]*Expr{s.Having})
		walk(s.Windows)
	case q.Values != nil:
		q.Values.expressions(visit)
	case q.Insert != nil:
		if c := q.Insert.Conflict; c != nil {
			walk(c.Expressions)
			walk([]*Expr{c.ArbiterWhere})
			sets(c.Set)
			walk([]*Expr{c.Where})
		}
		targets(q.Insert.Returning)
	case q.Update != nil:
		sets(q.Update.Set)
		fromExpressions(q.Update.From, visit)
		walk([]*Expr{q.Update.Where})
		targets(q.Update.Returning)
	case q.Delete != nil:
		fromExpressions(q.Delete.Using, visit)
		walk([]*Expr{q.Delete.Where})
		targets(q.Delete.Returning)
	case q.Merge != nil:
		m := q.Merge
		fromExpressions([]*From{m.Source}, visit)
		m.On.Walk(visit)
		for _, w := range m.Whens {
			w.Condition.Walk(visit)
			sets(w.Update)
			if w.Insert != nil && w.Insert.Source != nil {
				w.Insert.Source.Values.expressions(visit)
			}
		}
		targets(m.Returning)
	}
}

func (v *Values) expressions(visit func(*Expr)) {
	for _, row := range v.Rows {
		for _, item := range row.Items {
			item.Expr.Walk(visit)
		}
	}
}

// fromExpressions visits the expressions of FROM items: functions, TABLESAMPLE
// arguments and join conditions.
func fromExpressions(from []*From, visit func(*Expr)) {
	for _, f := range from {
		switch {
		case f.Table != nil:
			for _, e := range f.Table.Sample {
				e.Walk(visit)
			}
		case f.Join != nil:
			fromExpressions([]*From{f.Join.Left, f.Join.Right}, visit)
			f.Join.On.Walk(visit)
		}
		for _, e := range f.Function {
			e.Walk(visit)
		}
	}
}
