package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// checkActions refuses foreign keys that give a row to somebody else when the row
// goes that they refer to, or its key changes: SET NULL of the tenant column shares
// the row with all tenants, where rows without a tenant are shared, and SET DEFAULT
// gives it whatever tenant or parent the default is.
func (k *classifier) checkActions(t *Table) {
	ties := t.ties()
	if len(ties) == 0 {
		return
	}
	for _, f := range t.ForeignKeys {
		if t.Parent != nil && t.Parent.hasForeignKey(f) {
			continue
		}
		parent := k.Lookup(f.RefSchema, f.RefTable)
		open := parent != nil && len(parent.ties()) > 0 && !k.SameTenant(t, f)
		null := slices.Clone(f.SetNull)
		for _, name := range f.SetDefault {
			if col := t.Column(name); col == nil || !col.HasDefault {
				null = append(null, name)
				continue
			}
			if open || slices.Contains(ties, name) {
				k.report.Errorf(diag.SchemaUnsupported, f.Span, "the foreign key (%s) sets %s.%s to its default, which may be another tenant's", joined(f.Columns), t.QualifiedName(), name).
					WithHelp("use ON DELETE SET NULL or CASCADE, or name other columns: ON DELETE SET DEFAULT (column)")
				k.giveUp(t)
				break
			}
		}
		if t.Tenancy.Shared && slices.Contains(null, t.Tenancy.Column) {
			k.report.Errorf(diag.SharedUnusable, f.Span, "the foreign key (%s) sets %s.%s to NULL, and a row without a tenant is shared with all tenants", joined(f.Columns), t.QualifiedName(), t.Tenancy.Column).
				WithHelp("name the columns to set, ON DELETE SET NULL (column), or use CASCADE or RESTRICT")
			k.giveUp(t)
		}
	}
}
