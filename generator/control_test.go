package generator

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// A tamper spoils the plan of a statement on purpose: tests that pass on what it
// leaves prove nothing.
type tamper func(*parse.Query, *scope.Plan)

// dropPredicates takes every predicate away, also those in the bodies of views,
// and leaves the values of inserts.
func dropPredicates(_ *parse.Query, p *scope.Plan) {
	p.Each(func(r *scope.Reference) {
		if r.Placement != scope.ByValue && r.Placement != scope.Inlined {
			r.Placement = scope.NoPredicate
		}
	})
	p.Guards = nil
}

// dropBodies takes the predicates away that are in the bodies of views.
func dropBodies(q *parse.Query, p *scope.Plan) {
	for _, r := range p.References {
		if r.Body != nil {
			dropPredicates(q, r.Body.Plan)
		}
	}
}

// keepViews leaves views in their places.
func keepViews(_ *parse.Query, p *scope.Plan) {
	for _, r := range p.References {
		if r.Placement == scope.Inlined {
			r.Placement = scope.NoPredicate
		}
	}
}

// dropOn takes away the predicates of outer joins.
func dropOn(_ *parse.Query, p *scope.Plan) {
	for _, r := range p.References {
		if r.Placement == scope.InOn || r.Placement == scope.Derived {
			r.Placement = scope.NoPredicate
		}
	}
}

// moveToWhere puts the predicates of outer joins into WHERE, where they turn
// missing rows away.
func moveToWhere(q *parse.Query, p *scope.Plan) {
	if q.Select == nil {
		return
	}
	top := map[int]bool{}
	var visit func(f *parse.From)
	visit = func(f *parse.From) {
		switch {
		case f.Table != nil && len(f.Table.Columns) == 0:
			top[f.Table.NameRange.Start] = true
		case f.Join != nil && f.Alias == "":
			visit(f.Join.Left)
			visit(f.Join.Right)
		}
	}
	for _, f := range q.Select.From {
		visit(f)
	}
	slot := &scope.Slot{Expr: q.Select.WhereRange, At: q.Select.FromEnd}
	for _, r := range p.References {
		if top[r.Ref.NameRange.Start] && (r.Placement == scope.InOn || r.Placement == scope.Derived) {
			r.Placement, r.Slot = scope.InWhere, slot
		}
	}
}

// dropGuards lets an upsert update whatever row is in the way.
func dropGuards(_ *parse.Query, p *scope.Plan) { dropGuardsAt(p, scope.InConflict) }

// dropWhens leaves the target of a MERGE only its predicate in ON.
func dropWhens(_ *parse.Query, p *scope.Plan) { dropGuardsAt(p, scope.InWhen) }

func dropGuardsAt(p *scope.Plan, placement scope.Placement) {
	p.Guards = slices.DeleteFunc(p.Guards, func(r *scope.Reference) bool { return r.Placement == placement })
}

// shareTargets lets shared rows be written and locked like own ones.
func shareTargets(_ *parse.Query, p *scope.Plan) {
	for _, r := range append(slices.Clone(p.References), p.Guards...) {
		r.Shared = r.Table.Tenancy.Shared
	}
}

// dropLookups lets foreign keys lead to other tenants' rows.
func dropLookups(_ *parse.Query, p *scope.Plan) {
	p.Lookups = nil
	for _, wrap := range p.Wraps {
		for i := range wrap.Columns {
			wrap.Columns[i].Lookup = nil
		}
	}
}

// dropInserts leaves new rows without a tenant.
func dropInserts(_ *parse.Query, p *scope.Plan) {
	p.Inserts = nil
	for _, wrap := range p.Wraps {
		wrap.Columns = slices.DeleteFunc(wrap.Columns, func(c scope.WrapColumn) bool { return c.Added })
	}
}

// tamperWith compiles a project with spoilt plans.
func tamperWith(t *testing.T, dir string, spoil tamper) *oracleProject {
	t.Helper()
	return compileProject(t, dir, "", spoilAll(t, parse.PostgreSQL, spoil))
}

// spoilAll gives every statement a tamper of its own.
func spoilAll(t *testing.T, d parse.Dialect, spoil tamper) func(*parse.QueryText) func(*scope.Plan) {
	return func(text *parse.QueryText) func(*scope.Plan) {
		return func(p *scope.Plan) {
			q, err := d.Statement(text.Text)
			if err != nil {
				t.Error(err)
				return
			}
			spoil(q, p)
		}
	}
}

// spoilt are the statements whose SQL is another one than without the tamper.
func spoilt(honest, tampered *oracleProject) []*statement {
	sql := map[string]string{}
	for _, s := range honest.statements {
		if s.status() == StatusAccepted {
			sql[s.text.Name] = s.result.SQL
		}
	}
	var out []*statement
	for _, s := range tampered.statements {
		if want, ok := sql[s.text.Name]; ok && s.result != nil && s.result.SQL != want {
			out = append(out, s)
		}
	}
	return out
}

