package generator

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
	"testing"
)

// checkTypes fails the test unless the generated Go files form a package that
// compiles.
func checkTypes(t *testing.T, files map[string][]byte) *types.Package {
	t.Helper()
	deps, err := dependencies()
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, name, files[name], parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	if len(parsed) == 0 {
		return nil
	}
	cfg := types.Config{Importer: importer(deps), Error: func(err error) { t.Errorf("generated code: %v", err) }}
	pkg, _ := cfg.Check("gen", fset, parsed, nil)
	return pkg
}

type importer map[string]*types.Package

func (i importer) Import(path string) (*types.Package, error) {
	if p := i[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("the test does not load %s", path)
}
