package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

const top = "../.."

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(top, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pages are all that users and contributors read.
func pages(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	docs, err := filepath.Glob(filepath.Join(top, "docs", "*.md"))
	if err != nil || len(docs) < 20 {
		t.Fatalf("%d pages: %v", len(docs), err)
	}
	for _, name := range docs {
		names = append(names, "docs/"+filepath.Base(name))
	}
	return names
}

var (
	fence   = regexp.MustCompile("(?s)```(\\w*)\n(.*?)```")
	span    = regexp.MustCompile("`[^`\n]+`")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unused  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names that a page's headings have in links.
func anchors(text string) []string {
	var out []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		out = append(out, strings.ReplaceAll(unused.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	return out
}

// broken are the links of a page that lead nowhere in the project.
func broken(t *testing.T, name, text string) (out []string, found int) {
	t.Helper()
	for _, m := range link.FindAllStringSubmatch(span.ReplaceAllString(fence.ReplaceAllString(text, ""), ""), -1) {
		target, anchor, _ := strings.Cut(m[1], "#")
		if strings.Contains(target, "://") {
			continue
		}
		found++
		if target == "" {
			target = filepath.Base(name)
		}
		target = filepath.Join(filepath.Dir(name), target)
		if _, err := os.Stat(filepath.Join(top, target)); err != nil || anchor != "" && !slices.Contains(anchors(page(t, target)), anchor) {
			out = append(out, m[1])
		}
	}
	return out, found
}

// TestLinks follows the links from page to page.
func TestLinks(t *testing.T) {
	t.Parallel()
	total := 0
	for _, name := range pages(t) {
		bad, found := broken(t, name, page(t, name))
		for _, target := range bad {
			t.Errorf("%s: the link to %s leads nowhere", name, target)
		}
		total += found
	}
	if total < 100 {
		t.Errorf("only %d links were found", total)
	}
	if bad, _ := broken(t, "docs/README.md", "[a](nowhere.md), [b](engines.md#nothing), [c](engines.md#strategies)"); len(bad) != 2 {
		t.Errorf("of two links that lead nowhere, these were found: %v", bad)
	}
}

// TestMakeTargets holds that make has every target that a page names.
func TestMakeTargets(t *testing.T) {
	t.Parallel()
	makefile, found := page(t, "Makefile"), 0
	for _, name := range pages(t) {
		for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z][a-z-]*)").FindAllStringSubmatch(page(t, name), -1) {
			if found++; !strings.Contains(makefile, "\n"+m[1]+":") {
				t.Errorf("%s: there is no target %s", name, m[1])
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d targets are named", found)
	}
}

// declared are the names that packages declare.
func declared(t *testing.T, dirs ...string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(top, dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no package in %s: %v", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, decl := range parsed.Decls {
				switch d := decl.(type) {
				case *ast.FuncDecl:
					out[d.Name.Name] = true
				case *ast.GenDecl:
					for _, spec := range d.Specs {
						switch s := spec.(type) {
						case *ast.TypeSpec:
							out[s.Name.Name] = true
						case *ast.ValueSpec:
							for _, name := range s.Names {
								out[name.Name] = true
							}
						}
					}
				}
			}
		}
	}
	return out
}

// TestNamesOnPages holds that there is what a page says to call: the constructors, options
// and errors that it names, and what its Go selects from our packages.
func TestNamesOnPages(t *testing.T) {
	t.Parallel()
	constructor := regexp.MustCompile("`(?:\\w+\\.)?((?:New|With|Err)[A-Z]\\w*)")
	for name, dirs := range map[string]map[string]string{
		"docs/isolation-mysql.md":  {"mysql": "isolation/mysql", "runtime": "runtime", "gen": "examples/gen"},
		"docs/isolation-sqlite.md": {"sqlite": "isolation/sqlite", "runtime": "runtime", "gen": "examples/gen"},
		"docs/engines.md":          {"mysql": "isolation/mysql", "sqlite": "isolation/sqlite", "postgres": "isolation/postgres", "runtime": "runtime"},
		"README.md": {"postgres": "isolation/postgres", "runtime": "runtime", "gen": "examples/gen", "pgtenancy": "runtime/pgtenancy",
			"config": "runtime/config", "manager": "runtime/manager"},
	} {
		var all []string
		for _, dir := range dirs {
			all = append(all, dir)
		}
		text, found := page(t, name), 0
		known := declared(t, all...)
		for _, m := range constructor.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if found++; !known[m[1]] {
				t.Errorf("%s names %s, which there is not", name, m[1])
			}
		}
		for qualifier, dir := range dirs {
			known := declared(t, dir)
			for _, m := range regexp.MustCompile(`(?:^|[^\w./])`+qualifier+`\.([A-Z]\w*)`).FindAllStringSubmatch(text, -1) {
				if found++; !known[m[1]] {
					t.Errorf("%s names %s.%s, which there is not", name, qualifier, m[1])
				}
			}
		}
		if found < 3 {
			t.Errorf("%s: only %d names were found", name, found)
		}
	}
}

// TestReadme holds the first page to the examples: its SQL is the author's there, or what
// is sent of it, its configuration is one, and its commands are ones that the tool has.
func TestReadme(t *testing.T) {
	t.Parallel()
	var lines []string
	for _, pattern := range []string{"examples/queries/*.sql", "examples/gen/*.sql.go"} {
		files, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, strings.Split(string(text), "\n")...)
		}
	}
	commands, err := filepath.Glob(filepath.Join(top, "cmd/tenancygen/cli/*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, file := range commands {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	statements, calls, configs := 0, 0, 0
	for _, block := range fence.FindAllStringSubmatch(page(t, "README.md"), -1) {
		switch block[1] {
		case "sql":
			for line := range strings.Lines(block[2]) {
				if statements++; !slices.Contains(lines, strings.TrimSuffix(line, "\n")) {
					t.Errorf("the examples do not have this line: %s", line)
				}
			}
		case "yaml":
			configs++
			var report diag.Report
			config.Parse(source.NewFile("tenancy.yaml", block[2]), nil, &report)
			for _, d := range report.Sorted() {
				t.Errorf("the configuration: %s", d.Message)
			}
		case "sh":
			for _, m := range regexp.MustCompile(`tenancygen(?:@latest)? ([a-z]+)`).FindAllStringSubmatch(block[2], -1) {
				if calls++; !regexp.MustCompile(`Use: +"` + m[1] + `[ "]`).MatchString(code.String()) {
					t.Errorf("there is no command %s", m[1])
				}
			}
		}
	}
	if statements < 7 || calls < 3 || configs != 1 {
		t.Errorf("only %d lines of SQL, %d commands and %d configurations were found", statements, calls, configs)
	}
}
