package config_test

import (
	"go/types"
	"reflect"
	"slices"
	"testing"

	"golang.org/x/tools/go/packages"

	"github.com/tenancygen/tenancygen/runtime/config"
)

const configPath = "github.com/tenancygen/tenancygen/runtime/config"

// fieldsRead returns the fields of Config that the non-test code of the module reads or
// writes outside of this package, with the packages that do.
func fieldsRead(t *testing.T) map[string][]string {
	t.Helper()
	all, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedImports, Dir: "../.."}, "./...")
	if err != nil {
		t.Fatal(err)
	}
	var users []string
	for _, p := range all {
		if p.Imports[configPath] != nil && p.PkgPath != configPath {
			users = append(users, p.PkgPath)
		}
	}
	if users == nil {
		t.Fatal("no package imports this one")
	}
	mode := packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedSyntax | packages.NeedExportFile
	loaded, err := packages.Load(&packages.Config{Mode: mode, Dir: "../.."}, users...)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string][]string{}
	for _, p := range loaded {
		for _, problem := range p.Errors {
			t.Fatal(problem)
		}
		for _, selection := range p.TypesInfo.Selections {
			if selection.Kind() == types.FieldVal && isConfig(selection.Recv()) {
				read[selection.Obj().Name()] = append(read[selection.Obj().Name()], p.PkgPath)
			}
		}
	}
	return read
}

// isConfig reports whether a type is Config, or a pointer to it.
func isConfig(t types.Type) bool {
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Name() == "Config" && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == configPath
}

// unread returns the fields that are not among those read.
func unread(read map[string][]string) []string {
	var out []string
	for field := range reflect.TypeFor[config.Config]().Fields() {
		if len(read[field.Name]) == 0 {
			out = append(out, field.Name)
		}
	}
	return out
}

// TestEveryFieldIsRead is weaknesses W20 and W23: a field that nothing reads would be a
// promise that nobody keeps. The control takes the readers of one field away.
func TestEveryFieldIsRead(t *testing.T) {
	t.Parallel()
	read := fieldsRead(t)
	for _, name := range unread(read) {
		t.Errorf("nothing reads the field %s", name)
	}
	delete(read, "CacheTTL")
	if got := unread(read); !slices.Contains(got, "CacheTTL") {
		t.Errorf("a field that nothing reads is not found: %v", got)
	}
}
