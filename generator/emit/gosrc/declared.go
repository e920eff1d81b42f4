package gosrc

import (
	"fmt"
	"go/token"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// declarations are the names of the package or of a handle, with what each is.
type declarations map[string]string

// add declares a name. It returns an error when it is taken.
func (d declarations) add(name, what string) error {
	if !token.IsIdentifier(name) {
		return fmt.Errorf("%s would be called %q, which is no name in Go: use rename", what, name)
	}
	if other, taken := d[name]; taken {
		return fmt.Errorf("%s and %s would both be called %s: use rename", other, what, name)
	}
	d[name] = what
	return nil
}

// checkNames refuses declarations that Go would refuse, in terms of the SQL that
// they come from.
func (g *goPackage) checkNames() error {
	own := []string{"DBTX", "New", "Queries"}
	if !g.ir.Plain {
		own = append(own, "TenantQueries", "GlobalQueries")
		if g.uses(ir.HandleUnscoped) {
			own = append(own, "UnscopedQueries", "InsecureAllTenants")
		}
	}
	if g.prepares() {
		own = append(own, "Prepare")
	}
	if g.usesSlices() {
		own = append(own, placeholdersFunc, appendAllFunc)
	}
	if g.ir.Layout != nil {
		own = append(own, layoutName)
	}
	if g.usesCommand(":batch") {
		own = append(own, batchClosed)
	}
	if g.ir.Go.EmitInterface {
		for _, h := range g.interfaces() {
			own = append(own, h.iface)
		}
	}
	names := declarations{}
	for _, name := range own {
		names[name] = "the generated " + name
	}
	if err := g.declareModels(names); err != nil {
		return err
	}
	return g.declareMethods(names)
}

// declareModels declares the enums with what belongs to them, and the structs.
func (g *goPackage) declareModels(names declarations) error {
	for _, e := range g.enums {
		what := "enum " + e.ir.Name
		for _, name := range []string{e.name, "Null" + e.name} {
			if err := names.add(name, what); err != nil {
				return err
			}
		}
		for _, c := range e.constants {
			if err := names.add(c.name, fmt.Sprintf("value %q of %s", c.value, what)); err != nil {
				return err
			}
		}
		if g.ir.Go.EmitAllEnumValues {
			if err := names.add("All"+e.name+"Values", what); err != nil {
				return err
			}
		}
	}
	for i := range g.structs {
		s := &g.structs[i]
		if err := names.add(s.name, "table "+s.table.Name); err != nil {
			return err
		}
		if err := checkFields(s); err != nil {
			return err
		}
	}
	return nil
}

// handleNames are the fields and methods that a handle has beside its queries.
func (g *goPackage) handleNames() declarations {
	names := declarations{"db": "the handle's field db"}
	if g.ir.Plain {
		names["WithTx"] = "the handle's WithTx"
		if g.prepares() {
			for _, name := range []string{"tx", "Close", "exec", "query", "queryRow"} {
				names[name] = "the handle's " + name
			}
		}
		return names
	}
	names["tenant"], names["InTx"] = "the handle's field tenant", "the handle's InTx"
	return names
}

// declareMethods declares the queries' constants, structs and methods.
func (g *goPackage) declareMethods(names declarations) error {
	methods := map[string]declarations{}
	for i := range g.methods {
		m := &g.methods[i]
		what := "query " + m.query.Name
		handle := g.typeOf(m.query)
		on := methods[handle]
		if on == nil {
			on = g.handleNames()
			methods[handle] = on
		}
		if err := on.add(m.query.Name, what); err != nil {
			return err
		}
		if g.iterates(m) {
			if err := on.add(iterName(m), "the iterator of "+what); err != nil {
				return err
			}
		}
		if g.prepares() && !g.hasSlice(m) {
			if err := on.add(stmtName(m), "the statement of "+what); err != nil {
				return err
			}
		}
		if err := names.add(m.constName, "the text of "+what); err != nil {
			return err
		}
		for _, name := range g.copyNames(m.query) {
			if err := names.add(name, "the rows of "+what); err != nil {
				return err
			}
		}
		if isBatch(m.query) {
			if err := names.add(batchType(m.query), "the results of "+what); err != nil {
				return err
			}
		}
		if m.args.params != nil {
			if err := g.declareStruct(names, m.args.params, "the parameters of "+what); err != nil {
				return err
			}
		}
		if m.ret.own {
			if err := g.declareStruct(names, m.ret.row, "the row of "+what); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *goPackage) declareStruct(names declarations, s *structType, what string) error {
	if err := names.add(s.name, what); err != nil {
		return err
	}
	return checkFields(s)
}

// checkFields refuses a struct with two fields of one name.
func checkFields(s *structType) error {
	fields := declarations{}
	for i, f := range s.fields {
		if err := fields.add(f.name, fmt.Sprintf("column %d of %s", i+1, s.name)); err != nil {
			return err
		}
	}
	return nil
}
