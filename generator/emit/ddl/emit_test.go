package ddl_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tenancygen/tenancygen/generator/emit/ddl"
	"github.com/tenancygen/tenancygen/generator/ir"
)

var update = flag.Bool("update", false, "rewrite the wanted files of testdata, and fail")

// TestGolden emits the DDL of each case in testdata: ir.json in, and
// want/rls.up.sql, want/rls.down.sql or want/error.txt out.
func TestGolden(t *testing.T) {
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
			want := make(map[string]string)
			var input []byte
			for _, f := range archive.Files {
				switch {
				case f.Name == "ir.json":
					input = f.Data
				case strings.HasPrefix(f.Name, "want/"):
					want[f.Name] = string(f.Data)
				default:
					t.Fatalf("%s: unknown file %q", path, f.Name)
				}
			}
			var pkg ir.Package
			if err := json.Unmarshal(input, &pkg); err != nil {
				t.Fatal(err)
			}

			got := emit(t, &pkg)
			if again := emit(t, &pkg); !cmp.Equal(got, again) {
				t.Errorf("a second run differs (-first +second):\n%s", cmp.Diff(got, again))
			}
			if *update {
				rewrite(t, path, archive, input, got)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func emit(t *testing.T, pkg *ir.Package) map[string]string {
	t.Helper()
	files, err := ddl.Emit(pkg)
	got := make(map[string]string)
	if err != nil {
		got["want/error.txt"] = err.Error() + "\n"
		if files != nil {
			t.Errorf("files beside the error %v", err)
		}
	}
	for name, text := range files {
		got["want/"+name] = string(text)
	}
	return got
}

func rewrite(t *testing.T, path string, archive *txtar.Archive, input []byte, got map[string]string) {
	t.Helper()
	out := &txtar.Archive{Comment: archive.Comment, Files: []txtar.File{{Name: "ir.json", Data: input}}}
	for _, name := range []string{"want/error.txt", "want/rls.up.sql", "want/rls.down.sql"} {
		if text, ok := got[name]; ok {
			out.Files = append(out.Files, txtar.File{Name: name, Data: []byte(text)})
		}
	}
	if err := os.WriteFile(path, txtar.Format(out), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Errorf("%s rewritten; read the difference and run again", path)
}

func TestEmitWithoutRole(t *testing.T) {
	t.Parallel()
	files, err := ddl.Emit(&ir.Package{Engine: "postgresql"})
	if files != nil || err != nil {
		t.Errorf("Emit = %v, %v; want nil, nil", files, err)
	}
}
