package generator

import (
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/ir"
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

// verdicts count what became of mutants.
type verdicts struct {
	mutants, rejected, invalid, equivalent, meaning, skipped int
	accepted                                                 map[string]int // by what was changed
	// noSQL are the classes of the errors of what is no SQL.
	noSQL []string
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
	statements := sqlgen.New(sqlgen.Load(sqlgen.PostgreSQL, p.catalog, pairs[0], "doc_state"))
	subjects := slices.Concat(p.subjects(t, nastyDifferent()), p.randomSubjects(*mutatedStatements, statements))
	v := &verdicts{noSQL: []string{"42"}}
	v.mutate(t, p, spoilingPostgreSQL, subjects, *judgedMutants, pairs)
}

// TestMutantsOnOtherSystems does the same to the SQL of the other databases.
func TestMutantsOnOtherSystems(t *testing.T) {
	t.Parallel()
	for _, s := range oracleSystems {
		t.Run(s.engine, func(t *testing.T) {
			t.Parallel()
			p := s.compile(t, "", nil)
			lab := s.lab(t, p)
			pairs := []*equivalence.Pair{lab.Pair(t, "one"), lab.Pair(t, "two")}
			statements := sqlgen.New(sqlgen.Load(s.dialect, p.catalog, pairs[0]))
			subjects := slices.Concat(p.subjects(t, s.known), p.randomSubjects(*mutatedStatements/2, statements))
			v := &verdicts{noSQL: s.noSQL}
			v.mutate(t, p, s.spoiling, subjects, *judgedMutants, pairs)
		})
	}
}

// subjects are the statements of a project without known differences.
func (p *oracleProject) subjects(t *testing.T, known []equivalence.Known) []subject {
	var out []subject
	for _, s := range p.statements {
		if s.status() != StatusAccepted || slices.ContainsFunc(known, func(k equivalence.Known) bool { return k.Statement == s.text.Name }) {
			continue
		}
		scoped := s.forOracle()
		out = append(out, subject{scoped, len(s.result.Params), func(pair *equivalence.Pair) [][]equivalence.Argument {
			lists, err := pair.Arguments(t.Context(), scoped, 4)
			if err != nil {
				t.Fatal(err)
			}
			return lists
		}})
	}
	return out
}

// randomSubjects are those of n random statements that are accepted.
func (p *oracleProject) randomSubjects(n int, statements *rapid.Generator[*sqlgen.Statement]) []subject {
	var out []subject
	for i := range n {
		st := statements.Example(int(*oracleSeed)*1_000_000 + i)
		if s := p.scopeOne(st.SQL, nil); s.status() == StatusAccepted {
			out = append(out, subject{s.forOracle(), len(s.result.Params), func(pair *equivalence.Pair) [][]equivalence.Argument {
				return [][]equivalence.Argument{st.Arguments(pair)}
			}})
		}
	}
	return out
}

// assignments are those that give rows of a statement's tables to another tenant than
// the pair's, or tie them to rows of others.
func (p *oracleProject) assignments(s *equivalence.Statement, with *spoiling, pair *equivalence.Pair) []assignment {
	var out []assignment
	add := func(table *catalog.Table, column, value string) {
		if one := (assignment{table.Name, p.catalog.Dialect.Quote(column), value}); !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	for _, table := range s.Tables {
		if column := table.Tenancy.Column; column != "" {
			add(table, column, with.other)
		}
		for _, key := range table.ForeignKeys {
			for i, column := range key.Columns {
				parent := p.catalog.Lookup(key.RefSchema, key.RefTable)
				if parent == nil || i >= len(key.RefColumns) || parent.Tenancy.Class == ir.ClassGlobal {
					continue
				}
				if _, others := pair.Values(parent, key.RefColumns[i]); len(others) > 0 {
					add(table, column, others[0].String())
				}
			}
		}
	}
	return out
}

// mutate asks certify about mutants of the subjects, and the oracle about at most as many
// of those that it accepts.
func (v *verdicts) mutate(t *testing.T, p *oracleProject, with *spoiling, subjects []subject, most int, pairs []*equivalence.Pair) {
	t.Helper()
	v.accepted = map[string]int{}
	var accepted []judged
	for _, s := range subjects {
		all := mutantsOf(s.scoped, s.params, with, p.assignments(s.scoped, with, pairs[0]))
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
	step := max(1, len(accepted)/max(1, most))
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
			if o.Stopped {
				v.invalid++ // without its condition it may join everything, or recurse for ever
				return
			}
			ran = ran || !slices.Contains(v.noSQL, o.Class)
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
