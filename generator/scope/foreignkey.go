package scope

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// A foreign key between tables of tenants that does not hold the tenant accepts
// another tenant's row as well, and tells by its error whether such a row exists.
// The checks below make a value count only when it refers to a row of the tenant.

// rowChecks plans checks for the values of one row of an INSERT.
func (s *scoper) rowChecks(r *Reference, items []parse.Item, columns []string, from []*parse.From) []*Check {
	var out []*Check
	for i, item := range items {
		if item.Expr.Kind == parse.ColumnExpr && item.Expr.Star || i >= len(columns) {
			break // what follows a star has no certain column
		}
		c := s.foreignKey(r, columns[i], item.Range, item.Expr, from)
		switch {
		case c == nil:
		case s.canRefuse(r):
			out = append(out, c)
		case !c.Nullable: // its own NOT NULL refuses the row
			s.plan.Lookups = append(s.plan.Lookups, c)
		default:
			f, _ := s.openKey(r.Table, columns[i])
			s.warnKey(r, columns[i], f, item.Range)
		}
	}
	return out
}

// updateChecks plans checks for an assignment: a look-up in place of the value
// where the column is NOT NULL, which makes a wrong value an error, and otherwise
// a condition in the WHERE clause of the slot.
func (s *scoper) updateChecks(r *Reference, set parse.Set, slot *Slot, from []*parse.From) {
	if len(set.Columns) != 1 {
		for _, column := range set.Columns {
			if f, _ := s.openKey(r.Table, column); f != nil {
				s.warnKey(r, column, f, set.Range)
			}
		}
		return
	}
	switch c := s.foreignKey(r, set.Columns[0], set.ValueRange, set.Value, from); {
	case c == nil:
	case c.Nullable:
		s.plan.Updates = append(s.plan.Updates, Update{Slot: slot, Check: c})
	default:
		s.plan.Lookups = append(s.plan.Lookups, c)
	}
}

// openKey is the foreign key of a column that leads to a tenant's table and does
// not hold the tenant itself; nil where there is none.
func (s *scoper) openKey(t *catalog.Table, column string) (*catalog.ForeignKey, *catalog.Table) {
	ties := []string{tenantColumn(t)}
	if t.Tenancy.Class == ir.ClassChild {
		ties = t.Tenancy.Path[0].Columns
	}
	for _, f := range t.ForeignKeys {
		if !slices.Contains(f.Columns, column) || slices.ContainsFunc(f.Columns, func(c string) bool { return slices.Contains(ties, c) }) {
			continue
		}
		parent := s.catalog.Lookup(f.RefSchema, f.RefTable)
		if parent == nil {
			continue
		}
		switch parent.Tenancy.Class {
		case ir.ClassTenant, ir.ClassRoot, ir.ClassChild:
			return f, parent
		}
	}
	return nil, nil
}

// foreignKey plans a check for one value, or warns where it cannot.
func (s *scoper) foreignKey(r *Reference, column string, text parse.Range, value *parse.Expr, from []*parse.From) *Check {
	f, parent := s.openKey(r.Table, column)
	if f == nil {
		return nil
	}
	inner := value.Uncast()
	switch {
	case inner.Kind == parse.DefaultExpr || inner.Kind == parse.ConstExpr && inner.Null:
		return nil
	case inner.Kind == parse.ColumnExpr && s.sameKey(inner.Path, from, f, parent):
		return nil
	case len(f.Columns) > 1 || len(f.RefColumns) != 1 || inner.Kind != parse.ParamExpr && inner.Kind != parse.ConstExpr:
		s.warnKey(r, column, f, text)
		return nil
	}
	col := r.Table.Column(column)
	c := &Check{Param: inner.Param, Value: text, Nullable: !col.NotNull, Type: col.Type, Parent: parent, Column: f.RefColumns[0],
		Alias: s.fresh(parent.Name), Qualify: s.ctes[parent.Name]}
	var qualify bool
	c.Aliases, qualify = s.path(parent)
	c.Qualify = c.Qualify || qualify
	return c
}

// sameKey reports whether a column holds keys of the same parent: it is the
// parent's own key, or a foreign key to it, in one of the tables of the FROM
// clause, or in the row that ON CONFLICT proposes, whose values are checked.
func (s *scoper) sameKey(path []string, from []*parse.From, f *catalog.ForeignKey, parent *catalog.Table) bool {
	name := path[len(path)-1]
	if len(path) == 2 && path[0] == "excluded" {
		return slices.Contains(f.Columns, name)
	}
	for _, ref := range parse.Tables(from) {
		t := s.catalog.Lookup(ref.Schema, ref.Name)
		if t == nil || s.ctes[ref.Name] || len(ref.Columns) > 0 || len(path) == 2 && ref.Visible() != path[0] || t.Column(name) == nil {
			continue
		}
		if t == parent && slices.Contains(f.RefColumns, name) {
			return true
		}
		return slices.ContainsFunc(t.ForeignKeys, func(other *catalog.ForeignKey) bool {
			return len(other.Columns) == 1 && other.Columns[0] == name && s.catalog.Lookup(other.RefSchema, other.RefTable) == parent
		})
	}
	return false
}

// canRefuse reports whether a NULL in place of the tenant refuses the row.
func (s *scoper) canRefuse(r *Reference) bool {
	if column := tenantColumn(r.Table); column != "" {
		col := r.Table.Column(column)
		return col != nil && col.NotNull
	}
	return true // a child's key is NOT NULL, or the row is refused
}

func (s *scoper) warnKey(r *Reference, column string, f *catalog.ForeignKey, text parse.Range) {
	s.report.Warnf(diag.ForeignKeyOpen, s.span(text), "the value of %s.%s may refer to another tenant's row of %q", r.Table.QualifiedName(), column, f.RefTable).
		WithHelp("let the foreign key hold the tenant: FOREIGN KEY (tenant, %s) REFERENCES %s (tenant, …); or pass the value as a parameter of its own", column, f.RefTable).InQuery(s.text.Name)
}
