// Package derive writes the SQL of the methods that need no author: get, list,
// create, update, delete, count and upsert of each tenant table. It writes
// annotated queries, which take the same road through the compiler as a user's.
package derive

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/goname"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// FileName is the name of the query file that holds derived methods.
const FileName = "crud.sql"

// CRUD returns the query file of all derived methods, nil when there are none.
// taken are the names of the author's queries, which win over derived ones.
func CRUD(cat *catalog.Catalog, cfg *config.Config, taken map[string]bool, report *diag.Report) *source.File {
	var b strings.Builder
	for _, t := range cat.Tables {
		methods, entry := methodsOf(t, cfg)
		if !tenantTable(t) {
			if entry != nil && len(methods) > 0 {
				report.Errorf(diag.ConfigInvalid, entry.Span, "crud: %q is not a tenant table", t.QualifiedName()).
					WithHelp("remove the entry: methods are derived for tenant tables only")
			}
			continue
		}
		d := newTable(t, cat, cfg)
		for _, method := range config.CRUDMethods {
			if !slices.Contains(methods, method) {
				continue
			}
			q, why := d.method(method)
			switch {
			case why != "" && entry != nil:
				report.Errorf(diag.ConfigInvalid, entry.Span, "crud: no %s method for %q: %s", method, t.QualifiedName(), why).
					WithHelp("remove %s from the entry, or write the query yourself", method)
			case why == "" && !taken[q.name]:
				taken[q.name] = true
				b.WriteString(q.String())
			}
		}
	}
	if b.Len() == 0 {
		return nil
	}
	return source.NewFile(FileName, b.String())
}

// methodsOf are the methods that the configuration wants for a table, and the
// table's own entry, if it has one.
func methodsOf(t *catalog.Table, cfg *config.Config) ([]string, *config.CRUDTable) {
	for i := range cfg.CRUD.Tables {
		if entry := &cfg.CRUD.Tables[i]; catalog.Matches(entry.Pattern, t) {
			return entry.Methods, entry
		}
	}
	return cfg.CRUD.Default, nil
}

func tenantTable(t *catalog.Table) bool {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot, ir.ClassChild, ir.ClassView:
		return t.Kind != ir.KindPartition && !t.Opaque
	}
	return false
}

// query is one derived query.
type query struct {
	name, cmd, comment, sql string
}

func (q query) String() string {
	return fmt.Sprintf("-- name: %s %s\n-- %s\n%s;\n\n", q.name, q.cmd, q.comment, q.sql)
}

// table is a table with what its methods need.
type table struct {
	*catalog.Table
	dialect          dialect.Dialect
	sqlName          string
	singular, plural string
	thing            string   // the table's name in prose
	ties             []string // columns that tie a row to its tenant
	key              []string // the primary key without the tenant column
	lookedUp         []string // columns whose values are looked up among the tenant's rows
}

func newTable(t *catalog.Table, cat *catalog.Catalog, cfg *config.Config) table {
	d := table{Table: t, dialect: cat.Dialect, sqlName: cat.Dialect.Quote(t.Written()), thing: t.Name}
	name := t.Name
	if t.Schema != catalog.DefaultSchema {
		d.sqlName = d.quote(t.Schema) + "." + d.sqlName
		name = t.Schema + "_" + name
	}
	d.plural = goname.Exported(name, &cfg.Go)
	d.singular = goname.Model(name, &cfg.Go)
	if t.Tenancy.Class == ir.ClassChild {
		d.ties = t.Tenancy.Path[0].Columns
		d.lookedUp = slices.Clone(d.ties)
	} else {
		d.ties = []string{t.Tenancy.Column}
	}
	for _, f := range cat.OpenForeignKeys(t) {
		d.lookedUp = append(d.lookedUp, f.Columns...)
	}
	for _, name := range t.PrimaryKey {
		if t.Tenancy.Class == ir.ClassChild || name != t.Tenancy.Column {
			d.key = append(d.key, name)
		}
	}
	return d
}

