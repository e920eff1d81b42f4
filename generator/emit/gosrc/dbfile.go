package gosrc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// handle is one of the generated types that methods hang on.
type handle struct {
	kind  ir.Handle
	typ   string // the type's name
	iface string // the name of the interface with its methods
}

var handles = []handle{
	{ir.HandleTenant, "TenantQueries", "TenantQuerier"},
	{ir.HandleGlobal, "GlobalQueries", "GlobalQuerier"},
	{ir.HandleUnscoped, "UnscopedQueries", "UnscopedQuerier"},
}

// typeOf returns the name of the type that has the query.
func (g *goPackage) typeOf(q *ir.Query) string {
	if g.ir.Plain {
		return plainHandle.typ
	}
	for _, h := range handles {
		if h.kind == q.Handle {
			return h.typ
		}
	}
	return ""
}

// interfaces are the handles whose methods querier.go lists.
func (g *goPackage) interfaces() []handle {
	if g.ir.Plain {
		return []handle{plainHandle}
	}
	return slices.DeleteFunc(slices.Clone(handles), func(h handle) bool { return !g.uses(h.kind) })
}

// dbFile fills db.go: the handles and the way to them.
func (g *goPackage) dbFile(f *jen.File) {
	defer g.sliceFuncs(f)
	if g.ir.Plain {
		g.plainFile(f)
		return
	}
	f.PackageComment(fmt.Sprintf("// Package %s holds the queries of the application. Those on tenants' tables are", g.ir.Go.Package))
	f.PackageComment("// methods of TenantQueries, which Queries.ForTenant returns.")
	g.handshake(f)
	if g.ir.Go.EmitMethodsWithDBArgument {
		g.withoutDB(f)
		return
	}
	g.queriesType(f)
	g.tenantType(f)
	g.globalType(f)
	if g.uses(ir.HandleUnscoped) {
		unscopedType(f)
	}
}

func (g *goPackage) handshake(f *jen.File) {
	f.Add(comment([]string{
		"This does not compile when the module github.com/tenancygen/tenancygen is older",
		"than the generator of this package. Bring it up to date with",
		"\"go get github.com/tenancygen/tenancygen@latest\", or generate the package again",
		"with the version that is in go.mod.",
	}))
	f.Const().Id("_").Op("=").Qual(runtimePath, "IsAtLeastVersion0_1_0")
	f.Line()
	f.Add(doc("", "DBTX is the database handle that the queries run on."))
	f.Type().Id("DBTX").Op("=").Qual(g.driver.handlePath, "DB")
	f.Line()
}

func (g *goPackage) queriesType(f *jen.File) {
	f.Add(comment([]string{
		"Queries leads to the queries of a tenant, and to those that belong to none. It",
		"is safe for concurrent use.",
	}))
	f.Type().Id("Queries").Struct(jen.Id("provider").Qual(g.driver.handlePath, "Provider"))
	f.Line()
	f.Add(doc("", "New returns the queries on the databases of the provider, which isolates tenants."))
	f.Func().Id("New").Params(jen.Id("provider").Qual(g.driver.handlePath, "Provider")).Op("*").Id("Queries").Block(
		jen.Return(jen.Op("&").Id("Queries").Values(jen.Dict{jen.Id("provider"): jen.Id("provider")})),
	)
	f.Line()
	lines := []string{
		"ForTenant returns the queries as they are for one tenant. It does no I/O: for a",
		"tenant that may not act, every query returns the error.",
	}
	db := jen.Id("q").Dot("provider").Dot("For").Call(jen.Id("t"))
	if g.ir.Tenant.IDs != "" {
		lines[1] = "tenant that may not act, or whose id is not written as runtime." + idForms[formOf(g.ir.Tenant.IDs)] + ","
		lines = append(lines, "every query returns the error.")
		db = jen.Qual(g.driver.handlePath, "As").Call(jen.Id("t"), g.idForm(), db)
	}
	f.Add(comment(lines))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("ForTenant").
		Params(jen.Id("t").Qual(runtimePath, "Tenant")).Op("*").Id("TenantQueries").Block(
		jen.Return(jen.Op("&").Id("TenantQueries").Values(
			jen.Id("db").Op(":").Add(db),
			jen.Id("tenant").Op(":").Id("t"),
		)),
	)
	f.Line()
	f.Add(doc("", "Global returns the queries that touch no tenant's table."))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("Global").Params().Op("*").Id("GlobalQueries").Block(
		jen.Return(jen.Op("&").Id("GlobalQueries").Values(
			jen.Id("db").Op(":").Id("q").Dot("provider").Dot("Global").Call(),
		)),
	)
	f.Line()
}

