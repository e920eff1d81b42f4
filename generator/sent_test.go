package generator

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

// TestSent holds that the databases take what the methods of the golden cases send: they
// prepare each statement, with a ? for each placeholder and lists of several lengths.
func TestSent(t *testing.T) {
	t.Parallel()
	for engine, database := range map[string]struct {
		open  func(testing.TB) *sql.DB
		split string // between statements, where the driver takes one at a time
	}{
		"mysql":  {func(t testing.TB) *sql.DB { return testmysql.Open(t, testmysql.Database(t)) }, ";\n"},
		"sqlite": {func(t testing.TB) *sql.DB { return testsqlite.Open(t, "file:"+testsqlite.File(t), 1) }, "\x00"},
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			paths, err := filepath.Glob(filepath.Join("..", "golden", engine, "*.txtar"))
			if err != nil {
				t.Fatal(err)
			}
			prepared := 0
			for _, path := range paths {
				pkg, schema := compileCase(t, path)
				if pkg == nil {
					continue // refused on purpose
				}
				db := database.open(t)
				for ddl := range strings.SplitSeq(strings.TrimSpace(schema), database.split) {
					if _, err := db.ExecContext(t.Context(), ddl); err != nil {
						t.Fatalf("%s: %v", path, err)
					}
				}
				prepared += prepareAll(t, path, db, pkg)
			}
			if prepared == 0 {
				t.Error("nothing was prepared")
			}
			t.Logf("%d texts of %d cases", prepared, len(paths))
		})
	}
}

// compileCase compiles a golden case; it returns nil for one that is refused.
func compileCase(t *testing.T, path string) (*ir.Package, string) {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir, schema := t.TempDir(), ""
	for _, f := range archive.Files {
		if isGoldenInput(f.Name) {
			write(t, filepath.Join(dir, f.Name), f.Data)
		}
		if f.Name == "schema.sql" {
			schema = string(f.Data)
		}
	}
	var report diag.Report
	opts := Options{ConfigPath: filepath.Join(dir, "tenancy.yaml"), Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}
	result, err := Generate(t.Context(), opts, &report)
	if err != nil {
		t.Fatal(err)
	}
	if result == nil {
		return nil, ""
	}
	return result.IR, schema
}

// prepareAll prepares the statements of a package, and returns how many texts that were.
func prepareAll(t *testing.T, path string, db *sql.DB, pkg *ir.Package) int {
	t.Helper()
	prepared := 0
	for _, q := range pkg.Queries {
		for _, length := range []int{0, 1, 3} {
			stmt, err := db.PrepareContext(t.Context(), sentText(&q, length))
			if err != nil {
				t.Errorf("%s: %s: %v", path, q.Name, err)
				continue
			}
			_ = stmt.Close()
			prepared++
		}
	}
	return prepared
}

// sentText is what a method sends when its slices have so many values.
func sentText(q *ir.Query, length int) string {
	var b strings.Builder
	at := 0
	for _, p := range q.Placeholders {
		b.WriteString(q.SQL[at:p.Start])
		switch {
		case !q.Params[p.Number-1].Column.IsSlice:
			b.WriteString("?")
		case length == 0:
			b.WriteString("NULL")
		default:
			b.WriteString("?" + strings.Repeat(",?", length-1))
		}
		at = p.End
	}
	return b.String() + q.SQL[at:]
}
