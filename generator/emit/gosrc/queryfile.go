package gosrc

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// queryFile fills the file of one query file.
func (g *goPackage) queryFile(f *jen.File, source string) {
	for i := range g.methods {
		m := &g.methods[i]
		if m.query.File != source || isBatch(m.query) {
			continue
		}
		if isCopy(m.query) {
			g.ownTypes(f, m)
			continue
		}
		g.sqlConstant(f, m)
		g.ownTypes(f, m)
		if !g.hasMethod(m) {
			continue
		}
		f.Add(g.methodDoc(m))
		f.Func().Params(jen.Id("q").Op("*").Id(g.typeOf(m.query))).Add(g.signature(m)).Block(g.body(m)...)
		f.Line()
		if g.iterates(m) {
			g.iterMethod(f, m)
		}
	}
}

// hasMethod reports whether a query has a method. As in sqlc, :execlastid has none
// with pgx, whose results hold no such id.
func (g *goPackage) hasMethod(m *method) bool {
	return m.query.Cmd != ":execlastid" || g.driver.lastID
}

// ownTypes adds the structs that a method has for itself.
func (g *goPackage) ownTypes(f *jen.File, m *method) {
	if s := m.args.params; s != nil {
		f.Add(doc("", fmt.Sprintf("%s are the parameters of %s.", s.name, m.query.Name)))
		f.Type().Id(s.name).Struct(structFields(s.fields)...)
		f.Line()
	}
	if s := m.ret.row; m.ret.own {
		f.Add(doc("", fmt.Sprintf("%s is a row of %s.", s.name, m.query.Name)))
		f.Type().Id(s.name).Struct(structFields(s.fields)...)
		f.Line()
	}
}

// sqlConstant adds the text of the statement. Its first line names the query,
// for the database's log and for tracers.
func (g *goPackage) sqlConstant(f *jen.File, m *method) {
	if g.ir.Go.EmitExportedQueries {
		f.Add(doc("", fmt.Sprintf("%s is the statement of the query %s.", m.constName, m.query.Name)))
	}
	text := sentBefore(m.query) + g.sentSQL(m.query) + "\n"
	f.Const().Id(m.constName).Op("=").Op(stringLiteral(text))
	f.Line()
}

// sentBefore is what comes before a query's SQL in the text that is sent.
func sentBefore(q *ir.Query) string { return fmt.Sprintf("-- name: %s %s\n", q.Name, q.Cmd) }

// stringLiteral writes a text so that it stays readable: as a raw string where
// Go lets it be one, line by line otherwise.
func stringLiteral(text string) string {
	raw := utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool {
		return r == '\ufeff' || unicode.IsControl(r) && r != '\n' && r != '\t'
	}) < 0
	if raw {
		return "`" + strings.ReplaceAll(text, "`", "` + \"`\" + `") + "`"
	}
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, strconv.Quote(line))
	}
	return strings.Join(lines, " +\n")
}

// sentence says what a method does.
func (g *goPackage) sentence(q *ir.Query) string {
	switch q.Cmd {
	case ":one":
		if q.ConflictGuard {
			return q.Name + " returns the row that the statement wrote."
		}
		return q.Name + " returns the row that the query finds, or " + g.driver.noRowsName() + "."
	case ":many":
		return q.Name + " returns the rows that the query finds."
	case ":execrows":
		return q.Name + " runs the statement and returns how many rows it affected."
	case ":execlastid":
		if g.driver.newID {
			return q.Name + " runs the statement and returns the id that the new row got."
		}
		return q.Name + " runs the statement and returns the last id that the driver knows of."
	case ":execresult":
		return q.Name + " runs the statement and returns its " + g.driver.resultName + "."
	case ":copyfrom":
		if g.driver.loads {
			return q.Name + " loads rows, and returns how many there were."
		}
		return q.Name + " copies rows, all or none, and returns how many there were."
	case ":batchexec":
		return q.Name + " sends the statement for each element, all in one round trip."
	case ":batchone", ":batchmany":
		return q.Name + " sends the query for each element, all in one round trip."
	}
	return q.Name + " runs the statement."
}

// methodDoc returns a method's godoc.
func (g *goPackage) methodDoc(m *method) *jen.Statement {
	q := m.query
	lines := docLines(q.Name, g.sentence(q), q.Comments...)
	if isCopy(q) {
		lines = append(lines, g.copyNote(q.Copy)...)
	}
	if q.ConflictGuard {
		lines = append(append(lines, ""), strings.Split(conflictSentence(q), "\n")...)
	}
	if q.Handle == ir.HandleUnscoped {
		reason := strings.TrimRight(strings.Join(strings.Fields(q.Reason), " "), ".")
		lines = append(lines, "", "It is not confined to a tenant: "+reason+".")
	}
	if g.ir.Go.EmitSQLAsComment {
		lines = append(lines, "")
		for line := range strings.SplitSeq(g.sentSQL(q), "\n") {
			lines = append(lines, "\t"+strings.TrimRight(line, "\r"))
		}
	}
	return comment(lines)
}

// conflictSentence says when a method, or a statement of a batch, fails for the
// rows of others.
func conflictSentence(q *ir.Query) string {
	if isBatch(q) {
		return "The error of a statement is runtime.ErrTenantConflict when its key is not available to\nthe tenant. What the other statements wrote stays."
	}
	return "It returns runtime.ErrTenantConflict when the key is not available to the tenant."
}

// named returns the name and the parameters of a method of a query.
func (g *goPackage) named(m *method, name string) *jen.Statement {
	params := []jen.Code{jen.Id("ctx").Qual("context", "Context")}
	if g.takesDB(m.query) {
		params = append(params, jen.Id("db").Id("DBTX"))
	}
	for _, a := range m.args.list {
		params = append(params, jen.Id(a.name).Add(a.typ.code()))
	}
	return jen.Id(name).Params(params...)
}

// signature returns the method's name, parameters and results.
func (g *goPackage) signature(m *method) *jen.Statement {
	s := g.named(m, m.query.Name)
	switch m.query.Cmd {
	case ":one":
		return s.Params(m.ret.returned().code(), jen.Error())
	case ":many":
		return s.Params(m.ret.returned().prefixed("[]").code(), jen.Error())
	case ":execrows", ":copyfrom", ":execlastid":
		return s.Params(jen.Int64(), jen.Error())
	case ":execresult":
		return s.Params(g.driver.result.code(), jen.Error())
	case ":batchexec", ":batchone", ":batchmany":
		return s.Op("*").Id(batchType(m.query))
	}
	return s.Error()
}

// querierFile fills querier.go. There is no one interface for all queries, since
// a value that has them all would have no tenant.
func (g *goPackage) querierFile(f *jen.File) {
	for _, h := range g.interfaces() {
		var methods []jen.Code
		for i := range g.methods {
			if m := &g.methods[i]; g.typeOf(m.query) == h.typ && g.hasMethod(m) {
				methods = append(methods, g.methodDoc(m), g.signature(m))
				if g.iterates(m) {
					methods = append(methods, g.iterDoc(m), g.iterSignature(m))
				}
			}
		}
		f.Add(doc("", fmt.Sprintf("%s has the queries of %s.", h.iface, h.typ)))
		f.Type().Id(h.iface).Interface(methods...)
		f.Line()
		f.Var().Id("_").Id(h.iface).Op("=").Parens(jen.Op("*").Id(h.typ)).Parens(jen.Nil())
		f.Line()
	}
}
