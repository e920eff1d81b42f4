package equivalence

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
)

// ErrScopedAlone is returned where the server takes the author's statement and not
// the scoped one.
var ErrScopedAlone = errors.New("the author's statement can be prepared")

// Arguments chooses up to limit lists of arguments for a statement, the same
// ones in every run. They are taken from rows of the statement's tables, of the
// tenant and of others, and each parameter is also tried with every kind of
// value that there is for it.
func (p *Pair) Arguments(ctx context.Context, st *Statement, limit int) ([][]Argument, error) {
	if st.Each != nil {
		return p.inArrays(ctx, st.Each, limit)
	}
	types, err := p.shared.types(ctx, st)
	if err != nil {
		return nil, fmt.Errorf("%s: prepare the scoped statement: %w", st.Name, err)
	}
	if len(st.Params) == 0 {
		return [][]Argument{{}}, nil
	}
	c := &chooser{pair: p, statement: st, types: types, seen: map[string]bool{}}
	for i, t := range types {
		c.candidates = append(c.candidates, c.of(st.Params[i], t))
	}
	return c.choose(limit), nil
}

// inArrays puts the arguments of a statement for single values into arrays, of one
// and of two by turns. The tenant is not among them.
func (p *Pair) inArrays(ctx context.Context, each *Statement, limit int) ([][]Argument, error) {
	lists, err := p.Arguments(ctx, each, limit)
	if err != nil {
		return nil, err
	}
	var out [][]Argument
	for i, list := range lists {
		from := [][]Argument{list}
		if i%2 == 1 {
			from = lists[i-1 : i+1]
		}
		var args []Argument
		for j, param := range each.Params {
			var values []Argument
			for _, list := range from {
				values = append(values, list[j])
			}
			if !param.Tenant {
				args = append(args, array(values...))
			}
		}
		out = append(out, args)
	}
	return out, nil
}

// chooser chooses the arguments of one statement.
type chooser struct {
	pair       *Pair
	statement  *Statement
	types      []*paramType
	candidates []*candidates
	out        [][]Argument
	seen       map[string]bool
}

// candidates are the values for one parameter by their kind.
type candidates struct {
	own, foreign, fresh []Argument
}

// kinds are some values of every kind.
func (c *candidates) kinds() []Argument {
	return append(slices.Concat(c.own[:min(3, len(c.own))], c.foreign, c.fresh), nil) // and NULL
}

func (c *chooser) choose(limit int) [][]Argument {
	base := make([]Argument, len(c.types))
	for i, of := range c.candidates {
		base[i] = slices.Concat(of.own, of.fresh, of.foreign, []Argument{nil})[0]
	}
	// What meets no unique key, so that an INSERT succeeds.
	text, unique := slices.Clone(base), slices.Clone(base)
	for i, of := range c.candidates {
		category, name := c.types[i].category, c.statement.Params[i].Name
		if len(of.fresh) == 0 || c.statement.Params[i].Tenant {
			continue
		}
		if category == 'S' {
			text[i], unique[i] = of.fresh[0], of.fresh[0]
		}
		if category == 'N' && !strings.HasSuffix(name, "_id") {
			unique[i] = of.fresh[0]
		}
	}
	whole := c.rows(base)
	for _, args := range append([][]Argument{base, text, unique}, whole...) {
		c.add(args)
	}
	random := rand.New(rand.NewPCG(c.seed(), 1)) // the same in every run
	// One parameter after the other gets every kind of value, then all do, and
	// then there may be room for more of the tenant's values.
	from := append([][]Argument{base, text, unique}, whole[:min(2, len(whole))]...)
	c.shuffled(random, func() { c.vary(from, (*candidates).kinds) })
	c.shuffled(random, func() {
		for range limit / 4 {
			args := make([]Argument, len(base))
			for i, of := range c.candidates {
				kinds := of.kinds()
				args[i] = kinds[random.IntN(len(kinds))]
			}
			c.add(args)
		}
		c.vary(from[:1], func(of *candidates) []Argument { return of.own })
	})
	return c.out[:min(limit, len(c.out))]
}

// vary takes each list and puts every value in the place of each argument.
func (c *chooser) vary(from [][]Argument, values func(*candidates) []Argument) {
	for _, list := range from {
		for i, of := range c.candidates {
			for _, v := range values(of) {
				args := slices.Clone(list)
				args[i] = v
				c.add(args)
			}
		}
	}
}

// shuffled shuffles what add adds, so that no parameter always loses when the
// lists are too many.
func (c *chooser) shuffled(random *rand.Rand, add func()) {
	before := len(c.out)
	add()
	added := c.out[before:]
	random.Shuffle(len(added), func(i, j int) { added[i], added[j] = added[j], added[i] })
}

func (c *chooser) seed() uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.statement.Name + c.pair.tenant)) // never fails
	return h.Sum64()
}

func (c *chooser) add(args []Argument) {
	var key strings.Builder
	for _, a := range args {
		key.WriteString(a.String() + ",")
	}
	if !c.seen[key.String()] {
		c.seen[key.String()] = true
		c.out = append(c.out, args)
	}
}

