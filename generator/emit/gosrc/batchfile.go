package gosrc

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// batchClosed is the error that a batch gives after its Close.
const batchClosed = "ErrBatchAlreadyClosed"

// isBatch reports whether a query's statements go to the server together, one for
// each element of the method's argument.
func isBatch(q *ir.Query) bool { return strings.HasPrefix(q.Cmd, ":batch") }

// batchType is the name of the type that reads the results of a batch.
func batchType(q *ir.Query) string { return q.Name + "BatchResults" }

// batchFile fills batch.go: the batches of all query files.
func (g *goPackage) batchFile(f *jen.File) {
	f.Add(comment([]string{
		batchClosed + " is the error of each statement of a batch whose results are",
		"read after its Close.",
	}))
	f.Var().Id(batchClosed).Op("=").Qual("errors", "New").Call(jen.Lit("batch already closed"))
	f.Line()
	for i := range g.methods {
		m := &g.methods[i]
		if !isBatch(m.query) {
			continue
		}
		g.sqlConstant(f, m)
		g.resultsType(f, m)
		g.ownTypes(f, m)
		f.Add(g.methodDoc(m))
		f.Func().Params(jen.Id("q").Op("*").Id(g.typeOf(m.query))).Add(g.signature(m)).Block(g.sendBody(m)...)
		f.Line()
		g.readMethod(f, m)
		closeMethod(f, m)
	}
}

func (g *goPackage) resultsType(f *jen.File, m *method) {
	f.Add(comment([]string{
		batchType(m.query) + " are the results of " + m.query.Name + ". They hold a",
		"connection until they are read or closed, and are not safe for concurrent use.",
	}))
	f.Type().Id(batchType(m.query)).Struct(
		jen.Id("br").Qual(pgxPath, "BatchResults"),
		jen.Id("tot").Int(),
		jen.Id("closed").Bool(),
	)
	f.Line()
}

// sendBody returns the body of the method that sends a batch.
func (g *goPackage) sendBody(m *method) []jen.Code {
	arg := m.args.list[0].name
	queue := list(m.constName, m.args.values)
	return []jen.Code{
		jen.Id("batch").Op(":=").Op("&").Qual(pgxPath, "Batch").Values(),
		jen.For(jen.List(jen.Id("_"), jen.Id("a")).Op(":=").Range().Id(arg)).Block(
			jen.Id("batch").Dot("Queue").Add(queue),
		),
		jen.Return(jen.Op("&").Id(batchType(m.query)).Values(
			jen.Id("br").Op(":").Add(g.db(m)).Dot("SendBatch").Call(jen.Id("ctx"), jen.Id("batch")),
			jen.Id("tot").Op(":").Len(jen.Id(arg)),
		)),
	}
}

// readMethod adds the method that gives the results to a function, one by one.
func (g *goPackage) readMethod(f *jen.File, m *method) {
	name, what := "Exec", "its error"
	params := []jen.Code{jen.Int()}
	switch m.query.Cmd {
	case ":batchone":
		name, what = "QueryRow", "its row or its error"
		params = append(params, m.ret.returned().code())
	case ":batchmany":
		name, what = "Query", "its rows or its error"
		params = append(params, m.ret.returned().prefixed("[]").code())
	}
	params = append(params, jen.Error())
	f.Add(comment([]string{
		fmt.Sprintf("%s calls f, which may be nil, with the index of each statement and with %s,", name, what),
		"and closes the batch. An error of the commit is what Close returns after it.",
	}))
	f.Func().Params(jen.Id("b").Op("*").Id(batchType(m.query))).Id(name).Params(jen.Id("f").Func().Params(params...)).Block(
		jen.Defer().Id("b").Dot("br").Dot("Close").Call(),
		jen.For(jen.Id("t").Op(":=").Lit(0), jen.Id("t").Op("<").Id("b").Dot("tot"), jen.Id("t").Op("++")).Block(g.readOne(m)...),
	)
	f.Line()
}

// readOne returns what is done for one statement of a batch.
func (g *goPackage) readOne(m *method) []jen.Code {
	var declared, read []jen.Code
	var value *jen.Statement // what f is given between the index and the error
	closedValue := value
	switch m.query.Cmd {
	case ":batchone":
		declared = []jen.Code{jen.Var().Id(m.ret.name).Add(m.ret.typ.code())}
		read = []jen.Code{jen.Err().Op(":=").Id("b").Dot("br").Dot("QueryRow").Call().Dot("Scan").Add(list("", g.scan(m)))}
		value, closedValue = m.returned(), m.returned()
		if m.ret.pointer {
			closedValue = jen.Nil()
		}
	case ":batchmany":
		declared = []jen.Code{g.items(m)}
		read = g.readMany(m)
		value, closedValue = jen.Id("items"), jen.Id("items")
	default:
		tag := "_"
		if m.query.ConflictGuard {
			tag = "result"
		}
		read = []jen.Code{jen.List(jen.Id(tag), jen.Err()).Op(":=").Id("b").Dot("br").Dot("Exec").Call()}
	}
	if m.query.ConflictGuard {
		read = append(read, jen.If(g.batchConflict(m)).Block(jen.Err().Op("=").Add(conflict())))
	}
	call := func(value *jen.Statement, err jen.Code) jen.Code {
		args := []jen.Code{jen.Id("t")}
		if value != nil {
			args = append(args, value)
		}
		return jen.If(jen.Id("f").Op("!=").Nil()).Block(jen.Id("f").Call(append(args, err)...))
	}
	body := append(declared, jen.If(jen.Id("b").Dot("closed")).Block(
		call(closedValue, jen.Id(batchClosed)),
		jen.Continue(),
	))
	return append(append(body, read...), call(value, jen.Err()))
}

// readMany reads the rows of one statement into items, and the error into err.
func (g *goPackage) readMany(m *method) []jen.Code {
	fail := jen.Return(jen.Err())
	body := []jen.Code{
		jen.List(jen.Id("rows"), jen.Err()).Op(":=").Id("b").Dot("br").Dot("Query").Call(),
		errNotNil(fail),
		jen.Defer().Id("rows").Dot("Close").Call(),
	}
	body = append(body, g.collect(m, fail)...)
	body = append(body, jen.Return(jen.Id("rows").Dot("Err").Call()))
	return []jen.Code{jen.Err().Op(":=").Func().Params().Error().Block(body...).Call()}
}

// batchConflict is the condition under which an upsert has met another tenant's
// row.
func (g *goPackage) batchConflict(m *method) jen.Code {
	switch m.query.Cmd {
	case ":batchone":
		return jen.Qual("errors", "Is").Call(jen.Err(), jen.Qual(pgxPath, "ErrNoRows"))
	case ":batchmany":
		return jen.Err().Op("==").Nil().Op("&&").Len(jen.Id("items")).Op("==").Lit(0)
	}
	return jen.Err().Op("==").Nil().Op("&&").Id("result").Dot("RowsAffected").Call().Op("==").Lit(0)
}

func closeMethod(f *jen.File, m *method) {
	f.Add(comment([]string{
		"Close gives the connection back, and returns the first error of the batch or that",
		"of its commit. It may be called more than once.",
	}))
	f.Func().Params(jen.Id("b").Op("*").Id(batchType(m.query))).Id("Close").Params().Error().Block(
		jen.Id("b").Dot("closed").Op("=").True(),
		jen.Return(jen.Id("b").Dot("br").Dot("Close").Call()),
	)
	f.Line()
}
