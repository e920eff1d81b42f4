package scope

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// key is a foreign key between tables of tenants that does not hold the tenant:
// it accepts another tenant's row as well, and tells by its error whether such a
// row exists. A value counts only when it is known to be the key of a row of the
// tenant, or is looked up among them.
type key struct {
	columns []string
	parent  *catalog.Table
	refs    []string // columns of the parent
	// path is set for the key that ties a child to its tenant.
	path bool
	// nullable is set where a column may be NULL, and open where the parent's may,
	// too.
	nullable, open bool
	// numbers is set where a column makes a number of NULL.
	numbers bool
	// crossed is set where it has a column that ties the row to its tenant, and that
	// meets something else than the parent's tenant.
	crossed bool
}

// keys are the keys of a table, the one that ties it to its tenant first.
func (s *scoper) keys(t *catalog.Table) []*key {
	var out []*key
	ties := []string{tenantColumn(t)}
	if t.Tenancy.Class == ir.ClassChild {
		step := t.Tenancy.Path[0]
		ties = step.Columns
		k := &key{columns: step.Columns, parent: s.catalog.Lookup(step.Parent.Schema, step.Parent.Name), refs: step.ParentColumns, path: true, numbers: s.numbers(t, step.Columns)}
		for _, name := range k.columns {
			col := t.Column(name)
			k.nullable = k.nullable || col == nil || !col.NotNull
		}
		for _, name := range k.refs {
			col := k.parent.Column(name)
			k.open = k.open || col == nil || !col.NotNull
		}
		out = append(out, k)
	}
	for _, f := range t.ForeignKeys {
		parent := s.catalog.Lookup(f.RefSchema, f.RefTable)
		if parent == nil || len(f.RefColumns) != len(f.Columns) || s.catalog.SameTenant(t, f) {
			continue
		}
		switch parent.Tenancy.Class {
		case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
			crossed := slices.ContainsFunc(f.Columns, func(c string) bool { return slices.Contains(ties, c) })
			out = append(out, &key{columns: f.Columns, parent: parent, refs: f.RefColumns, crossed: crossed, numbers: s.numbers(t, f.Columns)})
		}
	}
	return out
}

// numbers reports whether a column numbers its rows, and makes a number of NULL.
func (s *scoper) numbers(t *catalog.Table, columns []string) bool {
	return s.catalog.Dialect.FillsSerial() && slices.ContainsFunc(columns, func(name string) bool {
		col := t.Column(name)
		return col != nil && col.Serial
	})
}

// refuseCrossed refuses to write a key that holds the tenant on one side alone.
func (s *scoper) refuseCrossed(r *Reference, k *key, text parse.Range) {
	s.refuse(diag.SyntaxUnsupported, s.span(text), "the foreign key (%s) of %q meets (%s) of %q, which is not what ties that row to its tenant", strings.Join(k.columns, ", "), r.Table.QualifiedName(),
		strings.Join(k.refs, ", "), k.parent.QualifiedName()).WithHelp("let the foreign key lead from tenant to tenant, or mark the query unscoped with a reason")
}

// values are the values that a statement gives to the columns of a key, and the
// level at which they are written.
type values struct {
	items []*parse.Item // by the key's columns; nil where one keeps its value
	from  []*parse.From
	names *scopeNames
	// target is the table that an UPDATE writes; nil for an INSERT. conflict is set
	// for the update of ON CONFLICT.
	target   *parse.Table
	conflict bool
	// blind is set where a subquery sees no columns from around it.
	blind bool
	// grouped is set where columns are NULL in some rows, by grouping sets.
	grouped bool
}

