package gosrc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// enum is an enumerated type in terms of Go.
type enum struct {
	name      string
	ir        *ir.Enum
	constants []constant
	// nameTags and validTags are the tags of the fields of the nullable form.
	nameTags, validTags map[string]string
}

type constant struct{ name, value string }

// structType is a model, or the parameters or a row of a query.
type structType struct {
	name   string
	table  *ir.Table // of a model
	fields []field
}

type field struct {
	name    string
	typ     goType
	tags    map[string]string
	comment string
	// embed are the fields of the model that sqlc.embed nests here.
	embed []field
}

// buildEnums returns the enums by name.
func (g *goPackage) buildEnums() []enum {
	var enums []enum
	for i := range g.ir.Enums {
		in := &g.ir.Enums[i]
		sqlName := relation(in.Schema, in.Name, g.ir.DefaultSchema)
		e := enum{name: g.namer.exported(sqlName), ir: in}
		if g.ir.Go.EmitJSONTags {
			e.nameTags = map[string]string{"json": g.namer.jsonTag(sqlName)}
			e.validTags = map[string]string{"json": g.namer.jsonTag("valid")}
		}
		seen := map[string]bool{}
		for i, value := range in.Values {
			part := strings.Map(enumRune, value)
			if part == "" || seen[part] {
				part = fmt.Sprintf("value_%d", i)
			}
			seen[part] = true
			e.constants = append(e.constants, constant{name: g.namer.exported(sqlName + "_" + part), value: value})
		}
		enums = append(enums, e)
	}
	slices.SortStableFunc(enums, func(a, b enum) int { return strings.Compare(a.name, b.name) })
	return enums
}

// enumRune keeps what may be in a name and drops the rest.
func enumRune(r rune) rune {
	switch {
	case strings.ContainsRune("-/:_", r):
		return '_'
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return r
	}
	return -1
}

// buildStructs returns the models by name: every relation of the schema has
// one, also those that no query may use.
func (g *goPackage) buildStructs() []structType {
	var structs []structType
	for i := range g.ir.Tables {
		table := &g.ir.Tables[i]
		s := structType{
			name:  g.namer.model(relation(table.Schema, table.Name, g.ir.DefaultSchema)),
			table: table,
		}
		for j := range table.Columns {
			column := &table.Columns[j]
			s.fields = append(s.fields, field{
				name: g.fieldName(column.Name, j), typ: g.types.column(column),
				tags: g.tags(column, column.Name), comment: column.Comment,
			})
		}
		structs = append(structs, s)
	}
	slices.SortStableFunc(structs, func(a, b structType) int { return strings.Compare(a.name, b.name) })
	return structs
}

// fieldName returns the name of a column's field. One whose name has nothing that
// may be in a Go name, such as PostgreSQL's "?column?", gets a number.
func (g *goPackage) fieldName(column string, index int) string {
	if name := g.namer.exported(column); name != "" {
		return name
	}
	return fmt.Sprintf("Column%d", index+1)
}

// tags returns the tags of a column's field; name is what it is called outside
// Go.
func (g *goPackage) tags(column *ir.Column, name string) map[string]string {
	tags := map[string]string{}
	if g.ir.Go.EmitDBTags {
		tags["db"] = name
	}
	if g.ir.Go.EmitJSONTags {
		tags["json"] = g.namer.jsonTag(name)
	}
	g.types.addTags(tags, column)
	return tags
}

// model returns the model of a table, or nil.
func (g *goPackage) model(name ir.Name) *structType {
	for i := range g.structs {
		if g.isTable(name, g.structs[i].table) {
			return &g.structs[i]
		}
	}
	return nil
}

// isTable reports whether the name is that of the table.
func (g *goPackage) isTable(name ir.Name, table *ir.Table) bool {
	return g.types.qualified(name) == g.types.qualified(ir.Name{Schema: table.Schema, Name: table.Name})
}

// matches reports whether a result has exactly the columns of the model, so
// that it can be returned as one.
func (g *goPackage) matches(s *structType, columns []ir.Column) bool {
	if len(s.fields) != len(columns) {
		return false
	}
	for i := range columns {
		c, f := &columns[i], &s.fields[i]
		if f.name != g.fieldName(columnName(c, i), i) || f.typ != g.types.column(c) || !g.isTable(c.Table, s.table) {
			return false
		}
	}
	return true
}

// dropUnused keeps the enums and models that a query mentions.
func (g *goPackage) dropUnused() {
	used := map[string]bool{}
	use := func(fields []field) {
		for _, f := range fields {
			used[f.typ.name] = true
			for _, e := range f.embed {
				used[e.typ.name] = true
			}
		}
	}
	for i := range g.methods {
		m := &g.methods[i]
		for _, p := range m.args.list {
			used[p.typ.name] = true
		}
		if m.args.params != nil {
			use(m.args.params.fields)
		}
		if !m.ret.isNone() {
			used[m.ret.typ.name] = true
		}
		if m.ret.row != nil {
			use(m.ret.row.fields)
		}
	}
	g.enums = slices.DeleteFunc(g.enums, func(e enum) bool { return !used[e.name] && !used["Null"+e.name] })
	g.structs = slices.DeleteFunc(g.structs, func(s structType) bool { return !used[s.name] })
}
