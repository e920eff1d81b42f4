package gosrc

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// modelsFile fills models.go: the enums and the models.
func (g *goPackage) modelsFile(f *jen.File) {
	for i := range g.enums {
		g.enumType(f, &g.enums[i])
	}
	for i := range g.structs {
		s := &g.structs[i]
		f.Add(doc(s.name, fmt.Sprintf("%s is a row of the %s %s.", s.name, kindOf(s.table), s.table.Name), s.table.Comment))
		f.Type().Id(s.name).Struct(structFields(s.fields)...)
		f.Line()
	}
}

// kindOf returns the word for a relation.
func kindOf(t *ir.Table) string {
	switch t.Kind {
	case ir.KindView, ir.KindMaterializedView, ir.KindPartition:
		return string(t.Kind)
	}
	return "table"
}

// structFields returns the fields as they are declared.
func structFields(fields []field) []jen.Code {
	var code []jen.Code
	for _, f := range fields {
		if lines := authorLines([]string{f.comment}); len(lines) > 0 {
			code = append(code, comment(lines))
		}
		code = append(code, tagged(jen.Id(f.name).Add(f.typ.code()), f.tags))
	}
	return code
}

// enumType adds an enum, its values and its nullable form.
func (g *goPackage) enumType(f *jen.File, e *enum) {
	f.Add(doc(e.name, fmt.Sprintf("%s is a value of the enum %s.", e.name, e.ir.Name), e.ir.Comment))
	f.Type().Id(e.name).String()
	f.Line()
	if len(e.constants) > 0 {
		var values []jen.Code
		for _, c := range e.constants {
			values = append(values, jen.Id(c.name).Id(e.name).Op("=").Lit(c.value))
		}
		f.Add(doc("", fmt.Sprintf("The values of %s.", e.name)))
		f.Const().Defs(values...)
		f.Line()
	}
	enumScan(f, e.name)
	nullEnum(f, e)
	if g.ir.Go.EmitEnumValidMethod {
		enumValid(f, e)
	}
	if g.ir.Go.EmitAllEnumValues {
		enumAll(f, e)
	}
}

func enumScan(f *jen.File, name string) {
	set := jen.Op("*").Id("e").Op("=").Id(name).Call(jen.Id("s"))
	f.Add(doc("", "Scan implements sql.Scanner."))
	f.Func().Params(jen.Id("e").Op("*").Id(name)).Id("Scan").Params(jen.Id("src").Any()).Error().Block(
		jen.Switch(jen.Id("s").Op(":=").Id("src").Assert(jen.Type())).Block(
			jen.Case(jen.Index().Byte()).Block(set.Clone()),
			jen.Case(jen.String()).Block(set.Clone()),
			jen.Default().Block(
				jen.Return(jen.Qual("fmt", "Errorf").Call(jen.Lit("unsupported scan type for "+name+": %T"), jen.Id("src"))),
			),
		),
		jen.Return(jen.Nil()),
	)
	f.Line()
}

func nullEnum(f *jen.File, e *enum) {
	null := "Null" + e.name
	value := jen.Id("ns").Dot(e.name)
	valid := jen.Id("ns").Dot("Valid")
	f.Add(doc("", fmt.Sprintf("%s is %s or NULL.", null, aOrAn(e.name))))
	f.Type().Id(null).Struct(
		tagged(jen.Id(e.name).Id(e.name), e.nameTags),
		tagged(jen.Id("Valid").Bool(), e.validTags).Comment(fmt.Sprintf("Valid is true if %s is not NULL", e.name)),
	)
	f.Line()
	f.Add(doc("", "Scan implements sql.Scanner."))
	f.Func().Params(jen.Id("ns").Op("*").Id(null)).Id("Scan").Params(jen.Id("value").Any()).Error().Block(
		jen.If(jen.Id("value").Op("==").Nil()).Block(
			jen.List(value.Clone(), valid.Clone()).Op("=").List(jen.Lit(""), jen.False()),
			jen.Return(jen.Nil()),
		),
		valid.Clone().Op("=").True(),
		jen.Return(value.Clone().Dot("Scan").Call(jen.Id("value"))),
	)
	f.Line()
	f.Add(doc("", "Value implements driver.Valuer."))
	f.Func().Params(jen.Id("ns").Id(null)).Id("Value").Params().
		Params(jen.Qual("database/sql/driver", "Value"), jen.Error()).Block(
		jen.If(jen.Op("!").Add(valid.Clone())).Block(jen.Return(jen.Nil(), jen.Nil())),
		jen.Return(jen.String().Call(value.Clone()), jen.Nil()),
	)
	f.Line()
}

// enumValid adds the method of emit_enum_valid_method.
func enumValid(f *jen.File, e *enum) {
	var body []jen.Code
	if len(e.constants) > 0 {
		names := &jen.Statement{}
		for i, c := range e.constants {
			if i > 0 {
				names.Op(",").Line()
			}
			names.Id(c.name)
		}
		body = append(body, jen.Switch(jen.Id("e")).Block(jen.Case(names).Block(jen.Return(jen.True()))))
	}
	f.Add(doc("", fmt.Sprintf("Valid reports whether e is one of the values of %s.", e.name)))
	f.Func().Params(jen.Id("e").Id(e.name)).Id("Valid").Params().Bool().
		Block(append(body, jen.Return(jen.False()))...)
	f.Line()
}

// enumAll adds the function of emit_all_enum_values.
func enumAll(f *jen.File, e *enum) {
	name := "All" + e.name + "Values"
	var values []jen.Code
	for _, c := range e.constants {
		values = append(values, jen.Id(c.name))
	}
	f.Add(doc("", fmt.Sprintf("%s returns the values of %s in their order.", name, e.name)))
	f.Func().Id(name).Params().Index().Id(e.name).Block(
		jen.Return(jen.Index().Id(e.name).Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)),
	)
	f.Line()
}

func tagged(s *jen.Statement, tags map[string]string) *jen.Statement {
	if len(tags) > 0 {
		s.Tag(tags)
	}
	return s
}

// aOrAn returns the name with its article.
func aOrAn(name string) string {
	switch name[0] {
	case 'A', 'E', 'I', 'O':
		return "an " + name
	}
	return "a " + name
}
