package rewrite

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/scope"
)

// predicate is the condition that ties a reference, visible under the given
// name, to the tenant.
func (w *writer) predicate(r *scope.Reference, visible string) string {
	t := r.Table
	if t.Tenancy.Class != ir.ClassChild {
		return w.isTenants(w.column(visible, t.Tenancy.Column), r.Shared)
	}
	step := t.Tenancy.Path[0]
	var on []string
	for i, name := range step.Columns {
		on = append(on, w.column(r.Aliases[0], step.ParentColumns[i])+" = "+w.column(visible, name))
	}
	from, where := w.parents(t, r.Aliases, r.Qualify), w.owner(t, r.Aliases, r.Shared)
	if r.Apart {
		return "EXISTS (SELECT 1 FROM " + w.apart(r.Aliases[0], step.ParentColumns, from, where) + " WHERE " + strings.Join(on, " AND ") + ")"
	}
	return "EXISTS (SELECT 1 FROM " + from + " WHERE " + strings.Join(on, " AND ") + " AND " + where + ")"
}

// apart is a subquery of FROM with columns of the first table of its own FROM, which has
// the same name. DISTINCT has it computed before the statement writes.
func (w *writer) apart(name string, columns []string, from, where string) string {
	var list []string
	for _, c := range columns {
		list = append(list, w.column(name, c))
	}
	return "(SELECT DISTINCT " + strings.Join(list, ", ") + " FROM " + from + " WHERE " + where + ") AS " + w.named(name)
}

// isTenants compares a tenant column with the tenant; shared lets the rows that
// have none pass, too.
func (w *writer) isTenants(column string, shared bool) string {
	if shared {
		return "(" + column + " = " + w.tenant + " OR " + column + " IS NULL)"
	}
	return column + " = " + w.tenant
}

// parents is the FROM clause that leads from a child's parent to the table that
// carries the tenant column.
func (w *writer) parents(t *catalog.Table, aliases []string, qualify bool) string {
	var b strings.Builder
	for i, step := range t.Tenancy.Path {
		if i > 0 {
			b.WriteString(" JOIN ")
		}
		b.WriteString(w.relation(step.Parent, qualify))
		if aliases[i] != step.Parent.Name {
			b.WriteString(" AS " + w.named(aliases[i]))
		}
		if i == 0 {
			continue
		}
		for k, name := range step.Columns {
			if k == 0 {
				b.WriteString(" ON ")
			} else {
				b.WriteString(" AND ")
			}
			b.WriteString(w.column(aliases[i], step.ParentColumns[k]) + " = " + w.column(aliases[i-1], name))
		}
	}
	return b.String()
}

// owner ties the last parent of a child's path to the tenant, or lets it be a
// shared row.
func (w *writer) owner(t *catalog.Table, aliases []string, shared bool) string {
	last := t.Tenancy.Path[len(t.Tenancy.Path)-1].Parent
	parent := w.catalog.Lookup(last.Schema, last.Name)
	return w.isTenants(w.column(aliases[len(aliases)-1], parent.Tenancy.Column), shared)
}

// relation is a table's name, with its schema where that is needed.
func (w *writer) relation(n ir.Name, qualify bool) string {
	name := n.Name
	if t := w.catalog.Lookup(n.Schema, n.Name); t != nil {
		name = t.Written()
	}
	if n.Schema == catalog.DefaultSchema && !qualify {
		return w.quote(name)
	}
	return w.quote(n.Schema) + "." + w.quote(name)
}

func (w *writer) quote(name string) string { return w.catalog.Dialect.Quote(name) }

// named is the name of a relation of the statement, as it is written there or in the
// schema.
func (w *writer) named(name string) string {
	if written := w.plan.Spellings[name]; written != "" {
		return w.quote(written)
	}
	if t := w.catalog.Lookup("", name); t != nil {
		return w.quote(t.Written())
	}
	return w.quote(name)
}

func (w *writer) column(table, name string) string {
	return w.named(table) + "." + w.quote(name)
}
