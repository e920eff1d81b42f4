package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// Detect finds the tenant column and the table of tenants, and classifies the
// tables by them. Columns and a root that are given are not questioned. ok is
// false when no column is convincing, and all tables are global then.
func Detect(cat *catalog.Catalog, columns []string, root string) (d *Detection, ok bool) {
	d = &Detection{Columns: columns, Candidates: []Candidate{}}
	all := Candidates(cat)
	for _, c := range all {
		if len(columns) == 0 && len(d.Columns) == 0 && c.convincing(len(baseTables(cat))) {
			d.Columns, d.Why = []string{c.Column}, c.String()
			continue
		}
		if len(d.Candidates) < 8 && !slices.Contains(d.Columns, c.Column) {
			d.Candidates = append(d.Candidates, c)
		}
	}
	if len(columns) > 0 {
		var parts []string
		for _, name := range columns {
			parts = append(parts, name+" "+candidate(cat, name, 0).String())
		}
		d.Why = "given: " + strings.Join(parts, "; ")
	}
	k := &classifier{cat: cat, columns: d.Columns, done: map[*catalog.Table]bool{}}
	if root != "" {
		if found := cat.Match(root); len(found) > 0 {
			k.root = found[0]
		}
	} else {
		k.root, _ = findRoot(cat, d.Columns)
	}
	if k.root != nil {
		d.Root = k.root.QualifiedName()
	}
	k.classify()
	d.list(cat)
	return d, len(d.Tenant) > 0
}

// Declared describes a catalog that the configuration has classified. A table
// about which that had an error counts as global.
func Declared(cat *catalog.Catalog, column, root string) *Detection {
	d := &Detection{Columns: []string{column}, Root: root, Why: "declared in tenancy.yaml", Declared: true, Candidates: []Candidate{}}
	d.list(cat)
	return d
}

// list fills in the tables of each class.
func (d *Detection) list(cat *catalog.Catalog) {
	d.Tenant, d.Child, d.Global = []string{}, []string{}, []string{}
	for _, t := range cat.Tables {
		switch t.Tenancy.Class {
		case ir.ClassTenant, ir.ClassView:
			d.Tenant = append(d.Tenant, t.QualifiedName())
		case ir.ClassChild:
			d.Child = append(d.Child, t.QualifiedName())
		case ir.ClassRoot:
		default:
			d.Global = append(d.Global, t.QualifiedName())
		}
	}
}

// String says in one line what the tables are.
func (d *Detection) String() string {
	root := 0
	if d.Root != "" {
		root = 1
	}
	return fmt.Sprintf("%s with the column, %d through a foreign key, %d of tenants, %d global", plural(len(d.Tenant), "table"), len(d.Child), root, len(d.Global))
}

// classifier decides what each table is, from the schema alone.
type classifier struct {
	cat     *catalog.Catalog
	columns []string
	root    *catalog.Table
	done    map[*catalog.Table]bool
}

func (k *classifier) set(t *catalog.Table, tenancy ir.Tenancy) {
	t.Tenancy, k.done[t] = tenancy, true
	if tenancy.SQLType != "" && k.cat.TenantType == "" {
		k.cat.TenantType = tenancy.SQLType
	}
}

func (k *classifier) classify() {
	tables := baseTables(k.cat)
	if k.root != nil {
		if column := k.rootKey(); column != nil {
			k.set(k.root, ir.Tenancy{Class: ir.ClassRoot, Column: column.Name, SQLType: column.Type})
		}
	}
	for _, t := range tables {
		if column := k.column(t); column != nil && !k.done[t] {
			k.set(t, ir.Tenancy{Class: ir.ClassTenant, Column: column.Name, SQLType: column.Type})
		}
	}
	// The shortest way over keys that cannot be NULL is taken; others only where
	// there is none.
	for k.step(tables, true) || k.step(tables, false) {
	}
	for _, t := range k.cat.Tables {
		switch {
		case k.done[t]:
		case t.Kind == ir.KindPartition && t.Parent != nil:
			k.set(t, t.Parent.Tenancy)
		case t.View != nil:
			k.view(t)
		default:
			k.set(t, ir.Tenancy{Class: ir.ClassGlobal})
		}
	}
}

