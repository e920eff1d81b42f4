package gosrc

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// The names of what a method that loads rows needs beside itself, as in sqlc.
func sequenceName(query string) string { return "readerHandlerSequenceFor" + query }
func convertName(query string) string  { return "convertRowsFor" + query }

// loadDataFile fills copyfrom.go for MySQL: each method sends its rows as a file, of
// which LOAD DATA reads them. The driver knows the file by a name, and asks a reader for
// it.
func (g *goPackage) loadDataFile(f *jen.File) {
	for i := range g.methods {
		m := &g.methods[i]
		if !isCopy(m.query) {
			continue
		}
		f.Add(doc("", fmt.Sprintf("%s numbers the files of %s.", sequenceName(m.query.Name), m.query.Name)))
		f.Var().Id(sequenceName(m.query.Name)).Qual("sync/atomic", "Uint32")
		f.Line()
		g.convertRows(f, m)
		f.Add(g.methodDoc(m))
		f.Func().Params(jen.Id("q").Op("*").Id(g.typeOf(m.query))).Add(g.signature(m)).Block(g.loadBody(m)...)
		f.Line()
	}
}

// convertRows adds the function that writes the rows of a file.
func (g *goPackage) convertRows(f *jen.File, m *method) {
	var appends []jen.Code
	for i, value := range m.args.values {
		call := "AppendValue"
		switch m.copied[i] {
		case builtin("string"):
			call = "AppendString"
		case goType{prefix: "[]", name: "byte"}, mysqlJSON:
			call = "AppendBytes"
		}
		appends = append(appends, jen.Id("e").Dot(call).Call(value))
	}
	rows := m.args.list[0]
	f.Add(doc("", fmt.Sprintf("%s writes the rows of %s, and closes the pipe.", convertName(m.query.Name), m.query.Name)))
	f.Func().Id(convertName(m.query.Name)).Params(jen.Id("w").Op("*").Qual("io", "PipeWriter"), jen.Id(rows.name).Add(rows.typ.code())).Block(
		jen.Id("e").Op(":=").Qual(mysqltsvPath, "NewEncoder").Call(jen.Id("w"), jen.Lit(len(m.args.values)), jen.Nil()),
		jen.For(jen.List(jen.Id("_"), jen.Id("row")).Op(":=").Range().Id(rows.name)).Block(appends...),
		jen.Id("w").Dot("CloseWithError").Call(jen.Id("e").Dot("Close").Call()),
	)
	f.Line()
}

// loadBody returns the body of the method that loads rows. A file's name is no parameter
// of LOAD DATA, so it stands in the text; it is the query's name and a number.
func (g *goPackage) loadBody(m *method) []jen.Code {
	c := m.query.Copy
	table := backquoted(c.Table.Name)
	if c.Table.Schema != "" {
		table = backquoted(c.Table.Schema) + "." + table
	}
	var columns []string
	for _, name := range c.Columns {
		columns = append(columns, backquoted(name))
	}
	text := "LOAD DATA LOCAL INFILE 'Reader::%s' INTO TABLE " + strings.ReplaceAll(table, "%", "%%") +
		" %s (" + strings.ReplaceAll(strings.Join(columns, ", "), "%", "%%") + ")"
	fail := jen.Return(jen.Lit(0), g.wrapped(m, jen.Err()))
	return []jen.Code{
		jen.List(jen.Id("pr"), jen.Id("pw")).Op(":=").Qual("io", "Pipe").Call(),
		jen.Defer().Id("pr").Dot("Close").Call(),
		jen.Id("name").Op(":=").Qual("fmt", "Sprintf").Call(jen.Lit(m.query.Name+"_%d"), jen.Id(sequenceName(m.query.Name)).Dot("Add").Call(jen.Lit(1))),
		jen.Qual(mysqlPath, "RegisterReaderHandler").Call(jen.Id("name"), jen.Func().Params().Qual("io", "Reader").Block(jen.Return(jen.Id("pr")))),
		jen.Defer().Qual(mysqlPath, "DeregisterReaderHandler").Call(jen.Id("name")),
		jen.Go().Id(convertName(m.query.Name)).Call(jen.Id("pw"), jen.Id(m.args.list[0].name)),
		jen.List(jen.Id("result"), jen.Err()).Op(":=").Add(g.db(m)).Dot(g.driver.exec).Call(
			jen.Id("ctx"), jen.Qual("fmt", "Sprintf").Call(jen.Lit(text), jen.Id("name"), jen.Qual(mysqltsvPath, "Escaping"))),
		errNotNil(fail),
		jen.Return(jen.Id("result").Dot("RowsAffected").Call()),
	}
}

func backquoted(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// loadNote says what LOAD DATA does with rows that INSERT would refuse.
func loadNote() []string {
	return []string{"",
		"It sends LOAD DATA LOCAL INFILE, which is not all or nothing: rows that cannot be",
		"stored as they are are changed or left out, with a warning and without an error.",
		"Use it in a transaction, and look at SHOW WARNINGS before the commit.",
	}
}
