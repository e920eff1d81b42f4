package equivalence

import "github.com/tenancygen/tenancygen/generator/catalog"

// Statement is one statement as its author wrote it, and scoped.
type Statement struct {
	Name string
	// Original is the author's statement with parameters $1…$n and no macros.
	Original string
	// Scoped is the statement as it is sent.
	Scoped string
	// Params are the parameters of Original, from $1 on.
	Params []Param
	// Tenant is the number of the tenant's parameter in Scoped; zero without one.
	Tenant int
	// Tables are the tables that the statement refers to. Arguments are taken from
	// their rows.
	Tables []*catalog.Table
	// Each is set for a statement that does for arrays what another one does for
	// single values: it is given the other's arguments, in arrays.
	Each *Statement
}

// Param is a parameter of the author's statement.
type Param struct {
	// Name is the author's name, or that of the column it is about.
	Name string
	// Tenant is set for a parameter that is bound to the tenant.
	Tenant bool
}

// Argument is a value for a parameter in PostgreSQL's text form; nil is NULL.
type Argument []byte

// String is the value as SQL would write it.
func (a Argument) String() string {
	if a == nil {
		return "NULL"
	}
	return literal(string(a))
}

// original are the arguments for the author's statement.
func (s *Statement) original(args []Argument, tenant string) [][]byte {
	out := make([][]byte, len(args))
	for i, a := range args {
		if out[i] = a; s.Params[i].Tenant {
			out[i] = []byte(tenant)
		}
	}
	return out
}

// ScopedArguments are the arguments for the scoped statement. All parameters that are
// the tenant became one, at the place of the first; without one it is the last.
func (s *Statement) ScopedArguments(args []Argument, tenant string) [][]byte {
	var out [][]byte
	for i, number := range s.numbers() {
		if number <= len(out) {
			continue
		}
		if s.Params[i].Tenant {
			out = append(out, []byte(tenant))
		} else {
			out = append(out, args[i])
		}
	}
	if s.Tenant > len(out) {
		out = append(out, []byte(tenant))
	}
	return out
}

// NumberedArguments are the arguments for the parameters of the scoped statement,
// by their numbers there.
func (s *Statement) NumberedArguments(args []Argument, tenant string) []Argument {
	var out []Argument
	for _, a := range s.ScopedArguments(args, tenant) {
		out = append(out, Argument(a))
	}
	return out
}

// numbers are the numbers in the scoped statement of the author's parameters.
func (s *Statement) numbers() []int {
	var out []int
	next, tenant := 1, 0
	for _, p := range s.Params {
		if p.Tenant && tenant > 0 {
			out = append(out, tenant)
			continue
		}
		if p.Tenant {
			tenant = next
		}
		out = append(out, next)
		next++
	}
	return out
}
