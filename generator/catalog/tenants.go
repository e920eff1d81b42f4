package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// HasTenants reports whether a table belongs to tenants, after Classify.
func (c *Catalog) HasTenants() bool {
	return slices.ContainsFunc(c.Tables, func(t *Table) bool {
		return t.Tenancy.Class != ir.ClassGlobal && t.Tenancy.Class != ir.ClassExcluded
	})
}
