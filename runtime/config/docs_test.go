package config

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the tables of docs/configuration.md")

const (
	page = "../../docs/configuration.md"
	from = "<!-- Made from runtime/config/config.go by: go test ./runtime/config -run TestPage -update -->\n"
	to   = "<!-- The end of what is made. -->\n"
)

// documented is the struct as its source has it: the headings, and the comment of each
// field.
type documented struct {
	heading string // of the fields that follow; then there is no name
	name    string
	comment string
}

func readSource(t *testing.T) []documented {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var out []documented
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		body, ok := spec.Type.(*ast.StructType)
		if !ok {
			return true
		}
		last := body.Pos()
		for _, field := range body.Fields.List {
			for _, group := range file.Comments {
				heading, ok := strings.CutPrefix(group.Text(), "# ")
				if ok && group.Pos() > last && group.End() < field.Pos() {
					out = append(out, documented{heading: strings.TrimSpace(heading)})
				}
			}
			last = field.End()
			out = append(out, documented{name: field.Names[0].Name, comment: strings.Join(strings.Fields(field.Doc.Text()), " ")})
		}
		return false
	})
	return out
}

// fieldName finds what can be the name of a field: two capitalized words or more, since
// one alone, such as Audit, can be a word.
var fieldName = regexp.MustCompile(`\b[A-Z][A-Za-z]*[a-z][A-Z][A-Za-z]*\b`)

// asVariable returns the variable of a field, and any other word as it is.
func asVariable(word string) string {
	if field, ok := reflect.TypeFor[Config]().FieldByName(word); ok {
		return "`" + variable(field) + "`"
	}
	return word
}

// tables writes the fields as the page shows them. A comment that does not say what its
// field is fails t.
func tables(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	fields := 0
	for _, d := range readSource(t) {
		if d.heading != "" {
			fmt.Fprintf(&b, "\n### %s\n\n| variable | default | allowed | |\n|---|---|---|---|\n", d.heading)
			continue
		}
		fields++
		field, _ := reflect.TypeFor[Config]().FieldByName(d.name)
		what, ok := strings.CutPrefix(d.comment, d.name+" is ")
		if !ok {
			what, ok = strings.CutPrefix(d.comment, d.name+" are ")
		}
		if !ok || !strings.HasSuffix(what, ".") {
			t.Errorf("the comment of %s has to begin with its name and \"is\" or \"are\", and to end with a full stop", d.name)
		}
		what = fieldName.ReplaceAllStringFunc(what, asVariable)
		value := field.Tag.Get("envDefault")
		switch {
		case field.Tag.Get("required") != "":
			value = "required"
		case value != "":
			value = "`" + value + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", variable(field), value, allowed(field), strings.ReplaceAll(what, "|", `\|`))
	}
	if n := reflect.TypeFor[Config]().NumField(); fields != n {
		t.Errorf("%d fields have a comment, of %d", fields, n)
	}
	return b.String() + "\n"
}

// TestPage holds docs/configuration.md to the struct.
func TestPage(t *testing.T) {
	t.Parallel()
	want := tables(t)
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), from)
	got, after, ended := strings.Cut(rest, to)
	if !found || !ended {
		t.Fatalf("%s has no place for the tables", page)
	}
	if got == want {
		return
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+from+want+to+after), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Errorf("%s is stale; run: go test ./runtime/config -run TestPage -update\n%s", page, cmp.Diff(want, got))
}
