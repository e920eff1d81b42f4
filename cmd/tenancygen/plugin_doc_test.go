package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"golang.org/x/tools/txtar"
)

// The example in docs/plugin.md works as it stands.
func TestPluginExample(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "plugin.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)```yaml\n(# sqlc.yaml\n.*?)```").FindSubmatch(doc)
	if example == nil {
		t.Fatal("docs/plugin.md has no sqlc.yaml")
	}
	script, err := txtar.ParseFile(filepath.Join("testdata", "script", "plugin.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range script.Files {
		if f.Name == "schema.sql" || f.Name == "queries.sql" {
			write(t, filepath.Join(dir, f.Name), f.Data)
		}
	}
	write(t, filepath.Join(dir, "sqlc.yaml"), example[1])
	cmd := exec.Command("tenancygen", "__sqlc", "generate")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"db.go", "models.go", "queries.sql.go", "rls.up.sql", "tenancy_report.md"} {
		if _, err := os.Stat(filepath.Join(dir, "db", name)); err != nil {
			t.Error(err)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
