// Package slot finds where a final statement names tenants' tables, so that a
// provider can put other names there: those of a schema of the tenant's own, or with
// a prefix. Find says where, and Check, which shares nothing with it but the parser
// and the catalog, looks whether the statement with other names is the same but for
// them.
package slot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Tables knows which tables belong to tenants. It is read-only, and safe for
// concurrent use.
type Tables struct {
	cat *catalog.Catalog
	// own are the tables that belong to tenants, by schema and name.
	own map[string]bool
	// sequences are those that are known, and whether they are a tenant's.
	sequences map[string]bool
}

// Of returns what is known of the tables of a classified catalog, and of the sequences
// that PostgreSQL makes for their columns. Others are known by the DDL that makes them.
func Of(cat *catalog.Catalog, ddl ...ir.LayoutDDL) *Tables {
	t := &Tables{cat, map[string]bool{}, map[string]bool{}}
	for _, shared := range []bool{true, false} {
		for _, d := range ddl {
			for _, name := range d.Creates {
				if d.Shared == shared {
					t.sequences[key("", name)] = !shared
				}
			}
		}
	}
	for _, table := range cat.Tables {
		if belongs(table) {
			t.own[key(table.Schema, table.Name)] = true
		}
		for _, c := range table.Columns {
			// The name of a sequence is cut where it is too long; such a one is not known.
			if name := table.Name + "_" + c.Name + "_seq"; (c.Serial || c.Identity) && len(name) <= maxName {
				t.sequences[key(table.Schema, name)] = belongs(table)
			}
		}
	}
	return t
}

// maxName is how much of a name PostgreSQL keeps.
const maxName = 63

// key is what a table or sequence is known by.
func key(schema, name string) string {
	return cmp.Or(schema, catalog.DefaultSchema) + "\x00" + name
}

// belongs reports whether a table is in a tenant's namespace where there is one.
func belongs(t *catalog.Table) bool {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild, ir.ClassView:
		return true
	}
	return false
}

func isNextval(function string) bool {
	return function == "nextval" || function == "pg_catalog.nextval"
}

// Unmovable is the error about a statement that cannot have other names for tenants'
// tables.
type Unmovable struct {
	Why  string // goes on "the statement …"
	Help string
}

func (u *Unmovable) Error() string { return "the statement " + u.Why }

// Find returns the slots of a statement, in the order of the text. The error is an
// *Unmovable, or one of the parser's.
func (t *Tables) Find(sql string) ([]ir.Slot, error) {
	if err := t.unmovable(sql); err != nil {
		return nil, err
	}
	q, err := t.cat.Dialect.Statement(sql)
	if err != nil {
		return nil, err
	}
	f := &finder{sql: sql, tables: t, resolver: level.NewResolver(q, t.cat)}
	f.query(q, nil)
	if f.err != nil {
		return nil, f.err
	}
	slices.SortFunc(f.slots, func(a, b ir.Slot) int { return cmp.Compare(a.Start, b.Start) })
	return f.slots, nil
}

// finder goes through a statement by the levels of its names.
type finder struct {
	sql      string
	tables   *Tables
	resolver *level.Resolver
	slots    []ir.Slot
	err      *Unmovable
}

// query goes through a query, which sees the common table expressions of names.
func (f *finder) query(q *parse.Query, names *level.Names) {
	if q == nil {
		return
	}
	names.Bodies(q.With, f.query)
	names = names.And(q.With)
	q.Expressions(func(e *parse.Expr) {
		f.query(e.Query, names)
		f.function(e)
	})
	switch {
	case q.Select != nil:
		f.level(q.Select.From, nil, parse.NotWritten, names)
	case q.SetOp != nil:
		f.query(q.SetOp.Left, names)
		f.query(q.SetOp.Right, names)
	case q.Insert != nil:
		f.table(q.Insert.Target, nil, parse.Inserted) // what is written is a table, whatever else has its name
		f.constraint(q.Insert)
		f.query(q.Insert.Source, names)
		f.inserted(q)
	case q.Update != nil && q.Update.Joined:
		f.level(q.Update.From, nil, parse.NotWritten, names)
	case q.Update != nil:
		f.level(q.Update.From, q.Update.Target, parse.Updated, names)
		f.written(q, q.Update.Target, parse.Updated, q.Update.Returning)
	case q.Delete != nil && q.Delete.Joined:
		f.level(q.Delete.Using, nil, parse.NotWritten, names)
	case q.Delete != nil:
		f.level(q.Delete.Using, q.Delete.Target, parse.Deleted, names)
		f.written(q, q.Delete.Target, parse.Deleted, q.Delete.Returning)
	case q.Merge != nil:
		f.level([]*parse.From{q.Merge.Source}, q.Merge.Target, parse.Updated, names)
	}
}

