package generator

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"

	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

// oracleSystem is a database beside PostgreSQL that the oracle runs on.
type oracleSystem struct {
	engine  string
	system  equivalence.System
	dialect *sqlgen.Dialect
	known   []equivalence.Known
	refused map[string][]diag.Code
	// stricter matches differences of random statements of which the scoped one's
	// look-up of a foreign key is the reason; nil where there are none.
	stricter *regexp.Regexp
	// spoiling is what mutants of its SQL are made with, and noSQL are the classes of the
	// errors of those that are no SQL.
	spoiling *spoiling
	noSQL    []string
}

// dir holds the schema, the rows and the statements.
func (s *oracleSystem) dir() string { return filepath.Join(oracleData, "nasty", s.engine) }

// compile scopes the statements, or those of another file. The configuration may name
// another engine, for as long as it does not take this one from anybody.
func (s *oracleSystem) compile(t *testing.T, queries string, tamper func(*parse.QueryText) func(*scope.Plan)) *oracleProject {
	t.Helper()
	in := readInput(t, s.dir(), queries)
	in.Config.Engine = s.engine
	return compileInput(t, in, tamper)
}

// lab loads the schema, and the rows that all such systems have beside its own.
func (s *oracleSystem) lab(t *testing.T, p *oracleProject) *equivalence.Lab {
	t.Helper()
	data := readText(t, filepath.Join(oracleData, "nasty", "plain.sql")) + readText(t, filepath.Join(s.dir(), "data.sql"))
	return equivalence.New(t, equivalence.Project{System: s.system, Catalog: p.catalog, Schema: p.schema, Data: data})
}

// Tenants of plain.sql. The fourth has no rows, the last one does not exist.
var plainTenants = []string{"one", "two", "three", "four", "none"}

// oracleSystems are the databases beside PostgreSQL.
var oracleSystems = []*oracleSystem{
	{engine: "sqlite", system: equivalence.SQLite, dialect: sqlgen.SQLite, known: sqliteKnown, refused: sqliteRefused,
		spoiling: spoilingSQLite, noSQL: []string{"1"}},
	{engine: "mysql", system: equivalence.MySQL, dialect: sqlgen.MySQL, known: mySQLKnown, refused: mySQLRefused, stricter: mySQLStricter,
		spoiling: spoilingMySQL, noSQL: []string{"42", "1093"}},
}

// TestEquivalenceOnOtherSystems compares statements of every shape that is accepted.
func TestEquivalenceOnOtherSystems(t *testing.T) {
	t.Parallel()
	for _, s := range oracleSystems {
		t.Run(s.engine, func(t *testing.T) {
			t.Parallel()
			p := s.compile(t, "", nil)
			p.check(t, s.lab(t, p), []string{"one", "two", "four"}, s.known)
		})
	}
}

// TestRefusedOnOtherSystems lists what is refused, so that a change is noticed.
func TestRefusedOnOtherSystems(t *testing.T) {
	t.Parallel()
	for _, s := range oracleSystems {
		t.Run(s.engine, func(t *testing.T) {
			t.Parallel()
			got := s.compile(t, "refused.sql", nil).refusals()
			if diff := cmp.Diff(s.refused, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestRandomStatementsOnOtherSystems compares random statements.
func TestRandomStatementsOnOtherSystems(t *testing.T) {
	t.Parallel()
	for _, s := range oracleSystems {
		t.Run(s.engine, func(t *testing.T) {
			t.Parallel()
			p := s.compile(t, "", nil)
			lab := s.lab(t, p)
			var pairs []*equivalence.Pair
			for _, tenant := range plainTenants {
				pairs = append(pairs, lab.Pair(t, tenant))
			}
			y, stricter := newRandomTally(), 0
			y.known = func(one *statement, d *equivalence.Difference) bool {
				if s.stricter != nil && s.stricter.MatchString(d.Detail) && (one.looksUp() || strings.HasPrefix(d.Detail, "- Error 1443") || strings.HasPrefix(d.Detail, "- Error 1093")) {
					stricter++
					return true
				}
				return false
			}
			start := time.Now()
			y.check(t, *oracleStatements/3, p, sqlgen.New(sqlgen.Load(s.dialect, p.catalog, pairs[0])), pairs, func(rt *rapid.T) []*equivalence.Pair {
				first := rapid.IntRange(0, 2).Draw(rt, "tenant")
				second := []int{(first + 1) % 3, (first + 2) % 3, (first + 1) % 3, 3, (first + 2) % 3, 4}[rapid.IntRange(0, 5).Draw(rt, "other tenant")]
				return []*equivalence.Pair{pairs[first], pairs[second]}
			})
			y.log(t, time.Since(start))
			t.Logf("%d comparisons fail in the look-up of a foreign key, and with another error or on no row without it, or are of statements that the server never runs as they were written", stricter)
		})
	}
}
