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
	names := declarations{
		"DBTX": "the generated DBTX", "New": "the generated New", "Queries": "the generated Queries",
		"TenantQueries": "the generated TenantQueries", "GlobalQueries": "the generated GlobalQueries",
	}
	if g.uses(ir.HandleUnscoped) {
		names["UnscopedQueries"] = "the generated UnscopedQueries"
		names["InsecureAllTenants"] = "the generated InsecureAllTenants"
	}
	if g.ir.Go.EmitInterface {
		for _, h := range handles {
			names[h.iface] = "the generated " + h.iface
		}
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

// declareMethods declares the queries' constants, structs and methods.
func (g *goPackage) declareMethods(names declarations) error {
	methods := map[ir.Handle]declarations{}
	for i := range g.methods {
		m := &g.methods[i]
		what := "query " + m.query.Name
		on := methods[m.query.Handle]
		if on == nil {
			on = declarations{"db": "the handle's field db", "tenant": "the handle's field tenant", "InTx": "the handle's InTx"}
			methods[m.query.Handle] = on
		}
		if err := on.add(m.query.Name, what); err != nil {
			return err
		}
		if err := names.add(m.constName, "the text of "+what); err != nil {
			return err
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
