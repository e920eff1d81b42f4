package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// ByReference returns the tables in an order in which each comes after those that it
// refers to, by a foreign key or as their partition, and views after all tables;
// what that leaves open is as in the schema. Tables that refer to one another in a
// circle have no such order: they stand together, and circles lists them.
func (c *Catalog) ByReference() (ordered []*Table, circles [][]*Table) {
	o := &ordering{Catalog: c, number: map[*Table]int{}, low: map[*Table]int{}, open: map[*Table]bool{}}
	for _, t := range c.Tables {
		if !isView(t) && o.number[t] == 0 {
			o.visit(t)
		}
	}
	for _, t := range c.Tables {
		if isView(t) {
			o.ordered = append(o.ordered, t)
		}
	}
	return o.ordered, o.circles
}

func isView(t *Table) bool {
	return t.Kind == ir.KindView || t.Kind == ir.KindMaterializedView
}

// ordering is Tarjan's search for strongly connected components, which finds the
// component that others refer to before them.
type ordering struct {
	*Catalog
	ordered []*Table
	circles [][]*Table

	number, low map[*Table]int // from 1
	open        map[*Table]bool
	stack       []*Table
}

func (o *ordering) visit(t *Table) {
	o.number[t] = len(o.number) + 1
	o.low[t] = o.number[t]
	o.stack, o.open[t] = append(o.stack, t), true
	for _, parent := range o.parents(t) {
		switch {
		case o.number[parent] == 0:
			o.visit(parent)
			o.low[t] = min(o.low[t], o.low[parent])
		case o.open[parent]:
			o.low[t] = min(o.low[t], o.number[parent])
		}
	}
	if o.low[t] < o.number[t] {
		return
	}
	at := slices.Index(o.stack, t)
	members := slices.Clone(o.stack[at:])
	o.stack = o.stack[:at]
	for _, m := range members {
		o.open[m] = false
	}
	slices.SortFunc(members, func(a, b *Table) int { return slices.Index(o.Tables, a) - slices.Index(o.Tables, b) })
	if len(members) > 1 {
		o.circles = append(o.circles, members)
	}
	o.ordered = append(o.ordered, members...)
}

// parents are the tables that a table refers to, in the order of its keys.
func (o *ordering) parents(t *Table) []*Table {
	var out []*Table
	if t.Parent != nil {
		out = append(out, t.Parent)
	}
	for _, f := range t.ForeignKeys {
		if parent := o.Lookup(f.RefSchema, f.RefTable); parent != nil && parent != t {
			out = append(out, parent)
		}
	}
	return out
}
