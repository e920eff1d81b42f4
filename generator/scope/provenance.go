package scope

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// isKey reports whether values are the key of a row of the tenant, because they
// are the key columns of the parent, which is scoped wherever it is referred to:
// in the FROM clause, in a subquery, or in a common table expression, which may
// also write the parent and return its key.
func (s *scoper) isKey(k *key, v values) bool {
	var list []*parse.Expr
	for _, item := range v.items {
		if item == nil {
			return false
		}
		list = append(list, item.Expr)
	}
	return s.isKeyAt(k, list, origin{target: v.target, from: v.from, names: v.names, grouped: v.grouped})
}

// mayBeNull reports whether values for the key that ties a child to its tenant may
// be NULL, and the table takes that: the row would be nobody's. Or it makes a number of
// it, which may be the key of anybody's row.
func (k *key) mayBeNull(list []*parse.Expr, at origin) bool {
	return (k.path && k.nullable || k.numbers) && (k.open || at.grouped || slices.ContainsFunc(list, isNoColumn) || slices.ContainsFunc(at.from, hasOuterJoin))
}

// isTenants reports whether a value is the tenant, because it is the tenant column
// of a table that is scoped.
func (s *scoper) isTenants(e *parse.Expr, row sourceRow) bool {
	return s.isKeyAt(&key{path: true}, []*parse.Expr{e}, origin{from: row.from, names: row.names})
}

func isNoColumn(e *parse.Expr) bool { return e.Kind != parse.ColumnExpr }

// isGrouped reports whether NULL stands for columns in some rows: by grouping sets, or
// because a query without GROUP BY aggregates, perhaps in a subquery, and has a row where
// FROM has none.
func (s *scoper) isGrouped(q *parse.Query) bool {
	if len(q.Select.GroupBy) > 0 {
		return slices.ContainsFunc(q.Select.GroupBy, func(e *parse.Expr) bool { return e.Name == "GroupingSet" })
	}
	found := q.Select.Having != nil
	sums := func(e *parse.Expr) {
		found = found || e.Kind == parse.FuncExpr && !e.Over && s.catalog.MayAggregate(e.Name)
	}
	q.Expressions(func(e *parse.Expr) {
		sums(e)
		e.Query.EachQuery(func(inner *parse.Query) { inner.Expressions(sums) })
	})
	return found
}

func hasOuterJoin(f *parse.From) bool {
	return f.Join != nil && (f.Join.Kind != parse.InnerJoin || hasOuterJoin(f.Join.Left) || hasOuterJoin(f.Join.Right))
}

// origin is a query level whose rows expressions are computed from.
type origin struct {
	// target is the table in from that a data-modifying statement writes: a real
	// one, whatever common table expressions there are.
	target  *parse.Table
	from    []*parse.From
	names   *scopeNames
	grouped bool // columns are NULL in some rows
}

// isKeyAt reports whether expressions of a level, one for each column of a key,
// are the key of one row of the parent.
func (s *scoper) isKeyAt(k *key, list []*parse.Expr, at origin) bool {
	if k.mayBeNull(list, at) {
		return false
	}
	if e := list[0]; len(list) == 1 && e.Kind == parse.SubqueryExpr && e.Name == "" {
		return s.outputsKey(k, e.Query, nil, nil, at.names)
	}
	var names []string
	for _, e := range list {
		if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) > 2 || len(e.Path) != len(list[0].Path) || len(e.Path) == 2 && e.Path[0] != list[0].Path[0] {
			return false
		}
		names = append(names, e.Path[len(e.Path)-1])
	}
	relations := relationsOf(at)
	if len(list[0].Path) == 1 {
		// A bare name is certain where there is one relation to have it.
		return len(relations) == 1 && s.relationHasKey(k, relations[0], names, at)
	}
	for _, f := range relations {
		if visibleName(f) == list[0].Path[0] {
			return s.relationHasKey(k, f, names, at)
		}
	}
	return false
}

// relationsOf are the tables, subqueries and functions of a level.
func relationsOf(at origin) []*parse.From {
	var out []*parse.From
	var visit func(f *parse.From)
	visit = func(f *parse.From) {
		if f.Join == nil || f.Alias != "" {
			out = append(out, f) // the alias of a join hides what is inside
			return
		}
		visit(f.Join.Left)
		visit(f.Join.Right)
	}
	for _, f := range at.from {
		visit(f)
	}
	return out
}

func visibleName(f *parse.From) string {
	if f.Table != nil {
		return f.Table.Visible()
	}
	return f.Alias
}

