package gosrc

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// typer gives columns their Go types.
type typer struct {
	driver        *driver
	defaultSchema string
	enums         map[ir.Name]string // Go names by qualified SQL name
	composites    map[ir.Name]bool
	overrides     []override
	// pointers and enumPointers say whether NULL is a nil pointer.
	pointers     bool
	enumPointers bool
	err          error
}

func newTyper(pkg *ir.Package, d *driver, names namer) *typer {
	t := &typer{
		driver:        d,
		defaultSchema: pkg.DefaultSchema,
		enums:         map[ir.Name]string{},
		composites:    map[ir.Name]bool{},
		pointers:      d.pointers && pkg.Go.EmitPointersForNullTypes,
		enumPointers:  d.pointers && pkg.Go.EmitPointersForNullTypes,
	}
	if p := pkg.Go.EmitPointersForNullEnums; p != nil {
		t.enumPointers = d.pointers && *p
	}
	for _, c := range pkg.Composites {
		t.composites[t.qualified(c)] = true
	}
	for _, e := range pkg.Enums {
		t.enums[t.qualified(ir.Name{Schema: e.Schema, Name: e.Name})] =
			names.exported(relation(e.Schema, e.Name, pkg.DefaultSchema))
	}
	t.overrides, t.err = compileOverrides(pkg.Go.Overrides, pkg.DefaultSchema)
	return t
}

// qualified returns the name with its schema.
func (t *typer) qualified(name ir.Name) ir.Name {
	if name.Schema == "" {
		name.Schema = t.defaultSchema
	}
	return name
}

// sqlType returns the name of a column's type as overrides and the type table
// spell it.
func sqlType(c *ir.Column) string {
	if c.Type.Schema != "" {
		return c.Type.Schema + "." + c.Type.Name
	}
	return c.Type.Name
}

// splitName reads a name with its schema: sqlc gives some types as one word.
func splitName(name string) ir.Name {
	parts := strings.Split(name, ".")
	if len(parts) == 1 {
		return ir.Name{Name: name}
	}
	return ir.Name{Schema: parts[len(parts)-2], Name: parts[len(parts)-1]}
}

// column returns the Go type of a column. An override of the column replaces
// the whole type, one of the database type only the element of an array.
func (t *typer) column(c *ir.Column) goType {
	for i := range t.overrides {
		if o := &t.overrides[i]; o.hasType && o.isColumn(c, t.defaultSchema) {
			if c.IsSlice {
				return o.typ.prefixed("[]")
			}
			return o.typ
		}
	}
	typ := t.element(c)
	switch {
	case c.IsSlice:
		return typ.prefixed("[]")
	case c.IsArray:
		return typ.prefixed(strings.Repeat("[]", c.ArrayDims))
	}
	return typ
}

func (t *typer) element(c *ir.Column) goType {
	for i := range t.overrides {
		if o := &t.overrides[i]; o.hasType && o.isDBType(c) {
			return o.typ
		}
	}
	return t.driver.typeOf(t, c)
}

// postgres is the type of a column of PostgreSQL, by a table of types. What is not in
// that is an enum, a composite type or any.
func (t *typer) postgres(c *ir.Column, mappings map[string]mapping) goType {
	notNull := c.NotNull || c.IsArray // elements of arrays count as not null
	name := sqlType(c)
	if m, ok := mappings[name]; ok {
		switch {
		case notNull:
			return m.notNull
		case m.pointer && t.pointers:
			return m.notNull.prefixed("*")
		}
		return m.null
	}
	if name == "vector" {
		if t.pointers {
			return vectorType.prefixed("*")
		}
		return vectorType
	}
	if enum, ok := t.enum(name, notNull); ok {
		return enum
	}
	if t.composites[t.qualified(splitName(name))] {
		if notNull {
			return builtin("string")
		}
		if t.pointers {
			return builtin("string").prefixed("*")
		}
		return goType{path: sqlPath, name: "NullString"}
	}
	return anyType
}

// enum is the type of a column of an enum; false where the name is of none.
func (t *typer) enum(name string, notNull bool) (goType, bool) {
	goName, ok := t.enums[t.qualified(splitName(name))]
	switch {
	case !ok:
		return goType{}, false
	case notNull:
		return builtin(goName), true
	case t.enumPointers:
		return builtin(goName).prefixed("*"), true
	}
	return builtin("Null" + goName), true
}

// declareImports tells the file the names of the packages that it may import.
func (t *typer) declareImports(f *jen.File) {
	f.ImportNames(importNames)
	f.ImportNames(t.driver.imports)
	for i := range t.overrides {
		o := &t.overrides[i]
		switch {
		case o.typ.path == "":
		case o.aliased:
			f.ImportAlias(o.typ.path, o.importName)
		default:
			f.ImportName(o.typ.path, o.importName)
		}
	}
}

// isImportName reports whether a file may import a package under this name.
func (t *typer) isImportName(name string) bool {
	for _, names := range []map[string]string{importNames, t.driver.imports} {
		for _, n := range names {
			if n == name {
				return true
			}
		}
	}
	for i := range t.overrides {
		if t.overrides[i].importName == name {
			return true
		}
	}
	return false
}
