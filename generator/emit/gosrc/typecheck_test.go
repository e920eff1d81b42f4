package gosrc

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
	"sync"
	"testing"

	"golang.org/x/tools/go/packages"

	// Generated code imports it, and no other test does.
	_ "github.com/sqlc-dev/pqtype"
)

// exportFiles are the compiled packages that generated code imports, by path.
var exportFiles = sync.OnceValues(func() (map[string]string, error) {
	config := &packages.Config{Mode: packages.NeedName | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps}
	loaded, err := packages.Load(config, pgtypePath, pgxdbPath, runtimePath, "encoding/json", "database/sql",
		pqPath, pqtypePath, uuidPath, sqldbPath)
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

// typeCheck fails the test when the files are no package that compiles.
func typeCheck(t *testing.T, texts map[string]string) {
	t.Helper()
	exports, err := exportFiles()
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		file, err := parser.ParseFile(set, name, texts[name], 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	config := types.Config{
		GoVersion: "go1.26",
		Importer: importer.ForCompiler(set, "gc", func(path string) (io.ReadCloser, error) {
			if exports[path] == "" {
				return nil, fmt.Errorf("no export data of %s", path)
			}
			return os.Open(exports[path])
		}),
		Error: func(err error) { t.Errorf("emitted code does not compile: %v", err) },
	}
	_, _ = config.Check("example.com/gen", set, files, nil)
}
