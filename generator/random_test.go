package generator

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

// Flags of the tests with random statements. `make oracle` sets them.
var (
	oracleStatements = flag.Int("oracle.statements", 1500, "how many random statements the oracle compares")
	oracleSeed       = flag.Uint64("oracle.seed", 1, "where the random statements begin")
	oracleVerbose    = flag.Bool("oracle.verbose", false, "log random statements that are slow, or fail on both sides")
)

// randomTally counts what became of random statements.
type randomTally struct {
	statements, accepted, comparisons, withoutError, rows int
	features, failing                                     map[string]int
	refused                                               map[diag.Code]int
	classes                                               map[string]int
	// known reports whether a difference is a documented one; nil when none is.
	known func(*statement, *equivalence.Difference) bool
}

func newRandomTally() *randomTally {
	return &randomTally{features: map[string]int{}, failing: map[string]int{}, refused: map[diag.Code]int{}, classes: map[string]int{}}
}

// compareRandom takes a random statement through the stages and compares it for
// the tenants of the pairs.
func (y *randomTally) compareRandom(p *oracleProject, st *sqlgen.Statement, pairs ...*equivalence.Pair) (*equivalence.Difference, error) {
	y.statements++
	s := p.scopeOne(st.SQL, nil)
	if s.status() == StatusRefused {
		y.refuse(s)
		return nil, nil
	}
	y.accepted++
	for _, f := range st.Features {
		y.features[f]++
	}
	scoped := s.forOracle()
	outcomes, failures := make([]equivalence.Outcome, len(pairs)), make([]error, len(pairs))
	var running sync.WaitGroup
	for i, pair := range pairs {
		running.Go(func() { outcomes[i], failures[i] = pair.Compare(context.Background(), scoped, st.Arguments(pair)) })
	}
	begin := time.Now()
	running.Wait()
	if d := time.Since(begin); d > 100*time.Millisecond && *oracleVerbose {
		fmt.Printf("slow %v: %s\n", d, st.SQL)
	}
	for i, o := range outcomes {
		if failures[i] != nil {
			return nil, fmt.Errorf("%w\n%s\nscoped:\n%s", failures[i], st.SQL, scoped.Scoped)
		}
		y.comparisons++
		if o.Class == "" {
			y.withoutError++
		} else {
			y.classes[o.Class]++
			if *oracleVerbose && o.Class != "23" { // those are meant to be
				fmt.Printf("class %s: %s\n", o.Class, st.SQL)
			}
		}
		if o.Rows > 0 {
			y.rows++
		}
		if o.Difference != nil && (y.known == nil || !y.known(s, o.Difference)) {
			return o.Difference, nil
		}
	}
	return nil, nil
}

func (y *randomTally) refuse(s *statement) {
	seen := map[diag.Code]bool{}
	for _, d := range s.report.Sorted() {
		if d.IsError() && !seen[d.Code] {
			seen[d.Code] = true
			if *oracleVerbose {
				fmt.Printf("refused %s: %s: %s\n", d.Code, d.Message, s.text.Text)
			}
			y.refused[d.Code]++
		}
	}
}

// log prints the tally.
func (y *randomTally) log(t *testing.T, took time.Duration) {
	t.Helper()
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	t.Logf("%d random statements, %.1f %% accepted, refused by code %v; %d comparisons in %.1f s (%.0f/s): %.1f %% without an error, %.1f %% with rows, errors by class %v",
		y.statements, percent(y.accepted, y.statements), y.refused, y.comparisons, took.Seconds(), float64(y.comparisons)/took.Seconds(),
		percent(y.withoutError, y.comparisons), percent(y.rows, y.comparisons), y.classes)
	var counts []string
	for _, f := range slices.SortedFunc(maps.Keys(y.features), func(a, b string) int { return y.features[b] - y.features[a] }) {
		counts = append(counts, fmt.Sprintf("%s %d", f, y.features[f]))
	}
	t.Logf("accepted statements with: %s", strings.Join(counts, ", "))
}

