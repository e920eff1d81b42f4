package level

import (
	"slices"
	"strconv"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// Row is one of the row expressions that a query's rows come from: an arm of a set
// operation, or a row of VALUES.
type Row struct {
	Pos     int
	Targets []parse.Target
	Level   *Level // that the columns in it are of
}

// Rows lists the row expressions of a query; none where there are others than it
// knows.
func (s *Resolver) Rows(q *parse.Query, names *Names, outer *Level) []Row {
	if q == nil {
		return nil
	}
	names = names.And(q.With)
	switch {
	case q.Select != nil:
		lv := s.Level(q.Select.From, q.Select.Where, names, outer)
		lv.Grouped = s.grouped(q)
		return []Row{{q.Start, q.Select.Targets, lv}}
	case q.SetOp != nil:
		left, right := s.Rows(q.SetOp.Left, names, outer), s.Rows(q.SetOp.Right, names, outer)
		if len(left) == 0 || len(right) == 0 {
			return nil
		}
		return append(left, right...)
	case q.Values != nil:
		var out []Row
		for _, r := range q.Values.Rows {
			row := Row{Pos: r.Start, Level: &Level{Outer: outer, Names: names}}
			for i, item := range r.Items {
				row.Targets = append(row.Targets, parse.Target{Name: "column" + strconv.Itoa(i+1), Expr: item.Expr})
			}
			out = append(out, row)
		}
		return out
	case q.Insert != nil:
		return s.returned(q.Insert.Target, q.Insert.ReturningAliases, q.Insert.Returning, &Level{Names: names})
	case q.Update != nil:
		return s.returned(q.Update.Target, q.Update.ReturningAliases, q.Update.Returning, s.Level(q.Update.From, q.Update.Where, names, nil))
	case q.Delete != nil:
		return s.returned(q.Delete.Target, q.Delete.ReturningAliases, q.Delete.Returning, s.Level(q.Delete.Using, q.Delete.Where, names, nil))
	}
	return nil
}

// returned is what RETURNING gives: the row of the target that the statement has
// written or removed, and those of the level.
func (s *Resolver) returned(ref *parse.Table, aliases []string, targets []parse.Target, lv *Level) []Row {
	if len(aliases) > 0 { // of the row as it was before, perhaps
		return nil
	}
	lv.Relations = append(lv.Relations, &Relation{Name: ref.Visible(), Ref: ref, Table: s.Lookup(ref), Own: true})
	return []Row{{ref.Start, targets, lv}}
}

// Hidden reports whether it cannot be seen which item of the row is at an index.
func (r Row) Hidden(i int) bool {
	// (x).* is an AIndirection in the tree.
	return i >= len(r.Targets) || slices.ContainsFunc(r.Targets[:i+1], func(t parse.Target) bool {
		return t.Expr == nil || t.Expr.Star || t.Expr.Name == "AIndirection"
	})
}

// grouped reports whether a query may have rows in which columns of its FROM are NULL
// without being so in a table: it has grouping sets, or no GROUP BY and an aggregate.
// Some databases let columns stand beside one. An aggregate in a subquery may be the
// query's around it.
func (s *Resolver) grouped(q *parse.Query) bool {
	found := slices.ContainsFunc(q.Select.GroupBy, func(e *parse.Expr) bool { return e.Name == "GroupingSet" })
	if found || len(q.Select.GroupBy) > 0 {
		return found
	}
	sums := func(e *parse.Expr) {
		found = found || e.Kind == parse.FuncExpr && !e.Over && s.catalog.MayAggregate(e.Name)
	}
	q.Expressions(func(e *parse.Expr) {
		sums(e)
		e.Query.EachQuery(func(inner *parse.Query) { inner.Expressions(sums) })
	})
	return found || q.Select.Having != nil
}
