package gosrc

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// prepares reports whether the handle keeps its statements prepared: it does with
// emit_prepared_queries and database/sql. pgx prepares statements by itself, and
// the option has no effect, as in sqlc.
func (g *goPackage) prepares() bool {
	return g.ir.Go.EmitPreparedQueries && g.driver.prepares
}

// prepared are the methods whose statements are prepared: not those that are another
// statement for each number of values.
func (g *goPackage) prepared() []*method {
	var out []*method
	for i := range g.methods {
		if m := &g.methods[i]; !g.hasSlice(m) {
			out = append(out, m)
		}
	}
	return out
}

// stmtName returns the name of the field that holds a method's statement.
func stmtName(m *method) string { return lowerFirst(m.query.Name) + "Stmt" }

// preparedCall is the name of the handle's own method for one of the database's.
func preparedCall(name string) string { return lowerFirst(strings.TrimSuffix(name, "Context")) }

// stmtFields returns the fields that hold the statements.
func (g *goPackage) stmtFields() []jen.Code {
	fields := []jen.Code{jen.Id("tx").Add(g.driver.tx.code())}
	for _, m := range g.prepared() {
		fields = append(fields, jen.Id(stmtName(m)).Op("*").Qual(sqlPath, "Stmt"))
	}
	return fields
}

// preparedFuncs adds what prepares, runs and closes the statements.
func (g *goPackage) preparedFuncs(f *jen.File) {
	g.prepareFunc(f)
	g.closeFunc(f)
	for _, call := range []struct {
		name   string
		result *jen.Statement
		doc    string
	}{
		{g.driver.exec, jen.Params(g.driver.result.code(), jen.Error()), "exec runs a statement without rows, prepared where it is."},
		{g.driver.query, jen.Params(g.driver.rows.code(), jen.Error()), "query runs a statement with rows, prepared where it is."},
		{g.driver.queryRow, g.driver.row.code(), "queryRow runs a statement with one row, prepared where it is."},
	} {
		run := func(on *jen.Statement, args ...jen.Code) jen.Code {
			args = append([]jen.Code{jen.Id("ctx")}, args...)
			return jen.Return(on.Dot(call.name).Call(append(args, jen.Id("args").Op("..."))...))
		}
		f.Add(doc("", call.doc))
		f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id(preparedCall(call.name)).Params(
			jen.Id("ctx").Qual("context", "Context"), jen.Id("stmt").Op("*").Qual(sqlPath, "Stmt"),
			jen.Id("query").String(), jen.Id("args").Op("...").Any(),
		).Add(call.result).Block(jen.Switch().Block(
			jen.Case(jen.Id("stmt").Op("!=").Nil().Op("&&").Id("q").Dot("tx").Op("!=").Nil()).Block(
				run(jen.Id("q").Dot("tx").Dot("StmtContext").Call(jen.Id("ctx"), jen.Id("stmt")))),
			jen.Case(jen.Id("stmt").Op("!=").Nil()).Block(run(jen.Id("stmt"))),
			jen.Default().Block(run(jen.Id("q").Dot("db"), jen.Id("query"))),
		))
		f.Line()
	}
}

// prepareFunc adds the constructor that prepares every statement. One that fails
// closes those before it.
func (g *goPackage) prepareFunc(f *jen.File) {
	body := []jen.Code{jen.Id("q").Op(":=").Op("&").Id("Queries").Values(jen.Id("db").Op(":").Id("db"))}
	if len(g.prepared()) > 0 {
		body = append(body, jen.Var().Err().Error())
	}
	for _, m := range g.prepared() {
		body = append(body, jen.If(
			jen.List(jen.Id("q").Dot(stmtName(m)), jen.Err()).Op("=").Id("db").Dot("PrepareContext").Call(jen.Id("ctx"), jen.Id(m.constName)),
			jen.Err().Op("!=").Nil(),
		).Block(
			jen.Return(jen.Nil(), jen.Qual("errors", "Join").Call(
				jen.Qual("fmt", "Errorf").Call(jen.Lit("error preparing query "+m.query.Name+": %w"), jen.Err()),
				jen.Id("q").Dot("Close").Call(),
			)),
		))
	}
	f.Add(doc("", "Prepare returns the queries on a database handle, with their statements prepared."))
	f.Func().Id("Prepare").Params(jen.Id("ctx").Qual("context", "Context"), jen.Id("db").Id("DBTX")).
		Params(jen.Op("*").Id("Queries"), jen.Error()).Block(append(body, jen.Return(jen.Id("q"), jen.Nil()))...)
	f.Line()
}

// closeFunc adds the method that closes the statements.
func (g *goPackage) closeFunc(f *jen.File) {
	body := []jen.Code{jen.Var().Err().Error()}
	for _, m := range g.prepared() {
		stmt := jen.Id("q").Dot(stmtName(m))
		body = append(body, jen.If(stmt.Clone().Op("!=").Nil()).Block(
			jen.If(jen.Id("cerr").Op(":=").Add(stmt).Dot("Close").Call(), jen.Id("cerr").Op("!=").Nil()).Block(
				jen.Err().Op("=").Qual("fmt", "Errorf").Call(jen.Lit("error closing "+stmtName(m)+": %w"), jen.Id("cerr")),
			),
		))
	}
	f.Add(comment([]string{
		"Close closes the prepared statements. It does not close the database handle. The",
		"error is that of the last statement that could not be closed.",
	}))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("Close").Params().Error().
		Block(append(body, jen.Return(jen.Err()))...)
	f.Line()
}
