package gosrc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// method is a query in terms of Go.
type method struct {
	query     *ir.Query
	constName string
	args      arguments
	ret       result
	// copied are the types of what one row of a copy has, in the order of the columns.
	copied []goType
}

// arguments are what a method takes beside the context.
type arguments struct {
	list []variable
	// params is the struct that the method takes instead of single arguments.
	params *structType
	// values are the arguments of the statement, $1 first.
	values []jen.Code
}

type variable struct {
	name string
	typ  goType
}

// result is what a method returns for a row.
type result struct {
	name string // of the variable that is scanned into
	typ  goType
	// row is the struct that is scanned, a model or one of the query's own; nil
	// for a single value.
	row     *structType
	own     bool // row is declared beside the method
	pointer bool // a pointer to it is returned
}

func (r *result) isNone() bool { return r.typ == goType{} }

// returned is the type of one row in the method's signature.
func (r *result) returned() goType {
	if r.pointer {
		return r.typ.prefixed("*")
	}
	return r.typ
}

// buildMethod turns a query into a method.
func (g *goPackage) buildMethod(q *ir.Query) (method, error) {
	m := method{query: q, constName: g.constName(q.Name)}
	if err := checkQuery(q); err != nil {
		return m, err
	}
	if err := g.checkPlaceholders(q); err != nil {
		return m, err
	}
	if err := g.buildArguments(&m); err != nil {
		return m, err
	}
	return m, g.buildResult(&m)
}

// checkQuery refuses what has no form.
func checkQuery(q *ir.Query) error {
	switch q.Cmd {
	case ":one", ":many", ":exec", ":execrows", ":execresult", ":execlastid", ":batchexec", ":batchone", ":batchmany":
	case ":copyfrom":
		if q.Copy == nil {
			return fmt.Errorf("it is not said what a :copyfrom query copies")
		}
	default:
		return fmt.Errorf("the command %s is not supported", q.Cmd)
	}
	switch q.Handle {
	case ir.HandleTenant, ir.HandleGlobal:
	case ir.HandleUnscoped:
		if strings.TrimSpace(q.Reason) == "" {
			return fmt.Errorf("an unscoped query needs a reason")
		}
	default:
		return fmt.Errorf("the handle %q is not known", q.Handle)
	}
	for i, p := range q.Params {
		if p.Number != i+1 {
			return fmt.Errorf("parameter $%d stands where $%d is expected", p.Number, i+1)
		}
		if p.Tenant && q.Handle != ir.HandleTenant {
			return fmt.Errorf("parameter $%d is the tenant, which the %s handle does not have", p.Number, q.Handle)
		}
	}
	return nil
}

// buildArguments decides between no argument, one, several, and a struct.
// Parameters that the handle fills take no part in that.
func (g *goPackage) buildArguments(m *method) error {
	var free []*ir.Column
	at := map[int]int{} // where each parameter is in free
	for i := range m.query.Params {
		p := &m.query.Params[i]
		if p.Tenant {
			continue
		}
		at[i] = len(free)
		free = append(free, &p.Column)
		for j := range p.Also {
			free = append(free, &p.Also[j])
		}
	}
	limit := 1
	if l := g.ir.Go.QueryParameterLimit; l != nil {
		limit = *l
	}
	var values []jen.Code
	switch {
	case isBatch(m.query):
		var err error
		if values, err = g.sliceArgument(m, free, limit, jen.Id("a")); err != nil {
			return err
		}
	case isCopy(m.query):
		var err error
		if values, err = g.sliceArgument(m, free, limit, g.copiedRow()); err != nil {
			return err
		}
		if err := g.copiedTypes(m, free); err != nil {
			return err
		}
	case len(free) == 0:
	case len(free) == 1 && limit != 0:
		name := g.argumentName(m, local(free[0].Name, "arg"))
		typ := g.types.column(free[0])
		m.args.list = []variable{{name, typ}}
		values = []jen.Code{g.driver.value(typ, jen.Id(name))}
	default:
		params, err := g.columnsToStruct(m.query.Name+"Params", free, nil)
		if err != nil {
			return err
		}
		if len(free) <= limit {
			values = g.singleArguments(m, params, free, at)
		} else {
			values = g.structArgument(m, params, jen.Id("arg"))
		}
	}
	for i, p := range m.query.Params {
		if p.Tenant {
			tenant := g.tenantID()
			if isCopy(m.query) {
				tenant = jen.Id("r").Dot("tenant")
			}
			m.args.values = append(m.args.values, tenant)
			continue
		}
		m.args.values = append(m.args.values, values[at[i]])
	}
	return nil
}

