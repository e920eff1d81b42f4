package gosrc

import (
	"fmt"

	"github.com/dave/jennifer/jen"
)

// iterName is the name of the method that gives the rows of a :many query one by
// one.
func iterName(m *method) string { return m.query.Name + "Iter" }

// iterates reports whether a query also has a method that returns an iterator.
func (g *goPackage) iterates(m *method) bool {
	return g.ir.Go.EmitIterators && m.query.Cmd == ":many"
}

// iterMethod adds the method that returns an iterator over the rows.
func (g *goPackage) iterMethod(f *jen.File, m *method) {
	f.Add(g.iterDoc(m))
	f.Func().Params(jen.Id("q").Op("*").Id(g.typeOf(m.query))).Add(g.iterSignature(m)).Block(g.iterBody(m))
	f.Line()
}

func (g *goPackage) iterDoc(m *method) *jen.Statement {
	return comment([]string{
		fmt.Sprintf("%s is %s row by row. Each loop over it runs the", iterName(m), m.query.Name),
		"query, and holds a connection until it ends. An error comes last, with an empty row.",
	})
}

func (g *goPackage) iterSignature(m *method) *jen.Statement {
	return g.named(m, iterName(m)).Qual("iter", "Seq2").Types(m.ret.returned().code(), jen.Error())
}

// iterBody returns the function that runs the query and gives its rows to yield.
// The rows are closed however it ends: by its loop's end, break, return or panic.
func (g *goPackage) iterBody(m *method) jen.Code {
	failed := func(err jen.Code) []jen.Code {
		return []jen.Code{jen.Id("yield").Call(jen.Id("none"), g.wrapped(m, err)), jen.Return()}
	}
	body := append(g.expand(m),
		jen.Var().Id("none").Add(m.ret.returned().code()),
		jen.List(jen.Id("rows"), jen.Err()).Op(":=").Add(g.call(m, g.driver.query)),
		errNotNil(failed(g.failed(m))...),
		jen.Defer().Id("rows").Dot("Close").Call(),
		jen.Var().Id(m.ret.name).Add(m.ret.typ.code()),
		g.destinations(m),
	)
	loop := g.scanRow(m, failed(g.failed(m))...)
	if m.query.ConflictGuard {
		body = append(body, jen.Id("found").Op(":=").False())
		loop = append(loop, jen.Id("found").Op("=").True())
	}
	made, item := m.ret.item()
	loop = append(append(loop, made...), jen.If(jen.Op("!").Id("yield").Call(item, jen.Nil())).Block(jen.Return()))
	body = append(body, jen.For(jen.Id("rows").Dot("Next").Call()).Block(loop...))
	if g.driver.fails {
		body = append(body, jen.If(jen.Err().Op(":=").Id("rows").Dot("Close").Call(), jen.Err().Op("!=").Nil()).Block(failed(g.failed(m))...))
	}
	last := failed(g.failed(m))
	if !m.query.ConflictGuard {
		last = last[:1] // nothing comes after it
	}
	body = append(body, jen.If(jen.Err().Op(":=").Id("rows").Dot("Err").Call(), jen.Err().Op("!=").Nil()).Block(last...))
	if m.query.ConflictGuard {
		body = append(body, jen.If(jen.Op("!").Id("found")).Block(failed(conflict())[0]))
	}
	yield := jen.Func().Params(m.ret.returned().code(), jen.Error()).Bool()
	return jen.Return(jen.Func().Params(jen.Id("yield").Add(yield)).Block(body...))
}
