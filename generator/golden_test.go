package generator

import (
	"context"
	"flag"
	"fmt"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

var update = flag.Bool("update", false, "rewrite the expectations in golden/ (the run still fails)")

// TestGolden runs every case below golden/: a project in, and the scoped
// statements, the generated files or the diagnostics out. What a case lists under
// want/ is compared; a case that wants no diagnostics must give none.
func TestGolden(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "golden")
	var cases []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".txtar") {
			cases = append(cases, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Fatal("there is no case in golden/")
	}
	for _, path := range cases {
		name, _ := filepath.Rel(root, strings.TrimSuffix(path, ".txtar"))
		t.Run(filepath.ToSlash(name), func(t *testing.T) {
			t.Parallel()
			runGolden(t, path)
		})
	}
}

// Inputs and outputs of a case. Any other name is refused: a comment in the SQL
// that looks like a file's marker would split the case without a word.
var goldenInputs = []string{"tenancy.yaml", "sqlc.yaml", "schema.sql", "queries.sql"}

func isGoldenInput(name string) bool {
	return slices.Contains(goldenInputs, name) || strings.HasPrefix(name, "migrations/") || strings.HasPrefix(name, "queries/")
}

func runGolden(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(strings.TrimSpace(string(archive.Comment))) == 0 {
		t.Error("the case does not say what it proves: begin it with a comment")
	}
	dir := t.TempDir()
	want := map[string]string{}
	seen := map[string]bool{}
	for _, f := range archive.Files {
		if seen[f.Name] {
			t.Fatalf("the case has two files %s", f.Name)
		}
		seen[f.Name] = true
		if rest, ok := strings.CutPrefix(f.Name, "want/"); ok {
			want[rest] = string(f.Data)
			continue
		}
		if !isGoldenInput(f.Name) {
			t.Fatalf("the case has a file %q, which is neither an input nor an expectation", f.Name)
		}
		write(t, filepath.Join(dir, f.Name), f.Data)
	}
	if len(want) == 0 {
		t.Error("the case wants nothing: name what it is about, such as want/models.go, and run it with -update")
	}
	got := goldenOutput(t, dir, want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
		if *update {
			rewriteGolden(t, path, archive, got)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// goldenOutput compiles a case and returns what the case wants to see of it.
func goldenOutput(t *testing.T, dir string, want map[string]string) map[string]string {
	var report diag.Report
	opts := Options{ConfigPath: filepath.Join(dir, "tenancy.yaml"), Version: "v0.0.0", Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}
	got := map[string]string{}
	if wantsFiles(want) {
		result, err := Generate(context.Background(), opts, &report)
		if err != nil {
			t.Fatal(err)
		}
		if result != nil {
			checkTypes(t, result.Files)
			for name := range want {
				if data, ok := result.Files[name]; ok {
					got[name] = string(data)
				}
			}
			if _, ok := want["scoped.sql"]; ok {
				got["scoped.sql"] = scopedText(result.Queries)
			}
		}
	} else {
		queries, err := Explain(context.Background(), opts, "", &report)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := want["scoped.sql"]; ok {
			got["scoped.sql"] = scopedText(queries)
		}
	}
	var b strings.Builder
	if err := diag.Render(&b, report.Sorted(), diag.Options{}); err != nil {
		t.Fatal(err)
	}
	if text := strings.ReplaceAll(b.String(), dir+string(filepath.Separator), ""); text != "" {
		got["diagnostics.txt"] = text
	}
	return got
}

// wantsFiles reports whether a case wants generated files, and so the analysis.
func wantsFiles(want map[string]string) bool {
	for name := range want {
		if name != "scoped.sql" && name != "diagnostics.txt" {
			return true
		}
	}
	return false
}

// scopedText prints what became of each statement.
func scopedText(queries []Explained) string {
	var b strings.Builder
	for _, q := range queries {
		fmt.Fprintf(&b, "-- %s: %s\n", q.Name, q.Status)
		for _, table := range q.Tables {
			anchor := table.Anchor
			if anchor == "" {
				anchor = "no anchor"
			}
			fmt.Fprintf(&b, "--   %s %s (%s): %s\n", table.Table, table.Alias, table.Tenancy, anchor)
		}
		if q.ScopedSQL != "" {
			fmt.Fprintf(&b, "%s;\n", q.ScopedSQL)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func rewriteGolden(t *testing.T, path string, archive *txtar.Archive, got map[string]string) {
	out := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		if !strings.HasPrefix(f.Name, "want/") {
			out.Files = append(out.Files, f)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		out.Files = append(out.Files, txtar.File{Name: "want/" + name, Data: []byte(got[name])})
	}
	if err := os.WriteFile(path, txtar.Format(out), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dependencies are the types of the packages that generated code imports, loaded
// once from the build cache.
var dependencies = sync.OnceValues(func() (map[string]*types.Package, error) {
	cfg := &packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports}
	roots, err := packages.Load(cfg, "context", "errors", "fmt", "iter", "strings", "time", "database/sql", "database/sql/driver", "encoding/json", "net/netip",
		"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgtype",
		"github.com/google/uuid", "github.com/lib/pq", "github.com/sqlc-dev/pqtype",
		"github.com/tenancygen/tenancygen/runtime", "github.com/tenancygen/tenancygen/runtime/pgxdb", "github.com/tenancygen/tenancygen/runtime/sqldb")
	if err != nil {
		return nil, err
	}
	out := map[string]*types.Package{}
	for _, p := range roots {
		out[p.PkgPath] = p.Types
	}
	return out, nil
})
