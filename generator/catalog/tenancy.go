package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Classify decides how each table belongs to tenants, by the configuration and
// the schema, and fills in Table.Tenancy and TenantType. A table that fits
// nowhere is an error: nothing is scoped by guessing, and nothing left unscoped
// by silence.
func (c *Catalog) Classify(cfg *config.Config, report *diag.Report) {
	k := &classifier{Catalog: c, cfg: cfg, report: report, busy: map[*Table]bool{}, done: map[*Table]bool{}}
	k.checkConfig()
	for _, t := range c.Tables {
		k.classify(t)
	}
	k.checkTypes()
	for _, t := range c.Tables {
		k.checkGlobalReads(t)
		k.checkForeignKeys(t)
		k.checkEngine(t)
		k.checkActions(t)
		k.checkReactions(t)
	}
	if k.operators["="] {
		report.Errorf(diag.SchemaUnsupported, source.Span{}, "the schema declares an operator =").
			WithHelp("give the operator another name: tenants are compared with =, which must be the database's own")
	}
}

type classifier struct {
	*Catalog
	cfg    *config.Config
	report *diag.Report
	busy   map[*Table]bool // being classified, to find cycles of parents
	done   map[*Table]bool
}

// checkConfig reports names in the configuration that the schema does not have.
func (k *classifier) checkConfig() {
	for _, entry := range k.cfg.Tables {
		if entry.Pattern != config.EveryTable && len(k.Match(entry.Pattern)) == 0 {
			k.unknown(entry.Pattern).Span = entry.Span
		}
	}
	for _, entry := range k.cfg.CRUD.Tables {
		if len(k.Match(entry.Pattern)) == 0 {
			k.unknown(entry.Pattern).Span = entry.Span
		}
	}
	if root := k.cfg.Tenant.Root; root != "" && len(k.Match(root)) == 0 {
		k.unknown(root).Span = k.cfg.Tenant.RootSpan
	}
	for _, f := range k.cfg.Functions {
		if k.Dialect.Forbidden(f.Name) {
			k.report.Errorf(diag.FunctionRefused, f.Span, "function %q cannot be allowed: it could read other tenants' data", f.Name).
				WithHelp("remove it from functions, and mark the queries that need it as unscoped")
			continue
		}
		k.AllowFunction(f.Name)
	}
}

// unknown reports a table that the schema does not have.
func (k *classifier) unknown(pattern string) *diag.Diagnostic {
	var names []string
	for _, t := range k.Tables {
		names = append(names, t.QualifiedName())
	}
	d := k.report.Add(&diag.Diagnostic{Code: diag.TableUnknown, Severity: diag.Error, Message: "the schema has no table \"" + pattern + "\""})
	if near := config.Nearest(pattern, names); near != "" {
		return d.WithHelp("did you mean %q?", near)
	}
	return d.WithHelp("create the table in the schema files, or remove the entry")
}

// entry is the most specific entry of tables: for a table; nil without one.
func (k *classifier) entry(t *Table) *config.Table {
	var best *config.Table
	for i := range k.cfg.Tables {
		e := &k.cfg.Tables[i]
		if Matches(e.Pattern, t) && (best == nil || specificity(e.Pattern) > specificity(best.Pattern)) {
			best = e
		}
	}
	return best
}

// giveUp excludes a table, for now or, where nothing better is found, for good.
func (k *classifier) giveUp(t *Table) {
	t.Tenancy, t.Unclassified = ir.Tenancy{Class: ir.ClassExcluded}, true
}

func (k *classifier) isRoot(t *Table) bool {
	return k.cfg.Tenant.Root != "" && Matches(k.cfg.Tenant.Root, t)
}

// classify fills in the tenancy of a table, and before it of those it depends
// on.
func (k *classifier) classify(t *Table) {
	if k.done[t] {
		return
	}
	k.busy[t] = true
	defer func() { k.busy[t], k.done[t] = false, true }()
	defer func() { t.Unclassified = t.Unclassified && t.Tenancy.Class == ir.ClassExcluded }()
	if t.Parent != nil && !k.busy[t.Parent] {
		k.classify(t.Parent)
	}
	if t.Kind == ir.KindPartition && t.Parent != nil {
		t.Tenancy = t.Parent.Tenancy
		return
	}
	defer k.checkInheritance(t)
	entry := k.entry(t)
	switch {
	case k.isRoot(t):
		k.root(t)
		if entry != nil && entry.Shared {
			k.unshared(entry, "it is the table of tenants, and each sees its own row")
		}
	case entry != nil && entry.Class == ir.ClassChild:
		k.child(t, entry)
	case entry != nil && entry.Class == ir.ClassTenant:
		k.tenant(t, cmp.Or(entry.Column, k.cfg.Tenant.Column), entry)
	case entry != nil:
		t.Tenancy = ir.Tenancy{Class: entry.Class}
		k.checkGlobal(t, entry)
		k.checkGlobalView(t, entry)
	case t.Kind == ir.KindMaterializedView:
		k.materialized(t, k.cfg.Tenant.Column)
	case t.View != nil:
		k.view(t, k.cfg.Tenant.Column, nil)
	case k.cfg.Tenant.Column != "" && t.Column(k.cfg.Tenant.Column) != nil:
		k.tenant(t, k.cfg.Tenant.Column, nil)
	default:
		k.unclassified(t)
	}
}