// method writes one method, or says why the table has none.
func (d table) method(name string) (query, string) {
	isTable := d.View == nil
	switch name {
	case "list":
		return d.list(), ""
	case "count":
		return query{"Count" + d.plural, ":one", fmt.Sprintf("Count%s counts the rows of %s.", d.plural, d.thing),
			"SELECT count(*) FROM " + d.sqlName}, ""
	case "get", "update", "delete":
		if d.PrimaryKey == nil {
			return query{}, "it has no primary key"
		}
	}
	if !isTable {
		return query{}, "it is a view"
	}
	switch name {
	case "get":
		return query{"Get" + d.singular, ":one", fmt.Sprintf("Get%s returns the row of %s with the given key.", d.singular, d.thing),
			"SELECT * FROM " + d.sqlName + d.whereKey()}, ""
	case "create":
		return d.create()
	case "update":
		return d.update()
	case "delete":
		return query{"Delete" + d.singular, ":execrows", fmt.Sprintf("Delete%s deletes the row of %s with the given key and returns how many that were.", d.singular, d.thing),
			"DELETE FROM " + d.sqlName + d.whereKey()}, ""
	default:
		return d.upsert()
	}
}

func (d table) quote(name string) string { return d.dialect.Quote(name) }

func (d table) whereKey() string {
	if len(d.key) == 0 {
		return ""
	}
	var parts []string
	for _, name := range d.key {
		parts = append(parts, d.quote(name)+" = "+arg(name))
	}
	return "\nWHERE " + strings.Join(parts, " AND ")
}

func arg(name string) string  { return "sqlc.arg('" + strings.ReplaceAll(name, "'", "''") + "')" }
func narg(name string) string { return "sqlc.narg('" + strings.ReplaceAll(name, "'", "''") + "')" }

// list pages by key: it begins behind the key of the last row that the caller
// has seen.
func (d table) list() query {
	q := query{"List" + d.plural, ":many", "", "SELECT * FROM " + d.sqlName}
	if len(d.key) == 0 {
		q.comment = fmt.Sprintf("List%s returns the rows of %s.", d.plural, d.thing)
		return q
	}
	var columns, after []string
	typed := false // by casts; otherwise the columns give the parameters their types
	for _, name := range d.key {
		cast := d.dialect.CastSuffix(d.Column(name).Type)
		typed = typed || cast != ""
		columns = append(columns, d.quote(name))
		after = append(after, narg("after_"+name)+cast)
	}
	q.comment = fmt.Sprintf("List%s returns a page of %s in the order of the key, from behind the given key on; from the start without one.", d.plural, d.thing)
	where := behind(columns, after) + " OR " + after[0] + " IS NULL"
	if typed {
		left, right := columns[0], after[0]
		if len(columns) > 1 {
			left, right = "("+strings.Join(columns, ", ")+")", "("+strings.Join(after, ", ")+")"
		}
		where = after[0] + " IS NULL OR " + left + " > " + right
	}
	q.sql += fmt.Sprintf("\nWHERE %s\nORDER BY %s\nLIMIT sqlc.arg('max_rows')%s",
		where, strings.Join(columns, ", "), d.dialect.CastSuffix("integer"))
	return q
}

// behind is the condition that the values of columns come after others, each of which
// stands beside its column.
func behind(columns, after []string) string {
	var either []string
	var equal string
	for i, c := range columns {
		either = append(either, equal+c+" > "+after[i])
		equal += c + " = " + after[i] + " AND "
	}
	return strings.Join(either, " OR ")
}

// given are the columns that an author gives a value: not the tenant's, and none
// that the database fills by itself. A default is no value that can be looked up.
func (d table) given() []string {
	var names []string
	for _, c := range d.Columns {
		filled := c.HasDefault && !slices.Contains(d.lookedUp, c.Name)
		if c.Generated || c.Identity || c.Serial || filled || d.isTenantColumn(c.Name) {
			continue
		}
		names = append(names, c.Name)
	}
	return names
}

func (d table) isTenantColumn(name string) bool {
	return d.Tenancy.Class != ir.ClassChild && name == d.Tenancy.Column
}

func (d table) insert(columns []string) string {
	var names, values []string
	for _, name := range columns {
		names = append(names, d.quote(name))
		values = append(values, arg(name))
	}
	return fmt.Sprintf("INSERT INTO %s (%s)\nVALUES (%s)", d.sqlName, strings.Join(names, ", "), strings.Join(values, ", "))
}

func (d table) create() (query, string) {
	if d.Tenancy.Class == ir.ClassRoot {
		return query{}, "a tenant does not create tenants"
	}
	q := query{"Create" + d.singular, ":one", fmt.Sprintf("Create%s adds a row to %s. Columns with a default keep it.", d.singular, d.thing), ""}
	columns := d.given()
	switch {
	case !d.dialect.Returns():
		return d.createUnread(q, columns)
	case len(columns) == 0:
		q.sql = "INSERT INTO " + d.sqlName + " DEFAULT VALUES\nRETURNING *"
	default:
		q.sql = d.insert(columns) + "\nRETURNING *"
	}
	return q, ""
}

