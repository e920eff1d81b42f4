// Package goapi reads a generated Go package as its callers see it, so that tests
// can compare what two generators make of one project.
package goapi

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

	"golang.org/x/tools/go/packages"
)

// Package is a package that was type-checked.
type Package struct {
	Types *types.Package
	// Errors are those of the check: the package compiles without any.
	Errors []error
	// Foreign are the imports that this module does not have. Types stand for the
	// names that the files use of them.
	Foreign []string
	// Missing are the types that the files use and do not declare, since somebody
	// writes them by hand beside the generated files. Types stand for them, too.
	Missing []string
}

// roots are what generated code imports. What they import is there as well.
var roots = []string{
	"database/sql", "encoding/json", "errors", "fmt", "io", "iter", "net", "net/netip", "strings", "sync/atomic", "time",
	"github.com/go-sql-driver/mysql",
	"github.com/jackc/pgx/v5", "github.com/jackc/pgx/v5/pgconn", "github.com/jackc/pgx/v5/pgtype",
	"github.com/google/uuid", "github.com/lib/pq", "github.com/sqlc-dev/pqtype",
	"github.com/tenancygen/tenancygen/runtime/pgxdb", "github.com/tenancygen/tenancygen/runtime/sqldb",
}

// compiled are the files with the export data of packages, by import path.
var compiled = sync.OnceValues(func() (map[string]string, error) {
	config := &packages.Config{Mode: packages.NeedName | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps}
	loaded, err := packages.Load(config, roots...)
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

// library imports compiled packages, each of them once for all checks.
type library struct {
	mutex    sync.Mutex
	files    map[string]string
	importer types.Importer
}

var shared = sync.OnceValues(func() (*library, error) {
	files, err := compiled()
	if err != nil {
		return nil, err
	}
	l := &library{files: files}
	l.importer = importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		if files[path] == "" {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(files[path])
	})
	return l, nil
})

func (l *library) has(path string) bool { return l.files[path] != "" }

// Import implements types.Importer.
func (l *library) Import(path string) (*types.Package, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.importer.Import(path)
}

// Check type-checks the files of a package. An error means that they are no Go.
func Check(files map[string][]byte) (*Package, error) {
	library, err := shared()
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, err := parser.ParseFile(set, name, files[name], 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	stubs := stubsOf(parsed, library.has)
	if err := writeStubs(stubs, library); err != nil {
		return nil, err
	}
	out := &Package{Foreign: slices.Sorted(maps.Keys(stubs))}
	out.check(set, parsed, library, stubs)
	if out.Missing = out.undeclared(); len(out.Missing) == 0 {
		return out, nil
	}
	text := "package " + parsed[0].Name.Name + "\n"
	for _, name := range out.Missing {
		text += "type " + name + " struct{}\n"
	}
	own, err := parser.ParseFile(set, "missing.go", text, 0)
	if err != nil {
		return nil, err
	}
	out.check(set, append(parsed, own), library, stubs)
	return out, nil
}

func (p *Package) check(set *token.FileSet, files []*ast.File, library *library, stubs map[string]*types.Package) {
	p.Errors = nil
	config := types.Config{
		Importer: imports{library, stubs},
		Error:    func(err error) { p.Errors = append(p.Errors, err) },
	}
	p.Types, _ = config.Check("gen", set, files, nil)
}

// undeclared are the exported names that the check did not find.
func (p *Package) undeclared() []string {
	var out []string
	for _, err := range p.Errors {
		var e types.Error
		if name, ok := strings.CutPrefix(err.Error(), "undefined: "); ok || errors.As(err, &e) {
			if !ok {
				name, ok = strings.CutPrefix(e.Msg, "undefined: ")
			}
			if ok && token.IsExported(name) && token.IsIdentifier(name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

type imports struct {
	library *library
	stubs   map[string]*types.Package
}

// Import implements types.Importer.
func (i imports) Import(path string) (*types.Package, error) {
	if stub := i.stubs[path]; stub != nil {
		return stub, nil
	}
	return i.library.Import(path)
}
