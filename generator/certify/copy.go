package certify

import (
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// CheckCopy proves that COPY FROM may write a table for a tenant: the caller's
// values into columns, and $T into tenantColumn, which may be empty. COPY writes
// each row as the INSERT of that one row does, with the same defaults, constraints
// and triggers; it goes past rules, which the catalog refuses, and past policies,
// of which no proof makes use. So the rules for that INSERT decide.
func CheckCopy(table ir.Name, columns []string, tenantColumn string, cat *catalog.Catalog) *Result {
	name := cat.Dialect.Quote(table.Name)
	if table.Schema != "" {
		name = cat.Dialect.Quote(table.Schema) + "." + name
	}
	var names, values []string
	for _, column := range columns {
		names = append(names, cat.Dialect.Quote(column))
		values = append(values, fmt.Sprintf("$%d", len(names)))
	}
	tenant := 0
	if tenantColumn != "" {
		names = append(names, cat.Dialect.Quote(tenantColumn))
		tenant = len(names)
		values = append(values, fmt.Sprintf("$%d", tenant))
	}
	return Check(fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", name, strings.Join(names, ", "), strings.Join(values, ", ")), tenant, cat)
}
