package sqlcproc_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"
)

// exportFiles are the compiled packages that generated code imports, by path.
var exportFiles = sync.OnceValues(func() (map[string]string, error) {
	config := &packages.Config{Mode: packages.NeedName | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps}
	loaded, err := packages.Load(config,
		"github.com/jackc/pgx/v5/pgtype",
		"github.com/tenancygen/tenancygen/runtime/pgxdb",
		"database/sql", "encoding/json",
	)
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	packages.Visit(loaded, nil, func(p *packages.Package) {
		files[p.PkgPath] = p.ExportFile
		for _, e := range p.Errors {
			err = errors.Join(err, e)
		}
	})
	return files, err
})

// checkPackage type-checks generated files and the package's own.
func checkPackage(t *testing.T, label string, own, generated map[string][]byte) *types.Package {
	t.Helper()
	exports, err := exportFiles()
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	all := maps.Clone(generated)
	maps.Copy(all, own)
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(all)) {
		file, err := parser.ParseFile(set, label+"/"+name, all[name], 0)
		if err != nil {
			t.Fatalf("%v\n%s", err, all[name])
		}
		files = append(files, file)
	}
	config := types.Config{
		GoVersion: "go1.26",
		Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
			file, ok := exports[path]
			if !ok || file == "" {
				return nil, fmt.Errorf("no export data of %s", path)
			}
			return os.Open(file)
		}),
	}
	// sqlc repeats the field of a parameter that is both named and numbered; what
	// is declared of its package can be compared all the same.
	config.Error = func(err error) {
		if label == "sqlc" && (strings.Contains(err.Error(), "redeclared") || strings.Contains(err.Error(), "other declaration")) {
			return
		}
		t.Errorf("%s's package does not compile: %v", label, err)
	}
	pkg, _ := config.Check("example.com/gen", set, files, nil)
	return pkg
}

// handleNames are the declarations that differ on purpose.
var handleNames = []string{
	"DBTX", "New", "Queries", "Querier",
	"TenantQueries", "TenantQuerier", "GlobalQueries", "GlobalQuerier",
}

// surface describes the exported declarations of a package, one entry for each
// constant, function, type and method. The methods of the handle, and of the
// interface with them, go under one name in both packages.
func surface(pkg *types.Package, handle, iface string) map[string]string {
	out := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		if !object.Exported() || slices.Contains(handleNames, name) {
			continue
		}
		describe(out, pkg, name, object)
	}
	describeMethods(out, pkg, "handle", pkg.Scope().Lookup(handle).Type())
	delete(out, "handle.WithTx")
	delete(out, "handle.InTx")
	if object := pkg.Scope().Lookup(iface); object != nil {
		methods := object.Type().Underlying().(*types.Interface)
		for m := range methods.Methods() {
			out["interface."+m.Name()] = signature(pkg, m)
		}
	}
	return out
}

func describe(out map[string]string, pkg *types.Package, name string, object types.Object) {
	switch object := object.(type) {
	case *types.Const:
		out[name] = "const " + typeString(pkg, object.Type()) + " = " + object.Val().ExactString()
	case *types.Func:
		out[name] = signature(pkg, object)
	case *types.TypeName:
		out[name] = "type " + underlying(pkg, object.Type())
		describeMethods(out, pkg, name, object.Type())
	default:
		out[name] = object.String()
	}
}

// underlying describes a type with the tags of its fields.
func underlying(pkg *types.Package, typ types.Type) string {
	s, ok := typ.Underlying().(*types.Struct)
	if !ok {
		return typeString(pkg, typ.Underlying())
	}
	var b strings.Builder
	b.WriteString("struct")
	for i := range s.NumFields() {
		f := s.Field(i)
		fmt.Fprintf(&b, "\n\t%s %s `%s`", f.Name(), typeString(pkg, f.Type()), s.Tag(i))
	}
	return b.String()
}

func describeMethods(out map[string]string, pkg *types.Package, label string, typ types.Type) {
	methods := types.NewMethodSet(types.NewPointer(typ))
	for m := range methods.Methods() {
		if fn, ok := m.Obj().(*types.Func); ok && len(m.Index()) == 1 {
			out[label+"."+fn.Name()] = signature(pkg, fn)
		}
	}
}

// signature describes a function by its types alone.
func signature(pkg *types.Package, fn *types.Func) string {
	sig := fn.Signature()
	list := func(tuple *types.Tuple) string {
		var parts []string
		for v := range tuple.Variables() {
			parts = append(parts, typeString(pkg, v.Type()))
		}
		return "(" + strings.Join(parts, ", ") + ")"
	}
	return "func" + list(sig.Params()) + list(sig.Results())
}

// typeString describes a type; sqlc writes interface{} for any.
func typeString(pkg *types.Package, typ types.Type) string {
	return strings.ReplaceAll(types.TypeString(typ, qualifier(pkg)), "interface{}", "any")
}

// qualifier leaves the package's own name out.
func qualifier(pkg *types.Package) types.Qualifier { return types.RelativeTo(pkg) }
