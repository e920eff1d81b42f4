package tie

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// value says whether an expression of a level is a tenant that the author gives:
// it has no column in it but the tenant columns of tied relations. A column of
// self ties nothing to anything.
func (a *author) value(lv *level.Level, e *parse.Expr, self *level.Relation) Strength {
	switch e.Kind {
	case parse.DefaultExpr:
		return Unanchored
	case parse.ConstExpr:
		if e.Null {
			return Unanchored
		}
	case parse.ColumnExpr:
		if e.Star || len(e.Path) == 0 {
			return Unanchored
		}
		r, at := a.resolve(lv, e.Path)
		if r == nil || r == self {
			return Unanchored
		}
		return a.column(at, r, e.Path[len(e.Path)-1], self)
	case parse.SubqueryExpr:
		switch e.Name {
		case "", "EXISTS":
			// One value, whatever it was looked up by: the tables in it are judged for
			// themselves.
			if self != nil && mentions(e.Query, self.Name) {
				return Unanchored
			}
			return Anchored
		case "ARRAY":
			return a.outputs(e.Query, lv.Names, lv).strength(a, 0, self)
		}
		return Unanchored
	}
	worst := Anchored
	for _, arg := range e.Args {
		worst = min(worst, a.value(lv, arg, self))
	}
	return worst
}

// column is the strength of one column of a relation of a level as a tenant.
func (a *author) column(lv *level.Level, r *level.Relation, name string, self *level.Relation) Strength {
	switch {
	case r.Table != nil && !r.IsCTE:
		if direct(r.Table) && name == r.Table.Tenancy.Column {
			return a.tiesOf(lv)[r].strength
		}
		return Unanchored
	case r.Item != nil && len(r.Item.Function) > 0:
		worst := Anchored
		for _, f := range r.Item.Function {
			worst = min(worst, a.value(lv, f, self))
		}
		return worst
	}
	out := a.relation(lv, r)
	return out.strength(a, out.index(name), self)
}

// keyed says whether an expression of a level is the key of a tied row of a
// table.
func (a *author) keyed(lv *level.Level, e *parse.Expr, parent *catalog.Table, key string) Strength {
	e = e.Uncast()
	if e.Kind == parse.SubqueryExpr && e.Name == "" {
		return a.outputs(e.Query, lv.Names, lv).keyed(a, 0, parent, key)
	}
	if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) == 0 {
		return Unanchored
	}
	r, at := a.resolve(lv, e.Path)
	name := e.Path[len(e.Path)-1]
	switch {
	case r == nil:
	case r.Table == parent && !r.IsCTE && name == key:
		return a.tiesOf(at)[r].strength
	case r.Table != nil && !r.IsCTE:
		// A sibling that is tied through the same parent has the key, too.
		held := a.tiesOf(at)[r]
		if f := held.via; f != nil && slices.Equal(f.Columns, []string{name}) && a.cat.Lookup(f.RefSchema, f.RefTable) == parent && slices.Equal(f.RefColumns, []string{key}) {
			return held.strength
		}
	default:
		out := a.relation(at, r)
		return out.keyed(a, out.index(name), parent, key)
	}
	return Unanchored
}

// keyOf says whether values are the key of a tied row of a table: each by itself,
// or one that is looked up by the others.
func (a *author) keyOf(lv *level.Level, values []*parse.Expr, parent *catalog.Table, key []string) Strength {
	each := Anchored
	for i, e := range values {
		each = min(each, a.keyed(lv, e, parent, key[i]))
	}
	if each > Unanchored || len(values) == 1 {
		return each
	}
	best := Unanchored
	for i, e := range values {
		if q := e.Query; e.Kind == parse.SubqueryExpr && e.Name == "" && q != nil && q.Select != nil && a.togetherWith(lv, q, i, values, parent, key) {
			best = max(best, a.keyed(lv, e, parent, key[i]))
		}
	}
	return best
}

// togetherWith reports whether a query for one column of a key equates the others
// with their values.
func (a *author) togetherWith(lv *level.Level, q *parse.Query, i int, values []*parse.Expr, parent *catalog.Table, key []string) bool {
	inner := a.level(q.Select.From, q.Select.Where, lv.Names.And(q.With), lv)
	for _, p := range inner.Relations {
		equated := p.Table == parent
		for j, value := range values {
			equated = equated && (j == i || slices.ContainsFunc(p.Conjuncts(inner.Filters), func(e *parse.Expr) bool {
				x, y, ok := level.Equality(e)
				return ok && (a.is(inner, x, p, key[j]) && a.same(inner, y, lv, value) || a.is(inner, y, p, key[j]) && a.same(inner, x, lv, value))
			}))
		}
		if equated {
			return true
		}
	}
	return false
}