// settled reports whether the values of a key need no look-up: they are NULL, or
// known to be the key of a row of the tenant. It refuses what cannot be one.
func (s *scoper) settled(r *Reference, k *key, v values) bool {
	for i, item := range v.items {
		if item == nil {
			continue
		}
		inner := item.Expr.Uncast()
		isDefault := inner.Kind == parse.DefaultExpr
		switch {
		case k.path && (isDefault || inner.Kind == parse.ConstExpr && inner.Null):
			s.refuse(diag.TenantColumnWrite, s.span(item.Range), "the value of %s.%s leads to the tenant, and is no key of a row of %q", r.Table.QualifiedName(), k.columns[i], k.parent.QualifiedName()).
				WithHelp("give it the key of a row of %q, for instance as a parameter", k.parent.QualifiedName())
			return true
		case k.numbers && (isDefault || inner.Kind == parse.ConstExpr && inner.Null):
			s.refuseNumber(r, k, i, item)
			return true
		case isDefault:
			if hasDefault(r.Table, k.columns[i]) {
				s.refuseDefault(r, k, k.columns[i], item.Range)
			}
			return true
		case inner.Kind == parse.ConstExpr && inner.Null:
			return true
		}
	}
	if v.conflict && !slices.Contains(v.items, nil) && isExcluded(k, v) {
		return true
	}
	return s.isKey(k, v)
}

// isExcluded reports whether the values are those of the row that ON CONFLICT
// proposes, which have been looked up.
func isExcluded(k *key, v values) bool {
	for i, item := range v.items {
		if e := item.Expr; e.Kind != parse.ColumnExpr || !slices.Equal(e.Path, []string{"excluded", k.columns[i]}) {
			return false
		}
	}
	return true
}

// hasDefault reports whether a column that is given no value gets another than
// NULL.
func hasDefault(t *catalog.Table, column string) bool {
	col := t.Column(column)
	return col == nil || col.HasDefault || col.Identity || col.Generated
}

// refuseDefault refuses a default of the schema, which may refer to any row and
// cannot be looked up.
func (s *scoper) refuseDefault(r *Reference, k *key, column string, text parse.Range) {
	s.refuse(diag.ForeignKeyOpen, s.span(text), "the default of %s.%s may refer to another tenant's row of %q", r.Table.QualifiedName(), column, k.parent.QualifiedName()).
		WithHelp("give the column a value, or let the foreign key hold the tenant: FOREIGN KEY (tenant, %s) REFERENCES %s (tenant, …)", column, k.parent.QualifiedName())
}

// lookup plans the look-up of a key's values, in the place of one of them. It
// returns nil, and reports why, where the others cannot be said twice.
func (s *scoper) lookup(r *Reference, k *key, v values) *Lookup {
	at := s.lookedUp(r, k, v)
	item := v.items[at]
	if !s.sayable(r, k, at, item) {
		return nil
	}
	l := s.newLookup(r, k, at)
	l.Again = again(item)
	l.Value, l.Plain, l.Typed = item.Value, isPlain(item.Expr), item.Expr.Kind == parse.CastExpr
	for i, other := range v.items {
		if i == at {
			continue
		}
		o := Other{Column: k.refs[i], Type: columnType(r.Table, k.columns[i])}
		switch {
		case other == nil:
			o.Path = []string{v.target.Visible(), k.columns[i]}
		case other.Expr.Kind == parse.ParamExpr:
			o.Param = other.Expr.Param
		case isConstant(other.Expr):
			o.Const = other.Value
		case isQualified(other.Expr):
			o.Path = other.Expr.Path
		default:
			s.refuse(diag.SyntaxUnsupported, s.span(other.Range), "the value of %s.%s is part of a key of several columns, and cannot be looked up with the others", r.Table.QualifiedName(), k.columns[i]).
				WithHelp("pass it as a parameter without a cast, or select it: INSERT … SELECT v.a, v.b FROM (SELECT …) AS v (a, b)")
			return nil
		}
		l.Others = append(l.Others, o)
	}
	if v.blind && (len(l.Again.Path) > 0 || slices.ContainsFunc(l.Others, func(o Other) bool { return len(o.Path) > 0 })) {
		s.refuse(diag.SyntaxUnsupported, s.span(item.Range), "the value of %s.%s refers to a row of %q, and cannot be looked up beside a column here", r.Table.QualifiedName(), k.columns[at], k.parent.QualifiedName()).
			WithHelp("take the value of the new row, VALUES(%s), or pass parameters for the whole key", k.columns[at])
		return nil
	}
	return l
}