// createUnread is the form of create that cannot read the row: it returns the number
// that the row got, where it gets one.
func (d table) createUnread(q query, columns []string) (query, string) {
	if len(columns) == 0 {
		return query{}, "no column of it is given a value"
	}
	q.cmd, q.sql = ":exec", d.insert(columns)
	for _, c := range d.Columns {
		if c.Serial || c.Identity {
			q.cmd = ":execlastid"
			q.comment += fmt.Sprintf(" It returns the %s of the row.", c.Name)
		}
	}
	return q, ""
}

func (d table) update() (query, string) {
	var sets []string
	for _, c := range d.Columns {
		if c.Generated || c.Identity || c.Serial || slices.Contains(d.ties, c.Name) || slices.Contains(d.PrimaryKey, c.Name) {
			continue
		}
		sets = append(sets, d.quote(c.Name)+" = "+arg(c.Name))
	}
	if len(sets) == 0 {
		return query{}, "all of its columns are keys"
	}
	q := query{"Update" + d.singular, ":one", fmt.Sprintf("Update%s replaces all columns but the keys in the row of %s with the given key.", d.singular, d.thing),
		"UPDATE " + d.sqlName + "\nSET " + strings.Join(sets, ", ") + d.whereKey()}
	if d.dialect.Returns() {
		q.sql += "\nRETURNING *"
		return q, ""
	}
	q.cmd = ":execrows"
	q.comment += " It returns how many rows that were"
	if d.dialect.CountsChanged() {
		q.comment += ", one that has the values already counted only where the driver asks for the rows that were found"
	}
	q.comment += "."
	return q, ""
}

// upsert inserts or updates by a key that holds the tenant, so that rows of
// different tenants never meet in it.
func (d table) upsert() (query, string) {
	if d.Tenancy.Class == ir.ClassRoot {
		return query{}, "a tenant does not create tenants"
	}
	key := d.upsertKey()
	if key == nil {
		return query{}, "no unique key of plain columns begins with what ties a row to its tenant"
	}
	columns := d.given()
	for _, name := range key {
		if !d.isTenantColumn(name) && !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	var arbiter, set []string
	for _, name := range key {
		arbiter = append(arbiter, d.quote(name))
	}
	for _, name := range columns {
		if !slices.Contains(key, name) && !slices.Contains(d.ties, name) {
			set = append(set, d.quote(name))
		}
	}
	if len(set) == 0 {
		return query{}, "all of its columns are keys"
	}
	clause, anyKey := d.dialect.Upsert(arbiter, set)
	if anyKey && d.hasOpenKey() {
		return query{}, "a unique key of it does not hold what ties a row to its tenant, and a row in the way by that may be another tenant's"
	}
	q := query{"Upsert" + d.singular, ":one", fmt.Sprintf("Upsert%s adds a row to %s, or replaces the columns of the one with the same %s.", d.singular, d.thing, strings.Join(keyWithout(key, d.ties), ", ")),
		d.insert(columns) + "\n" + clause}
	if !d.dialect.Returns() {
		q.cmd = ":exec"
		return q, ""
	}
	q.sql += "\nRETURNING *"
	return q, ""
}

// hasOpenKey reports whether rows of different tenants can meet in a unique key.
func (d table) hasOpenKey() bool {
	return d.PrimaryKey != nil && !d.holdsTies(d.PrimaryKey) ||
		slices.ContainsFunc(d.Uniques, func(u *catalog.Unique) bool { return !d.holdsTies(u.Columns) })
}

// holdsTies reports whether a key holds what ties a row to its tenant.
func (d table) holdsTies(key []string) bool {
	return !slices.ContainsFunc(d.ties, func(tie string) bool { return !slices.Contains(key, tie) })
}

// upsertKey is the first unique key that holds the tenant and something else.
func (d table) upsertKey() []string {
	for _, key := range d.Keys() {
		holds := len(key) > len(d.ties) && d.holdsTies(key)
		for _, name := range key {
			c := d.Column(name)
			// A key that the database fills by itself never meets an existing one, and
			// NULLs never meet at all.
			holds = holds && c != nil && !c.Generated && !c.Identity && !c.Serial && (!c.HasDefault || slices.Contains(d.ties, name)) && c.NotNull
		}
		if holds {
			return key
		}
	}
	return nil
}

func keyWithout(key, ties []string) []string {
	return slices.DeleteFunc(slices.Clone(key), func(name string) bool { return slices.Contains(ties, name) })
}
