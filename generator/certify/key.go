package certify

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
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
// foreign keys that do not lead to the same tenant by themselves.
func (c *checker) keys(t *catalog.Table) []key {
	var out []key
	if step, parent := c.parent(t); parent != nil {
		out = append(out, key{step.Columns, parent, step.ParentColumns, true})
	}
	for _, f := range t.ForeignKeys {
		parent := c.cat.Lookup(f.RefSchema, f.RefTable)
		if parent == nil || c.cat.SameTenant(t, f) || len(f.Columns) == 0 || len(f.RefColumns) != len(f.Columns) {
			continue
		}
		if class := parent.Tenancy.Class; class == ir.ClassTenant || class == ir.ClassRoot || class == ir.ClassChild {
			out = append(out, key{f.Columns, parent, f.RefColumns, false})
		}
	}
	return out
}

// insertedKeys checks the keys of the rows that an INSERT writes. A column that is
// not in the list gets the schema's default, which is the same for every tenant;
// one that says whose row it is must be there.
func (c *checker) insertedKeys(ins *parse.Insert, t *catalog.Table, ctes *names, outer *level) bool {
	good := true
	refuse := func(pos int, k key, why string) {
		good = false
		c.refuse(pos, "%s.%s refers to a row of %s, and %s", t.QualifiedName(), k.columns[0], k.parent.QualifiedName(), why)
	}
	for _, k := range c.keys(t) {
		var index []int
		for _, name := range k.columns {
			i := slices.IndexFunc(ins.Columns, func(column parse.Column) bool { return column.Name == name })
			if col := t.Column(name); i >= 0 && col != nil && !(ins.Overriding && col.Identity) {
				index = append(index, i)
			}
		}
		if len(index) < len(k.columns) || ins.Source == nil {
			if k.owner {
				refuse(ins.Target.Start, k, "the row gets no such value")
			}
			continue
		}
		c.eachRow(ins.Source, ctes, outer, func(pos int, row []*parse.Expr, lv *level) {
			var list []*parse.Expr
			for _, i := range index {
				if hidden(row, i) {
					refuse(pos, k, "there is no value for it that can be seen")
					return
				}
				list = append(list, row[i])
			}
			if !c.isOwnKey(list, k, t, lv, "") {
				refuse(pos, k, "its value is not the key of a row of the tenant")
			}
		})
	}
	return good
}

// assignedKeys checks the keys that a SET changes. Under ON CONFLICT they may be
// those of the row that was to be inserted, which insertedKeys has checked.
func (c *checker) assignedKeys(sets []parse.Set, t *catalog.Table, lv *level, conflict bool) {
	for _, k := range c.keys(t) {
		list := make([]*parse.Expr, len(k.columns)) // nil for one that stays
		at, pos, assigned, proposed := lv, 0, 0, 0
		for i, name := range k.columns {
			for _, s := range sets {
				j := slices.Index(s.Columns, name)
				if j < 0 {
					continue
				}
				if list[i] != nil {
					c.refuse(s.Start, "%s.%s is assigned to twice", t.QualifiedName(), name)
				}
				assigned, pos = assigned+1, s.Start
				list[i], at = c.assigned(s, j, lv)
				if conflict && isColumn(list[i], "excluded", name) {
					proposed++
				}
			}
		}
		if assigned == 0 || proposed == len(k.columns) {
			continue
		}
		if at != lv && assigned < len(k.columns) || !c.isOwnKey(list, k, t, at, lv.relations[0].name) {
			c.refuse(pos, "%s.%s refers to a row of %s, and is assigned something else than the key of a row of the tenant", t.QualifiedName(), k.columns[0], k.parent.QualifiedName())
		}
	}
}

// assigned is what a SET gives to its column at an index, and the level of that:
// of a row or a subquery it is the item there. What it does not know is a default,
// which is no key.
func (c *checker) assigned(s parse.Set, i int, lv *level) (*parse.Expr, *level) {
	switch e := s.Value; {
	case e != nil && e.Name == "RowExpr" && i < len(e.Args):
		return e.Args[i], lv
	case e != nil && len(s.Columns) == 1:
		return e, lv
	case e != nil && e.Kind == parse.SubqueryExpr && e.Name == "" && e.Query != nil && e.Query.Select != nil:
		for j, t := range e.Query.Select.Targets {
			if t.Expr == nil || t.Expr.Star {
				break
			}
			if i == j {
				from := e.Query.Select
				return t.Expr, c.newLevel(from.From, from.Where, lv.ctes.and(e.Query.With), lv)
			}
		}
	}
	return &parse.Expr{Kind: parse.OtherExpr}, lv
}