// sayable refuses a value that cannot be looked up in the dialect: one that is no
// parameter, constant or qualified column has to be said once, in a subquery of FROM; and
// a column that numbers its rows makes something else of NULL.
func (s *scoper) sayable(r *Reference, k *key, at int, item *parse.Item) bool {
	if k.numbers {
		s.refuseNumber(r, k, at, item)
		return false
	}
	if !s.nameable(values{items: []*parse.Item{item}}) {
		s.refuse(diag.SyntaxUnsupported, s.span(item.Range), "the value of %s.%s refers to a row of %q, and cannot be looked up in this form", r.Table.QualifiedName(), k.columns[at], k.parent.QualifiedName()).
			WithHelp("pass it as a parameter, or write a column with its table's name")
		return false
	}
	return true
}

// refuseNumber refuses a value that may be NULL for a column that numbers its rows.
func (s *scoper) refuseNumber(r *Reference, k *key, at int, item *parse.Item) {
	s.refuse(diag.SyntaxUnsupported, s.span(item.Range), "%s.%s numbers its rows by itself, and cannot be looked up", r.Table.QualifiedName(), k.columns[at]).
		WithHelp("let another column refer to %q", k.parent.QualifiedName())
}

// nameable reports whether all of a key's values are sayable where they stand.
func (s *scoper) nameable(v values) bool {
	return s.catalog.Dialect.NamesDerived() || !slices.ContainsFunc(v.items, func(item *parse.Item) bool {
		return !isPlain(item.Expr) && !isQualified(item.Expr)
	})
}

// again is a value as it is said once more.
func again(item *parse.Item) Other {
	e := item.Expr
	if isPlain(e) {
		e = e.Uncast()
	}
	switch {
	case e.Kind == parse.ParamExpr:
		return Other{Param: e.Param}
	case isQualified(e):
		return Other{Path: e.Path}
	}
	return Other{Const: item.Value}
}

// lookedUp is the index of the column whose value is looked up: one that cannot be
// NULL, where there is one, so that a wrong value is refused.
func (s *scoper) lookedUp(r *Reference, k *key, v values) int {
	first := -1
	for i, item := range v.items {
		if item == nil {
			continue
		}
		if rejectsNull(r, k.columns[i]) {
			return i
		}
		if first < 0 {
			first = i
		}
	}
	return first
}

// newLookup makes a look-up for a column of a key.
func (s *scoper) newLookup(r *Reference, k *key, at int) *Lookup {
	l := &Lookup{Type: columnType(r.Table, k.columns[at]), Parent: k.parent, Column: k.refs[at], Alias: s.fresh(k.parent.Name), Given: s.fresh("given"),
		Shared: k.parent.Tenancy.Shared && !k.path} // nobody adds children to a shared row
	switch col := r.Table.Column(k.columns[at]); {
	case rejectsNull(r, k.columns[at]):
	case k.path, col != nil && col.NotNull:
		l.None = NullFails
	default:
		l.None = NullKept
	}
	l.Aliases, l.Qualify = s.path(k.parent, r.Ref)
	l.Qualify = s.covered(k.parent.Name, r.Table, r.Ref) || l.Qualify
	return l
}

func columnType(t *catalog.Table, name string) string {
	if col := t.Column(name); col != nil {
		return col.Type
	}
	return ""
}

// isPlain reports whether a value is a parameter or a constant.
func isPlain(e *parse.Expr) bool {
	e = e.Uncast()
	return e.Kind == parse.ParamExpr || e.Kind == parse.ConstExpr
}

// isConstant reports whether a value is a constant that is the same wherever its
// text stands.
func isConstant(e *parse.Expr) bool { return e.Kind == parse.ConstExpr && e.Text != "" }

// isQualified reports whether a value is a column with its table.
func isQualified(e *parse.Expr) bool {
	return e.Kind == parse.ColumnExpr && len(e.Path) == 2 && !e.Star
}

