package certify

import (
	"slices"
	"strconv"

	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// isKeyOfOne reports whether the values are the key columns of one row of the
// tenant's, or all NULL: columns of one relation of the level that is an anchored
// reference to the parent, or a subquery or common table expression whose outputs
// are such columns; or a scalar subquery with such an output. An anchored
// reference may be taken for one to the tenant's rows alone, so whatever else the
// query does, the key is one of theirs; NULL comes from no row, from outer
// joins and from grouping sets. A shared row will do, but for a key that says whose row it is.
func (c *checker) isKeyOfOne(list []*parse.Expr, k key, lv *level.Level) bool {
	if e := list[0]; len(list) == 1 && e.Kind == parse.SubqueryExpr && e.Name == "" {
		return !k.never && c.givesKey(e.Query, nil, nil, k, lv.Names, lv)
	}
	for len(lv.Relations) == 0 && lv.Outer != nil {
		lv = lv.Outer // as in the VALUES of a MERGE, which sees the source
	}
	var wanted []string
	for _, e := range list {
		if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) > 2 || !slices.Equal(e.Path[:len(e.Path)-1], list[0].Path[:len(list[0].Path)-1]) {
			return false
		}
		wanted = append(wanted, e.Path[len(e.Path)-1])
	}
	for _, r := range lv.Relations {
		switch {
		case len(list[0].Path) == 2 && (r.Name != list[0].Path[0] || !r.VisibleAt(level.Place{})), len(list[0].Path) == 1 && len(lv.Relations) > 1:
			// Of a bare name it is certain whose it is where there is one relation, which
			// has such a column.
		case k.never && !isThere(r, wanted, lv):
			return false
		case r.Table != nil:
			return !r.Renamed && k.is(r.Table, wanted) && (r.Own || c.anchor(lv, r, k.owner) != "")
		case r.Item != nil && r.Item.Query != nil:
			return c.givesKey(r.Item.Query, wanted, r.Item.Columns, k, lv.Names, nil)
		case r.IsCTE && !r.Renamed:
			n := lv.Names.Find(r.Ref.Name)
			return !n.Recursive && c.givesKey(n.CTE.Query, wanted, n.CTE.Columns, k, n.Outer, nil)
		}
	}
	return false
}

// givesKey reports whether output columns of a query are such a key, in each of
// its rows: those with the wanted names, or without any the only one. aliases are
// the names that the query's first columns have been given. What RETURNING gives
// is the row that was written, and that is the tenant's, or the whole is refused.
func (c *checker) givesKey(q *parse.Query, wanted, aliases []string, k key, names *level.Names, outer *level.Level) bool {
	rows := c.levels.Rows(q, names, outer)
	if len(rows) == 0 {
		return false
	}
	first := rows[0].Targets
	if len(rows) == 1 && len(first) == 1 && first[0].Expr.Star {
		var list []*parse.Expr
		for _, name := range wanted {
			list = append(list, &parse.Expr{Kind: parse.ColumnExpr, Path: []string{name}})
		}
		return len(aliases) == 0 && len(list) > 0 && c.isKeyOfOne(list, k, rows[0].Level)
	}
	var index []int
	if wanted == nil && len(first) == 1 {
		index = []int{0}
	}
	for _, name := range wanted {
		for i, t := range first {
			own := t.Name
			if own == "" {
				own = unnamed(t.Expr, i)
			}
			if i < len(aliases) {
				own = aliases[i]
			}
			if own == name {
				index = append(index, i)
			}
		}
	}
	if len(index) != len(k.columns) {
		return false // none, or two of one name
	}
	return !slices.ContainsFunc(rows, func(row level.Row) bool {
		list := values(row, index)
		return list == nil || !c.isKeyOfOne(list, k, row.Level)
	})
}

// isOfTenant reports whether p, a relation of lv, is an anchored reference to the key's
// parent, or a subquery whose columns of those names are, in each of its rows, the key
// of a row of the tenant's, or NULL. What is equal to them is the key of such a row, as
// where p is the reference itself.
func (c *checker) isOfTenant(lv *level.Level, p *level.Relation, k key) bool {
	if p.Item != nil && p.Item.Query != nil {
		return c.givesKey(p.Item.Query, k.refs, p.Item.Columns, k, lv.Names, nil)
	}
	return p.Table == k.parent && c.anchor(lv, p, k.owner) != ""
}

// unnamed is the name of an output column without AS, the one at an index, where it may
// be that of another column: SQLite takes the first one of a name.
func unnamed(e *parse.Expr, i int) string {
	for e.Name == "CollateClause" && len(e.Args) == 1 {
		e = e.Args[0]
	}
	switch {
	case e.Kind == parse.ColumnExpr && !e.Star:
		return e.Path[len(e.Path)-1]
	case e.Kind == parse.ConstExpr && (e.Text == "true" || e.Text == "false"):
		return "column" + strconv.Itoa(i+1)
	}
	return ""
}
