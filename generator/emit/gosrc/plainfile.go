package gosrc

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// plainHandle is the one handle of a package without tables of tenants. Its shape
// is that of sqlc's own packages.
var plainHandle = handle{typ: "Queries", iface: "Querier"}

// plainFile fills db.go of a package in which no table belongs to a tenant.
func (g *goPackage) plainFile(f *jen.File) {
	f.PackageComment(fmt.Sprintf("// Package %s holds the queries of the application.", g.ir.Go.Package))
	g.plainDB(f)
	if g.ir.Go.EmitMethodsWithDBArgument {
		plainWithoutDB(f)
		return
	}
	g.plainQueries(f)
}

// plainDB adds the interface of the database handle. It asks for no more than the
// queries need, since applications implement it in their tests.
func (g *goPackage) plainDB(f *jen.File) {
	ctx, sql := jen.Qual("context", "Context"), jen.String()
	args := jen.Op("...").Any()
	methods := []jen.Code{
		jen.Id(g.driver.exec).Params(ctx, sql, args).Params(g.driver.result.code(), jen.Error()),
		jen.Id(g.driver.query).Params(ctx, sql, args).Params(g.driver.rows.code(), jen.Error()),
		jen.Id(g.driver.queryRow).Params(ctx, sql, args).Add(g.driver.row.code()),
	}
	if g.driver.prepares {
		methods = append(methods, jen.Id("PrepareContext").Params(ctx, sql).Params(jen.Op("*").Qual(sqlPath, "Stmt"), jen.Error()))
	}
	if g.usesCommand(":copyfrom") && !g.driver.loads {
		methods = append(methods, jen.Id("CopyFrom").Params(
			jen.Id("ctx").Add(ctx), jen.Id("tableName").Qual(pgxPath, "Identifier"),
			jen.Id("columnNames").Index().String(), jen.Id("rowSrc").Qual(pgxPath, "CopyFromSource"),
		).Params(jen.Int64(), jen.Error()))
	}
	if g.usesCommand(":batch") {
		methods = append(methods, jen.Id("SendBatch").Params(ctx, jen.Op("*").Qual(pgxPath, "Batch")).Qual(pgxPath, "BatchResults"))
	}
	f.Add(comment([]string{
		"DBTX is the database handle that the queries run on: a connection, a pool or a",
		"transaction.",
	}))
	f.Type().Id("DBTX").Interface(methods...)
	f.Line()
}

// usesCommand reports whether a query has a command that begins so.
func (g *goPackage) usesCommand(prefix string) bool {
	for i := range g.methods {
		if strings.HasPrefix(g.methods[i].query.Cmd, prefix) {
			return true
		}
	}
	return false
}

func (g *goPackage) plainQueries(f *jen.File) {
	f.Add(doc("", "New returns the queries on a database handle."))
	f.Func().Id("New").Params(jen.Id("db").Id("DBTX")).Op("*").Id("Queries").Block(
		jen.Return(jen.Op("&").Id("Queries").Values(jen.Id("db").Op(":").Id("db"))),
	)
	f.Line()
	f.Add(comment([]string{
		"Queries are the queries of the application. They are safe for concurrent use",
		"where their database handle is.",
	}))
	fields, inTx := []jen.Code{jen.Id("db").Id("DBTX")}, jen.Dict{jen.Id("db"): jen.Id("tx")}
	if g.prepares() {
		fields = append(fields, g.stmtFields()...)
		inTx[jen.Id("tx")] = jen.Id("tx")
		for _, m := range g.prepared() {
			name := stmtName(m)
			inTx[jen.Id(name)] = jen.Id("q").Dot(name)
		}
	}
	f.Type().Id("Queries").Struct(fields...)
	f.Line()
	if g.prepares() {
		g.preparedFuncs(f)
	}
	f.Add(doc("", "WithTx returns the queries in a transaction that the caller began and ends."))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("WithTx").Params(jen.Id("tx").Add(g.driver.tx.code())).Op("*").Id("Queries").Block(
		jen.Return(jen.Op("&").Id("Queries").Values(inTx)),
	)
	f.Line()
}

// plainWithoutDB is the form in which each method is given the database handle.
func plainWithoutDB(f *jen.File) {
	f.Add(doc("", "New returns the queries."))
	f.Func().Id("New").Params().Op("*").Id("Queries").Block(jen.Return(jen.Op("&").Id("Queries").Values()))
	f.Line()
	f.Add(comment([]string{
		"Queries are the queries of the application, each of which is given the database",
		"handle to run on. They are safe for concurrent use.",
	}))
	f.Type().Id("Queries").Struct()
	f.Line()
}
