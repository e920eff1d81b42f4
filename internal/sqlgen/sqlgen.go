// Package sqlgen writes random SQL for the tests: statements that PostgreSQL
// accepts, over a schema and its rows, of every shape that scoping knows.
//
// A Generator knows the columns and types that each clause sees, so most
// statements run. Whatever may come out differently in two runs on the same rows
// is avoided by construction: a LIMIT stands behind an ORDER BY that ends in all
// output columns, window functions give peers the same value, and a row to be
// updated meets one row of FROM at most, where that row's values are used. So is
// what is known not to be equivalent: see schema.go.
//
// Choices are drawn from rapid, so a failing statement is shrunk: the simplest
// choice is always the first.
package sqlgen

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// Statement is a random statement.
type Statement struct {
	// SQL has the parameters $1…$n.
	SQL string
	// Params say where the arguments come from, by number from $1 on.
	Params []Param
	// Features are the constructs in it, each once, sorted.
	Features []string
}

// Param is a parameter of a random statement.
type Param struct {
	// Name is the column's that it is about; empty without one.
	Name   string
	column *column
	pick   int
	from   source
	value  string
}

// source says which values an argument is chosen from.
type source int

// The sources.
const (
	fromLiteral source = iota // the value itself
	fromOwn                   // the tenant's values of the column
	fromAny                   // all tenants' values of the column
	fromNull
	fromOwnOrNull // NULL where the tenant has no row
)

// Arguments are the arguments for a tenant, whose rows the pair knows.
func (s *Statement) Arguments(pair *equivalence.Pair) []equivalence.Argument {
	var out []equivalence.Argument
	for _, p := range s.Params {
		out = append(out, p.argument(pair))
	}
	return out
}

func (p *Param) argument(pair *equivalence.Pair) equivalence.Argument {
	if p.from == fromNull {
		return nil
	}
	if p.from != fromLiteral {
		own, others := pair.Values(p.column.table.Table, p.column.Name)
		if p.from == fromAny {
			own = slices.Concat(own, others)
		}
		if len(own) > 0 {
			return own[p.pick%len(own)]
		}
		if p.from == fromOwnOrNull {
			return nil
		}
	}
	return equivalence.Argument(p.value)
}

// GoString is the statement as a failing test shows it.
func (s *Statement) GoString() string { return s.SQL }

// New makes a generator of statements over the pair's schema and rows.
func New(schema *Schema) *rapid.Generator[*Statement] {
	return rapid.Custom(func(t *rapid.T) *Statement {
		g := &generator{t: t, schema: schema, features: map[string]bool{}, tables: 6}
		st := &Statement{}
		st.SQL, st.Params = g.number(g.comments(schema.dialect.names(g.statement())))
		for f := range g.features {
			st.Features = append(st.Features, f)
		}
		slices.Sort(st.Features)
		return st
	})
}

// generator writes one statement.
type generator struct {
	t        *rapid.T
	schema   *Schema
	params   []Param
	features map[string]bool
	ctes     []*relation // visible, the innermost last
	tables   int         // how many more tables may be read
	names    int         // made up so far
	written  []*table    // tables that are written, with those that their keys lead to
	recurses bool        // inside the recursive term of a CTE
	merges   bool        // a MERGE, which takes no recursive CTE
}

// mark stands for a parameter until the statement is complete: not all that is
// written is used.
func mark(param int) string { return fmt.Sprintf("\x00%d\x00", param) }

var marks = regexp.MustCompile("\x00(\\d+)\x00")

// number gives the parameters that are in a statement their numbers.
func (g *generator) number(sql string) (string, []Param) {
	var params []Param
	to := map[string]string{}
	sql = marks.ReplaceAllStringFunc(sql, func(m string) string {
		if to[m] == "" {
			i, err := strconv.Atoi(strings.Trim(m, "\x00"))
			if err != nil {
				panic(err) // marks matches numbers only
			}
			params = append(params, g.params[i])
			to[m] = fmt.Sprintf("$%d", len(params))
		}
		return to[m]
	})
	return sql, params
}

// use notes that a construct is in the statement.
func (g *generator) use(feature string) { g.features[feature] = true }

// below draws a number from 0 to n-1.
func (g *generator) below(n int) int {
	if n <= 1 {
		return 0
	}
	return rapid.IntRange(0, n-1).Draw(g.t, "")
}

// one reports true in one of n cases; false is the simpler one.
func (g *generator) one(n int) bool {
	for n > 1 {
		if !rapid.Bool().Draw(g.t, "") {
			return false
		}
		n /= 2
	}
	return true
}

// pick draws one of a list.
func pick[T any](g *generator, list []T) T { return list[g.below(len(list))] }

// choice is a way to write something, and how often it is taken.
type choice struct {
	weight int
	write  func() string
}

// choose takes one of several ways by their weights. The first is the simplest.
func (g *generator) choose(all ...choice) string {
	total := 0
	for _, c := range all {
		total += c.weight
	}
	n := g.below(total)
	for _, c := range all {
		if n -= c.weight; n < 0 {
			return c.write()
		}
	}
	return all[0].write()
}

// name makes up a name that no table has.
func (g *generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// statement writes a statement of any kind.
func (g *generator) statement() string {
	return g.choose(
		choice{8, func() string { return g.with(true, func() string { return g.query(g.kinds(), 2, nil).sql }) }},
		choice{3, func() string { return g.withWrite(func() string { return g.insert().sql }) }},
		choice{3, func() string { return g.withWrite(func() string { return g.update().sql }) }},
		choice{2, func() string { return g.withWrite(func() string { return g.delete().sql }) }},
		choice{g.ifCan("merge", 1), func() string { g.merges = true; return g.with(true, g.merge) }},
	)
}

// withWrite is with for a statement that writes.
func (g *generator) withWrite(body func() string) string {
	if !g.can("with before writes") {
		return body()
	}
	return g.with(true, body)
}

// comments puts comments and lines into a statement.
func (g *generator) comments(sql string) string {
	switch {
	case g.one(32):
		g.use("comment")
		sql = "/* head */ " + strings.Replace(sql, " FROM ", " -- it's (\nFROM ", 1) + " -- tail"
	case g.one(8):
		sql = strings.NewReplacer(" FROM ", "\nFROM ", " WHERE ", "\nWHERE ").Replace(sql)
	}
	return sql
}

// kinds are the types of the columns that a query gives.
func (g *generator) kinds() []kind {
	var out []kind
	for range 1 + g.below(3) {
		out = append(out, g.kind())
	}
	return out
}

func (g *generator) kind() kind { return pick(g, g.schema.kinds) }
