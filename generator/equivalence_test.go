package generator

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/rewrite"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// argumentLists is how many lists of arguments a statement is tried with, for
// each tenant.
const argumentLists = 30

// oracleData holds the rows and the hard schema of the tests below.
var oracleData = filepath.Join("..", "internal", "equivalence", "testdata")

// Tenants of the invoicing data. The fourth has no rows, the last one does not
// exist.
var invoicingTenants = []string{
	"00000000-0000-4000-8000-000000000001",
	"00000000-0000-4000-8000-000000000002",
	"00000000-0000-4000-8000-000000000003",
	"00000000-0000-4000-8000-000000000004",
	"00000000-0000-4000-8000-00000000dead",
}

// Tenants of the nasty data, in the same order.
var nastyTenants = []string{"1", "2", "3", "4", "99"}

// TestEquivalenceOfExample holds every statement of the example, derived ones
// included, against the definition of correct: as a tenant on the shared
// database it does what the author's does where there are only that tenant's
// rows.
func TestEquivalenceOfExample(t *testing.T) {
	t.Parallel()
	p := compileProject(t, filepath.Join("..", "examples"), "", nil)
	lab := p.lab(t, filepath.Join(oracleData, "invoicing.sql"))
	p.check(t, lab, invoicingTenants, nil)
}

// TestEquivalenceOfNasty does the same for statements of every shape that is
// accepted, on a schema that is as unkind as it can be.
func TestEquivalenceOfNasty(t *testing.T) {
	t.Parallel()
	p := compileProject(t, filepath.Join(oracleData, "nasty"), "", nil)
	lab := p.lab(t, filepath.Join(oracleData, "nasty", "data.sql"))
	p.check(t, lab, nastyTenants, nastyDifferent())
}

