package generator

import (
	"path/filepath"
	"testing"

	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"

	"github.com/jackc/pgx/v5"
)

// since17 are statements that PostgreSQL knows from version 17 on: NOT MATCHED
// BY SOURCE, MERGE with RETURNING, and MERGE in a common table expression.
const since17 = "merges17.sql"

// needs17 skips t on a server before version 17.
func needs17(t *testing.T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), testpg.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var version int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if version < 170000 {
		t.Skipf("the statements need PostgreSQL 17, and this is %d", version/10000)
	}
}

// TestEquivalenceOfMergesSince17 compares the statements that TestEquivalenceOfNasty
// cannot run on every server.
func TestEquivalenceOfMergesSince17(t *testing.T) {
	t.Parallel()
	needs17(t)
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, since17, nil)
	p.check(t, p.lab(t, filepath.Join(dir, "data.sql")), nastyTenants, nil)
}

// TestControlOfMergesSince17 takes the guards of WHEN clauses away: certify must
// refuse each statement, and where the clause is for rows that the source does
// not have, the oracle must see it change rows of other tenants.
func TestControlOfMergesSince17(t *testing.T) {
	t.Parallel()
	needs17(t)
	dir := filepath.Join(oracleData, "nasty")
	honest := compileProject(t, dir, since17, nil)
	lab := honest.lab(t, filepath.Join(dir, "data.sql"))
	tampered := compileProject(t, dir, since17, func(text *parse.QueryText) func(*scope.Plan) {
		return func(p *scope.Plan) { dropWhens(nil, p) }
	})
	spoilt := spoilt(honest, tampered)
	got := control(t, lab, spoilt, nastyTenants[:2])
	if len(got.certified) > 0 {
		t.Errorf("certify accepts without a guard: %v", got.certified)
	}
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
