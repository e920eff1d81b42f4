package equivalence

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// spelling is how a system writes the SQL that says whose a row is.
type spelling struct {
	quote func(name string) string
	// table names a table wherever the search path leads.
	table func(*catalog.Table) string
	// text is an expression's value as text, of which no two are equal that differ
	// in a byte.
	text func(expr string) string
	// delete begins a DELETE from a table that it calls x.
	delete string
}

func deepest(cat *catalog.Catalog) int {
	n := 0
	for _, t := range cat.Tables {
		n = max(n, len(t.Tenancy.Path))
	}
	return n
}

// ownerOf is an expression for the tenant that a row belongs to, as text; empty
// for a table that belongs to none. alias is the row's table.
func (w *spelling) ownerOf(t *catalog.Table, cat *catalog.Catalog, alias string) string {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		return w.text(alias + "." + w.quote(t.Tenancy.Column))
	case ir.ClassChild:
		column, from := w.ancestor(t, cat, alias)
		return "(SELECT " + w.text(column) + " FROM " + from + ")"
	}
	return ""
}

// ancestor is the tenant column that a child's row leads to, and the FROM and
// WHERE clauses that lead there.
func (w *spelling) ancestor(t *catalog.Table, cat *catalog.Catalog, alias string) (column, from string) {
	var tables, on strings.Builder
	child := alias
	for i, step := range t.Tenancy.Path {
		parent := alias + "p" + strings.Repeat("p", i)
		if i > 0 {
			tables.WriteString(", ")
			on.WriteString(" AND ")
		}
		tables.WriteString(w.table(cat.Lookup(step.Parent.Schema, step.Parent.Name)) + " AS " + parent)
		for k, column := range step.Columns {
			if k > 0 {
				on.WriteString(" AND ")
			}
			on.WriteString(parent + "." + w.quote(step.ParentColumns[k]) + " = " + child + "." + w.quote(column))
		}
		child = parent
	}
	last := t.Tenancy.Path[len(t.Tenancy.Path)-1].Parent
	column = child + "." + w.quote(cat.Lookup(last.Schema, last.Name).Tenancy.Column)
	return column, tables.String() + " WHERE " + on.String()
}

// sharedRow is an expression for whether a row is one of those that all tenants
// read and none writes.
func (w *spelling) sharedRow(t *catalog.Table, cat *catalog.Catalog, alias string) string {
	switch {
	case !t.Tenancy.Shared:
		return "false"
	case t.Tenancy.Class == ir.ClassChild:
		column, from := w.ancestor(t, cat, alias)
		return "EXISTS (SELECT 1 FROM " + from + " AND " + column + " IS NULL)"
	}
	return "(" + alias + "." + w.quote(t.Tenancy.Column) + " IS NULL)"
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