// relationHasKey reports whether the named columns of a relation are the key.
func (s *scoper) relationHasKey(k *key, f *parse.From, columns []string, at origin) bool {
	if f.Query != nil {
		return s.outputsKey(k, f.Query, f.Columns, columns, at.names)
	}
	if f.Table == nil {
		return false
	}
	if cte := at.names.find(f.Table.Name); f.Table.Schema == "" && f.Table != at.target && cte != nil {
		if cte.query == nil || len(f.Table.Columns) > 0 {
			return false
		}
		return s.outputsKey(k, cte.query.Query, cte.query.Columns, columns, cte.outer)
	}
	t := s.catalog.Lookup(f.Table.Schema, f.Table.Name)
	if t == nil || len(f.Table.Columns) > 0 {
		return false
	}
	if k.path && t.Tenancy.Shared && f.Table != at.target && !s.locked[f.Table] {
		return false // of a shared row, perhaps, which is nobody's own
	}
	if k.parent == nil {
		return tenantColumn(t) != "" && columns[0] == tenantColumn(t)
	}
	return t == k.parent && slices.Equal(columns, k.refs)
}

// outputsKey reports whether output columns of a query are the key: the wanted
// ones by their names, with the aliases that the query has been given, or, where
// none are named, the only one.
func (s *scoper) outputsKey(k *key, q *parse.Query, aliases, wanted []string, names *scopeNames) bool {
	names = s.within(q.With, names)
	if q.SetOp != nil {
		positions := outputPositions(s.firstTargets(q), aliases, wanted)
		return positions != nil && s.armsHaveKey(k, q, positions, names)
	}
	targets, at := s.outputsOf(q, names)
	if len(targets) == 1 && targets[0].Expr.Star && len(aliases) == 0 && len(relationsOf(at)) == 1 {
		var list []*parse.Expr
		for _, name := range wanted {
			list = append(list, &parse.Expr{Kind: parse.ColumnExpr, Path: []string{name}})
		}
		return len(list) > 0 && s.isKeyAt(k, list, at)
	}
	positions := outputPositions(targets, aliases, wanted)
	return positions != nil && s.targetsAreKey(k, targets, positions, at)
}

// armsHaveKey looks at each arm of a set operation.
func (s *scoper) armsHaveKey(k *key, q *parse.Query, positions []int, names *scopeNames) bool {
	names = s.within(q.With, names)
	if q.SetOp != nil {
		return s.armsHaveKey(k, q.SetOp.Left, positions, names) && s.armsHaveKey(k, q.SetOp.Right, positions, names)
	}
	targets, at := s.outputsOf(q, names)
	return s.targetsAreKey(k, targets, positions, at)
}

func (s *scoper) targetsAreKey(k *key, targets []parse.Target, positions []int, at origin) bool {
	var list []*parse.Expr
	for _, i := range positions {
		if i >= len(targets) || hasStar(targets[:i+1]) {
			return false
		}
		list = append(list, targets[i].Expr)
	}
	return s.isKeyAt(k, list, at)
}

// outputsOf are the output columns of a query that is no set operation, with the
// level that they are computed at; none for queries that give no keys.
func (s *scoper) outputsOf(q *parse.Query, names *scopeNames) ([]parse.Target, origin) {
	switch {
	case q.Select != nil:
		return q.Select.Targets, origin{from: q.Select.From, names: names, grouped: s.isGrouped(q)}
	case q.Insert != nil && len(q.Insert.ReturningAliases) == 0:
		return q.Insert.Returning, origin{target: q.Insert.Target, from: []*parse.From{{Table: q.Insert.Target}}, names: names}
	case q.Delete != nil && len(q.Delete.ReturningAliases) == 0:
		return q.Delete.Returning, origin{target: q.Delete.Target, from: q.Delete.All(), names: names}
	case q.Update != nil && len(q.Update.ReturningAliases) == 0:
		return q.Update.Returning, origin{target: q.Update.Target, from: q.Update.All(), names: names}
	}
	return nil, origin{}
}

// firstTargets are the output columns of the arm that names those of a set
// operation.
func (s *scoper) firstTargets(q *parse.Query) []parse.Target {
	for q.SetOp != nil {
		q = q.SetOp.Left
	}
	targets, _ := s.outputsOf(q, nil)
	return targets
}

// outputPositions finds the wanted columns among outputs, each exactly once; nil
// where that is not certain.
func outputPositions(targets []parse.Target, aliases, wanted []string) []int {
	if wanted == nil {
		if len(targets) != 1 {
			return nil
		}
		return []int{0}
	}
	var out []int
	for _, name := range wanted {
		at := -1
		for i, t := range targets {
			if t.Expr.Star || outputName(t, aliases, i) == name && at >= 0 {
				return nil
			}
			if outputName(t, aliases, i) == name {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		out = append(out, at)
	}
	return out
}

func outputName(t parse.Target, aliases []string, i int) string {
	switch {
	case i < len(aliases):
		return aliases[i]
	case t.Name != "":
		return t.Name
	}
	e := t.Expr
	for e.Name == "CollateClause" && len(e.Args) > 0 {
		e = e.Args[0]
	}
	switch {
	case e.Kind == parse.ColumnExpr:
		return e.Path[len(e.Path)-1]
	case e.Kind == parse.ConstExpr && !e.Quoted && (e.Text == "true" || e.Text == "false"):
		return fmt.Sprintf("column%d", i+1) // so SQLite calls it
	}
	return ""
}
