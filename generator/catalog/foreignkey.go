package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// inheritForeignKeys gives each partition the foreign keys of the tables that it
// is a partition of, as the database does.
func (c *Catalog) inheritForeignKeys() {
	for _, t := range c.Tables {
		for p := t; p.Kind == ir.KindPartition && p.Parent != nil; p = p.Parent {
			for _, f := range p.Parent.ForeignKeys {
				if !t.hasForeignKey(f) {
					t.ForeignKeys = append(t.ForeignKeys, f)
				}
			}
		}
	}
}

// hasForeignKey reports whether a table has a foreign key of the same columns.
func (t *Table) hasForeignKey(f *ForeignKey) bool {
	return slices.ContainsFunc(t.ForeignKeys, func(g *ForeignKey) bool {
		return g.RefSchema == f.RefSchema && g.RefTable == f.RefTable && slices.Equal(g.Columns, f.Columns) && slices.Equal(g.RefColumns, f.RefColumns)
	})
}

// checkForeignKeys refuses foreign keys between tenants' rows that a statement can
// write to without a value that could be looked up: one with a generated column,
// and one that a partition or an inheriting table has alone, since a statement on
// the table above writes its rows, too. It warns about those of global tables.
func (k *classifier) checkForeignKeys(t *Table) {
	for _, f := range t.ForeignKeys {
		parent := k.Lookup(f.RefSchema, f.RefTable)
		if t.Tenancy.Class == ir.ClassGlobal && t.Kind != ir.KindPartition && parent != nil && len(parent.ties()) > 0 {
			k.report.Warnf(diag.ForeignKeyOpen, f.Span, "global table %q refers to tenants' rows of %q: only unscoped queries can write (%s), and what deletes those rows meets these", t.QualifiedName(), parent.QualifiedName(), joined(f.Columns)).
				WithHelp("drop the foreign key, or let its rows belong to tenants")
		}
		if parent != nil && parent.Tenancy.Class == ir.ClassExcluded && !parent.Unclassified && t.Tenancy.Class != ir.ClassExcluded && t.Kind == ir.KindTable {
			k.report.Warnf(diag.ForeignKeyOpen, f.Span, "the foreign key (%s) of %q refers to the excluded table %q, and is not looked up: it tells whether such a row is there", joined(f.Columns), t.QualifiedName(), parent.QualifiedName()).
				WithHelp("declare how %s belongs to tenants, or let the key be one that nobody can guess", parent.QualifiedName())
		}
		if len(t.ties()) == 0 || parent == nil || len(parent.ties()) == 0 || t.Parent != nil && t.Parent.hasForeignKey(f) {
			continue
		}
		if k.SameTenant(t, f) && !(t.Tenancy.Class == ir.ClassChild && slices.Equal(f.Columns, t.Tenancy.Path[0].Columns)) {
			continue
		}
		k.checkNarrow(t, parent, f)
		for _, name := range f.Columns {
			if col := t.Column(name); col != nil && col.Generated {
				k.report.Errorf(diag.SchemaUnsupported, f.Span, "the foreign key (%s) of %q has a generated column, %q: what is computed cannot be looked up among the rows of one tenant", joined(f.Columns), t.QualifiedName(), name).
					WithHelp("make it a plain column, or let the foreign key hold the tenant: FOREIGN KEY (tenant, %s) REFERENCES %s (tenant, …)", name, parent.QualifiedName())
				k.giveUp(t)
				break
			}
		}
		above := t.Parent
		if above == nil || t.Tenancy.Class == ir.ClassExcluded || slices.ContainsFunc(f.Columns, func(name string) bool { return above.Column(name) == nil }) {
			continue
		}
		k.report.Errorf(diag.SchemaUnsupported, f.Span, "%q has a foreign key (%s) that %q lacks: a statement on %s writes the rows of %s, too, and its values are not looked up", t.QualifiedName(), joined(f.Columns), above.QualifiedName(), above.QualifiedName(), t.QualifiedName()).
			WithHelp("give %s the same foreign key, or let it hold the tenant: FOREIGN KEY (tenant, %s) REFERENCES %s (tenant, …)", above.QualifiedName(), joined(f.Columns), parent.QualifiedName())
		k.giveUp(above)
		k.giveUp(t)
	}
}

// checkNarrow refuses a foreign key with a column that does not hold every key of the
// parent: the key of the tenant's row that was looked up may become that of another
// tenant's where it is stored.
func (k *classifier) checkNarrow(t, parent *Table, f *ForeignKey) {
	if !k.Dialect.ChangesKeys() || len(f.RefColumns) != len(f.Columns) {
		return
	}
	for i, name := range f.Columns {
		from, to := t.Column(name), parent.Column(f.RefColumns[i])
		if from == nil || to == nil || from.Type == to.Type && from.Modifiers == to.Modifiers && from.Length >= to.Length {
			continue
		}
		k.report.Errorf(diag.SchemaUnsupported, f.Span, "%s.%s is not of the type of %s.%s, or shorter: a key that it does not hold becomes another one, which may be another tenant's", t.QualifiedName(), name, parent.QualifiedName(), to.Name).
			WithHelp("give both columns one type with the same length, or let the foreign key hold the tenant: FOREIGN KEY (tenant, %s) REFERENCES %s (tenant, …)", name, parent.QualifiedName())
		k.giveUp(t)
		return
	}
}
