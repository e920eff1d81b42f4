package gosrc

import (
	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// body returns the statements of a method.
func (g *goPackage) body(m *method) []jen.Code {
	body := g.expand(m)
	switch m.query.Cmd {
	case ":one":
		return append(body, g.oneBody(m)...)
	case ":many":
		return append(body, g.manyBody(m)...)
	}
	return append(body, g.execBody(m)...)
}

// db returns the database handle that a method runs on: its argument or that of
// its type. An argument knows nothing of the tenant, so it is asked here whether
// that may act.
func (g *goPackage) db(m *method) *jen.Statement {
	switch {
	case !g.takesDB(m.query):
		return jen.Id("q").Dot("db")
	case g.ir.Plain || m.query.Handle != ir.HandleTenant:
		return jen.Id("db")
	}
	return jen.Qual(g.driver.handlePath, "As").Call(jen.Id("q").Dot("tenant"), g.idForm(), jen.Id("db"))
}

// takesDB reports whether a query's method is given the database handle. That of an
// unscoped query never is: its type is not to be had without a reason, and could be
// if it were complete without a database.
func (g *goPackage) takesDB(q *ir.Query) bool {
	return g.ir.Go.EmitMethodsWithDBArgument && (g.ir.Plain || q.Handle != ir.HandleUnscoped)
}

// call returns the call of a method of the database handle.
func (g *goPackage) call(m *method, name string) *jen.Statement {
	switch {
	case g.hasSlice(m) && g.prepares():
		return jen.Id("q").Dot(preparedCall(name)).Call(jen.Id("ctx"), jen.Nil(), jen.Id("query"), jen.Id("args").Op("..."))
	case g.hasSlice(m):
		return g.db(m).Dot(name).Call(jen.Id("ctx"), jen.Id("query"), jen.Id("args").Op("..."))
	case g.prepares():
		return jen.Id("q").Dot(preparedCall(name)).Add(list("ctx, q."+stmtName(m)+", "+m.constName, g.sent(m)))
	}
	return g.db(m).Dot(name).Add(list("ctx, "+m.constName, g.sent(m)))
}

// list returns arguments in parentheses, each on a line of its own when there
// are more than three; the first ones stay on the line of the call.
func list(first string, args []jen.Code) *jen.Statement {
	options := jen.Options{Open: "(" + first, Close: ")", Separator: ","}
	if first != "" && len(args) > 0 {
		options.Open += ", "
	}
	options.Multi = len(args) > 3
	return jen.Custom(options, args...)
}

// wrapped returns the error as the method returns it.
func (g *goPackage) wrapped(m *method, err jen.Code) jen.Code {
	if !g.ir.Go.WrapErrors {
		return err
	}
	return jen.Qual("fmt", "Errorf").Call(jen.Lit("query "+m.query.Name+": %w"), err)
}

// failed is the error that a statement has returned. One of a look-up that has found
// nothing can be told by it.
func (g *goPackage) failed(m *method) jen.Code {
	if !m.query.LooksUp {
		return jen.Err()
	}
	return jen.Qual(sqldbPath, "KeyError").Call(jen.Err())
}

// errNotNil returns "if err != nil" with its block.
func errNotNil(block ...jen.Code) *jen.Statement {
	return jen.If(jen.Err().Op("!=").Nil()).Block(block...)
}

// conflict is the error of an upsert that touched no row.
func conflict() *jen.Statement { return jen.Qual(runtimePath, "ErrTenantConflict") }

// scan returns the destinations of a row.
func (g *goPackage) scan(m *method) []jen.Code {
	if m.ret.row == nil {
		return []jen.Code{g.driver.target(m.ret.typ, jen.Id(m.ret.name))}
	}
	var targets []jen.Code
	for _, f := range m.ret.row.fields {
		variable := jen.Id(m.ret.name).Dot(f.name)
		if len(f.embed) == 0 {
			targets = append(targets, g.driver.target(f.typ, variable))
		}
		for _, e := range f.embed {
			targets = append(targets, g.driver.target(e.typ, variable.Clone().Dot(e.name)))
		}
	}
	return targets
}

// returned is the scanned row as the method returns it.
func (m *method) returned() *jen.Statement {
	if m.ret.pointer {
		return jen.Op("&").Id(m.ret.name)
	}
	return jen.Id(m.ret.name)
}

func (g *goPackage) oneBody(m *method) []jen.Code {
	body := []jen.Code{
		jen.Id("row").Op(":=").Add(g.call(m, g.driver.queryRow)),
		jen.Var().Id(m.ret.name).Add(m.ret.typ.code()),
		jen.Err().Op(":=").Id("row").Dot("Scan").Add(list("", g.scan(m))),
	}
	if m.query.ConflictGuard {
		body = append(body, jen.If(jen.Qual("errors", "Is").Call(jen.Err(), g.driver.noRows())).Block(
			jen.Err().Op("=").Add(conflict()),
		))
	}
	if g.ir.Go.WrapErrors {
		body = append(body, errNotNil(jen.Err().Op("=").Add(g.wrapped(m, g.failed(m)))))
		return append(body, jen.Return(m.returned(), jen.Err()))
	}
	return append(body, jen.Return(m.returned(), g.failed(m)))
}

func (g *goPackage) manyBody(m *method) []jen.Code {
	fail := jen.Return(jen.Nil(), g.wrapped(m, g.failed(m)))
	body := []jen.Code{
		jen.List(jen.Id("rows"), jen.Err()).Op(":=").Add(g.call(m, g.driver.query)),
		errNotNil(fail),
		jen.Defer().Id("rows").Dot("Close").Call(),
		g.items(m),
	}
	body = append(body, g.collect(m, fail)...)
	if g.driver.fails {
		body = append(body, jen.If(jen.Err().Op(":=").Id("rows").Dot("Close").Call(), jen.Err().Op("!=").Nil()).Block(fail))
	}
	body = append(body, jen.If(jen.Err().Op(":=").Id("rows").Dot("Err").Call(), jen.Err().Op("!=").Nil()).Block(fail))
	if m.query.ConflictGuard {
		body = append(body, jen.If(jen.Len(jen.Id("items")).Op("==").Lit(0)).Block(
			jen.Return(jen.Nil(), g.wrapped(m, conflict())),
		))
	}
	return append(body, jen.Return(jen.Id("items"), jen.Nil()))
}

// execBody returns the body of the commands that return no rows.
func (g *goPackage) execBody(m *method) []jen.Code {
	cmd, guard := m.query.Cmd, m.query.ConflictGuard
	call := g.call(m, g.driver.exec)
	lastID := m.query.LastID
	if cmd == ":execresult" && !guard && !g.ir.Go.WrapErrors && lastID == ir.LastIDAny && !m.query.LooksUp {
		return []jen.Code{jen.Return(call)}
	}
	fail := func(err jen.Code) jen.Code {
		switch cmd {
		case ":execrows", ":execlastid":
			return jen.Return(jen.Lit(0), g.wrapped(m, err))
		case ":execresult":
			return jen.Return(jen.Id("result"), g.wrapped(m, err))
		}
		return jen.Return(g.wrapped(m, err))
	}
	if cmd == ":exec" && !guard {
		body := []jen.Code{jen.List(jen.Id("_"), jen.Err()).Op(":=").Add(call)}
		if !g.ir.Go.WrapErrors {
			return append(body, jen.Return(g.failed(m)))
		}
		return append(body, errNotNil(fail(g.failed(m))), jen.Return(jen.Nil()))
	}
	body := []jen.Code{
		jen.List(jen.Id("result"), jen.Err()).Op(":=").Add(call),
		errNotNil(fail(g.failed(m))),
	}
	affected := jen.Id("result").Dot("RowsAffected").Call()
	switch {
	case guard && g.driver.fails:
		body = append(body, jen.If(jen.List(jen.Id("n"), jen.Err()).Op(":=").Add(affected), jen.Err().Op("!=").Nil()).
			Block(fail(jen.Err())).Else().If(jen.Id("n").Op("==").Lit(0)).Block(fail(conflict())))
	case guard:
		body = append(body, jen.If(affected.Clone().Op("==").Lit(0)).Block(fail(conflict())))
	}
	switch cmd {
	case ":execrows":
		if g.driver.fails {
			return append(body, jen.Return(affected))
		}
		return append(body, jen.Return(affected, jen.Nil()))
	case ":execlastid":
		return append(body, jen.Return(checked(lastID).Dot("LastInsertId").Call()))
	case ":execresult":
		return append(body, jen.Return(checked(lastID), jen.Nil()))
	}
	return append(body, jen.Return(jen.Nil()))
}

// checked is the result, which tells the last id only where it may.
func checked(id ir.LastID) *jen.Statement {
	switch id {
	case ir.LastIDOfNewRow:
		return jen.Qual(sqldbPath, "WithNewID").Call(jen.Id("result"))
	case ir.LastIDHidden:
		return jen.Qual(sqldbPath, "WithoutID").Call(jen.Id("result"))
	}
	return jen.Id("result")
}
