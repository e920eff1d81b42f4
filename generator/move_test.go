package generator

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/goapi"
)

// What follows holds that a project of somebody else moves over with its own
// sqlc.yaml, untouched, and a few lines beside it. Minder, whose tables belong to
// tenants, is in minder_test.go.

// longestTenancy is how many lines tenancy.yaml may have, without comments.
const longestTenancy = 10

func checkLength(t *testing.T, path string) {
	t.Helper()
	lines := 0
	for line := range strings.Lines(readText(t, path)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			lines++
		}
	}
	if lines > longestTenancy {
		t.Errorf("%s has %d lines, more than %d", path, lines, longestTenancy)
	}
}

// compiles fails the test unless the generated files are a package that compiles,
// with the packages that it imports. Missing are the types that an author writes
// by hand beside it.
func compiles(t *testing.T, files map[string][]byte, missing ...string) {
	t.Helper()
	goFiles := map[string][]byte{}
	for name, text := range files {
		if strings.HasSuffix(name, ".go") {
			goFiles[name] = text
		}
	}
	pkg, err := goapi.Check(goFiles)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkg.Errors) > 0 || len(pkg.Foreign) > 0 {
		t.Errorf("the package does not compile: %v; packages that are not there: %v", pkg.Errors, pkg.Foreign)
	}
	if diff := cmp.Diff(missing, pkg.Missing); diff != "" {
		t.Errorf("types by hand (-want +got):\n%s", diff)
	}
}

var riverRoot = filepath.Join("..", "..", "shared", "corpora", "river")

func skipWithoutRiver(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(riverRoot); err != nil {
		t.Skip("the river project is not beside the repository")
	}
}

// TestRiver generates the queries of a job queue, which belong to no tenant.
func TestRiver(t *testing.T) {
	t.Parallel()
	skipWithoutRiver(t)
	const path = "../examples/river/tenancy.yaml"
	checkLength(t, path)
	var report diag.Report
	result, err := Generate(t.Context(), Options{ConfigPath: path, Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}, &report)
	if err != nil {
		t.Fatal(err)
	}
	if d := report.Sorted(); len(d) > 0 {
		t.Fatalf("%s: %s", d[0].Span.Position().Path, d[0].Message)
	}
	if len(result.Queries) != 55 {
		t.Errorf("%d queries, want 55", len(result.Queries))
	}
	compiles(t, result.Files)
}

// TestRiverAPI compares river's packages, for each of its two drivers, with those
// that sqlc generates.
func TestRiverAPI(t *testing.T) {
	t.Parallel()
	skipWithoutRiver(t)
	for _, driver := range []struct{ dir, kind string }{{"riverpgxv5", "pgx/v5"}, {"riverdatabasesql", "database/sql"}} {
		t.Run(driver.dir, func(t *testing.T) {
			t.Parallel()
			out := filepath.Join("riverdriver", driver.dir, "internal", "dbsqlc")
			c := &apiCase{label: driver.dir, dir: riverRoot, config: filepath.Join(out, "sqlc.yaml"), kind: driver.kind, out: out}
			c.copyTo(t, t.TempDir())
			generateWithSQLC(t, []*apiCase{c})
			r := compareAPI(t, c)
			if r.status != apiIdentical {
				t.Errorf("%s:\n%s", r.status, r.detail)
			}
		})
	}
}

// TestRiverByQueue pins what is left of river when each of its queues is a tenant's:
// all queries but those that insert into several queues at once, and those that read
// the system's tables.
func TestRiverByQueue(t *testing.T) {
	t.Parallel()
	skipWithoutRiver(t)
	path := filepath.Join(t.TempDir(), "tenancy.yaml")
	root, err := filepath.Abs(riverRoot)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, []byte(`version: "1"
sqlc: `+filepath.Join(root, "riverdriver", "riverpgxv5", "internal", "dbsqlc", "sqlc.yaml")+`
tenant: {column: queue}
tables: {"*": global, river_job: {column: queue}, river_queue: {column: name}}
functions: [pg_notify, pg_advisory_xact_lock, river_job_state_in_bitmask]
go: {out: gen, emit_methods_with_db_argument: false}
`))
	var report diag.Report
	queries, err := Explain(t.Context(), Options{ConfigPath: path}, "", &report)
	if err != nil {
		t.Fatal(err)
	}
	var refused []string
	counts := map[Status]int{}
	for _, q := range queries {
		if counts[q.Status]++; q.Status == StatusRefused {
			refused = append(refused, q.Name)
		}
	}
	slices.Sort(refused)
	want := []string{
		"ColumnExists", "IndexExists", "IndexReindexArtifacts", "IndexesExist", "JobInsertFastMany", "JobInsertFastManyNoReturning",
		"JobInsertFullMany", "SchemaGetExpired", "TableExists",
	}
	if diff := cmp.Diff(want, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	t.Logf("river by queue: %v", counts)
}