// TestRefusedByNasty lists what is refused, so that a change is noticed: what is
// accepted from then on belongs with the statements that are compared.
func TestRefusedByNasty(t *testing.T) {
	t.Parallel()
	got := compileProject(t, filepath.Join(oracleData, "nasty"), "refused.sql", nil).refusals()
	if diff := cmp.Diff(nastyRefused, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// refusals are the codes of the errors, by statement.
func (p *oracleProject) refusals() map[string][]diag.Code {
	got := map[string][]diag.Code{}
	for _, s := range p.statements {
		var codes []diag.Code
		for _, d := range s.report.Sorted() {
			if d.Severity == diag.Error && !slices.Contains(codes, d.Code) {
				codes = append(codes, d.Code)
			}
		}
		got[s.text.Name] = codes
	}
	return got
}

// oracleProject is a project compiled for the oracle.
type oracleProject struct {
	schema     string
	config     *config.Config
	catalog    *catalog.Catalog
	statements []*statement
}

// compileProject scopes the statements of a project, or of another query file in
// its directory, and fails where the configuration or the schema is wrong.
func compileProject(t *testing.T, dir, queries string, tamper func(*parse.QueryText) func(*scope.Plan)) *oracleProject {
	t.Helper()
	return compileInput(t, readInput(t, dir, queries), tamper)
}

// readInput reads the project in a directory, or another query file in it.
func readInput(t *testing.T, dir, queries string) *Input {
	t.Helper()
	var report diag.Report
	in := read(filepath.Join(dir, "tenancy.yaml"), &report)
	if in == nil {
		for _, d := range report.Sorted() {
			t.Errorf("%s: %s", d.Code, d.Message)
		}
		t.FailNow()
	}
	if queries != "" {
		in.Queries = []*source.File{source.NewFile(queries, readText(t, filepath.Join(dir, queries)))}
	}
	return in
}

// compileInput does the same for a project that has been read.
func compileInput(t *testing.T, in *Input, tamper func(*parse.QueryText) func(*scope.Plan)) *oracleProject {
	t.Helper()
	var report, refused diag.Report
	p := &oracleProject{config: in.Config, catalog: loadCatalog(in, &report)}
	for _, file := range in.Schema {
		p.schema += file.Text + ";\n"
	}
	texts := statements(in, p.catalog, &report)
	for _, d := range report.Sorted() {
		if d.Severity == diag.Error {
			t.Errorf("%s: %s", d.Code, d.Message)
		}
	}
	if tamper == nil {
		p.statements = withInserts(scopeAll(texts, p.catalog, in.Config, &refused, nil))
		return p
	}
	for _, text := range texts { // each with a tamper of its own
		p.statements = append(p.statements, withInserts(scopeAll([]*parse.QueryText{text}, p.catalog, in.Config, &refused, tamper(text)))...)
	}
	return p
}

// withInserts adds the INSERTs of many rows that :copyfrom queries have beside
// that of one.
func withInserts(list []*statement) []*statement {
	for _, s := range list {
		if s.insert != nil && s.copy.Arrays {
			insert := *s.insert
			text := *insert.text
			text.Name += "InBulk"
			insert.text = &text
			list = append(list, &insert)
		}
	}
	return list
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// lab loads the project's schema and the rows in a file.
func (p *oracleProject) lab(t *testing.T, data string) *equivalence.Lab {
	t.Helper()
	return equivalence.New(t, equivalence.Project{Catalog: p.catalog, Schema: p.schema, Data: readText(t, data)})
}

// forOracle is a scoped statement as the oracle takes it.
func (s *statement) forOracle() *equivalence.Statement {
	original := &statement{dialect: s.dialect, text: s.text, result: &rewrite.Result{SQL: s.text.Text}}
	names := original.paramNames()
	for _, use := range s.text.Params {
		if use.Name != "" {
			names[use.Number] = use.Name
		}
	}
	st := &equivalence.Statement{Name: s.text.Name, Original: s.text.Text, Scoped: s.result.SQL, Tenant: s.result.Tenant}
	if s.row != nil {
		st.Each = s.row.forOracle()
	}
	for n := 1; n <= s.text.Count; n++ {
		st.Params = append(st.Params, equivalence.Param{Name: names[n], Tenant: s.plan.Bound[n]})
	}
	s.plan.Each(func(r *scope.Reference) {
		if r.Body == nil {
			st.Tables = append(st.Tables, r.Table)
		}
	})
	return st
}

// never is for going on after every difference.
func never(*equivalence.Difference) bool { return false }

// tally counts what the oracle saw of the statements.
type tally struct {
	mu          sync.Mutex
	comparisons int
	found       []*equivalence.Difference
	meaningful  map[string]bool // returned or changed something
}

// run compares statements for one tenant. It goes on to the next statement after
// a difference for which enough is true.
func (y *tally) run(t *testing.T, lab *equivalence.Lab, tenant string, list []*equivalence.Statement, enough func(*equivalence.Difference) bool) {
	t.Helper()
	pair := lab.Pair(t, tenant)
	for _, st := range list {
		args, err := pair.Arguments(t.Context(), st, argumentLists)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, a := range args {
			outcome, err := pair.Compare(t.Context(), st, a)
			if err != nil {
				t.Fatal(err)
			}
			y.add(st.Name, outcome)
			if outcome.Difference != nil && enough(outcome.Difference) {
				break
			}
		}
	}
}

func (y *tally) add(name string, o equivalence.Outcome) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.meaningful == nil {
		y.meaningful = map[string]bool{}
	}
	y.comparisons++
	y.meaningful[name] = y.meaningful[name] || o.Rows > 0 || o.Difference != nil
	if o.Difference != nil {
		y.found = append(y.found, o.Difference)
	}
}

// accepted are the statements to compare. It fails the test for what is refused.
func (p *oracleProject) accepted(t *testing.T) []*equivalence.Statement {
	t.Helper()
	var list []*equivalence.Statement
	for _, s := range p.statements {
		switch s.status() {
		case StatusRefused:
			for _, d := range s.report.Sorted() {
				t.Errorf("%s is refused: %s %s", s.text.Name, d.Code, d.Message)
			}
		case StatusAccepted, StatusGlobal:
			list = append(list, s.forOracle())
		}
	}
	return list
}

// check compares all accepted statements for all tenants.
func (p *oracleProject) check(t *testing.T, lab *equivalence.Lab, tenants []string, known []equivalence.Known) {
	t.Helper()
	list := p.accepted(t)
	y := &tally{}
	t.Run("tenants", func(t *testing.T) {
		for _, tenant := range tenants {
			t.Run(tenant, func(t *testing.T) {
				t.Parallel()
				y.run(t, lab, tenant, list, never)
			})
		}
	})
	t.Logf("%d statements, %d tenants, %d comparisons", len(list), len(tenants), y.comparisons)
	reportDifferences(t, y.found, known)
	for _, st := range list {
		if !y.meaningful[st.Name] {
			t.Errorf("%s returned and changed nothing whatever the arguments: nothing is compared", st.Name)
		}
	}
}

// reportDifferences fails the test for what is not known, one difference for
// each statement and kind, and for what is known and not seen.
func reportDifferences(t *testing.T, found []*equivalence.Difference, known []equivalence.Known) {
	t.Helper()
	unexpected, unseen := equivalence.Sort(found, known)
	first := map[string]*equivalence.Difference{}
	for _, d := range slices.Backward(unexpected) {
		first[d.Statement.Name+" "+string(d.Kind)] = d
	}
	for _, key := range slices.Sorted(maps.Keys(first)) {
		t.Errorf("%s", first[key])
	}
	for _, k := range unseen {
		t.Errorf("%s no longer differs in %s: take it off the list (%s)", k.Statement, k.Kind, strings.TrimSpace(k.Reason))
	}
}
