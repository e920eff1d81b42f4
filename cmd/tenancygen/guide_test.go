package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/tools/txtar"
)

const (
	guide       = "../../docs/from-sqlc.md"
	guideScript = "testdata/guide/authors.txtar"
)

// TestGuide runs testdata/guide/*.txtar: projects of sqlc that move over and back,
// as docs/from-sqlc.md says. Each script is in a module of its own that uses this
// one.
func TestGuide(t *testing.T) {
	t.Parallel()
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	corpora := filepath.Join(root, "..", "shared", "corpora", "sqlc", "examples")
	environment, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Fields(string(environment))
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/guide",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code},
		Condition: func(name string) (bool, error) {
			_, err := os.Stat(corpora)
			return name == "corpora" && err == nil, nil
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("CORPORA", corpora)
			env.Setenv("GOCACHE", caches[0])
			env.Setenv("GOMODCACHE", caches[1])
			env.Setenv("GOFLAGS", "-mod=mod")
			env.Setenv("GOPROXY", "off")
			return module(root, env.WorkDir)
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// module writes the go.mod of an application that uses the module in root, and what
// that uses.
func module(root, dir string) error {
	text, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		return err
	}
	const own = "github.com/tenancygen/tenancygen"
	mod := strings.Replace(string(text), "module "+own+"\n", "module example.com/books\n", 1) +
		"\nrequire " + own + " v0.1.0\n\nreplace " + own + " => " + root + "\n"
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(mod), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o600)
}

// notInScript are commands of the guide that the script cannot run.
var notInScript = map[string]string{
	"go get -tool github.com/tenancygen/tenancygen/cmd/tenancygen": "the module is not published where the test runs",
	"psql -f postgresql/rls.up.sql":                                "the policies are loaded by the tests of package ddl",
}

// TestGuideCommands holds the guide to the script: its commands are run there in
// their order, and its files stand there.
func TestGuideCommands(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile(guideScript)
	if err != nil {
		t.Fatal(err)
	}
	script := strings.Split(string(archive.Comment), "\n")
	commands := 0
	for _, block := range regexp.MustCompile("(?s)```(\\w+)\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if block[1] != "sh" {
			if !slices.ContainsFunc(archive.Files, func(f txtar.File) bool { return strings.Contains(string(f.Data), block[2]) }) {
				t.Errorf("no file of %s holds this part of the guide:\n%s", guideScript, block[2])
			}
			continue
		}
		for line := range strings.Lines(block[2]) {
			line = strings.TrimSpace(line)
			if notInScript[line] != "" {
				continue
			}
			commands++
			want := strings.TrimPrefix(line, "go tool ")
			at := slices.IndexFunc(script, func(s string) bool { return strings.TrimPrefix(s, "exec ") == want })
			if at < 0 {
				t.Errorf("%s does not run %q, or not behind the commands before it", guideScript, line)
				continue
			}
			script = script[at+1:]
		}
	}
	if commands < 8 {
		t.Errorf("the guide has only %d commands", commands)
	}
}
