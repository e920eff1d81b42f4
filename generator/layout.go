package generator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/emit/ddl"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parallel"
	"github.com/tenancygen/tenancygen/generator/provision"
	"github.com/tenancygen/tenancygen/generator/slot"
	"github.com/tenancygen/tenancygen/generator/source"
)

// checkLayout refuses emit_layout where no table belongs to a tenant: the package
// has the shape of sqlc's own then, and no provider.
func checkLayout(cfg *config.Config, cat *catalog.Catalog, report *diag.Report) {
	if !cfg.Go.EmitLayout || cat.HasTenants() {
		return
	}
	report.Errorf(diag.OptionUnsupported, cfg.LayoutSpan, "emit_layout is not supported where no table belongs to a tenant").
		WithHelp("no provider is there to read the layout: remove the option")
}

// layout is what the package tells providers; nil where it is not wanted.
func layout(in *Input, pkg *ir.Package, list []*statement, cat *catalog.Catalog, report *diag.Report) (*ir.Layout, error) {
	if !pkg.Go.EmitLayout || pkg.Plain {
		return nil, nil
	}
	tables, err := layoutTables(pkg, cat)
	if err != nil {
		return nil, err
	}
	made := provision.Schema(in.Schema, cat, report)
	var statements diag.Report
	out := &ir.Layout{
		Tables: tables, Statements: layoutStatements(pkg, list, slot.Of(cat, made.DDL...), &statements),
		DDL: made.DDL, Fingerprint: made.Fingerprint, Unmovable: unmovable(made, in.Config.Dir),
	}
	for _, d := range statements.Sorted() {
		if d.IsError() || out.Unmovable == "" { // otherwise nothing is moved
			report.Add(d)
		}
	}
	return out, nil
}

// unmovable says why the tables cannot be moved, with its place and
// the way out.
func unmovable(made *provision.Result, dir string) string {
	d := made.Unmovable
	if d == nil {
		return ""
	}
	at := placeOf(d.Span, dir)
	return fmt.Sprintf("%s:%d: %s; %s", at.Path, at.Line, d.Message, d.Help)
}

// layoutTables are the tables, parents before the tables that refer to them, and
// after them the views, which may read any.
func layoutTables(pkg *ir.Package, cat *catalog.Catalog) ([]ir.LayoutTable, error) {
	rows, err := ddl.TenantRows(pkg, ddl.Spelling{Column: cat.Dialect.Quote, Relation: relationOf(pkg, cat), Cast: cat.Dialect.CastSuffix})
	if err != nil {
		return nil, err
	}
	place := map[*catalog.Table]int{} // from 1
	circle := map[*catalog.Table]int{}
	ordered, circles := cat.ByReference()
	for i, t := range ordered {
		place[t] = i + 1
	}
	for i, tables := range circles {
		for _, t := range tables {
			circle[t] = i + 1
		}
	}
	var out []ir.LayoutTable
	known := map[int]int{} // the place of each of out
	for i := range pkg.Tables {
		t := &pkg.Tables[i]
		source := tableOf(cat, pkg.DefaultSchema, t.Schema, t.Name)
		if source == nil || t.Tenancy.Class == ir.ClassExcluded {
			continue
		}
		known[len(out)] = place[source]
		out = append(out, layoutTable(pkg, cat.Dialect, t, source, circle[source], rows[i]))
	}
	order := make([]int, len(out))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(known[a], known[b]) })
	sorted := make([]ir.LayoutTable, len(out))
	for i, from := range order {
		sorted[i] = out[from]
	}
	return sorted, nil
}

// relationOf writes the name of a table, without the default schema.
func relationOf(pkg *ir.Package, cat *catalog.Catalog) func(ir.Name) string {
	return func(name ir.Name) string {
		spelling := name.Name
		if t := tableOf(cat, pkg.DefaultSchema, name.Schema, name.Name); t != nil {
			spelling = t.Written()
		}
		if name.Schema == "" || name.Schema == pkg.DefaultSchema || name.Schema == catalog.DefaultSchema {
			return cat.Dialect.Quote(spelling)
		}
		return cat.Dialect.Quote(name.Schema) + "." + cat.Dialect.Quote(spelling)
	}
}

func layoutTable(pkg *ir.Package, d dialect.Dialect, t *ir.Table, source *catalog.Table, circle int, rows ddl.Rows) ir.LayoutTable {
	out := ir.LayoutTable{
		Name: source.Written(), Class: t.Tenancy.Class, View: t.Kind == ir.KindView || t.Kind == ir.KindMaterializedView,
		Circle: circle, Owned: rows.Owned, Policies: rows.Policies,
	}
	if t.Schema != pkg.DefaultSchema {
		out.Schema = t.Schema
	}
	if out.Class == ir.ClassTenant || out.Class == ir.ClassRoot {
		out.Column = t.Tenancy.Column
	}
	for _, c := range t.Columns {
		column := ir.LayoutColumn{Name: c.Name}
		if known := source.Column(c.Name); known != nil && !out.View {
			column.Type, column.NotNull = d.PrintedType(known.Type), known.NotNull
		}
		out.Columns = append(out.Columns, column)
	}
	return out
}

// layoutStatements are the queries that run on a provider's handles, by name. What
// the methods send of an unscoped query never comes to a provider, and a :copyfrom of
// a global table sends no text: CopyFrom is given the table's name. A query that
// cannot be moved is not among them: to a provider that moves tables it is a statement
// that nobody knows.
func layoutStatements(pkg *ir.Package, list []*statement, tables *slot.Tables, report *diag.Report) []ir.LayoutStatement {
	found := make([]*ir.LayoutStatement, len(pkg.Queries))
	reports := make([]diag.Report, len(pkg.Queries))
	parallel.Each(len(found), func(i int) {
		if q := &pkg.Queries[i]; q.Handle != ir.HandleUnscoped && (q.Copy == nil || q.Copy.Insert) {
			found[i] = layoutStatement(q, list[i].text.NameSpan, tables, &reports[i])
		}
	})
	var out []ir.LayoutStatement
	for i, s := range found {
		for _, d := range reports[i].Sorted() {
			report.Add(d)
		}
		if s != nil {
			out = append(out, *s)
		}
	}
	slices.SortFunc(out, func(a, b ir.LayoutStatement) int { return cmp.Compare(a.Query, b.Query) })
	return out
}

// layoutStatement finds the slots of a query and has them checked; it returns nil for
// one that cannot be moved.
func layoutStatement(q *ir.Query, at source.Span, tables *slot.Tables, report *diag.Report) *ir.LayoutStatement {
	slots, err := tables.Find(q.SQL)
	if u := (*slot.Unmovable)(nil); errors.As(err, &u) {
		report.Warnf(diag.StatementUnmovable, at, "query %q cannot name tables of a tenant's own: it %s", q.Name, u.Why).
			WithHelp("%s; as it is, a provider with a schema for each tenant runs it by its search_path, and one with prefixes refuses it", u.Help).InQuery(q.Name)
		return nil
	}
	if err == nil {
		err = tables.Check(q.SQL, slots)
	}
	if err != nil {
		report.Errorf(diag.SlotsRefused, at, "the places at which %q names tenants' tables are not certain: %v", q.Name, err).
			WithHelp("report this as a bug; until then, set emit_layout: false").InQuery(q.Name)
		return nil
	}
	return &ir.LayoutStatement{Query: q.Name, Slots: slots}
}