// assignedKeys looks up the values that SET gives to foreign keys.
func (s *scoper) assignedKeys(r *Reference, sets []parse.Set, l *level) {
	for _, k := range s.keys(r.Table) {
		v := values{from: l.from, names: l.names, target: r.Ref, conflict: l.conflict, blind: l.blind}
		var source *parse.Query
		assigned := false
		for _, column := range k.columns {
			set, item, query := assignedTo(sets, column)
			if set == nil {
				v.items = append(v.items, nil)
				continue
			}
			if item == nil || assigned && query != source {
				s.refuse(diag.SyntaxUnsupported, s.span(set.Range), "a list of columns that holds %s is not supported in this form", column).
					WithHelp("assign %s on its own: %s = $1", column, column)
				assigned = false
				break
			}
			assigned, source = true, query
			v.items = append(v.items, item)
		}
		if assigned && k.crossed {
			s.refuseCrossed(r, k, sets[0].Range)
			continue
		}
		if !assigned || len(v.items) < len(k.columns) {
			continue
		}
		if source != nil {
			v.from, v.names, v.conflict = source.Select.From, s.within(source.With, l.names), false
		}
		if source != nil && k.path && k.nullable {
			s.refuse(diag.SyntaxUnsupported, s.span(source.Range), "this subquery makes %s.%s NULL where it finds no row, and the row would be nobody's", r.Table.QualifiedName(), k.columns[0]).
				WithHelp("assign %s on its own: %s = (SELECT …)", k.columns[0], k.columns[0])
			continue
		}
		if s.changing(r, v, sets) || s.settled(r, k, v) {
			continue
		}
		if source != nil && !inPlace(source, v) {
			s.refuse(diag.SyntaxUnsupported, s.span(source.Range), "the values of %s in this subquery cannot be looked up", k.columns[0]).
				WithHelp("put the subquery into another one: (SELECT v.a, v.b FROM (SELECT …) AS v (a, b))")
			continue
		}
		if found := s.lookup(r, k, v); found != nil {
			s.plan.Lookups = append(s.plan.Lookups, found)
		}
	}
}

// changing refuses a value of a key of several columns that is a column to which the same
// SET assigns, where that may come first: it would be looked up as it was.
func (s *scoper) changing(r *Reference, v values, sets []parse.Set) bool {
	if len(v.items) < 2 || !s.catalog.Dialect.AssignsInOrder() {
		return false
	}
	for _, item := range v.items {
		if item == nil || item.Expr.Kind != parse.ColumnExpr || item.Expr.Path[0] == "excluded" {
			continue
		}
		name := item.Expr.Path[len(item.Expr.Path)-1]
		if slices.ContainsFunc(sets, func(set parse.Set) bool { return slices.Contains(set.Columns, name) }) {
			s.refuse(diag.SyntaxUnsupported, s.span(item.Range), "the statement assigns to %s, too, and which value of it becomes part of a key of %q depends on the order", name, r.Table.QualifiedName()).
				WithHelp("pass the value as a parameter, or write two statements")
			return true
		}
	}
	return false
}

// assignedTo finds what SET gives to a column: the assignment, the value, nil
// where it has no text of its own, and the subquery that the value is a target of.
func assignedTo(sets []parse.Set, column string) (*parse.Set, *parse.Item, *parse.Query) {
	for i := range sets {
		set := &sets[i]
		at := slices.Index(set.Columns, column)
		switch {
		case at < 0:
		case len(set.Items) > at:
			if starBefore(set.Items, at) != nil {
				return set, nil, nil // it takes the places of more than one column
			}
			return set, &set.Items[at], nil
		case set.Value == nil:
			return set, nil, nil
		case set.Value.Kind == parse.SubqueryExpr && set.Value.Name == "" && len(set.Columns) > 1:
			q := set.Value.Query
			if q.Select == nil || len(q.Select.Targets) != len(set.Columns) || hasStar(q.Select.Targets) {
				return set, nil, nil
			}
			t := q.Select.Targets[at]
			return set, &parse.Item{Range: t.Range, Value: t.Value, Expr: t.Expr}, q
		case len(set.Columns) == 1 && set.Value.Name != "RowExpr":
			return set, &parse.Item{Range: set.ValueRange, Value: set.ValueRange, Expr: set.Value}, nil
		default:
			return set, nil, nil
		}
	}
	return nil, nil, nil
}
