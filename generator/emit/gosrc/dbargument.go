package gosrc

import (
	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// withoutDB fills db.go of a package whose methods are given the database handle:
// the handles hold the tenant alone. There is no InTx, since the caller has the
// transaction.
func (g *goPackage) withoutDB(f *jen.File) {
	f.Add(comment([]string{
		"Queries leads to the queries of a tenant, and to those that belong to none. Each",
		"of them is given the database handle to run on. It is safe for concurrent use.",
	}))
	f.Type().Id("Queries").Struct()
	f.Line()
	f.Add(doc("", "New returns the queries."))
	f.Func().Id("New").Params().Op("*").Id("Queries").Block(jen.Return(jen.Op("&").Id("Queries").Values()))
	f.Line()
	f.Add(comment([]string{
		"ForTenant returns the queries as they are for one tenant. For a tenant that may",
		"not act, every query returns the error. The handles that they are given should",
		"be those that the provider returns for the same tenant, and their transactions:",
		"on another one, row-level security shows no rows and accepts none.",
	}))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("ForTenant").
		Params(jen.Id("t").Qual(runtimePath, "Tenant")).Op("*").Id("TenantQueries").Block(
		jen.Return(jen.Op("&").Id("TenantQueries").Values(jen.Id("tenant").Op(":").Id("t"))),
	)
	f.Line()
	f.Add(doc("", "Global returns the queries that touch no tenant's table."))
	f.Func().Params(jen.Id("q").Op("*").Id("Queries")).Id("Global").Params().Op("*").Id("GlobalQueries").Block(
		jen.Return(jen.Op("&").Id("GlobalQueries").Values()),
	)
	f.Line()
	f.Add(comment([]string{
		"TenantQueries are the queries of one tenant: they read and write its rows and",
		"those that all tenants share. Their zero value has no tenant: each of them",
		"returns runtime.ErrNoTenant.",
	}))
	f.Type().Id("TenantQueries").Struct(jen.Id("tenant").Qual(runtimePath, "Tenant"))
	f.Line()
	f.Add(doc("", "GlobalQueries are the queries that touch no tenant's table."))
	f.Type().Id("GlobalQueries").Struct()
	f.Line()
	if g.uses(ir.HandleUnscoped) {
		unscopedType(f)
	}
}
