package generator

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// leak is a way in which another tool, or a hand-written application, showed or
// changed another tenant's rows. Exactly one of shapes, held and absent says what
// becomes of it here.
type leak struct {
	// name begins with the number of the leak in the specification.
	name string
	// cause is what went wrong elsewhere.
	cause  string
	shapes []shape
	// held are the tests that hold what is no matter of a statement's shape, as
	// "directory TestName".
	held []string
	// absent is why PostgreSQL or this tool has no such thing.
	absent string
}

// shape is a statement in whose shape something leaked.
type shape struct {
	sql string
	// sent is what the tool that leaked sent, with the tenant as the parameter
	// after the author's.
	sent string
	// refused is the code with which the statement is refused; empty when it is
	// accepted.
	refused diag.Code
	// since is the major version from which on servers know the statement.
	since int
	// known are differences that are documented, by their reasons.
	known map[equivalence.Kind]string
}

// leakTenants are those of the data; the third has no rows.
var leakTenants = []string{"1", "2", "3"}

// TestLeaks runs every statement in whose shape something leaked elsewhere. What
// is accepted must do the same on the shared database as on the tenant's slice.
// What the leaking tool sent, or else the author's statement as it is, must not:
// so the data would show the leak.
func TestLeaks(t *testing.T) {
	t.Parallel()
	p := compileLeaks(t)
	lab := p.lab(t, filepath.Join(oracleData, "leaks", "data.sql"))
	version := testpg.Version(t)
	pairs := map[string]*equivalence.Pair{}
	for _, tenant := range leakTenants {
		pairs[tenant] = lab.Pair(t, tenant)
	}
	statements := map[string]*statement{}
	for _, s := range p.statements {
		statements[s.text.Name] = s
	}
	for _, l := range leaks {
		t.Run(l.name, func(t *testing.T) { // one after the other: a pair is for one goroutine
			l.checkForm(t)
			for i, sh := range l.shapes {
				sh.check(t, statements[shapeName(l, i)], p, pairs, version)
			}
		})
	}
}

// TestLeaksAreNumbered holds the table to the list of the specification.
func TestLeaksAreNumbered(t *testing.T) {
	t.Parallel()
	const all = 61
	for i, l := range leaks {
		if want := fmt.Sprintf("%02d_", i+1); !strings.HasPrefix(l.name, want) {
			t.Errorf("leak %q stands where %s… should", l.name, want)
		}
	}
	if len(leaks) != all {
		t.Errorf("there are %d leaks, want %d", len(leaks), all)
	}
}

// checkForm holds an entry to its form, and its tests to exist.
func (l leak) checkForm(t *testing.T) {
	t.Helper()
	ways := 0
	for _, set := range []bool{len(l.shapes) > 0, len(l.held) > 0 && len(l.shapes) == 0, l.absent != ""} {
		if set {
			ways++
		}
	}
	if ways != 1 || l.cause == "" {
		t.Error("the entry must say the cause, and have shapes, tests, or a reason for being absent")
	}
	for _, name := range l.held {
		if !testExists(t, name) {
			t.Errorf("there is no test %s", name)
		}
	}
}

// testExists reports whether a directory has a test, given as "directory TestName".
func testExists(t *testing.T, name string) bool {
	t.Helper()
	dir, test, _ := strings.Cut(name, " ")
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "func "+test+"(")
	})
}

func shapeName(l leak, i int) string { return fmt.Sprintf("Leak%s%c", l.name[:2], 'A'+i) }

// givesRows matches a statement that gives rows to its caller.
var givesRows = regexp.MustCompile(`(?s)^(SELECT|VALUES|\()|^WITH .*\) (SELECT|\()|RETURNING`)

// compileLeaks scopes all statements of the list as one project.
func compileLeaks(t *testing.T) *oracleProject {
	t.Helper()
	var report diag.Report
	in := read(filepath.Join(oracleData, "leaks", "tenancy.yaml"), &report)
	if in == nil {
		t.Fatal(report.Sorted())
	}
	var queries strings.Builder
	for _, l := range leaks {
		for i, sh := range l.shapes {
			cmd := ":exec"
			if givesRows.MatchString(sh.sql) {
				cmd = ":many"
			}
			fmt.Fprintf(&queries, "-- name: %s %s\n%s;\n\n", shapeName(l, i), cmd, sh.sql)
		}
	}
	in.Queries = []*source.File{source.NewFile("leaks.sql", queries.String())}
	return compileInput(t, in, nil)
}

