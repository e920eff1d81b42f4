package slot

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Where the table that is written cannot have an alias, it is called by its new name,
// and so it is before the columns: these places have slots, too.

// inserted adds the slots before columns of an INSERT.
func (f *finder) inserted(q *parse.Query) {
	ins := q.Insert
	f.written(q, ins.Target, parse.Inserted, ins.Returning)
	// A SELECT is seen by what is done about rows in the way, and called as before.
	if ins.Conflict == nil || ins.Source == nil || ins.Source.Select == nil || f.tables.cat.Dialect.AliasesTarget(parse.Inserted) {
		return
	}
	if name := ins.Target.Visible(); slices.Contains(visible(ins.Source.Select.From), name) {
		f.fail(&Unmovable{fmt.Sprintf("calls two tables %q at one place", name), "give the one that is read an alias"})
	}
}

// written adds the slots before columns of the table that a query writes.
func (f *finder) written(q *parse.Query, ref *parse.Table, written parse.Written, returning []parse.Target) {
	t := f.resolver.Lookup(ref)
	if t == nil || !belongs(t) {
		return
	}
	c := &called{f, ref.Name, t.Written()}
	d := f.tables.cat.Dialect
	switch {
	case !d.AliasesTarget(written):
		if ref.Alias != "" {
			return // it can have one after all, and is called by it
		}
		if q.Insert != nil {
			for _, column := range q.Insert.Columns {
				c.at(column.Start)
			}
		}
		for _, set := range q.Assignments() {
			c.at(set.Start)
		}
		q.Expressions(c.expression)
	case d.ReturnsByName() && ref.Alias != ref.Name:
		for _, target := range returning {
			target.Expr.Walk(c.expression)
		}
	}
}

// called finds where a table is called by its name.
type called struct {
	*finder
	name, stored string
}

// expression looks at an expression, and into its subqueries.
func (c *called) expression(e *parse.Expr) {
	if e.Kind == parse.ColumnExpr && len(e.Path) > 0 && e.Path[0] == c.name {
		c.at(e.Pos)
	}
	c.query(e.Query)
}

// query looks at a subquery, where the name may mean something else.
func (c *called) query(q *parse.Query) {
	if q == nil {
		return
	}
	if q.With != nil {
		for _, cte := range q.With.CTEs {
			c.query(cte.Query)
		}
	}
	var from []*parse.From
	if q.Select != nil {
		from = q.Select.From
	}
	c.derived(from, slices.Contains(visible(from), c.name))
	if q.SetOp != nil {
		c.query(q.SetOp.Left)
		c.query(q.SetOp.Right)
	}
	if !slices.Contains(visible(from), c.name) {
		q.Expressions(c.expression)
	}
}

// derived looks at the subqueries of a FROM clause. LATERAL ones see the names beside
// them.
func (c *called) derived(from []*parse.From, hidden bool) {
	for _, item := range from {
		if item.Join != nil {
			c.derived([]*parse.From{item.Join.Left, item.Join.Right}, hidden)
		}
		if !item.Lateral || !hidden {
			c.query(item.Query)
		}
	}
}

// at adds a slot where a name stands before a column.
func (c *called) at(place int) {
	name, dotted := parse.NameAt(c.tables.cat.Dialect, c.sql, place)
	if dotted && name.Name == c.name {
		c.slots = append(c.slots, ir.Slot{Start: name.Start, End: name.End, Name: c.stored, Kind: ir.SlotName})
	}
}

// visible are the names that a FROM clause makes visible.
func visible(from []*parse.From) []string {
	var out []string
	for _, item := range from {
		switch {
		case item.Table != nil:
			out = append(out, item.Table.Visible())
		case item.Join != nil:
			out = append(out, visible([]*parse.From{item.Join.Left, item.Join.Right})...)
		}
		if item.Alias != "" {
			out = append(out, item.Alias)
		}
	}
	return out
}
