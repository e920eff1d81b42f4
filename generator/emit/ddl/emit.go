// Package ddl emits the database's half of the isolation for PostgreSQL 15 and
// later: the row-level security policies and the rights of the application's
// role, with a script that undoes them. It is pure, and it refuses a package
// that it cannot protect as a whole rather than leave a table out.
package ddl

import (
	"bytes"
	"fmt"
	"text/template"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/templates"
)

// The names of the emitted files.
const (
	UpFile   = "rls.up.sql"
	DownFile = "rls.down.sql"
)

var scripts = template.Must(template.New("").ParseFS(templates.FS, "rls.*.sql.tmpl"))

// Emit returns UpFile and DownFile for a package, by their names, or nil when
// the package names no role. Both can be run again; the first protects tables
// that were added since.
func Emit(pkg *ir.Package) (map[string][]byte, error) {
	if pkg.RLS.Role == "" {
		return nil, nil
	}
	model, err := newScript(pkg)
	if err != nil {
		return nil, err
	}
	files := make(map[string][]byte, 2)
	for _, name := range []string{UpFile, DownFile} {
		var text bytes.Buffer
		if err := scripts.ExecuteTemplate(&text, name+".tmpl", model); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = text.Bytes()
	}
	return files, nil
}