// idForms are the constants of package runtime; those that end in a colon have a limit
// behind them.
var idForms = map[string]string{"": "IDText", "unpadded": "IDUnpadded", "integer": "IDInteger", "integer:": "IDIntegerTo", "ascii:": "IDASCII", "uuid": "IDUUID"}

// formOf is a form without its limit.
func formOf(ids string) string {
	if at := strings.IndexByte(ids, ':'); at >= 0 {
		return ids[:at+1]
	}
	return ids
}

// idForm is how tenants' ids are written.
func (g *goPackage) idForm() *jen.Statement {
	form := jen.Qual(runtimePath, idForms[formOf(g.ir.Tenant.IDs)])
	if _, limit, limited := strings.Cut(g.ir.Tenant.IDs, ":"); limited {
		form.Op("+").Lit(limit)
	}
	return form
}

func (g *goPackage) tenantType(f *jen.File) {
	f.Add(comment([]string{
		"TenantQueries are the queries of one tenant: they read and write its rows and",
		"those that all tenants share.",
	}))
	f.Type().Id("TenantQueries").Struct(
		jen.Id("db").Id("DBTX"),
		jen.Id("tenant").Qual(runtimePath, "Tenant"),
	)
	f.Line()
	g.inTx(f, "TenantQueries", jen.Id("db").Op(":").Id("tx"), jen.Id("tenant").Op(":").Id("q").Dot("tenant"))
}

func (g *goPackage) globalType(f *jen.File) {
	f.Add(doc("", "GlobalQueries are the queries that touch no tenant's table."))
	f.Type().Id("GlobalQueries").Struct(jen.Id("db").Id("DBTX"))
	f.Line()
	g.inTx(f, "GlobalQueries", jen.Id("db").Op(":").Id("tx"))
}

// inTx adds the method that runs a function in a transaction.
func (g *goPackage) inTx(f *jen.File, typ string, fields ...jen.Code) {
	f.Add(comment([]string{
		"InTx runs fn in a transaction, which is committed when fn returns nil and rolled",
		"back otherwise. The queries that fn is given must not be used after it.",
	}))
	f.Func().Params(jen.Id("q").Op("*").Id(typ)).Id("InTx").Params(
		jen.Id("ctx").Qual("context", "Context"),
		jen.Id("fn").Func().Params(jen.Op("*").Id(typ)).Error(),
	).Error().Block(
		jen.Return(jen.Qual(g.driver.handlePath, "InTx").Call(
			jen.Id("ctx"), jen.Id("q").Dot("db"),
			jen.Func().Params(jen.Id("tx").Qual(g.driver.handlePath, "DB")).Error().Block(
				jen.Return(jen.Id("fn").Call(jen.Op("&").Id(typ).Values(fields...))),
			),
		)),
	)
	f.Line()
}

func unscopedType(f *jen.File) {
	f.Add(comment([]string{
		"UnscopedQueries are the queries that the authors have exempted from tenancy. Each",
		"of them says why. They read and write the rows of every tenant.",
	}))
	f.Type().Id("UnscopedQueries").Struct(jen.Id("db").Id("DBTX"))
	f.Line()
	f.Add(comment([]string{
		"InsecureAllTenants returns queries that cross tenants. Nothing confines them: db",
		"has to be a connection of a role that may see every tenant's rows, and must not",
		"be reachable from a tenant's request. The reason is for the reader of the code;",
		"it must not be empty.",
	}))
	f.Func().Id("InsecureAllTenants").Params(jen.Id("db").Id("DBTX"), jen.Id("reason").String()).
		Params(jen.Op("*").Id("UnscopedQueries"), jen.Error()).Block(
		jen.If(jen.Id("reason").Op("==").Lit("")).Block(
			jen.Return(jen.Nil(), jen.Qual("errors", "New").Call(jen.Lit("tenancy: queries of all tenants need a reason"))),
		),
		jen.Return(jen.Op("&").Id("UnscopedQueries").Values(jen.Id("db").Op(":").Id("db")), jen.Nil()),
	)
	f.Line()
}
