package generator

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/emit/ddl"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// policies are a project's policies for a role that is dropped when t ends.
func (p *oracleProject) policies(t *testing.T) equivalence.Policies {
	t.Helper()
	role, _ := testpg.Role(t, testpg.Database(t))
	pkg := &ir.Package{Engine: p.config.Engine, DefaultSchema: "public", RLS: p.config.RLS,
		Tenant: ir.Tenant{Column: p.config.Tenant.Column, SQLType: p.catalog.TenantType, Root: p.config.Tenant.Root}}
	pkg.RLS.Role = role
	for _, table := range p.catalog.Tables {
		pkg.Tables = append(pkg.Tables, ir.Table{Schema: table.Schema, Name: table.Name, Kind: table.Kind, Tenancy: table.Tenancy,
			Sequences: sequences(table), Written: true, Direct: true})
	}
	files, err := ddl.Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	return equivalence.Policies{SQL: string(files[ddl.UpFile]), Role: role, Setting: pkg.RLS.Setting}
}

// Why policies may do something else than the scoped statement.
const (
	refusedRow = "a row that a policy refuses is an error of its own, where the scoped statement puts NULL into a NOT NULL column"
	metForeign = "an upsert that meets another tenant's row is an error under policies, and changes nothing when scoped"
	blindMerge = "a MERGE that reads no column of its target meets all tenants' rows under policies, and fails at the first of another tenant"
	closed     = "a materialized view can have no policy, so the role has no right on it, and the statement fails in production, too"
	lockedView = "FOR UPDATE on a view needs more than SELECT on it, where the scoped statement locks its tables"
	newParent  = "a policy does not see a parent that the same statement inserts"
	cascades   = "ON DELETE acts on another tenant's row in both cases"
	bypass     = "foreign keys are checked without policies: another tenant's key is accepted, where the scoped statement looks it up"
)

// knownUnderPolicies is why a difference between the author's statement under
// policies and the scoped one is expected; empty when it is not.
func knownUnderPolicies(s *statement, d *equivalence.Difference) string {
	policy := strings.Contains(d.Detail, "- ERROR: new row violates row-level security policy")
	switch {
	case d.Kind == equivalence.Failure && policy && strings.Contains(d.Detail, "+ ERROR: null value in column"):
		return refusedRow
	case d.Kind == equivalence.Failure && policy && s.plan.Guards != nil:
		return metForeign
	case d.Kind == equivalence.Failure && s.query.Merge != nil && strings.Contains(d.Detail, "- ERROR: target row violates row-level security policy"):
		return blindMerge
	case d.Kind == equivalence.Failure && strings.Contains(d.Detail, "- ERROR: permission denied for materialized view"):
		return closed
	case d.Kind == equivalence.Failure && len(s.query.Locked()) > 0 && strings.Contains(d.Detail, "- ERROR: permission denied for view"):
		return lockedView
	case d.Kind == equivalence.Failure && policy && s.query.With != nil && strings.Contains(d.Detail, "+ no error"):
		return newParent
	case d.Kind == equivalence.Foreign && d.Statement.Name == "DeleteForeignCascade":
		return cascades
	case s.looksUp():
		return bypass
	}
	return ""
}

// looksUp reports whether a statement looks up values for foreign keys.
func (s *statement) looksUp() bool { return len(s.plan.Lookups)+len(s.plan.Wraps) > 0 }

// TestPoliciesAgreeWithScoping runs the author's statements under FORCE ROW LEVEL
// SECURITY as a plain role, and the scoped ones without any policy, on the same
// rows: two ways to keep to the tenant that share no code.
func TestPoliciesAgreeWithScoping(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, dir, data string }{
		{"example", filepath.Join("..", "examples"), "invoicing.sql"},
		{"nasty", filepath.Join(oracleData, "nasty"), filepath.Join("nasty", "data.sql")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := compileProject(t, c.dir, "", nil)
			policies := p.policies(t)
			lab := p.lab(t, filepath.Join(oracleData, c.data))
			tenants := invoicingTenants
			if c.name == "nasty" {
				tenants = nastyTenants
			}
			compared, why := 0, map[string]int{}
			for _, tenant := range []string{tenants[1], tenants[2]} {
				pair := lab.PolicyPair(t, tenant, policies)
				for _, s := range p.statements {
					if s.status() != StatusAccepted {
						continue
					}
					st := s.forOracle()
					lists, err := pair.Arguments(t.Context(), st, 8)
					if err != nil {
						t.Fatal(err)
					}
					for _, args := range lists {
						o, err := pair.Compare(t.Context(), st, args)
						if err != nil {
							t.Fatal(err)
						}
						if compared++; o.Difference == nil {
							continue
						}
						reason := knownUnderPolicies(s, o.Difference)
						if why[reason]++; reason == "" {
							t.Errorf("under policies: %s", o.Difference)
							break
						}
					}
				}
			}
			t.Logf("%d comparisons, known differences: %v", compared, why)
		})
	}
}

// TestRandomStatementsUnderPolicies does the same with random statements.
func TestRandomStatementsUnderPolicies(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, "", nil)
	policies := p.policies(t)
	lab := p.lab(t, filepath.Join(dir, "data.sql"))
	pairs := []*equivalence.Pair{lab.PolicyPair(t, "1", policies), lab.PolicyPair(t, "2", policies)}
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pairs[0], "doc_state"))
	y, why := newRandomTally(), map[string]int{}
	y.known = func(s *statement, d *equivalence.Difference) bool {
		reason := knownUnderPolicies(s, d)
		why[reason]++
		return reason != ""
	}
	start := time.Now()
	y.check(t, *oracleStatements/3, p, statements, pairs, func(rt *rapid.T) []*equivalence.Pair { return pairs })
	y.log(t, time.Since(start))
	t.Logf("known differences: %v", why)
}
