package generator

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// plain reports whether every table of the project is global. Tenant equivalence
// then holds for any statement: no row belongs to a tenant, so a database with the
// rows of one tenant is the database itself. Such a project can use whatever sqlc
// can type, the system's tables and the schema's own functions included.
//
// An excluded table ends that: what no query may use must not be reached by a
// function either.
func plain(cat *catalog.Catalog) bool {
	return !slices.ContainsFunc(cat.Tables, func(t *catalog.Table) bool { return t.Tenancy.Class != ir.ClassGlobal })
}
