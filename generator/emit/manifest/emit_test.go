package manifest

import (
	"encoding/json"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/ir"
)

var update = flag.Bool("update", false, "rewrite the wanted files of testdata, and fail where they change")

// TestEmit compares what is emitted for the package.json of every archive with
// its want/ files.
func TestEmit(t *testing.T) {
	t.Parallel()
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var pkg ir.Package
			want := map[string]string{}
			for _, f := range archive.Files {
				if name, ok := strings.CutPrefix(f.Name, "want/"); ok {
					want[name] = string(f.Data)
				} else if err := json.Unmarshal(f.Data, &pkg); err != nil {
					t.Fatal(err)
				}
			}
			got := emit(t, &pkg)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if *update {
				archive.Files = archive.Files[:1]
				for _, name := range slices.Sorted(maps.Keys(got)) {
					archive.Files = append(archive.Files, txtar.File{Name: "want/" + name, Data: []byte(got[name])})
				}
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			// Nothing hangs on the order in which the stages list things.
			slices.Reverse(pkg.Tables)
			slices.Reverse(pkg.Queries)
			if diff := cmp.Diff(got, emit(t, &pkg)); diff != "" {
				t.Errorf("another order of tables and queries gives other files:\n%s", diff)
			}
		})
	}
}

func emit(t *testing.T, pkg *ir.Package) map[string]string {
	t.Helper()
	files, err := Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, text := range files {
		out[name] = string(text)
	}
	return out
}

// TestProse shows that an author's text hides nothing of the report.
func TestProse(t *testing.T) {
	t.Parallel()
	if got, want := prose("one\n\ttwo <!-- three"), "one two &lt;!-- three"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