// check holds one statement to what its entry says.
func (sh shape) check(t *testing.T, s *statement, p *oracleProject, pairs map[string]*equivalence.Pair, version int) {
	t.Helper()
	var codes []diag.Code
	for _, d := range s.report.Sorted() {
		if d.IsError() {
			codes = append(codes, d.Code)
		}
	}
	if sh.refused != "" {
		if !slices.Contains(codes, sh.refused) {
			t.Errorf("%s\nis refused with %q, want %s", sh.sql, codes, sh.refused)
		}
		return
	}
	if len(codes) > 0 {
		t.Errorf("%s\nis refused: %q", sh.sql, codes)
		return
	}
	for _, r := range s.check.References {
		if r.Anchor == "" && r.Table.Tenancy.Class != "global" {
			t.Errorf("%s\nhas no anchor for %s", s.result.SQL, r.Table.QualifiedName())
		}
	}
	if version < sh.since {
		t.Logf("not run: PostgreSQL %d does not know it, it needs %d: %s", version, sh.since, sh.sql)
		return
	}
	honest := s.forOracle()
	bound := slices.ContainsFunc(honest.Params, func(p equivalence.Param) bool { return p.Tenant })
	switch {
	case sh.sent != "":
		sent := *honest
		sent.Scoped, sent.Tenant = sh.sent, lastParam(sh.sent)
		if certified := len(certify.Check(sent.Scoped, sent.Tenant, p.catalog).Findings) == 0; certified {
			t.Errorf("certify accepts it:\n%s", sh.sent)
		}
		sh.mustDiffer(t, &sent, honest, pairs)
	case bound || sh.known != nil:
		t.Errorf("%s\nis right for its tenant, or fails, as its author wrote it: the entry needs what was sent", sh.sql)
	default:
		unscoped := *honest
		unscoped.Scoped, unscoped.Tenant = honest.Original, 0
		sh.mustDiffer(t, &unscoped, honest, pairs)
	}
	if d := sh.difference(t, honest, honest, pairs); d != nil {
		t.Errorf("%s", d)
	}
}

// mustDiffer demands that the data shows a statement to be wrong.
func (sh shape) mustDiffer(t *testing.T, st, honest *equivalence.Statement, pairs map[string]*equivalence.Pair) {
	t.Helper()
	if sh.difference(t, st, honest, pairs) == nil {
		t.Errorf("the data shows nothing wrong with the statement that leaks:\n%s", st.Scoped)
	}
}

// difference compares a statement with the author's, for all tenants, with the
// arguments of the honest one, and returns the first difference that is not known.
func (sh shape) difference(t *testing.T, st, honest *equivalence.Statement, pairs map[string]*equivalence.Pair) *equivalence.Difference {
	t.Helper()
	for _, tenant := range leakTenants {
		lists, err := pairs[tenant].Arguments(t.Context(), honest, argumentLists)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range lists {
			outcome, err := pairs[tenant].Compare(t.Context(), st, args)
			if err != nil {
				t.Fatal(err)
			}
			if d := outcome.Difference; d != nil && sh.known[d.Kind] == "" {
				return d
			}
		}
	}
	return nil
}

// lastParam is the highest parameter of a statement.
func lastParam(sql string) int {
	highest := 0
	for _, use := range paramUse.FindAllStringSubmatch(sql, -1) {
		var n int
		_, _ = fmt.Sscan(use[1], &n) // digits
		highest = max(highest, n)
	}
	return highest
}

// quoted is a string or number between operators, as a tenant would be in a
// statement that holds it.
var quoted = regexp.MustCompile(`= *('[^']*'|\d+)`)

// TestOneStatementForManyTenants runs one prepared statement, one plan, for one
// tenant after the other: neither the text nor what is cached of it holds a
// tenant.
func TestOneStatementForManyTenants(t *testing.T) {
	t.Parallel()
	p := compileLeaks(t)
	url := testpg.Database(t)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	for _, sql := range []string{p.schema, readText(t, filepath.Join(oracleData, "leaks", "data.sql"))} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	var report diag.Report
	text := parse.OneOff(parse.PostgreSQL, source.NewFile("one.sql", "SELECT t FROM o"), &report)
	s := scopeAll(text, p.catalog, readConfig(t), &report, nil)[0]
	failOnErrors(t, &report)
	if found := quoted.FindString(s.result.SQL); found != "" || s.result.Tenant != 1 {
		t.Errorf("the tenant is no parameter: %s", s.result.SQL)
	}
	for _, mode := range []string{"force_generic_plan", "force_custom_plan", "auto"} {
		if _, err := conn.Exec(t.Context(), "SET plan_cache_mode = "+mode); err != nil {
			t.Fatal(err)
		}
		for range 7 { // after the fifth run PostgreSQL may take to a generic plan
			for tenant, want := range map[int64]int{1: 4, 2: 6, 3: 0} {
				rows, err := conn.Query(t.Context(), s.result.SQL, tenant)
				if err != nil {
					t.Fatal(err)
				}
				got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(slices.Repeat([]int64{tenant}, want), got); diff != "" {
					t.Errorf("tenant %d with %s: -want +got:\n%s", tenant, mode, diff)
				}
			}
		}
	}
}

// readConfig is the configuration of the leaks' project.
func readConfig(t *testing.T) *config.Config {
	t.Helper()
	var report diag.Report
	cfg := config.Read(filepath.Join(oracleData, "leaks", "tenancy.yaml"), &report)
	failOnErrors(t, &report)
	return cfg
}