// tenantID is the tenant's id as a value for a parameter.
func (g *goPackage) tenantID() *jen.Statement {
	id := jen.Id("q").Dot("tenant").Dot("ID")
	if g.ir.Tenant.Integer {
		return jen.Qual(runtimePath, "IntegerID").Call(id)
	}
	return id
}

// copiedRow is one row in the code that copies.
func (g *goPackage) copiedRow() *jen.Statement {
	if g.driver.loads {
		return jen.Id("row")
	}
	return jen.Id("r").Dot("rows").Index(jen.Lit(0))
}

// copiedTypes notes the types of what a row of a copy has. As in sqlc, a time cannot be
// loaded from a file: that has no time zones.
func (g *goPackage) copiedTypes(m *method, columns []*ir.Column) error {
	for _, c := range columns {
		typ := g.types.column(c)
		if g.driver.loads && typ == (goType{path: "time", name: "Time"}) {
			return fmt.Errorf("a :copyfrom query cannot load the time %s, since files have no time zones", c.Name)
		}
		m.copied = append(m.copied, typ)
	}
	return nil
}

// sliceArgument makes a slice of what one statement needs the only argument, and
// returns the values of one element. Unlike in other methods, several parameters
// are a struct whatever query_parameter_limit says.
func (g *goPackage) sliceArgument(m *method, free []*ir.Column, limit int, element *jen.Statement) ([]jen.Code, error) {
	if len(free) == 0 {
		return nil, fmt.Errorf("a %s query needs a parameter beside the tenant", m.query.Cmd)
	}
	if len(free) == 1 && limit != 0 {
		name := g.argumentName(m, local(free[0].Name, "arg"))
		m.args.list = []variable{{name, g.types.column(free[0]).prefixed("[]")}}
		return []jen.Code{element}, nil
	}
	params, err := g.columnsToStruct(m.query.Name+"Params", free, nil)
	if err != nil {
		return nil, err
	}
	values := g.structArgument(m, params, element)
	m.args.list[0].typ = m.args.list[0].typ.prefixed("[]")
	return values, nil
}

// singleArguments makes an argument of every field that is one of a parameter's own;
// the columns have the names.
func (g *goPackage) singleArguments(m *method, params *structType, columns []*ir.Column, own map[int]int) []jen.Code {
	values := make([]jen.Code, len(columns))
	for _, i := range slices.Sorted(maps.Values(own)) {
		f := params.fields[i]
		name := g.argumentName(m, local(columns[i].Name, "arg"))
		m.args.list = append(m.args.list, variable{name, f.typ})
		values[i] = g.driver.value(f.typ, jen.Id(name))
	}
	return values
}

// structArgument makes the struct the only argument, and returns the fields of
// one value of it.
func (g *goPackage) structArgument(m *method, params *structType, value *jen.Statement) []jen.Code {
	m.args.params = params
	typ := builtin(params.name)
	if g.ir.Go.EmitParamsStructPointers {
		typ = typ.prefixed("*")
	}
	m.args.list = []variable{{"arg", typ}}
	var values []jen.Code
	for _, f := range params.fields {
		values = append(values, g.driver.value(f.typ, value.Clone().Dot(f.name)))
	}
	params.fields = uniqueFields(params.fields)
	return values
}

// uniqueFields drops the fields of a name that was there before: a parameter
// that is used in several places is one field.
func uniqueFields(fields []field) []field {
	var unique []field
	seen := map[string]bool{}
	for _, f := range fields {
		if !seen[f.name] {
			unique = append(unique, f)
		}
		seen[f.name] = true
	}
	return unique
}

// taken are names that the method's body uses beside those of all bodies.
func (g *goPackage) taken(m *method) []string {
	taken := []string{m.constName}
	if isBatch(m.query) {
		taken = append(taken, batchNames...)
	}
	if loops(m) {
		taken = append(taken, loopNames...)
	}
	if g.hasSlice(m) {
		taken = append(taken, sliceNames...)
	}
	if g.iterates(m) {
		taken = append(taken, "yield", "found")
	}
	return taken
}

