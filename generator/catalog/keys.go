package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// CommonKeys are the unique keys of a tenant's table that hold for all tenants
// together, so that a violation tells that somebody has such a row. Keys of values
// that nobody can guess are left out.
func (c *Catalog) CommonKeys(t *Table) []ir.Key {
	ties := t.ties()
	if len(ties) == 0 || t.Kind != ir.KindTable {
		return nil
	}
	var out []ir.Key
	if t.PrimaryKey != nil && !c.holdsTenant(t, t.PrimaryKey) && !t.madeUp(t.PrimaryKey) {
		out = append(out, ir.Key{Columns: t.PrimaryKey})
	}
	for _, u := range t.Uniques {
		if !c.holdsTenant(t, u.Columns) && !t.madeUp(u.Columns) {
			out = append(out, ir.Key{Columns: u.Columns, Expressions: u.Expressions})
		}
	}
	return out
}

// OpenForeignKeys lead from a tenant's table to another one without holding the
// tenant, so that the database accepts another tenant's row there. The key that
// makes a child of the table is not among them.
func (c *Catalog) OpenForeignKeys(t *Table) []ir.Step {
	ties := t.ties()
	if len(ties) == 0 || t.Kind != ir.KindTable {
		return nil
	}
	var out []ir.Step
	for _, f := range t.ForeignKeys {
		parent := c.Lookup(f.RefSchema, f.RefTable)
		if parent == nil || len(parent.ties()) == 0 || c.SameTenant(t, f) {
			continue
		}
		out = append(out, ir.Step{Columns: f.Columns, Parent: ir.Name{Schema: parent.Schema, Name: parent.Name}, ParentColumns: f.RefColumns})
	}
	return out
}

// ties are the columns by which a row belongs to its tenant: the tenant column,
// or the key to the parent.
func (t *Table) ties() []string {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		return []string{t.Tenancy.Column}
	case ir.ClassChild:
		return t.Tenancy.Path[0].Columns
	}
	return nil
}

// holdsTenant reports whether equal columns mean one tenant: the tenant column is
// among them, or a whole foreign key to a row that is some tenant's.
func (c *Catalog) holdsTenant(t *Table, columns []string) bool {
	holds := func(all []string) bool {
		return !slices.ContainsFunc(all, func(name string) bool { return !slices.Contains(columns, name) })
	}
	if holds(t.ties()) {
		return true
	}
	return slices.ContainsFunc(t.ForeignKeys, func(f *ForeignKey) bool {
		parent := c.Lookup(f.RefSchema, f.RefTable)
		return parent != nil && len(parent.ties()) > 0 && holds(f.Columns)
	})
}

// madeUp reports whether a key holds one that is a single column of values that
// nobody chooses: a uuid, or filled in by the database, and no foreign key.
func (t *Table) madeUp(columns []string) bool {
	return slices.ContainsFunc(t.Keys(), func(key []string) bool {
		if len(key) != 1 || !slices.Contains(columns, key[0]) {
			return false
		}
		foreign := slices.ContainsFunc(t.ForeignKeys, func(f *ForeignKey) bool { return slices.Contains(f.Columns, key[0]) })
		col := t.Column(key[0])
		return col != nil && !foreign && (col.Serial || col.Identity || col.Type == "uuid")
	})
}

// SameTenant reports whether a foreign key leads to a row of the same tenant
// whatever its values are, because it holds the tenant: it equates what ties the
// row to its tenant with what ties the other row to it. It is not enough that the
// tenant column is in the key: it may meet a column that means something else.
func (c *Catalog) SameTenant(t *Table, f *ForeignKey) bool {
	parent := c.Lookup(f.RefSchema, f.RefTable)
	if parent == nil || len(f.Columns) != len(f.RefColumns) {
		return false
	}
	equates := func(column, ref string) bool {
		for i := range f.Columns {
			if f.Columns[i] == column && f.RefColumns[i] == ref {
				return true
			}
		}
		return false
	}
	if t.Tenancy.Class != ir.ClassChild {
		return parent.Tenancy.Column != "" && parent.Tenancy.Class != ir.ClassGlobal && equates(t.Tenancy.Column, parent.Tenancy.Column)
	}
	// A child's row is its parent's tenant's. The other row is that parent, or one
	// with the same parent.
	step := t.Tenancy.Path[0]
	same, refs := c.Lookup(step.Parent.Schema, step.Parent.Name) == parent, step.ParentColumns
	if parent.Tenancy.Class == ir.ClassChild && !same {
		other := parent.Tenancy.Path[0]
		same = other.Parent == step.Parent && slices.Equal(other.ParentColumns, step.ParentColumns)
		refs = other.Columns
	}
	for i, column := range step.Columns {
		same = same && i < len(refs) && equates(column, refs[i])
	}
	return same
}
