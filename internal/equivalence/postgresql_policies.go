package equivalence

import (
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// Policies are row-level security as a project has it.
type Policies struct {
	// SQL makes the policies for Role, a role that exists and owns nothing.
	SQL, Role string
	// Setting is the run-time setting that carries the tenant.
	Setting string
}

// PolicyPair makes a pair whose author's statements run as the policies' role on a
// second shared database, with the tenant in its setting, instead of on a slice.
// The scoped ones run without policies, so two protections that know nothing of
// each other are compared. Rows that do not name their tenant are its, as on a
// slice.
func (l *Lab) PolicyPair(t testing.TB, tenant string, policies Policies) *Pair {
	t.Helper()
	ctx, cat := t.Context(), l.project.Catalog
	from, ok := l.template.(*pgTemplate)
	if !ok {
		t.Fatal("equivalence: policies are PostgreSQL's")
	}
	slice := from.copy(t)
	p := &Pair{tenant: tenant, catalog: cat, policies: true, shared: &side{database: from.copy(t)}, slice: &side{database: slice}}
	role := quote(policies.Role)
	var sql strings.Builder
	sql.WriteString(policies.SQL + ";\nGRANT USAGE ON SCHEMA frozen TO " + role + ";\nGRANT USAGE ON SEQUENCE frozen.uuids TO " + role)
	for _, table := range cat.Tables {
		if table.View == nil && table.Tenancy.Class == ir.ClassTenant {
			sql.WriteString(";\nALTER TABLE " + qualified(table.Schema, table.Name) + " ALTER COLUMN " + quote(table.Tenancy.Column) + " SET DEFAULT " + literal(tenant))
		}
	}
	if _, err := slice.conn.Exec(ctx, sql.String()); err != nil {
		t.Fatalf("equivalence: policies: %v", err)
	}
	slice.become = "; SET LOCAL ROLE " + role + "; SELECT pg_catalog.set_config(" + literal(policies.Setting) + ", " + literal(tenant) + ", true)"
	p.open(t)
	return p
}
