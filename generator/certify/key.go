package certify

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// key is a foreign key from one table of tenants to another that does not hold
// the tenant, so that the database would accept another tenant's row for it.
type key struct {
	columns []string
	parent  *catalog.Table
	refs    []string // the parent's columns
	owner   bool     // says whose row it is
	never   bool     // its value may not be NULL, and the columns take NULL, or make a number of it (orphan.go)
}

// tenantKey stands for the column that says whose row it is, of any table: it is
// $T, since the reference that it is a column of is anchored.
func tenantKey(column string) key { return key{columns: []string{column}, owner: true} }

// is reports whether columns of a table are the key that is wanted.
func (k key) is(t *catalog.Table, columns []string) bool {
	if k.parent != nil {
		return t == k.parent && slices.Equal(columns, k.refs)
	}
	class := t.Tenancy.Class
	return (class == ir.ClassTenant || class == ir.ClassRoot) && columns[0] == t.Tenancy.Column
}

// keys lists the keys of a table: the one that ties a child to its parent, and
// foreign keys that do not lead to the same tenant by themselves. A global table may
// have such, too, and nothing but NULL is known to be good for them.
func (c *checker) keys(t *catalog.Table) []key {
	var out []key
	if step, parent := c.parent(t); parent != nil {
		out = append(out, key{step.Columns, parent, step.ParentColumns, true, c.lenient[t] || c.numbers(t, step.Columns...) || !notNull(t, step.Columns...)})
	}
	for _, f := range t.ForeignKeys {
		parent := c.cat.Lookup(f.RefSchema, f.RefTable)
		if parent == nil || c.cat.SameTenant(t, f) || len(f.Columns) == 0 || len(f.RefColumns) != len(f.Columns) {
			continue
		}
		if class := parent.Tenancy.Class; class == ir.ClassTenant || class == ir.ClassRoot || class == ir.ClassChild {
			// Where NULL may become another value, it is none that is good.
			never := c.numbers(t, f.Columns...) || c.lenient[t] && slices.ContainsFunc(f.Columns, func(name string) bool { return notNull(t, name) })
			out = append(out, key{f.Columns, parent, f.RefColumns, false, never})
		}
	}
	return out
}

// insertedKeys checks the keys of the rows that an INSERT writes. One of which a
// column stays NULL refers to nothing, but a default may be the key of any row; one
// that says whose row it is must be there.
func (c *checker) insertedKeys(ins *parse.Insert, t *catalog.Table, names *level.Names, outer *level.Level) bool {
	good := true
	refuse := func(pos int, k key, why string) {
		good = false
		c.refuse(pos, "%s.%s refers to a row of %s, and %s", t.QualifiedName(), k.columns[0], k.parent.QualifiedName(), why)
	}
	for _, k := range c.keys(t) {
		index := listed(ins, t, k.columns)
		if index == nil {
			if k.owner || !leftNull(ins, t, k.columns) {
				refuse(ins.Target.Start, k, "the row gets no such value, or a default")
			}
			continue
		}
		for _, row := range c.rows(ins.Source, names, outer) {
			switch list := values(row, index); {
			case list == nil:
				refuse(row.Pos, k, "there is no value for it that can be seen")
			case !c.isOwnKey(list, k, t, row.Level, ""):
				refuse(row.Pos, k, "its value is not the key of a row of the tenant")
			}
		}
	}
	return good
}

// assignedKeys checks the keys that a SET changes. Under ON CONFLICT they may be
// those of the row that was to be inserted, which insertedKeys has checked.
func (c *checker) assignedKeys(sets []parse.Set, t *catalog.Table, lv *level.Level, conflict bool) {
	for _, k := range c.keys(t) {
		list := make([]*parse.Expr, len(k.columns)) // nil for one that stays
		at, pos, proposed, good := lv, -1, 0, true
		for _, s := range sets {
			row := c.assigned(s, lv)
			for i, name := range k.columns {
				j := slices.Index(s.Columns, name)
				if j < 0 {
					continue
				}
				// Values of two levels are no values of one row, even where they look so.
				good = good && list[i] == nil && !row.Hidden(j) && (pos < 0 || at == row.Level)
				if at, pos = row.Level, s.Start; !good {
					break
				}
				list[i] = row.Targets[j].Expr
				if conflict && level.IsColumn(list[i], "excluded", name) {
					proposed++
				}
			}
		}
		if pos < 0 || good && proposed == len(k.columns) {
			continue
		}
		// A subquery without a row assigns NULL.
		if !good || len(list) > 1 && c.isChanging(list, sets) || at != lv && (k.never || slices.Contains(list, nil)) || !c.isOwnKey(list, k, t, at, lv.Relations[0].Name) {
			c.refuse(pos, "%s.%s refers to a row of %s, and is assigned something else than the key of a row of the tenant", t.QualifiedName(), k.columns[0], k.parent.QualifiedName())
		}
	}
}