// checkGlobal warns about a table that is declared global although it has the
// tenant column, or may have it: a glob may have taken it along. A view is as global as
// the tables that it reads.
func (k *classifier) checkGlobal(t *Table, entry *config.Table) {
	if entry.Class != ir.ClassGlobal || k.cfg.Tenant.Column == "" {
		return
	}
	col := t.Column(k.cfg.Tenant.Column)
	switch {
	case col == nil && t.Opaque && t.View == nil:
		k.report.Warnf(diag.GlobalTenantColumn, t.Span, "table %q is declared global, and its columns are not known: if %q is one of them, every tenant sees all of its rows", t.QualifiedName(), k.cfg.Tenant.Column).
			WithRelated(entry.Span, "declared by %q", entry.Pattern).
			WithHelp("write its columns out in CREATE TABLE; if its rows belong to tenants, give it an entry of its own under tables:, too")
	case col != nil:
		k.report.Warnf(diag.GlobalTenantColumn, t.Span, "table %q has the tenant column %q and is declared global: every tenant sees all of its rows", t.QualifiedName(), col.Name).
			WithRelated(entry.Span, "declared by %q", entry.Pattern).
			WithHelp("if its rows belong to tenants, give it an entry of its own under tables: %s: {column: %s}", t.QualifiedName(), col.Name)
	}
}

// checkInheritance refuses a table that belongs to tenants in another way than the
// table it inherits from: reading that one reads its rows, too.
func (k *classifier) checkInheritance(t *Table) {
	if t.Parent == nil {
		return
	}
	if a, b := t.Tenancy, t.Parent.Tenancy; a.Class == b.Class && a.Column == b.Column && a.Shared == b.Shared && a.Class != ir.ClassChild {
		return
	}
	k.report.Errorf(diag.TableUnclassified, t.Span, "table %q inherits from %q, and they do not belong to tenants in the same way", t.QualifiedName(), t.Parent.QualifiedName()).
		WithHelp("reading %s reads the rows of %s, too: give both the tenant column, or declare both excluded", t.Parent.QualifiedName(), t.QualifiedName())
	k.giveUp(t)
	k.giveUp(t.Parent)
}

func (k *classifier) unclassified(t *Table) {
	d := k.report.Errorf(diag.TableUnclassified, t.Span, "table %q has no tenant column and is not declared", t.QualifiedName())
	help := "add a column " + k.cfg.Tenant.Column + ", or declare it under tables: as global, excluded, {column: …} or {parent: …}"
	for _, f := range t.ForeignKeys {
		if ref := k.Lookup(f.RefSchema, f.RefTable); ref != nil && ref != t && (k.isRoot(ref) || ref.Column(k.cfg.Tenant.Column) != nil) {
			help = "it refers to " + ref.QualifiedName() + ": declare " + t.QualifiedName() + ": {parent: " + ref.QualifiedName() + "} under tables:, or global, or excluded"
			break
		}
	}
	d.WithHelp("%s", help)
	k.giveUp(t)
}

func (k *classifier) root(t *Table) {
	if len(t.PrimaryKey) != 1 {
		k.report.Errorf(diag.TenantColumnType, t.Span, "the table of tenants, %q, needs a primary key of one column", t.QualifiedName()).
			WithHelp("give it one, or name another table as tenant.root")
		k.giveUp(t)
		return
	}
	col := t.Column(t.PrimaryKey[0])
	t.Tenancy = ir.Tenancy{Class: ir.ClassRoot, Column: col.Name, SQLType: col.Type}
}

