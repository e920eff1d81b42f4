package diag_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// declared returns the codes of codes.go, by code.
func declared(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if other := codes[code]; other != "" {
			t.Errorf("%s is both %s and %s", code, other, spec.Names[0].Name)
		}
		codes[code] = spec.Names[0].Name
		return true
	})
	return codes
}

// TestDocumented holds docs/diagnostics.md to codes.go: every code has a
// section that says what it means and how to fix it, in order, and no section
// is about a code that is gone.
func TestDocumented(t *testing.T) {
	t.Parallel()
	codes := declared(t)
	doc, err := os.ReadFile(filepath.Join("..", "..", "docs", "diagnostics.md"))
	if err != nil {
		t.Fatal(err)
	}
	heading := regexp.MustCompile(`^(TG\d{4}) ([A-Za-z]+)\n`)
	last := ""
	for _, section := range strings.Split(string(doc), "\n### ")[1:] {
		m := heading.FindStringSubmatch(section)
		if m == nil {
			t.Errorf("section %.40q does not start with a code and a name", section)
			continue
		}
		code, name := m[1], m[2]
		if codes[code] != name {
			t.Errorf("docs describe %s %s, codes.go calls it %q", code, name, codes[code])
		}
		if code <= last {
			t.Errorf("%s comes after %s", code, last)
		}
		if !strings.Contains(section, "\n**Fix:** ") {
			t.Errorf("the section of %s has no **Fix:** paragraph", code)
		}
		delete(codes, code)
		last = code
	}
	for code, name := range codes {
		t.Errorf("docs/diagnostics.md has no section %q", "### "+code+" "+name)
	}
}