// TestRandomStatements compares random statements over the nasty schema. A
// failure prints the shrunk statement, and the seed to run it again with.
func TestRandomStatements(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, "", nil)
	lab := p.lab(t, filepath.Join(dir, "data.sql"))
	var pairs []*equivalence.Pair
	for _, tenant := range nastyTenants {
		pairs = append(pairs, lab.Pair(t, tenant))
	}
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pairs[0], "doc_state"))
	y, twice := newRandomTally(), 0
	y.known = func(s *statement, d *equivalence.Difference) bool {
		if failsTwice.MatchString(d.Detail) && s.looksUp() {
			twice++
			return true
		}
		return false
	}
	start := time.Now()
	y.check(t, *oracleStatements, p, statements, pairs, func(rt *rapid.T) []*equivalence.Pair {
		first := rapid.IntRange(0, 2).Draw(rt, "tenant")
		// Another one of those with rows, mostly, and at times one without.
		second := []int{(first + 1) % 3, (first + 2) % 3, (first + 1) % 3, 3, (first + 2) % 3, 4}[rapid.IntRange(0, 5).Draw(rt, "other tenant")]
		return []*equivalence.Pair{pairs[first], pairs[second]}
	})
	y.log(t, time.Since(start))
	t.Logf("%d statements fail in two ways, and the look-up of a foreign key is the first to", twice)
}

// failsTwice matches a difference of errors of which the scoped statement's is a
// look-up's. Look-ups come before anything else (docs/scoping.md), so of two
// errors in the author's statement another one is met first.
var failsTwice = regexp.MustCompile(`(?m)\A- ERROR: .*\n\+ ERROR: (null value in column|value for domain information_schema)`)

// rapidFlags are global, so one rapid.Check runs at a time.
var rapidFlags sync.Mutex

// check compares random statements for pairs that choose draws from all of them.
func (y *randomTally) check(t *testing.T, checks int, p *oracleProject, statements *rapid.Generator[*sqlgen.Statement], pairs []*equivalence.Pair, choose func(*rapid.T) []*equivalence.Pair) {
	t.Helper()
	rapidFlags.Lock()
	defer rapidFlags.Unlock()
	setRapid(t, checks, *oracleSeed)
	var last *equivalence.Difference
	defer func() { // rapid ends the test, having shrunk the choices
		if last != nil {
			t.Errorf("shrunk further:\n%s", p.shrink(last, pairs))
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		some := choose(rt)
		d, err := y.compareRandom(p, statements.Draw(rt, "statement"), some...)
		if err != nil {
			rt.Fatal(err)
		}
		if last = d; d != nil {
			rt.Fatalf("%s\nrun it again with: go test ./generator -run '^%s$' -oracle.seed=%d", d, t.Name(), *oracleSeed)
		}
	})
}

// shrink makes the statement of a difference as small as it can.
func (p *oracleProject) shrink(d *equivalence.Difference, pairs []*equivalence.Pair) *equivalence.Difference {
	smallest := d
	compare := func(sql string, args []equivalence.Argument) bool {
		s := p.scopeOne(sql, nil)
		if s.status() == StatusRefused || s.text.Count != len(args) {
			return false
		}
		for _, pair := range pairs {
			if pair.Tenant() != d.Tenant {
				continue
			}
			o, err := pair.Compare(context.Background(), s.forOracle(), args)
			if err != nil || o.Difference == nil || !sameDifference(o.Difference, d) {
				return false
			}
			smallest = o.Difference
			return true
		}
		return false
	}
	equivalence.Shrink(d.Statement.Original, d.Args, compare)
	return smallest
}

var sqlState = regexp.MustCompile(`SQLSTATE \w+`)

// sameDifference reports whether two differences are of one kind, and with the
// same errors.
func sameDifference(a, b *equivalence.Difference) bool {
	return a.Kind == b.Kind && slices.Equal(sqlState.FindAllString(a.Detail, -1), sqlState.FindAllString(b.Detail, -1))
}

// setRapid says how many checks the next rapid.Check makes, and from which seed.
func setRapid(t *testing.T, checks int, seed uint64) {
	t.Helper()
	for name, value := range map[string]string{
		"rapid.checks": fmt.Sprint(checks), "rapid.seed": fmt.Sprint(seed), "rapid.nofailfile": "true", "rapid.shrinktime": "5s",
	} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
}

// scopeOne takes one statement without a name through the stages. spoil is nil but
// in negative controls.
func (p *oracleProject) scopeOne(sql string, spoil tamper) *statement {
	var report diag.Report
	texts := oneStatement(p.catalog.Dialect, sql, &report)
	if len(texts) != 1 {
		return &statement{text: &parse.QueryText{File: source.NewFile("<sql>", sql)}, report: report}
	}
	texts[0].Name = "Random"
	if spoil == nil {
		return scopeAll(texts, p.catalog, p.config, &report, nil)[0]
	}
	q, err := p.catalog.Dialect.Statement(texts[0].Text)
	if err != nil {
		return scopeAll(texts, p.catalog, p.config, &report, nil)[0]
	}
	return scopeAll(texts, p.catalog, p.config, &report, func(plan *scope.Plan) { spoil(q, plan) })[0]
}
