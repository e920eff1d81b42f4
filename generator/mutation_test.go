package generator

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/sqlgen"
)

var (
	mutatedStatements = flag.Int("oracle.mutated", 100, "how many random statements are mutated")
	mutantsEach       = flag.Int("oracle.mutants", 25, "how many mutants are made of a statement, about")
	judgedMutants     = flag.Int("oracle.judged", 150, "how many mutants that certify accepts the oracle judges")
)

// subject is a scoped statement to be mutated, with its arguments for a tenant.
type subject struct {
	scoped *equivalence.Statement
	params int
	args   func(*equivalence.Pair) [][]equivalence.Argument
}

// timedOut is the class of the error of statement_timeout.
const timedOut = "57"

// verdicts count what became of mutants.
type verdicts struct {
	mutants, rejected, invalid, equivalent, meaning, skipped int
	accepted                                                 map[string]int // by what was changed
}

// TestMutants changes one thing in scoped statements, of the nasty project and
// random ones. certify proves that a statement reads and writes the tenant's rows
// alone: the oracle holds it to that by running what it accepts on the shared
// database and on the tenant's slice. And it says whether what is accepted still
// means what the author wrote, which certify cannot know.
func TestMutants(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(oracleData, "nasty")
	p := compileProject(t, dir, "", nil)
	lab := p.lab(t, filepath.Join(dir, "data.sql"))
	pairs := []*equivalence.Pair{lab.Pair(t, "1"), lab.Pair(t, "2")}
	known := map[string]bool{}
	for _, k := range nastyDifferent() {
		known[k.Statement] = true
	}
	var subjects []subject
	for _, s := range p.statements {
		if s.status() != StatusAccepted || known[s.text.Name] {
			continue
		}
		scoped := s.forOracle()
		subjects = append(subjects, subject{scoped, len(s.result.Params), func(pair *equivalence.Pair) [][]equivalence.Argument {
			lists, err := pair.Arguments(t.Context(), scoped, 4)
			if err != nil {
				t.Fatal(err)
			}
			return lists
		}})
	}
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pairs[0], "doc_state"))
	for i := range *mutatedStatements {
		st := statements.Example(int(*oracleSeed)*1_000_000 + i)
		if s := p.scopeOne(st.SQL, nil); s.status() == StatusAccepted {
			subjects = append(subjects, subject{s.forOracle(), len(s.result.Params), func(pair *equivalence.Pair) [][]equivalence.Argument {
				return [][]equivalence.Argument{st.Arguments(pair)}
			}})
		}
	}
	v := &verdicts{accepted: map[string]int{}}
	var accepted []judged
	for _, s := range subjects {
		all := mutantsOf(s.scoped.Scoped, s.scoped.Tenant, s.params)
		for i, m := range all {
			if i%max(1, len(all) / *mutantsEach) != 0 {
				continue
			}
			v.mutants++
			if len(certify.Check(m.sql, s.scoped.Tenant, p.catalog).Findings) > 0 {
				v.rejected++
				continue
			}
			accepted = append(accepted, judged{s, m})
			v.accepted[m.what]++
		}
	}
	step := max(1, len(accepted)/max(1, *judgedMutants))
	for i, j := range accepted {
		if i%step != 0 {
			v.skipped++
			continue
		}
		v.judge(t, j, pairs)
	}
	v.log(t, len(subjects))
}

// judged is a mutant that certify accepts.
type judged struct {
	subject
	mutant
}

// judge asks the oracle about a mutant.
func (v *verdicts) judge(t *testing.T, j judged, pairs []*equivalence.Pair) {
	t.Helper()
	asAuthor := *j.scoped
	asAuthor.Scoped = j.sql
	alone := equivalence.Statement{Name: j.scoped.Name + ": " + j.what, Original: j.sql, Scoped: j.sql, Tenant: j.scoped.Tenant, Tables: j.scoped.Tables}
	for n := 1; n <= j.params; n++ {
		alone.Params = append(alone.Params, equivalence.Param{Name: fmt.Sprint(n), Tenant: n == j.scoped.Tenant})
	}
	meaning, ran := false, false
	for _, pair := range pairs {
		for _, args := range j.args(pair) {
			own := j.scoped.NumberedArguments(args, pair.Tenant())
			o, err := pair.Compare(t.Context(), &alone, own)
			if err != nil {
				t.Fatalf("%v\n%s", err, j.sql)
			}
			if o.Class == timedOut || o.Difference != nil && strings.Contains(o.Difference.Detail, "SQLSTATE "+timedOut) {
				v.invalid++ // without its condition it may join everything, or recurse for ever
				return
			}
			ran = ran || o.Class != "42"
			if o.Difference != nil {
				t.Errorf("certify accepts a statement that is not the tenant's alone: %s", o.Difference)
				return
			}
			if o, err = pair.Compare(t.Context(), &asAuthor, args); err != nil {
				t.Fatalf("%v\n%s", err, j.sql)
			}
			meaning = meaning || o.Difference != nil
		}
	}
	switch {
	case !ran:
		v.invalid++
	case meaning:
		v.meaning++
	default:
		v.equivalent++
	}
}

func (v *verdicts) log(t *testing.T, subjects int) {
	t.Helper()
	t.Logf("%d mutants of %d statements: certify rejects %d (%.1f %%) and accepts %d", v.mutants, subjects, v.rejected,
		100*float64(v.rejected)/float64(max(1, v.mutants)), v.mutants-v.rejected)
	t.Logf("of those the oracle finds: %d do what the author's do, %d keep to the tenant and mean something else, %d are no SQL or do not end, %d not judged",
		v.equivalent, v.meaning, v.invalid, v.skipped)
	var kinds []string
	for _, what := range slices.SortedFunc(maps.Keys(v.accepted), func(a, b string) int { return v.accepted[b] - v.accepted[a] }) {
		kinds = append(kinds, fmt.Sprintf("%s %d", what, v.accepted[what]))
	}
	t.Logf("accepted by what was changed: %s", strings.Join(kinds, ", "))
}