func (k *classifier) tenant(t *Table, column string, entry *config.Table) {
	shared := entry != nil && entry.Shared
	switch {
	case t.Kind == ir.KindMaterializedView:
		k.materialized(t, column)
		if shared && !t.Tenancy.Shared && t.Tenancy.Class != ir.ClassExcluded {
			k.unshared(entry, "it is a view of a table without shared rows")
		}
		return
	case t.View != nil:
		k.view(t, column, entry)
		if shared {
			k.unshared(entry, "it is a view, and its tables say what is shared")
		}
		return
	}
	col := t.Column(column)
	if col == nil {
		d := k.report.Errorf(diag.TenantColumnType, t.Span, "table %q has no column %q", t.QualifiedName(), column)
		if entry != nil {
			d.Span = entry.Span
		}
		d.WithHelp("add the column, or correct the entry of the table")
		k.giveUp(t)
		return
	}
	if col.Generated {
		k.report.Errorf(diag.TenantColumnType, col.Span, "the tenant column %s.%s is generated", t.QualifiedName(), column).
			WithHelp("make it a plain column: what is computed cannot be tied to the caller's tenant")
	}
	switch {
	case shared && col.NotNull:
		k.unshared(entry, "its tenant column "+column+" is NOT NULL").WithRelated(col.Span, "declared here")
	case !shared && !col.NotNull:
		k.report.Warnf(diag.TenantColumnNull, col.Span, "the tenant column %s.%s may be NULL; such rows belong to nobody", t.QualifiedName(), column).
			WithHelp("%s; or, if every tenant may read such rows, %s: {read: own_or_shared} under tables:", k.Dialect.SetNotNull(t.QualifiedName(), column, col.Type), t.QualifiedName())
	}
	t.Tenancy = ir.Tenancy{Class: ir.ClassTenant, Column: column, SQLType: col.Type, Shared: shared}
}

// unshared reports that a table cannot have shared rows.
func (k *classifier) unshared(entry *config.Table, why string) *diag.Diagnostic {
	return k.report.Errorf(diag.SharedUnusable, entry.Span, "table %q cannot have shared rows: %s", entry.Pattern, why).
		WithHelp("rows are shared when their tenant is NULL: drop the NOT NULL of the tenant column, or take read: own_or_shared out")
}

// child scopes a table by a foreign key to a parent.
func (k *classifier) child(t *Table, entry *config.Table) {
	k.giveUp(t)
	refuse := func(format string, args ...any) *diag.Diagnostic {
		return k.report.Errorf(diag.ParentUnusable, entry.Span, format, args...)
	}
	parents := k.Match(entry.Parent)
	if len(parents) != 1 {
		k.unknown(entry.Parent).Span = entry.Span
		return
	}
	parent := parents[0]
	if k.busy[parent] {
		refuse("table %q is its own ancestor", t.QualifiedName()).WithHelp("break the cycle of parents")
		return
	}
	k.classify(parent)
	var usable []*ForeignKey
	for _, f := range t.ForeignKeys {
		if f.RefSchema == parent.Schema && f.RefTable == parent.Name && len(f.RefColumns) == len(f.Columns) &&
			(len(entry.Via) == 0 || slices.Equal(f.Columns, entry.Via)) {
			usable = append(usable, f)
		}
	}
	switch len(usable) {
	case 0:
		refuse("table %q has no such foreign key to %q", t.QualifiedName(), parent.QualifiedName()).
			WithHelp("add the foreign key, or name another parent; via: lists the child's columns")
		return
	case 1:
	default:
		refuse("table %q refers to %q by %d foreign keys", t.QualifiedName(), parent.QualifiedName(), len(usable)).
			WithHelp("say which of them makes a row the tenant's: {parent: %s, via: %s}; values of the others are looked up", parent.QualifiedName(), vias(usable))
		return
	}
	if usable[0].Period {
		// The parent is there all that time, perhaps in several rows.
		refuse("table %q refers to %q by a foreign key over a PERIOD, which leads to no single row", t.QualifiedName(), parent.QualifiedName()).
			WithHelp("give %s a tenant column of its own", t.QualifiedName())
		return
	}
	if a, b := differInCollation(t, parent, usable[0]); a != nil {
		// Which of two collations an equality goes by depends on how it is written.
		refuse("%s.%s and %s.%s differ in their collation, so that it is not certain which rows they tie together", t.QualifiedName(), a.Name, parent.QualifiedName(), b.Name).
			WithHelp("give both columns one collation")
		return
	}
	if a, b := k.differInType(t, parent, usable[0]); a != nil {
		// A value is converted where it is stored, and again where it is compared.
		refuse("%s.%s and %s.%s differ in their type, and %s takes two keys for one where it converts them", t.QualifiedName(), a.Name, parent.QualifiedName(), b.Name, k.Dialect.Engine()).
			WithHelp("give both columns one type")
		return
	}
	if !parent.isUnique(usable[0].RefColumns) {
		refuse("table %q refers to (%s) of %q, which is no unique key, so that a row may have parents of several tenants", t.QualifiedName(), joined(usable[0].RefColumns), parent.QualifiedName()).
			WithHelp("make (%s) the primary key of %s, or UNIQUE", joined(usable[0].RefColumns), parent.QualifiedName())
		return
	}
	step := ir.Step{Columns: usable[0].Columns, Parent: ir.Name{Schema: parent.Schema, Name: parent.Name}, ParentColumns: usable[0].RefColumns}
	switch parent.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		t.Tenancy = ir.Tenancy{Class: ir.ClassChild, Path: []ir.Step{step}, Shared: parent.Tenancy.Shared}
	case ir.ClassChild:
		t.Tenancy = ir.Tenancy{Class: ir.ClassChild, Path: append([]ir.Step{step}, parent.Tenancy.Path...), Shared: parent.Tenancy.Shared}
	default:
		refuse("the parent of %q, %q, belongs to no tenant", t.QualifiedName(), parent.QualifiedName()).
			WithHelp("name a tenant table, or another child, as its parent")
		return
	}
	for _, name := range step.Columns {
		if col := t.Column(name); col != nil && !col.NotNull {
			k.report.Warnf(diag.TenantColumnNull, col.Span, "%s.%s leads to the tenant and may be NULL; such rows belong to nobody", t.QualifiedName(), name).
				WithHelp("%s", k.Dialect.SetNotNull(t.QualifiedName(), name, col.Type))
		}
	}
}

