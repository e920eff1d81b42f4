package gosrc

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// Where a driver takes parameters by their places, a statement has a ? for each of
// them, and is given a value for each, in the order of the text; one that is used
// twice is given twice. A slice has a mark in the text, in whose place its method puts
// a ? for each value: IN takes single values only.

// The functions that a package with slices has for them.
const (
	placeholdersFunc = "placeholders"
	appendAllFunc    = "appendAll"
)

// sliceNames are what the methods with slices use beside the names of all bodies.
var sliceNames = []string{"query", "args", placeholdersFunc, appendAllFunc}

// sentSQL is a query's statement as it is sent.
func (g *goPackage) sentSQL(q *ir.Query) string {
	var b strings.Builder
	at := 0
	for _, p := range q.Placeholders {
		b.WriteString(q.SQL[at:p.Start])
		if isSlice(&q.Params[p.Number-1]) {
			b.WriteString(sliceMark(q, p.Number))
		} else {
			b.WriteString("?")
		}
		at = p.End
	}
	b.WriteString(q.SQL[at:])
	return b.String()
}

// checkPlaceholders refuses a query whose parameters have no places in its text.
func (g *goPackage) checkPlaceholders(q *ir.Query) error {
	if !g.driver.positional {
		return nil
	}
	placed, at := map[int]bool{}, 0
	for _, p := range q.Placeholders {
		if p.Start < at || p.End < p.Start || p.End > len(q.SQL) || p.Number < 1 || p.Number > len(q.Params) {
			return fmt.Errorf("the placeholder of $%d is not in its text", p.Number)
		}
		placed[p.Number], at = true, p.End
	}
	for _, p := range q.Params {
		if !placed[p.Number] {
			return fmt.Errorf("parameter $%d has no placeholder", p.Number)
		}
	}
	return nil
}

// sentOffset is where an offset in a query's SQL is in what is sent.
func (g *goPackage) sentOffset(q *ir.Query, offset int) int {
	shift := 0
	for _, p := range q.Placeholders {
		if p.End > offset {
			break
		}
		size := len("?")
		if isSlice(&q.Params[p.Number-1]) {
			size = len(sliceMark(q, p.Number))
		}
		shift += size - (p.End - p.Start)
	}
	return offset + shift
}

var plainWord = regexp.MustCompile(`^\w+$`)

// sliceMark is what stands for a slice in a text, as in sqlc.
func sliceMark(q *ir.Query, number int) string {
	name := q.Params[number-1].Column.Name
	if !plainWord.MatchString(name) {
		name = strconv.Itoa(number) // it could end the comment
	}
	return "/*SLICE:" + name + "*/?"
}

// isSlice reports whether a parameter stands for as many values as its method is given.
// The tenant is one, whatever the author wrote.
func isSlice(p *ir.Param) bool { return p.Column.IsSlice && !p.Tenant }

// hasSlice reports whether a method puts placeholders into its statement.
func (g *goPackage) hasSlice(m *method) bool {
	return g.driver.positional && slices.ContainsFunc(m.query.Params, func(p ir.Param) bool { return isSlice(&p) })
}

// usesSlices reports whether any method does.
func (g *goPackage) usesSlices() bool {
	return slices.ContainsFunc(g.methods, func(m method) bool { return g.hasSlice(&m) })
}

// sent are the values of a statement in the order in which it is given them.
func (g *goPackage) sent(m *method) []jen.Code {
	if !g.driver.positional {
		return m.args.values
	}
	var values []jen.Code
	for _, p := range m.query.Placeholders {
		values = append(values, m.args.values[p.Number-1])
	}
	return values
}

// expand returns what a method with slices begins with: the statement with their
// placeholders, and the values.
func (g *goPackage) expand(m *method) []jen.Code {
	if !g.hasSlice(m) {
		return nil
	}
	q := m.query
	var body []jen.Code
	text := jen.Id(m.constName)
	for i, p := range q.Params {
		if isSlice(&p) {
			count := jen.Id(placeholdersFunc).Call(jen.Len(m.args.values[i]))
			replace := jen.Qual("strings", "ReplaceAll").Call(text, jen.Lit(sliceMark(q, p.Number)), count)
			body = append(body, jen.Id("query").Op(assign(body)).Add(replace))
			text = jen.Id("query")
		}
	}
	var single []jen.Code // values that wait for the next slice
	set := []jen.Code{}
	flush := func() {
		switch {
		case len(single) == 0:
		case len(set) == 0:
			set = append(set, jen.Id("args").Op(":=").Index().Any().Add(braces(single)))
		default:
			set = append(set, jen.Id("args").Op("=").Append(append([]jen.Code{jen.Id("args")}, single...)...))
		}
		single = nil
	}
	for _, p := range q.Placeholders {
		value := m.args.values[p.Number-1]
		if !isSlice(&q.Params[p.Number-1]) {
			single = append(single, value)
			continue
		}
		flush()
		before := jen.Id("args")
		if len(set) == 0 {
			before = jen.Nil()
		}
		set = append(set, jen.Id("args").Op(assign(set)).Id(appendAllFunc).Call(before, value))
	}
	flush()
	return append(body, set...)
}

// assign is := for the first of several statements that set a variable.
func assign(before []jen.Code) string {
	if len(before) == 0 {
		return ":="
	}
	return "="
}

// sliceFuncs adds the functions that methods with slices call. Providers know a list by
// this form, which is that of sqlc, too.
func (g *goPackage) sliceFuncs(f *jen.File) {
	if !g.usesSlices() {
		return
	}
	f.Add(comment([]string{
		placeholdersFunc + " are those of n values in a list. Without values it is NULL, in which",
		"nothing is, and nothing is not.",
	}))
	f.Func().Id(placeholdersFunc).Params(jen.Id("n").Int()).String().Block(
		jen.If(jen.Id("n").Op("==").Lit(0)).Block(jen.Return(jen.Lit("NULL"))),
		jen.Return(jen.Qual("strings", "Repeat").Call(jen.Lit("?,"), jen.Id("n").Op("-").Lit(1)).Op("+").Lit("?")),
	)
	f.Line()
	f.Add(doc("", appendAllFunc+" appends the values of a list to the arguments of a statement."))
	f.Func().Id(appendAllFunc).Types(jen.Id("T").Any()).Params(jen.Id("args").Index().Any(), jen.Id("values").Index().Id("T")).Index().Any().Block(
		jen.For(jen.List(jen.Id("_"), jen.Id("v")).Op(":=").Range().Id("values")).Block(
			jen.Id("args").Op("=").Append(jen.Id("args"), jen.Id("v")),
		),
		jen.Return(jen.Id("args")),
	)
	f.Line()
}
