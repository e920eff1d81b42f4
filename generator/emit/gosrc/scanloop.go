package gosrc

import (
	"go/types"

	"github.com/dave/jennifer/jen"
)

// loopNames are what a loop over rows uses beside the names of all bodies.
var loopNames = []string{"dest", "item", "none"}

// loops reports whether a method of a query reads rows in a loop.
func loops(m *method) bool { return m.query.Cmd == ":many" || m.query.Cmd == ":batchmany" }

// firstCapacity is how many structs a list has room for when it gets its first one. A
// full list grows by growth up to lastCapacity, and from there as append likes: growing
// in larger steps while it is short, a list of a hundred rows moves a third as many
// structs. Small values append gives room by itself.
const firstCapacity, growth, lastCapacity = 8, 4, 128

// items declares the slice that rows are put into.
func (g *goPackage) items(m *method) jen.Code {
	slice := m.ret.returned().prefixed("[]").code()
	if g.ir.Go.EmitEmptySlices {
		return jen.Id("items").Op(":=").Add(slice).Values()
	}
	return jen.Var().Id("items").Add(slice)
}

// collect returns the loop that puts the rows into items, with what it needs before
// it.
func (g *goPackage) collect(m *method, fail jen.Code) []jen.Code {
	variables := []jen.Code{jen.Id(m.ret.name)}
	if m.ret.row == nil && m.ret.emptied() {
		variables = append(variables, jen.Id("none"))
	}
	made, item := m.ret.item()
	loop := append(g.scanRow(m, fail), made...)
	if m.ret.row != nil && !m.ret.pointer {
		slice := m.ret.typ.prefixed("[]").code()
		items, n := jen.Id("items"), jen.Id("n")
		loop = append(loop, jen.If(jen.Cap(items).Op("==").Lit(0)).Block(
			jen.Add(items).Op("=").Make(slice, jen.Lit(0), jen.Lit(firstCapacity)),
		).Else().If(
			jen.Add(n).Op(":=").Len(items),
			jen.Add(n).Op("==").Cap(items).Op("&&").Add(n).Op("<").Lit(lastCapacity),
		).Block(
			jen.Add(items).Op("=").Append(jen.Make(slice, jen.Lit(0), jen.Lit(growth).Op("*").Add(n)), jen.Add(items).Op("...")),
		))
	}
	loop = append(loop, jen.Id("items").Op("=").Append(jen.Id("items"), item))
	return []jen.Code{
		jen.Var().List(variables...).Add(m.ret.typ.code()),
		g.destinations(m),
		jen.For(jen.Id("rows").Dot("Next").Call()).Block(loop...),
	}
}

// destinations declares where a loop scans to. That is done once: done for each row,
// it is what costs most in a list.
func (g *goPackage) destinations(m *method) jen.Code {
	return jen.Id("dest").Op(":=").Index().Any().Add(braces(g.scan(m)))
}

// scanRow returns what a loop begins with. All rows go through one variable, which
// is emptied for each, because a scan may keep what it finds: json goes into a map
// that is there, and a slice may be filled again. A single value is emptied with
// none.
func (g *goPackage) scanRow(m *method, fail ...jen.Code) []jen.Code {
	var body []jen.Code
	switch {
	case m.ret.row != nil:
		body = append(body, jen.Id(m.ret.name).Op("=").Add(m.ret.typ.code()).Values())
	case m.ret.emptied():
		body = append(body, jen.Id(m.ret.name).Op("=").Id("none"))
	}
	scan := jen.Id("rows").Dot("Scan").Call(jen.Id("dest").Op("..."))
	return append(body, jen.If(jen.Err().Op(":=").Add(scan), jen.Err().Op("!=").Nil()).Block(fail...))
}

// emptied reports whether the variable of a single value is emptied for each row. A
// number, a string or a boolean is not: a scan overwrites it or fails.
func (r *result) emptied() bool {
	basic := types.Universe.Lookup(r.typ.name)
	return basic == nil || r.typ.prefix != "" || r.typ.path != "" || r.typ == anyType
}

// item returns the scanned row of a loop as the method returns it, with what makes
// it. A pointer is to a copy: the variable belongs to the next row, too.
func (r *result) item() (before []jen.Code, item *jen.Statement) {
	if !r.pointer {
		return nil, jen.Id(r.name)
	}
	return []jen.Code{jen.Id("item").Op(":=").Id(r.name)}, jen.Op("&").Id("item")
}
