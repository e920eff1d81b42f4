package gosrc

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

var update = flag.Bool("update", false, "rewrite the expected files, and fail where they change")

// TestEmit compares what is emitted for the package.json of every archive with
// the archive's want/ files, and type-checks it together with the archive's
// other Go files.
func TestEmit(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			testArchive(t, path)
		})
	}
}

func testArchive(t *testing.T, path string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var pkg ir.Package
	want, own := map[string]string{}, map[string]string{}
	kept := archive.Files[:0:0]
	for _, file := range archive.Files {
		if name, ok := strings.CutPrefix(file.Name, "want/"); ok {
			want[name] = string(file.Data)
			continue
		}
		kept = append(kept, file)
		if file.Name != "package.json" {
			own[file.Name] = string(file.Data)
		} else if err := json.Unmarshal(file.Data, &pkg); err != nil {
			t.Fatal(err)
		}
	}

	got := emit(t, &pkg)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("emitted (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(got, emit(t, &pkg)); diff != "" {
		t.Errorf("not deterministic:\n%s", diff)
	}
	maps.Copy(own, got)
	typeCheck(t, own)

	if *update {
		archive.Files = kept
		for _, name := range slices.Sorted(maps.Keys(got)) {
			archive.Files = append(archive.Files, txtar.File{Name: "want/" + name, Data: []byte(got[name])})
		}
		if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// emit returns the emitted files as text.
func emit(t *testing.T, pkg *ir.Package) map[string]string {
	t.Helper()
	files, err := Emit(pkg)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for name, data := range files {
		out[name] = string(data)
	}
	return out
}