// isChanging reports whether a value is a column that the same SET assigns to, where
// that may come first: the values of a key are not those that were looked up then.
func (c *checker) isChanging(list []*parse.Expr, sets []parse.Set) bool {
	return c.cat.Dialect.AssignsInOrder() && slices.ContainsFunc(list, func(e *parse.Expr) bool {
		return e != nil && e.Kind == parse.ColumnExpr && e.Path[0] != "excluded" && slices.ContainsFunc(sets, func(s parse.Set) bool {
			return e.Star || slices.Contains(s.Columns, e.Path[len(e.Path)-1])
		})
	})
}

// assigned is what a SET gives to its columns: one value, the items of a row, or
// the targets of a subquery. Of anything else nothing can be seen.
func (c *checker) assigned(s parse.Set, lv *level.Level) level.Row {
	e := s.Value
	switch {
	case len(s.Items) > 0:
		row := level.Row{Level: lv}
		for _, item := range s.Items {
			row.Targets = append(row.Targets, parse.Target{Expr: item.Expr})
		}
		return row
	case e != nil && len(s.Columns) == 1:
		return level.Row{Targets: []parse.Target{{Expr: e}}, Level: lv}
	case e != nil && e.Kind == parse.SubqueryExpr && e.Name == "" && e.Query != nil && e.Query.Select != nil:
		return c.levels.Rows(e.Query, lv.Names, lv)[0]
	}
	return level.Row{Level: lv}
}

// isOwnKey reports whether the values, expressions of the level for each column
// of the key, refer to a row of the tenant's, or to none because one of them is
// NULL. That leaves the row without a parent, so it is no value for a key that
// says whose row it is.
func (c *checker) isOwnKey(list []*parse.Expr, k key, t *catalog.Table, lv *level.Level, target string) bool {
	for i, e := range list {
		if null := e.Uncast(); !k.owner && !k.never && null != nil && (null.Kind == parse.ConstExpr && null.Null || null.Kind == parse.DefaultExpr && !hasDefault(t, k.columns[i])) {
			return true
		}
	}
	if !slices.Contains(list, nil) && c.isKeyOfOne(list, k, lv) {
		return true
	}
	for i, e := range list {
		if e != nil && e.Kind == parse.SubqueryExpr && e.Name == "" && e.Query != nil && e.Query.Select != nil && e.Query.With == nil {
			if c.isLookup(e.Query, i, list, k, t, lv, target) {
				return true
			}
		}
	}
	return false
}

// isLookup reports whether a scalar subquery, the value of the key's column at an
// index, is NULL unless the values of all columns are the key of a row of the
// tenant: its only output is that column of an anchored reference to the parent,
// or of a subquery that has keys of the tenant's rows of it alone, and conjuncts that
// filter this reference equate its other columns with what is stored in them. So where it is not NULL the row that it comes from has these
// very values, and none of them is NULL.
func (c *checker) isLookup(query *parse.Query, i int, list []*parse.Expr, k key, t *catalog.Table, lv *level.Level, target string) bool {
	q := query.Select
	if len(q.Targets) != 1 {
		return false
	}
	inner := c.levels.Level(q.From, q.Where, lv.Names, lv)
	for _, p := range inner.Relations {
		if !level.IsColumn(q.Targets[0].Expr, p.Name, k.refs[i]) || !p.VisibleAt(level.Place{}) || !c.isOfTenant(inner, p, k) {
			continue
		}
		equal := 0
		for j := range list {
			found := j == i
			for _, e := range p.Conjuncts(p.Places) {
				a, b, ok := level.Equality(e)
				found = found || ok && level.IsColumn(a, p.Name, k.refs[j]) && c.isSame(b, list[j], t, k.columns[j], target, inner)
			}
			if found {
				equal++
			}
		}
		if equal == len(list) && (!k.never || c.rejectsNull(t, k.columns[i]) || c.failsWithout(query, p, k.refs[i])) {
			return true
		}
	}
	return false
}

// isSame reports whether an expression of a subquery is the value that is stored
// in a column: a parameter, a constant, or a column that means the same outside of
// it; or, where nothing is stored, the target's own column. Casts to the column's
// type are those that storing makes.
func (c *checker) isSame(e, stored *parse.Expr, t *catalog.Table, column, target string, inner *level.Level) bool {
	if col := t.Column(column); col != nil {
		e = c.uncast(e, col.Type)
	}
	if stored == nil {
		return level.IsColumn(e, target, column) && inner.Named(target) == nil
	}
	if e.Kind != stored.Kind {
		return false
	}
	switch e.Kind {
	case parse.ParamExpr:
		return e.Param == stored.Param
	case parse.ConstExpr:
		return e.Text != "" && e.Text == stored.Text
	case parse.ColumnExpr:
		return !e.Star && !stored.Star && len(e.Path) == 2 && slices.Equal(e.Path, stored.Path) && inner.Named(e.Path[0]) == nil
	}
	return false
}
