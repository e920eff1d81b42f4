package runtime_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
)

// TestAllCountersAndTimers holds the lists to the constants: a recorder drops what they
// leave out.
func TestAllCountersAndTimers(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "recorder.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string][]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		kind := strings.ToLower(spec.Type.(*ast.Ident).Name)
		declared[kind] = append(declared[kind], value)
		return false
	})
	listed := map[string][]string{}
	for _, c := range runtime.Counters() {
		listed["counter"] = append(listed["counter"], string(c))
	}
	for _, timer := range runtime.Timers() {
		listed["timer"] = append(listed["timer"], string(timer))
	}
	if diff := cmp.Diff(declared, listed); diff != "" || !slices.Contains(listed["counter"], "requests") {
		t.Errorf("(-constants +lists):\n%s", diff)
	}
}
