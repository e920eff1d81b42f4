package sqlcproc_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// minderOptions are the options of minder's own sqlc.yaml, for pgx.
const minderOptions = `{
	"package": "db", "out": "out", "sql_package": "pgx/v5",
	"emit_json_tags": true, "emit_interface": true, "emit_empty_slices": true,
	"overrides": [
		{"db_type": "profile_selector", "go_type": {"type": "ProfileSelector"}},
		{"column": "evaluation_statuses.evaluation_times", "go_type": {"type": "PgTimeArray"}}
	]
}`

// minderTypes stands for the type that minder writes by hand beside its
// generated code.
const minderTypes = `package db

type PgTimeArray []string
`

// minder reads the minder project, or skips the test.
func minder(tb testing.TB) compatCase {
	tb.Helper()
	root := filepath.Join("..", "..", "..", "..", "shared", "corpora", "minder", "database")
	c := compatCase{
		engine:  "postgresql",
		options: minderOptions,
		schema:  readSQL(tb, filepath.Join(root, "migrations")),
		queries: readSQL(tb, filepath.Join(root, "query")),
		goFiles: map[string][]byte{"types.go": []byte(minderTypes)},
	}
	if len(c.schema) == 0 || len(c.queries) == 0 {
		tb.Skip("the minder project is not beside this module")
	}
	return c
}

// readSQL reads the SQL files of a directory, without down migrations.
func readSQL(tb testing.TB, dir string) []*source.File {
	tb.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.sql"))
	if err != nil {
		tb.Fatal(err)
	}
	var files []*source.File
	for _, path := range paths {
		if strings.HasSuffix(path, ".down.sql") {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			tb.Fatal(err)
		}
		files = append(files, source.NewFile(filepath.Base(path), string(text)))
	}
	return files
}

func TestMinderIsCompatible(t *testing.T) {
	t.Parallel()
	compareWithSqlc(t, minder(t))
}

// BenchmarkMinder measures the analysis of a real project.
func BenchmarkMinder(b *testing.B) {
	c := minder(b)
	in := analyze.Input{Engine: "postgresql", Schema: c.schema}
	for _, file := range c.queries {
		in.Queries = append(in.Queries, splitQueries(file)...)
	}
	for b.Loop() {
		var report diag.Report
		if _, err := newEngine(b).Analyze(b.Context(), in, &report); err != nil || report.HasErrors() {
			b.Fatal(err, report.Sorted())
		}
	}
	b.ReportMetric(float64(len(in.Queries)), "queries")
}
