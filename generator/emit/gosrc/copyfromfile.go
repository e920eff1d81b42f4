package gosrc

import (
	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// isCopy reports whether a query's method copies many rows.
func isCopy(q *ir.Query) bool { return q.Cmd == ":copyfrom" }

// iteratorType is the name of the type that gives the rows of a copy to pgx.
func iteratorType(q *ir.Query) string { return "iteratorFor" + q.Name }

// copyNames are the names that a copy declares beside its method.
func (g *goPackage) copyNames(q *ir.Query) []string {
	switch {
	case !isCopy(q):
		return nil
	case g.driver.loads:
		return []string{sequenceName(q.Name), convertName(q.Name)}
	}
	return []string{iteratorType(q)}
}

// copyfromFile fills copyfrom.go: the copies of all query files.
func (g *goPackage) copyfromFile(f *jen.File) {
	if g.driver.loads {
		g.loadDataFile(f)
		return
	}
	for i := range g.methods {
		m := &g.methods[i]
		if !isCopy(m.query) {
			continue
		}
		if m.query.Copy.Insert {
			g.sqlConstant(f, m)
		}
		g.iterator(f, m)
		f.Add(g.methodDoc(m))
		f.Func().Params(jen.Id("q").Op("*").Id(g.typeOf(m.query))).Add(g.signature(m)).Block(g.copyBody(m)...)
		f.Line()
	}
}

// iterator adds the type that gives the rows to pgx. It is the one place that
// says which tenant they are of.
func (g *goPackage) iterator(f *jen.File, m *method) {
	name := iteratorType(m.query)
	fields := []jen.Code{jen.Id("rows").Add(m.args.list[0].typ.code())}
	if m.query.Copy.Insert {
		fields = append(fields, jen.Id("tenant").String())
	}
	f.Add(doc("", name+" implements pgx.CopyFromSource."))
	f.Type().Id(name).Struct(append(fields, jen.Id("skippedFirstNextCall").Bool())...)
	f.Line()
	rows := func() *jen.Statement { return jen.Id("r").Dot("rows") }
	f.Func().Params(jen.Id("r").Op("*").Id(name)).Id("Next").Params().Bool().Block(
		jen.If(jen.Len(rows()).Op("==").Lit(0)).Block(jen.Return(jen.False())),
		jen.If(jen.Op("!").Id("r").Dot("skippedFirstNextCall")).Block(
			jen.Id("r").Dot("skippedFirstNextCall").Op("=").True(),
			jen.Return(jen.True()),
		),
		rows().Op("=").Add(rows()).Index(jen.Lit(1).Op(":")),
		jen.Return(jen.Len(rows()).Op(">").Lit(0)),
	)
	f.Line()
	f.Func().Params(jen.Id("r").Id(name)).Id("Values").Params().Params(jen.Index().Any(), jen.Error()).Block(
		jen.Return(jen.Index().Any().Add(braces(m.args.values)), jen.Nil()),
	)
	f.Line()
	f.Func().Params(jen.Id("r").Id(name)).Id("Err").Params().Error().Block(jen.Return(jen.Nil()))
	f.Line()
}

// braces returns values in braces, each on a line of its own when there are more
// than three.
func braces(values []jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: len(values) > 3}, values...)
}

// copyBody returns the body of the method that copies.
func (g *goPackage) copyBody(m *method) []jen.Code {
	c := m.query.Copy
	source := []jen.Code{jen.Id("rows").Op(":").Id(m.args.list[0].name)}
	if !c.Insert {
		return []jen.Code{jen.Return(g.copyFrom(m, jen.Op("&").Id(iteratorType(m.query)).Values(source...)))}
	}
	source = append(source, jen.Id("tenant").Op(":").Id("q").Dot("tenant").Dot("ID"))
	body := []jen.Code{jen.Id("rows").Op(":=").Op("&").Id(iteratorType(m.query)).Values(source...)}
	insert := jen.Return(g.insertRows(m))
	if !c.Direct {
		return append(body, insert)
	}
	return append(body,
		jen.If(jen.Qual(pgxdbPath, "RefusesCopy").Call(g.db(m))).Block(insert),
		jen.Return(g.copyFrom(m, jen.Id("rows"))),
	)
}

// copyFrom returns the call that copies the rows.
func (g *goPackage) copyFrom(m *method, rows jen.Code) jen.Code {
	c := m.query.Copy
	var table, columns []jen.Code
	if c.Table.Schema != "" {
		table = append(table, jen.Lit(c.Table.Schema))
	}
	table = append(table, jen.Lit(c.Table.Name))
	for _, column := range c.Columns {
		columns = append(columns, jen.Lit(column))
	}
	if c.TenantColumn != "" {
		columns = append(columns, jen.Lit(c.TenantColumn))
	}
	return g.db(m).Dot("CopyFrom").Call(
		jen.Id("ctx"), jen.Qual(pgxPath, "Identifier").Values(table...), jen.Index().String().Values(columns...), rows,
	)
}

// insertRows returns the call that inserts the rows.
func (g *goPackage) insertRows(m *method) jen.Code {
	call := "InsertEach"
	args := []jen.Code{jen.Id("ctx"), g.db(m), jen.Id(m.constName), jen.Id("rows")}
	if m.query.Copy.Arrays {
		call = "InsertRows"
		for _, i := range m.query.Copy.Text {
			args = append(args, jen.Lit(i))
		}
	}
	return jen.Qual(pgxdbPath, call).Call(args...)
}

// copyNote says how the rows get to the table where COPY is not the way.
func (g *goPackage) copyNote(c *ir.Copy) []string {
	switch {
	case g.driver.loads:
		return loadNote()
	case !c.Insert:
		return nil
	case c.Direct:
		return []string{"", "Where the handle cannot copy, as under row-level security, it inserts them."}
	}
	return []string{"", "It inserts them, since some of their values are looked up among the tenant's rows."}
}
