package generator

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// TestControlOfMergeGuards takes the guards of WHEN clauses away: certify must
// refuse each statement, and where a clause is for rows that the source does not
// have, the oracle must see it change rows of other tenants.
func TestControlOfMergeGuards(t *testing.T) {
	t.Parallel()
	const version = 17
	honest := compileSince(t, version, nil)
	spoilt := spoilt(honest, compileSince(t, version, dropWhens))
	for _, s := range spoilt {
		if s.isCertified() {
			t.Errorf("certify accepts %s without its guards", s.text.Name)
		}
	}
	skipBefore(t, version)
	got := control(t, honest.labSince(t, version), spoilt, nastyTenants[:2], nil)
	for _, s := range spoilt {
		if !bySource(s.query) {
			continue
		}
		if kinds := got.different[s.text.Name]; len(kinds) == 0 || kinds[0] != equivalence.Foreign {
			t.Errorf("%s must change rows of other tenants, and differs in %v", s.text.Name, kinds)
		}
	}
}

// bySource reports whether a statement changes rows that its source does not
// have.
func bySource(q *parse.Query) bool {
	found := false
	q.EachQuery(func(q *parse.Query) {
		if q.Merge == nil {
			return
		}
		for _, w := range q.Merge.Whens {
			found = found || w.Kind == parse.NotMatchedBySource && (w.Delete || w.Update != nil)
		}
	})
	return found
}
