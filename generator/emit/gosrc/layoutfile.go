package gosrc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// layoutName is the variable that holds the layout.
const layoutName = "Layout"

// layoutFile fills layout.go. It stands between the query files' constants and
// the providers: a statement in it is the constant itself, so that the two cannot
// differ.
func (g *goPackage) layoutFile(f *jen.File) {
	l := g.ir.Layout
	f.Add(comment([]string{
		layoutName + " tells a provider of this package's tables: which of them belong to tenants,",
		"where the statements name them, and how they are made. It is to be read only.",
	}))
	var fields literal
	fields.text("Engine", g.ir.Engine)
	fields.text("Fingerprint", l.Fingerprint)
	fields.text("Schema", g.ir.DefaultSchema)
	if g.ir.RLS.Role != "" {
		fields.text("Role", g.ir.RLS.Role)
		fields.text("Setting", g.ir.RLS.Setting)
	}
	fields.slice("Tables", "Table", each(l.Tables, layoutTable))
	fields.slice("Statements", "Text", each(l.Statements, g.layoutStatement))
	fields.slice("DDL", "DDL", each(l.DDL, layoutDDL))
	fields.text("Unmovable", l.Unmovable)
	if g.ir.Tenant.IDs != "" {
		fields.value("IDs", g.idForm())
	}
	f.Var().Id(layoutName).Op("=").Qual(runtimePath, "Layout").Add(lines(fields))
}

func layoutTable(t ir.LayoutTable) jen.Code {
	var fields literal
	fields.text("Schema", t.Schema)
	fields.text("Name", t.Name)
	fields.value("Class", jen.Qual(runtimePath, classNames[t.Class]))
	if t.View {
		fields.value("View", jen.True())
	}
	fields.text("Column", t.Column)
	if t.Circle != 0 {
		fields.value("Circle", jen.Lit(t.Circle))
	}
	fields.text("Owned", t.Owned)
	fields.slice("Policies", "Policy", each(t.Policies, layoutPolicy))
	fields.slice("Columns", "Column", each(t.Columns, layoutColumn))
	return lines(fields)
}

// classNames are the constants of package runtime.
var classNames = map[ir.Class]string{
	ir.ClassTenant: "ClassTenant", ir.ClassRoot: "ClassRoot", ir.ClassChild: "ClassChild",
	ir.ClassView: "ClassView", ir.ClassGlobal: "ClassGlobal",
}

func layoutPolicy(p ir.Policy) jen.Code {
	var fields literal
	fields.text("Name", p.Name)
	fields.text("Command", p.Command)
	if p.Restrictive {
		fields.value("Restrictive", jen.True())
	}
	fields.text("Using", p.Using)
	fields.text("Check", p.Check)
	return lines(fields)
}

func layoutColumn(c ir.LayoutColumn) jen.Code {
	var fields literal
	fields.text("Name", c.Name)
	fields.text("Type", c.Type)
	if c.NotNull {
		fields.value("NotNull", jen.True())
	}
	return jen.Values(fields...)
}

// layoutStatement is a query's constant with its slots, which are counted from the
// beginning of the constant, the line with the query's name.
func (g *goPackage) layoutStatement(s ir.LayoutStatement) jen.Code {
	m := g.method(s.Query)
	slots := slices.Clone(s.Slots)
	for i := range slots {
		slots[i].Start, slots[i].End = g.sentOffset(m.query, slots[i].Start), g.sentOffset(m.query, slots[i].End)
	}
	return layoutText(jen.Id(m.constName), slots, len(sentBefore(m.query)))
}

// method returns the method of a query.
func (g *goPackage) method(query string) *method {
	for i := range g.methods {
		if g.methods[i].query.Name == query {
			return &g.methods[i]
		}
	}
	return nil
}

// layoutText is a text with its slots, on one line where there are none.
func layoutText(sql jen.Code, slots []ir.Slot, before int) *jen.Statement {
	var fields literal
	fields.value("SQL", sql)
	fields.slice("Slots", "Slot", each(slots, func(s ir.Slot) jen.Code { return layoutSlot(s, before) }))
	return jen.Values(fields...)
}

func layoutSlot(s ir.Slot, before int) jen.Code {
	var fields literal
	fields.value("Start", jen.Lit(s.Start+before))
	fields.value("End", jen.Lit(s.End+before))
	fields.text("Name", s.Name)
	switch s.Kind {
	case ir.SlotName:
		fields.value("Kind", jen.Qual(runtimePath, "SlotName"))
	case ir.SlotLiteral:
		fields.value("Kind", jen.Qual(runtimePath, "SlotLiteral"))
	case ir.SlotShared:
		fields.value("Kind", jen.Qual(runtimePath, "SlotShared"))
	}
	if s.Alias {
		fields.value("Alias", jen.True())
	}
	return jen.Values(fields...)
}

func layoutDDL(d ir.LayoutDDL) jen.Code {
	text := layoutText(jen.Op(stringLiteral(d.SQL)), d.Slots, 0)
	var fields literal
	fields.value("Text", jen.Qual(runtimePath, "Text").Add(text))
	if d.Shared {
		fields.value("Shared", jen.True())
	}
	var names []jen.Code
	for _, name := range d.Creates {
		names = append(names, jen.Lit(name))
	}
	if len(names) > 0 {
		fields.value("Creates", jen.Index().String().Values(names...))
	}
	return lines(fields)
}

// literal are the fields of a composite literal, in the order in which they are
// added.
type literal []jen.Code

func (l *literal) value(name string, value jen.Code) {
	*l = append(*l, jen.Id(name).Op(":").Add(value))
}

// text adds a field with a text, unless that is empty.
func (l *literal) text(name, text string) {
	if text != "" {
		l.value(name, jen.Op(stringOf(text)))
	}
}

// slice adds a field with values of a type of the runtime, each on a line of its own,
// unless there are none.
func (l *literal) slice(name, typ string, values []jen.Code) {
	if len(values) > 0 {
		l.value(name, jen.Index().Qual(runtimePath, typ).Add(lines(values)))
	}
}

func each[T any](values []T, code func(T) jen.Code) []jen.Code {
	var out []jen.Code
	for _, v := range values {
		out = append(out, code(v))
	}
	return out
}

// lines are values in braces, each on a line of its own.
func lines(values []jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)
}

// stringOf writes a text of one line in quotes, and a longer one so that it stays
// readable.
func stringOf(text string) string {
	if strings.Contains(text, "\n") {
		return stringLiteral(text)
	}
	return strconv.Quote(text)
}
