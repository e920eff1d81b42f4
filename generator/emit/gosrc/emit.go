// Package gosrc emits the Go package: models, parameter and result types, and
// one method per query on the handle that the query belongs to. Names, types
// and tags are those of sqlc 1.31.1 for pgx/v5, so that a project can move over
// without touching its code; what differs is where the methods live and that
// the tenant's id is in no signature.
//
// The package reads nothing but the IR and writes nothing but bytes. It refuses
// what it cannot emit: another driver or engine, a command without a form, two
// declarations of one name.
package gosrc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// Emit returns the files of the package by name. It is deterministic and has no
// side effects.
func Emit(pkg *ir.Package) (map[string][]byte, error) {
	if err := supported(pkg); err != nil {
		return nil, err
	}
	g := newPackage(pkg)
	if err := g.build(); err != nil {
		return nil, err
	}
	files := newFiles(g)
	files.add(g.fileName(pkg.Go.OutputDBFileName, "db.go"), "", g.dbFile)
	files.add(g.fileName(pkg.Go.OutputModelsFileName, "models.go"), "", g.modelsFile)
	if pkg.Go.EmitInterface {
		files.add(g.fileName(pkg.Go.OutputQuerierFileName, "querier.go"), "", g.querierFile)
	}
	if g.usesCommand(":copyfrom") {
		files.add(g.fileName(pkg.Go.OutputCopyfromFileName, "copyfrom.go"), "", g.copyfromFile)
	}
	if g.usesCommand(":batch") {
		files.add(g.fileName(pkg.Go.OutputBatchFileName, "batch.go"), "", g.batchFile)
	}
	if pkg.Layout != nil {
		files.add("layout.go", "", g.layoutFile)
	}
	for _, source := range g.sources() {
		files.add(g.fileName(source+pkg.Go.OutputFilesSuffix, ""), source, func(f *jen.File) {
			g.queryFile(f, source)
		})
	}
	return files.render()
}

// supported refuses what the package cannot emit.
func supported(pkg *ir.Package) error {
	switch {
	case drivers[pkg.Engine] == nil:
		return fmt.Errorf("engine %q is not supported, only postgresql, mysql and sqlite", pkg.Engine)
	case driverOf(pkg) == nil:
		return fmt.Errorf("sql_package %q is not supported with %s", pkg.Go.SQLPackage, pkg.Engine)
	case idForms[formOf(pkg.Tenant.IDs)] == "":
		return fmt.Errorf("the form %q of tenants' ids is not known", pkg.Tenant.IDs)
	case pkg.Go.Package == "":
		return fmt.Errorf("the package has no name")
	case pkg.Go.EmitMethodsWithDBArgument && pkg.Go.EmitPreparedQueries:
		return fmt.Errorf("emit_methods_with_db_argument and emit_prepared_queries exclude each other")
	case pkg.Go.EmitPreparedQueries && !pkg.Plain && driverOf(pkg).prepares:
		return fmt.Errorf("emit_prepared_queries is not supported with tenants: " +
			"a statement that is prepared on a pool belongs to no tenant")
	case !pkg.Plain && driverOf(pkg).loads && copies(pkg):
		return fmt.Errorf(":copyfrom is not supported with tenants: LOAD DATA changes rows that it cannot store")
	case pkg.Go.QueryParameterLimit != nil && *pkg.Go.QueryParameterLimit < 0:
		return fmt.Errorf("query_parameter_limit must not be negative")
	}
	return nil
}

// copies reports whether a query copies rows.
func copies(pkg *ir.Package) bool {
	return slices.ContainsFunc(pkg.Queries, func(q ir.Query) bool { return isCopy(&q) })
}

// driverOf is the driver that a package is for; nil without one.
func driverOf(pkg *ir.Package) *driver { return drivers[pkg.Engine][pkg.Go.SQLPackage] }

// goPackage is the package in terms of Go.
type goPackage struct {
	ir      *ir.Package
	driver  *driver
	namer   namer
	types   *typer
	enums   []enum
	structs []structType
	methods []method
}

func newPackage(pkg *ir.Package) *goPackage {
	names := newNamer(&pkg.Go)
	d := driverOf(pkg)
	return &goPackage{ir: pkg, driver: d, namer: names, types: newTyper(pkg, d, names)}
}

// build turns the IR into declarations and checks that they can live together.
func (g *goPackage) build() error {
	if err := g.types.err; err != nil {
		return err
	}
	if err := g.namer.err; err != nil {
		return err
	}
	g.enums = g.buildEnums()
	g.structs = g.buildStructs()
	for i := range g.ir.Queries {
		m, err := g.buildMethod(&g.ir.Queries[i])
		if err != nil {
			return fmt.Errorf("query %s: %w", g.ir.Queries[i].Name, err)
		}
		g.methods = append(g.methods, m)
	}
	slices.SortStableFunc(g.methods, func(a, b method) int { return strings.Compare(a.query.Name, b.query.Name) })
	if g.ir.Go.OmitUnusedStructs {
		g.dropUnused()
	}
	return g.checkNames()
}

// sources are the names of the query files, sorted.
func (g *goPackage) sources() []string {
	var sources []string
	for _, m := range g.methods {
		sources = append(sources, m.query.File)
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// uses reports whether a query is on the handle.
func (g *goPackage) uses(h ir.Handle) bool {
	return slices.ContainsFunc(g.methods, func(m method) bool { return m.query.Handle == h })
}

// fileName returns the chosen name, or the usual one when none is chosen.
func (g *goPackage) fileName(chosen, usual string) string {
	name := chosen
	if name == "" {
		name = usual
	}
	if !strings.HasSuffix(name, ".go") {
		name += ".go"
	}
	return name
}