// argumentName returns the name, changed where it would hide something that the
// method's body uses or is taken by another argument.
func (g *goPackage) argumentName(m *method, name string) string {
	if g.clashes(name, g.taken(m)...) {
		name = "arg" + titleFirst(name)
	}
	return g.unclashed(m, name)
}

// resultName returns a name for the value that is scanned, apart from the
// arguments: a scan into one would change it.
func (g *goPackage) resultName(m *method, name string) string {
	if g.unclashed(m, name) != name {
		name = "value"
	}
	return g.unclashed(m, name)
}

// unclashed adds a number to a name that the method cannot use.
func (g *goPackage) unclashed(m *method, name string) string {
	taken := g.taken(m)
	for _, a := range m.args.list {
		taken = append(taken, a.name)
	}
	for base, n := name, 2; g.clashes(name, taken...); n++ {
		name = fmt.Sprintf("%s%d", base, n)
	}
	return name
}

// buildResult decides between a single value, a model and a struct of its own.
func (g *goPackage) buildResult(m *method) error {
	columns := m.query.Columns
	switch m.query.Cmd {
	case ":one", ":many", ":batchone", ":batchmany":
	default:
		return nil
	}
	if len(columns) == 1 && columns[0].Embed == nil {
		m.ret = result{name: g.resultName(m, local(columns[0].Name, "value")), typ: g.types.column(&columns[0])}
		return nil
	}
	m.ret = result{name: "i", pointer: g.ir.Go.EmitResultStructPointers}
	for i := range g.structs {
		if g.matches(&g.structs[i], columns) {
			m.ret.row = &g.structs[i]
			break
		}
	}
	if m.ret.row == nil {
		row, err := g.rowStruct(m.query)
		if err != nil {
			return err
		}
		m.ret.row, m.ret.own = row, true
	}
	// g.structs may be thinned out later; the row must not follow that.
	row := *m.ret.row
	m.ret.row, m.ret.typ = &row, builtin(row.name)
	return nil
}

// rowStruct makes the struct for the rows of a query.
func (g *goPackage) rowStruct(q *ir.Query) (*structType, error) {
	columns := make([]*ir.Column, len(q.Columns))
	embeds := make([]*structType, len(q.Columns))
	for i := range q.Columns {
		columns[i] = &q.Columns[i]
		if embed := q.Columns[i].Embed; embed != nil {
			embeds[i] = g.model(*embed)
		}
	}
	return g.columnsToStruct(q.Name+"Row", columns, embeds)
}

// columnName returns a column's name, or the one that sqlc makes up.
func columnName(c *ir.Column, index int) string {
	if c.Name != "" {
		return c.Name
	}
	return fmt.Sprintf("column_%d", index+1)
}

// columnsToStruct makes a struct of columns. Names that come twice get a number,
// except for named parameters, which are one field. Embeds are the models that
// stand for a column; it may be nil.
func (g *goPackage) columnsToStruct(name string, columns []*ir.Column, embeds []*structType) (*structType, error) {
	s := &structType{name: name}
	seen := map[string]int{}
	for i, c := range columns {
		var embed *structType
		if embeds != nil {
			embed = embeds[i]
		}
		column := columnName(c, i)
		tag := column
		if embed != nil {
			column, tag = embed.name, snake(embed.name)
		}
		base := g.fieldName(column, i)
		f := field{name: base}
		if n := seen[base]; n > 0 && !c.IsNamedParam {
			tag = fmt.Sprintf("%s_%d", tag, n+1)
			f.name = fmt.Sprintf("%s_%d", base, n+1)
		}
		seen[base]++
		f.tags = g.tags(c, tag)
		if embed != nil {
			f.typ, f.embed = builtin(embed.name), embed.fields
		} else {
			f.typ = g.types.column(c)
		}
		s.fields = append(s.fields, f)
	}
	return s, unifyFields(s.fields)
}

// unifyFields gives fields of one name one type: a field whose type is not known
// takes that of another. Types that differ are an error.
func unifyFields(fields []field) error {
	types := map[string]goType{}
	for _, f := range fields {
		if known, ok := types[f.name]; !ok || known == anyType {
			types[f.name] = f.typ
		}
	}
	for i := range fields {
		f := &fields[i]
		if f.typ == anyType {
			f.typ = types[f.name]
		}
		if f.typ != types[f.name] {
			return fmt.Errorf("parameter %s has two types, %s and %s: cast it to one", f.name, types[f.name], f.typ)
		}
	}
	return nil
}