// isOwnKey reports whether the values, expressions of the level for each column
// of the key, refer to a row of the tenant's, or to none because one of them is
// NULL. That leaves the row without a parent, so it is no value for a key that
// says whose row it is; a schema's default is none either.
func (c *checker) isOwnKey(list []*parse.Expr, k key, t *catalog.Table, lv *level, target string) bool {
	for _, e := range list {
		if null := e.Uncast(); !k.owner && null != nil && (null.Kind == parse.DefaultExpr || null.Kind == parse.ConstExpr && null.Null) {
			return true
		}
	}
	if !slices.Contains(list, nil) && c.isKeyOfOne(list, k, lv) {
		return true
	}
	for i, e := range list {
		if e != nil && e.Kind == parse.SubqueryExpr && e.Name == "" && e.Query != nil && e.Query.Select != nil && e.Query.With == nil {
			if c.isLookup(e.Query.Select, i, list, k, t, lv, target) {
				return true
			}
		}
	}
	return false
}

// isLookup reports whether a scalar subquery, the value of the key's column at an
// index, is NULL unless the values of all columns are the key of a row of the
// tenant: its only output is that column of an anchored reference to the parent,
// and conjuncts that filter this reference equate its other columns with what is
// stored in them. So where it is not NULL the row that it comes from has these
// very values.
func (c *checker) isLookup(q *parse.Select, i int, list []*parse.Expr, k key, t *catalog.Table, lv *level, target string) bool {
	if len(q.Targets) != 1 {
		return false
	}
	inner := c.newLevel(q.From, q.Where, lv.ctes, lv)
	for _, p := range inner.relations {
		if p.table != k.parent || !isColumn(q.Targets[0].Expr, p.name, k.refs[i]) || !p.visibleAt(place{}) || c.anchor(inner, p, k.owner) == "" {
			continue
		}
		equal := 0
		for j := range list {
			found := j == i
			for _, e := range conjunctsSeeing(p, p.places) {
				a, b, ok := equality(e)
				found = found || ok && isColumn(a, p.name, k.refs[j]) && c.isSame(b, list[j], t, k.columns[j], target, inner)
			}
			if found {
				equal++
			}
		}
		if equal == len(list) {
			return true
		}
	}
	return false
}

// isSame reports whether an expression of a subquery is the value that is stored
// in a column: a parameter, a constant, or a column that means the same outside of
// it; or, where nothing is stored, the target's own column. Casts to the column's
// type are those that storing makes.
func (c *checker) isSame(e, stored *parse.Expr, t *catalog.Table, column, target string, inner *level) bool {
	col := t.Column(column)
	for col != nil && e.Kind == parse.CastExpr && typeName(e.Name) == typeName(col.Type) && !c.mayCut(e) {
		e = e.Args[0]
	}
	if stored == nil {
		return isColumn(e, target, column) && inner.named(target) == nil
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
		return !e.Star && !stored.Star && len(e.Path) == 2 && slices.Equal(e.Path, stored.Path) && inner.named(e.Path[0]) == nil
	}
	return false
}

// isKeyOfOne reports whether the values are the key columns of one row of the
// tenant's, or all NULL: columns of one relation of the level that is an anchored
// reference to the parent, or a subquery or common table expression whose outputs
// are such columns; or a scalar subquery with such an output. An anchored
// reference may be taken for one to the tenant's rows alone, so whatever else the
// query does, the key is one of theirs; NULL comes from no row and from outer
// joins. A shared row will do, but for a key that says whose row it is.
func (c *checker) isKeyOfOne(list []*parse.Expr, k key, lv *level) bool {
	if e := list[0]; len(list) == 1 && e.Kind == parse.SubqueryExpr && e.Name == "" {
		return c.givesKey(e.Query, nil, nil, k, lv.ctes, lv)
	}
	for len(lv.relations) == 0 && lv.outer != nil {
		lv = lv.outer // as in the VALUES of a MERGE, which sees the source
	}
	var wanted []string
	for _, e := range list {
		if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) > 2 || !slices.Equal(e.Path[:len(e.Path)-1], list[0].Path[:len(list[0].Path)-1]) {
			return false
		}
		wanted = append(wanted, e.Path[len(e.Path)-1])
	}
	for _, r := range lv.relations {
		switch {
		case len(list[0].Path) == 2 && (r.name != list[0].Path[0] || !r.visibleAt(place{})), len(list[0].Path) == 1 && len(lv.relations) > 1:
			// Of a bare name it is certain whose it is where there is one relation, which
			// has such a column.
		case r.table != nil:
			return !r.renamed && k.is(r.table, wanted) && (r.own || c.anchor(lv, r, k.owner) != "")
		case r.item != nil && r.item.Query != nil:
			return c.givesKey(r.item.Query, wanted, r.item.Columns, k, lv.ctes, nil)
		case r.isCTE && !r.renamed:
			n := lv.ctes.find(r.ref.Name)
			return !n.recursive && c.givesKey(n.cte.Query, wanted, n.cte.Columns, k, n.outer, nil)
		}
	}
	return false
}