// rootKey is the column by which the tenant columns refer to the root.
func (k *classifier) rootKey() *catalog.Column {
	for _, t := range k.cat.Tables {
		for _, fk := range t.ForeignKeys {
			if len(fk.Columns) == 1 && len(fk.RefColumns) == 1 && slices.Contains(k.columns, fk.Columns[0]) && k.cat.Lookup(fk.RefSchema, fk.RefTable) == k.root {
				return k.root.Column(fk.RefColumns[0])
			}
		}
	}
	if len(k.root.PrimaryKey) == 1 {
		return k.root.Column(k.root.PrimaryKey[0])
	}
	return nil
}

// column is the tenant column of a table: the first of those that it has, or the
// only one that refers to the table of tenants under another name.
func (k *classifier) column(t *catalog.Table) *catalog.Column {
	for _, name := range k.columns {
		if column := t.Column(name); column != nil {
			return column
		}
	}
	var found []*catalog.Column
	for _, fk := range t.ForeignKeys {
		if k.root == nil || t == k.root || k.cat.Lookup(fk.RefSchema, fk.RefTable) != k.root || len(fk.Columns) != 1 {
			continue
		}
		if column := t.Column(fk.Columns[0]); column != nil && column.NotNull {
			found = append(found, column)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	return nil
}

// step makes children of the tables that refer to one of tenants, and reports
// whether there were any.
func (k *classifier) step(tables []*catalog.Table, notNull bool) bool {
	found := map[*catalog.Table]ir.Tenancy{}
	for _, t := range tables {
		if k.done[t] {
			continue
		}
		for _, fk := range t.ForeignKeys {
			parent := k.cat.Lookup(fk.RefSchema, fk.RefTable)
			if parent == nil || !k.done[parent] || len(fk.Columns) != len(fk.RefColumns) || notNull && slices.ContainsFunc(fk.Columns, func(name string) bool {
				column := t.Column(name)
				return column == nil || !column.NotNull
			}) {
				continue
			}
			path := []ir.Step{{Columns: fk.Columns, Parent: ir.Name{Schema: parent.Schema, Name: parent.Name}, ParentColumns: fk.RefColumns}}
			found[t] = ir.Tenancy{Class: ir.ClassChild, Path: append(path, parent.Tenancy.Path...)}
			break
		}
	}
	for t, tenancy := range found {
		k.set(t, tenancy)
	}
	return len(found) > 0
}

// view takes a view that reads tables of tenants for one itself. Where its body is
// known, that is what takes its place in a proposal.
func (k *classifier) view(t *catalog.Table) {
	tenancy := ir.Tenancy{Class: ir.ClassGlobal}
	if len(k.columns) == 0 {
		k.set(t, tenancy)
		return
	}
	if t.View.Query == nil { // whatever it reads
		tenancy = ir.Tenancy{Class: ir.ClassTenant, Column: k.columns[0]}
	}
	t.View.Query.EachQuery(func(q *parse.Query) {
		if q.Select == nil {
			return
		}
		for _, ref := range parse.Tables(q.Select.From) {
			if read := k.cat.Lookup(ref.Schema, ref.Name); read != nil && read.Tenancy.Class != ir.ClassGlobal {
				tenancy = ir.Tenancy{Class: ir.ClassTenant, Column: k.columns[0]}
				if t.Kind == ir.KindView {
					tenancy.Class = ir.ClassView
				}
			}
		}
	})
	for _, name := range k.columns {
		if column := t.Column(name); column != nil {
			tenancy.Column, tenancy.SQLType = name, column.Type
			if tenancy.Class == ir.ClassGlobal {
				tenancy.Class = ir.ClassTenant
			}
			break
		}
	}
	k.set(t, tenancy)
}
