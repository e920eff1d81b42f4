package generator

import (
	"path/filepath"
	"testing"

	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

// wrongAlias ties every table to the tenant under the name of the first one of
// its clause.
func wrongAlias(_ *parse.Query, p *scope.Plan) {
	first := map[scope.Slot]*scope.Reference{}
	for _, r := range p.References {
		if r.Placement != scope.InWhere && r.Placement != scope.InOn {
			continue
		}
		if other := first[*r.Slot]; other == nil {
			first[*r.Slot] = r
		} else {
			r.Table, r.Ref, r.Aliases = other.Table, other.Ref, other.Aliases
		}
	}
}

// dropOnePredicate leaves out the last predicate alone.
func dropOnePredicate(_ *parse.Query, p *scope.Plan) {
	for i := len(p.References) - 1; i >= 0; i-- {
		if r := p.References[i]; r.Placement != scope.ByValue && r.Placement != scope.NoPredicate {
			r.Placement = scope.NoPredicate
			return
		}
	}
}

// randomControls are ways to spoil plans, and who has to see it within how many
// spoilt statements: certify, and the oracle alone when certify is not asked.
var randomControls = []struct {
	name            string
	tamper          tamper
	certify, oracle int // 0: it cannot see it
}{
	{"no predicates", dropPredicates, 1, 10},
	{"one predicate less", dropOnePredicate, 5, 20},
	{"bound to another alias", wrongAlias, 1, 20},
	{"no predicates on outer joins", dropOn, 5, 100},
	{"predicates of outer joins in WHERE", moveToWhere, 20, 20},
	{"no tenant in new rows", dropInserts, 1, 5},
	{"no look-ups of foreign keys", dropLookups, 1, 20},
	// Random upserts meet no row of another tenant: the author's would fail there.
	{"no guards", dropGuards, 1, 0},
}

// TestRandomStatementsFindSabotage spoils the plans of random statements: were
// scope or rewrite wrong in such a way, the random run would soon be red.
func TestRandomStatementsFindSabotage(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, "", nil)
	lab := p.lab(t, filepath.Join(dir, "data.sql"))
	pairs := []*equivalence.Pair{lab.Pair(t, "1"), lab.Pair(t, "2")}
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pairs[0], "doc_state"))
	for _, c := range randomControls {
		t.Run(c.name, func(t *testing.T) {
			var drawn, spoilt, byCertify, byOracle int
			for (c.certify > 0 && byCertify == 0 || c.oracle > 0 && byOracle == 0) && drawn < 2000 {
				drawn++
				st := statements.Example(drawn)
				honest, s := p.scopeOne(st.SQL, nil), p.scopeOne(st.SQL, c.tamper)
				if honest.status() == StatusRefused || s.result == nil || s.result.SQL == honest.result.SQL {
					continue
				}
				spoilt++
				if byCertify == 0 && !s.isCertified() {
					byCertify = spoilt
				}
				if byOracle == 0 && differsForAny(t, s.forOracleSpoilt(), st, pairs) {
					byOracle = spoilt
				}
			}
			t.Logf("%d statements drawn, %d spoilt: certify refuses number %d, the oracle sees number %d", drawn, spoilt, byCertify, byOracle)
			for _, judge := range []struct {
				name        string
				within, got int
			}{{"certify", c.certify, byCertify}, {"the oracle", c.oracle, byOracle}} {
				switch {
				case judge.within == 0 && judge.got > 0:
					t.Errorf("%s sees number %d, and was thought not to: state it in randomControls", judge.name, judge.got)
				case judge.within > 0 && (judge.got == 0 || judge.got > judge.within):
					t.Errorf("%s has to see one of the first %d spoilt statements, and sees number %d (0: none)", judge.name, judge.within, judge.got)
				}
			}
		})
	}
}

func differsForAny(t *testing.T, scoped *equivalence.Statement, st *sqlgen.Statement, pairs []*equivalence.Pair) bool {
	t.Helper()
	for _, pair := range pairs {
		o, err := pair.Compare(t.Context(), scoped, st.Arguments(pair))
		if err != nil {
			t.Fatalf("%v\n%s", err, scoped.Scoped)
		}
		if o.Difference != nil {
			return true
		}
	}
	return false
}