// givesKey reports whether output columns of a query are such a key, in each arm
// of a set operation: those with the wanted names, or without any the only one.
// aliases are the names that the query's first columns have been given.
func (c *checker) givesKey(q *parse.Query, wanted, aliases []string, k key, ctes *names, outer *level) bool {
	arms := c.arms(q, ctes, outer)
	if len(arms) == 0 {
		return false
	}
	if first := arms[0]; len(arms) == 1 && len(first.targets) == 1 && first.targets[0].Expr.Star {
		var list []*parse.Expr
		for _, name := range wanted {
			list = append(list, &parse.Expr{Kind: parse.ColumnExpr, Path: []string{name}})
		}
		return len(aliases) == 0 && len(list) > 0 && c.isKeyOfOne(list, k, first.lv)
	}
	var index []int
	if wanted == nil && len(arms[0].targets) == 1 {
		index = []int{0}
	}
	for _, name := range wanted {
		for i, t := range arms[0].targets {
			own := t.Name
			if own == "" && t.Expr.Kind == parse.ColumnExpr && !t.Expr.Star {
				own = t.Expr.Path[len(t.Expr.Path)-1]
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
	return !slices.ContainsFunc(arms, func(a arm) bool {
		var list []*parse.Expr
		for _, i := range index {
			if i >= len(a.targets) || slices.ContainsFunc(a.targets[:i+1], func(t parse.Target) bool { return t.Expr == nil || t.Expr.Star || t.Expr.Name == "AIndirection" }) {
				return true
			}
			list = append(list, a.targets[i].Expr)
		}
		return !c.isKeyOfOne(list, k, a.lv)
	})
}

// arm is one of the queries that a query's rows come from.
type arm struct {
	targets []parse.Target
	lv      *level
}

// arms are the parts of a query that give rows; none where it is of another kind.
// What RETURNING gives is the row that the statement has written or removed, and
// that is the tenant's, or the whole is refused.
func (c *checker) arms(q *parse.Query, ctes *names, outer *level) []arm {
	if q == nil {
		return nil
	}
	ctes = ctes.and(q.With)
	written := func(ref *parse.Table, aliases []string, targets []parse.Target, lv *level) []arm {
		if len(aliases) > 0 { // of the row as it was before, perhaps
			return nil
		}
		lv.relations = append(lv.relations, &relation{name: ref.Visible(), ref: ref, table: c.lookup(ref), own: true})
		return []arm{{targets, lv}}
	}
	switch {
	case q.Select != nil:
		return []arm{{q.Select.Targets, c.newLevel(q.Select.From, q.Select.Where, ctes, outer)}}
	case q.SetOp != nil:
		left, right := c.arms(q.SetOp.Left, ctes, outer), c.arms(q.SetOp.Right, ctes, outer)
		if len(left) == 0 || len(right) == 0 {
			return nil
		}
		return append(left, right...)
	case q.Insert != nil:
		return written(q.Insert.Target, q.Insert.ReturningAliases, q.Insert.Returning, &level{ctes: ctes})
	case q.Update != nil:
		return written(q.Update.Target, q.Update.ReturningAliases, q.Update.Returning, c.newLevel(q.Update.From, q.Update.Where, ctes, nil))
	case q.Delete != nil:
		return written(q.Delete.Target, q.Delete.ReturningAliases, q.Delete.Returning, c.newLevel(q.Delete.Using, q.Delete.Where, ctes, nil))
	}
	return nil
}