// rows takes the arguments from single rows: two of the tenant's, two of others,
// of each table.
func (c *chooser) rows(base []Argument) [][]Argument {
	var out [][]Argument
	for _, s := range c.samples() {
		left := map[bool]int{true: 2, false: 2}
		for _, row := range s.rows {
			own := row.owner == c.pair.tenant
			if left[own] == 0 {
				continue
			}
			args, found := slices.Clone(base), false
			for i, t := range c.types {
				if k := s.column(c.statement.Params[i].Name, t.oid); k >= 0 {
					args[i], found = row.values[k], true
				}
			}
			if found {
				left[own]--
				out = append(out, args)
			}
		}
	}
	return out
}

// samples are those of the statement's tables.
func (c *chooser) samples() []*sample {
	var out []*sample
	for _, s := range c.pair.samples {
		// By name: the statement may have been compiled with a catalog of its own.
		if slices.ContainsFunc(c.statement.Tables, func(t *catalog.Table) bool { return t.Schema == s.table.Schema && t.Name == s.table.Name }) {
			out = append(out, s)
		}
	}
	return out
}

// of collects the values for one parameter.
func (c *chooser) of(p Param, t *paramType) *candidates {
	if p.Tenant {
		return &candidates{fresh: []Argument{Argument(c.pair.tenant)}}
	}
	if t.element != nil {
		return c.array(p, t)
	}
	out := &candidates{}
	if len(t.labels) > 0 {
		for _, label := range t.labels {
			out.fresh = append(out.fresh, Argument(label)) // all of them
		}
		return out
	}
	// The first of these that finds a value is the nearest.
	for _, all := range [][]*sample{c.samples(), c.pair.samples} {
		for _, match := range []func(string) bool{
			func(column string) bool { return p.Name == column },
			func(column string) bool { return endsIn(p.Name, column) },
			func(string) bool { return t.category != 'N' && t.category != 'S' && t.category != 'B' },
		} {
			if out.own == nil && out.foreign == nil {
				c.collect(out, all, t.oid, match)
			}
		}
	}
	for _, v := range fresh[t.name] {
		out.fresh = append(out.fresh, Argument(v))
	}
	return out
}

// endsIn reports whether a parameter's name is made of a column's, as source_id
// and ids are of id.
func endsIn(param, column string) bool {
	return param == column+"s" || strings.HasSuffix(param, "_"+column) || strings.HasSuffix(param, "_"+column+"s")
}

// collect adds values of the columns that match: twenty of the tenant's, two
// that only others have.
func (c *chooser) collect(to *candidates, from []*sample, oid uint32, match func(column string) bool) {
	own := map[string]bool{}
	each := func(visit func(owner string, v Argument)) {
		for _, s := range from {
			for k, column := range s.columns {
				if s.types[k] != oid || !match(column) {
					continue
				}
				for _, row := range s.rows {
					if row.values[k] != nil {
						visit(row.owner, row.values[k])
					}
				}
			}
		}
	}
	each(func(owner string, v Argument) {
		if owner == c.pair.tenant && !own[string(v)] {
			own[string(v)] = true
			if len(to.own) < 20 {
				to.own = append(to.own, v)
			}
		}
	})
	foreign := map[string]bool{}
	each(func(owner string, v Argument) {
		if !own[string(v)] && !foreign[string(v)] && len(to.foreign) < 2 {
			foreign[string(v)] = true
			to.foreign = append(to.foreign, v)
		}
	})
}

// array makes arrays of the values for its elements.
func (c *chooser) array(p Param, t *paramType) *candidates {
	of := c.of(p, t.element)
	of.own = of.own[:min(5, len(of.own))]
	mixed := slices.Concat(of.own, of.foreign, of.fresh)
	out := &candidates{fresh: []Argument{array(mixed...), array(), array(nil)}}
	if len(of.own) > 0 {
		out.own = []Argument{array(of.own...), array(of.own[0]), array(of.own[0], nil, of.own[0])}
	}
	if len(of.foreign) > 0 {
		out.foreign = []Argument{array(of.foreign...)}
	}
	return out
}

// array writes an array in PostgreSQL's text form.
func array(values ...Argument) Argument {
	var parts []string
	for _, v := range values {
		if v == nil {
			parts = append(parts, "NULL")
			continue
		}
		parts = append(parts, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(string(v))+`"`)
	}
	return Argument("{" + strings.Join(parts, ",") + "}")
}

// fresh are values, by the type's name, that no row has, and those that are
// special to a clause or a pattern.
var fresh = map[string][]string{
	"uuid": {"ffffffff-ffff-4fff-8fff-00000000dead"},
	"int2": {"31000", "0", "1", "-1"}, "int4": {"700123", "0", "1", "2", "-1"}, "int8": {"700123", "0", "1", "2", "-1"},
	"numeric": {"12.50", "0", "-1"}, "float4": {"12.5", "0"}, "float8": {"12.5", "0"},
	"text": {"fresh", "", "%", "a"}, "varchar": {"fresh", "", "%", "a"}, "bpchar": {"f"}, "citext": {"fresh", "a"},
	"bool": {"true", "false"},
	"date": {"2031-01-01", "1999-01-01"}, "timestamp": {"2031-01-01", "1999-01-01"}, "timestamptz": {"2031-01-01+00", "1999-01-01+00"},
	"time": {"12:00"}, "interval": {"1 day"},
	"json": {"{}", `{"a": [1, null]}`}, "jsonb": {"{}", `{"a": [1, null]}`},
	"bytea": {`\x00`}, "inet": {"10.0.0.1"},
}