// same reports whether two expressions, each of a level, are one parameter,
// constant or column.
func (a *author) same(at *level.Level, x *parse.Expr, lv *level.Level, y *parse.Expr) bool {
	x, y = x.Uncast(), y.Uncast()
	switch {
	case x.Kind != y.Kind:
		return false
	case x.Kind == parse.ParamExpr:
		return x.Param == y.Param
	case x.Kind == parse.ConstExpr:
		return !x.Null && !y.Null && x.Text != "" && x.Text == y.Text
	case x.Kind != parse.ColumnExpr || x.Star || y.Star || len(x.Path) == 0 || len(y.Path) == 0:
		return false
	}
	first, _ := a.resolve(at, x.Path)
	second, _ := a.resolve(lv, y.Path)
	return first != nil && first == second && x.Path[len(x.Path)-1] == y.Path[len(y.Path)-1]
}

// is reports whether an expression of a level is a column of its relation r.
func (a *author) is(lv *level.Level, e *parse.Expr, r *level.Relation, column string) bool {
	e = e.Uncast()
	if e == nil || e.Kind != parse.ColumnExpr || e.Star || len(e.Path) == 0 || e.Path[len(e.Path)-1] != column {
		return false
	}
	found, _ := a.resolve(lv, e.Path)
	return found == r
}

// mentions reports whether a query has a column of a relation of that name.
func mentions(q *parse.Query, name string) bool {
	found := false
	q.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			found = found || e.Kind == parse.ColumnExpr && len(e.Path) > 1 && e.Path[len(e.Path)-2] == name
		})
	})
	return found
}

// resolve finds the relation that a column belongs to, and its level; nil when
// that is not certain.
func (a *author) resolve(lv *level.Level, path []string) (*level.Relation, *level.Level) {
	name := path[len(path)-1]
	for ; lv != nil; lv = lv.Outer {
		if len(path) > 1 {
			if r := lv.Named(path[len(path)-2]); r != nil {
				return r, lv
			}
			continue
		}
		r, certain := a.bare(lv, name)
		if r != nil {
			return r, lv
		}
		if !certain {
			return nil, nil
		}
	}
	return nil, nil
}

// bare finds the relation of a level that has a column. In a statement that is
// valid only one has it, or USING makes them equal. A relation whose columns are
// not known may have it, if it is the only such one.
func (a *author) bare(lv *level.Level, name string) (found *level.Relation, certain bool) {
	var unknown []*level.Relation
	for _, r := range lv.Relations {
		if r.Ref == nil && r.Item != nil && r.Item.Join != nil || r.Name == "excluded" && r.Item == nil && r.Ref == nil {
			continue // the columns are those of the relations inside
		}
		if r.Table != nil && !r.IsCTE {
			if r.Table.Column(name) != nil && !r.Renamed {
				return r, true
			}
			if r.Table.Opaque {
				unknown = append(unknown, r)
			}
			continue
		}
		out := a.relation(lv, r)
		if out.index(name) >= 0 {
			return r, true
		}
		if !out.complete {
			unknown = append(unknown, r)
		}
	}
	if len(unknown) == 1 {
		return unknown[0], true
	}
	return nil, len(unknown) == 0
}

// qualify gives the bare columns in the conditions of a level the names of their
// relations, as the rules of the proof want them, and reduces its outer joins.
func (a *author) qualify(lv *level.Level) {
	for _, e := range conditions(lv) {
		e.Walk(func(e *parse.Expr) {
			if e.Kind != parse.ColumnExpr || e.Star || len(e.Path) == 2 || len(e.Path) == 0 {
				return
			}
			if r, at := a.resolve(lv, e.Path); r != nil && (at == lv || lv.Named(r.Name) == nil) {
				e.Path = []string{r.Name, e.Path[len(e.Path)-1]}
			}
		})
	}
	if len(lv.Filters) > 0 {
		a.reduce(lv)
	}
}
