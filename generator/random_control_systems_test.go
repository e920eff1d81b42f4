package generator

import (
	"testing"

	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

// TestRandomStatementsFindSabotageOnOtherSystems spoils the plans of random statements
// as on PostgreSQL. certify and the oracle have to see it within the first spoilt
// statements, each where it can on PostgreSQL.
func TestRandomStatementsFindSabotageOnOtherSystems(t *testing.T) {
	t.Parallel()
	const within = 60
	for _, s := range oracleSystems {
		t.Run(s.engine, func(t *testing.T) {
			t.Parallel()
			p := s.compile(t, "", nil)
			lab := s.lab(t, p)
			pairs := []*equivalence.Pair{lab.Pair(t, "one"), lab.Pair(t, "two")}
			statements := sqlgen.New(sqlgen.Load(s.dialect, p.catalog, pairs[0]))
			for _, c := range randomControls {
				if c.oracle == 0 {
					continue // random statements do not show it
				}
				var spoilt, byCertify, byOracle int
				for drawn := 1; (byCertify == 0 || byOracle == 0) && spoilt < within && drawn < 3000; drawn++ {
					st := statements.Example(drawn)
					honest, one := p.scopeOne(st.SQL, nil), p.scopeOne(st.SQL, c.tamper)
					if honest.status() == StatusRefused || one.result == nil || one.result.SQL == honest.result.SQL {
						continue
					}
					spoilt++
					if byCertify == 0 && !one.isCertified() {
						byCertify = spoilt
					}
					if byOracle == 0 && differsForAny(t, one.forOracleSpoilt(), st, pairs) {
						byOracle = spoilt
					}
				}
				t.Logf("%s: %d statements spoilt: certify refuses number %d, the oracle sees number %d", c.name, spoilt, byCertify, byOracle)
				if byCertify == 0 || byOracle == 0 {
					t.Errorf("%s: certify refuses number %d, the oracle sees number %d of the first %d spoilt statements (0: none)", c.name, byCertify, byOracle, spoilt)
				}
			}
		})
	}
}