// differInCollation finds columns of a foreign key that are not compared as those that
// they refer to.
func differInCollation(t, parent *Table, f *ForeignKey) (from, to *Column) {
	for i, name := range f.Columns {
		from, to = t.Column(name), parent.Column(f.RefColumns[i])
		if from != nil && to != nil && !strings.EqualFold(from.Collation, to.Collation) {
			return from, to
		}
	}
	return nil, nil
}

// differInType finds columns of a foreign key whose values are not those of the columns
// that they refer to.
func (k *classifier) differInType(t, parent *Table, f *ForeignKey) (from, to *Column) {
	for i, name := range f.Columns {
		from, to = t.Column(name), parent.Column(f.RefColumns[i])
		if from != nil && to != nil && k.Dialect.KeyType(from.Type) != k.Dialect.KeyType(to.Type) {
			return from, to
		}
	}
	return nil, nil
}

// isUnique reports whether the values of some columns are those of one row: a unique key
// is among them. Most databases take a foreign key to no other columns.
func (t *Table) isUnique(columns []string) bool {
	holds := func(key []string) bool {
		return len(key) > 0 && !slices.ContainsFunc(key, func(name string) bool { return !slices.Contains(columns, name) })
	}
	return holds(t.PrimaryKey) || slices.ContainsFunc(t.Uniques, func(u *Unique) bool { return !u.Expressions && !u.Partial && holds(u.Columns) })
}

// vias lists foreign keys as via: names them.
func vias(keys []*ForeignKey) string {
	var out []string
	for _, f := range keys {
		out = append(out, "["+joined(f.Columns)+"]")
	}
	return strings.Join(out, " or ")
}

func joined(names []string) string { return strings.Join(names, ", ") }

// checkTypes compares the types of all tenant columns.
func (k *classifier) checkTypes() {
	var first *Table
	for _, t := range k.Tables {
		if t.Tenancy.SQLType == "" || t.Kind == ir.KindPartition || t.View != nil {
			continue
		}
		if first == nil || k.isRoot(t) && !k.isRoot(first) {
			first = t
		}
	}
	if first == nil {
		return
	}
	k.TenantType = first.Tenancy.SQLType
	if why := k.unfit(k.TenantType); why != "" {
		d := k.report.Errorf(diag.TenantColumnType, first.Span, "tenant column %s.%s has type %s: %s", first.QualifiedName(), first.Tenancy.Column, k.TenantType, why)
		if col := first.Column(first.Tenancy.Column); col != nil {
			d.Span = col.Span
		}
		d.WithHelp("use %s for tenants' ids", k.Dialect.FitTypes())
		return
	}
	k.checkCollations()
	for _, t := range k.Tables {
		if t.Tenancy.SQLType == "" || t.Tenancy.SQLType == k.TenantType || t.Kind == ir.KindPartition {
			continue
		}
		d := k.report.Errorf(diag.TenantColumnType, t.Span, "tenant column %s.%s has type %s, but %s.%s has %s",
			t.QualifiedName(), t.Tenancy.Column, t.Tenancy.SQLType, first.QualifiedName(), first.Tenancy.Column, k.TenantType)
		if col := t.Column(t.Tenancy.Column); col != nil && !col.Span.IsZero() {
			d.Span = col.Span
		}
		if col := first.Column(first.Tenancy.Column); col != nil {
			d.WithRelated(col.Span, "declared here")
		}
		d.WithHelp("give all tenant columns one type")
	}
}