// isCertified reports whether certify has nothing against a statement.
func (s *statement) isCertified() bool {
	return !slices.ContainsFunc(s.report.Sorted(), func(d *diag.Diagnostic) bool { return d.Code == diag.CertifyRefused })
}

var paramUse = regexp.MustCompile(`\$(\d+)`)

// forOracleSpoilt is a statement of which the tenant's parameter may be gone.
func (s *statement) forOracleSpoilt() *equivalence.Statement {
	st := s.forOracle()
	uses := paramUse.FindAllString(st.Scoped, -1)
	if !slices.Contains(uses, "$"+strconv.Itoa(st.Tenant)) {
		st.Tenant = 0
	}
	return st
}

// caught is what certify and the oracle say about spoilt statements.
type caught struct {
	// certified are those that certify accepts all the same.
	certified []string
	// different are those that the oracle sees a difference of, by the kinds.
	different map[string][]equivalence.Kind
	// wrong are those of them that the oracle sees a difference of.
	wrong []string
	// missed are those that the oracle sees no difference of.
	missed []string
	total  int
}

// control runs spoilt statements past certify and, for some tenants, past the
// oracle. What differs without the tamper says nothing about it, so known is left
// out.
func control(t *testing.T, lab *equivalence.Lab, list []*statement, tenants []string, known []equivalence.Known) caught {
	t.Helper()
	out := caught{different: map[string][]equivalence.Kind{}, total: len(list)}
	var statements []*equivalence.Statement
	for _, s := range list {
		statements = append(statements, s.forOracleSpoilt())
	}
	isNew := func(d *equivalence.Difference) bool {
		unexpected, _ := equivalence.Sort([]*equivalence.Difference{d}, known)
		return len(unexpected) > 0
	}
	y := &tally{}
	var running sync.WaitGroup
	for _, tenant := range tenants {
		running.Go(func() { y.run(t, lab, tenant, statements, isNew) })
	}
	running.Wait()
	for _, d := range y.found {
		name := d.Statement.Name
		if isNew(d) && !slices.Contains(out.different[name], d.Kind) {
			out.different[name] = append(out.different[name], d.Kind)
		}
	}
	for _, s := range list {
		if s.isCertified() {
			out.certified = append(out.certified, s.text.Name)
			if out.different[s.text.Name] != nil {
				out.wrong = append(out.wrong, s.text.Name)
			}
		}
		if out.different[s.text.Name] == nil {
			out.missed = append(out.missed, s.text.Name)
		}
	}
	t.Logf("%d statements spoilt: certify refuses %d, the oracle sees %d", out.total, out.total-len(out.certified), out.total-len(out.missed))
	return out
}

// TestControls spoils the plans of all statements in several ways. certify must
// refuse what the oracle sees to be wrong, and the oracle must see what is wrong.
func TestControls(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	honest := compileProject(t, dir, "", nil)
	lab := honest.lab(t, filepath.Join(dir, "data.sql"))
	for _, c := range controls {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := control(t, lab, spoilt(honest, tamperWith(t, dir, c.tamper)), []string{nastyTenants[0], nastyTenants[1], nastyTenants[3]}, nastyDifferent())
			c.expected.compare(t, got)
		})
	}
}

// expected is what a way to spoil plans is expected to do.
type expected struct {
	// certified are the statements that certify accepts, since what is left still
	// ties them to the tenant.
	certified []string
	// wrong are the certified ones that the oracle sees a difference of.
	wrong []string
	// missed are the statements that do the same, on this data, without what was
	// taken away, or of which the difference is known without that.
	missed []string
	// foreign are statements that must change rows of other tenants.
	foreign []string
	// none is why there is nothing to be spoilt.
	none string
}

func (e expected) compare(t *testing.T, got caught) {
	t.Helper()
	for _, list := range []struct {
		what      string
		want, got []string
	}{
		{"certify accepts", e.certified, got.certified},
		{"certify accepts, and the oracle sees a difference of", e.wrong, got.wrong},
		{"the oracle sees no difference of", e.missed, got.missed},
	} {
		if diff := cmp.Diff(sorted(list.want), sorted(list.got)); diff != "" {
			t.Errorf("what %s though it is spoilt: -want +got:\n%s", list.what, diff)
		}
	}
	for _, name := range e.foreign {
		if !slices.Contains(got.different[name], equivalence.Foreign) {
			t.Errorf("%s must change rows of other tenants, and differs in %v", name, got.different[name])
		}
	}
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