// level goes through a FROM clause, and the target beside it where there is one. Two
// tables of one name in different schemas can stand there without aliases, but not
// once one of them needs its old name as its alias.
func (f *finder) level(from []*parse.From, target *parse.Table, written parse.Written, names *level.Names) {
	tables := parse.Tables(from)
	if target != nil {
		f.table(target, nil, written)
		tables = append(tables, target)
	}
	seen := map[string]bool{}
	for _, t := range tables {
		if name := t.Visible(); seen[name] {
			f.fail(&Unmovable{fmt.Sprintf("calls two tables %q at one place", name), "give them aliases"})
		} else {
			seen[name] = true
		}
	}
	f.from(from, names)
}

func (f *finder) from(list []*parse.From, names *level.Names) {
	for _, item := range list {
		switch {
		case item.Table != nil:
			f.table(item.Table, names, parse.NotWritten)
		case item.Join != nil:
			f.from([]*parse.From{item.Join.Left, item.Join.Right}, names)
		}
		f.query(item.Query, names)
	}
}

// table adds the slot of a reference, unless it is to a common table expression or to
// what all tenants share.
func (f *finder) table(ref *parse.Table, names *level.Names, written parse.Written) {
	if ref.Schema == "" && names.Find(ref.Name) != nil {
		return
	}
	t := f.resolver.Lookup(ref)
	if t == nil || !belongs(t) {
		return
	}
	if ref.Alias == "" && ref.NameRange.End != ref.NameOnly.End {
		f.fail(&Unmovable{fmt.Sprintf("names partitions of %q, behind which its alias would stand", ref.Name), "give the table an alias"})
	}
	f.slots = append(f.slots, ir.Slot{
		Start: ref.NameOnly.Start, End: ref.NameOnly.End, Name: t.Written(), Kind: ir.SlotTable,
		Alias: ref.Alias == "" && (written == parse.NotWritten || f.tables.cat.Dialect.AliasesTarget(written)),
	})
	if at := ref.IndexName; at.End > 0 {
		index, _ := parse.NameAt(f.tables.cat.Dialect, f.sql, at.Start)
		f.slots = append(f.slots, ir.Slot{Start: index.Start, End: index.End, Name: index.Name, Kind: ir.SlotName})
	}
}

// constraint adds the slot of the constraint that ON CONFLICT names. It is called as its
// index is, which has to have a name of its own wherever tables have.
func (f *finder) constraint(ins *parse.Insert) {
	if ins.Conflict == nil || ins.Conflict.Constraint == "" {
		return
	}
	if t := f.resolver.Lookup(ins.Target); t != nil && belongs(t) {
		at := ins.Conflict.ConstraintRange
		f.slots = append(f.slots, ir.Slot{Start: at.Start, End: at.End, Name: ins.Conflict.Constraint, Kind: ir.SlotName})
	}
}

// function adds the slot of a tenant's sequence that nextval is asked for.
func (f *finder) function(e *parse.Expr) {
	if e.Kind != parse.FuncExpr || !isNextval(e.Name) || len(e.Args) != 1 {
		return
	}
	arg := e.Args[0].Uncast()
	schema, name, ok := f.tables.cat.Dialect.SplitName(arg.Text)
	own, known := f.tables.sequences[key(schema, name)]
	if arg.Kind != parse.ConstExpr || !ok || !known {
		f.fail(&Unmovable{"asks nextval for a sequence that the schema does not show", "leave the column out where it is a column's, and it gets its value"})
		return
	}
	if !own {
		return
	}
	end := literalEnd(f.sql, arg.Pos)
	if end < 0 {
		f.fail(&Unmovable{"writes the name of a sequence in an unusual way", "write it as '…', in plain quotes"})
		return
	}
	f.slots = append(f.slots, ir.Slot{Start: arg.Pos, End: end, Name: name, Kind: ir.SlotLiteral})
}

func (f *finder) fail(err *Unmovable) {
	if f.err == nil {
		f.err = err
	}
}

// literalEnd returns the place behind the string in plain quotes that begins at a
// place, or -1.
func literalEnd(sql string, at int) int {
	if at < 0 || at >= len(sql) || sql[at] != '\'' {
		return -1
	}
	length := strings.IndexByte(sql[at+1:], '\'')
	if length < 0 || strings.HasPrefix(sql[at+1+length+1:], "'") {
		return -1
	}
	return at + length + 2
}
