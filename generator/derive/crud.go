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
	for _, name := range d.key {
		columns = append(columns, d.quote(name))
		after = append(after, narg("after_"+name)+"::"+d.Column(name).Type)
	}
	left, right := columns[0], after[0]
	if len(columns) > 1 {
		left, right = "("+strings.Join(columns, ", ")+")", "("+strings.Join(after, ", ")+")"
	}
	q.comment = fmt.Sprintf("List%s returns a page of %s in the order of the key, from behind the given key on; from the start without one.", d.plural, d.thing)
	q.sql += fmt.Sprintf("\nWHERE %s IS NULL OR %s > %s\nORDER BY %s\nLIMIT sqlc.arg('max_rows')::integer",
		after[0], left, right, strings.Join(columns, ", "))
	return q
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
	if len(columns) == 0 {
		q.sql = "INSERT INTO " + d.sqlName + " DEFAULT VALUES\nRETURNING *"
		return q, ""
	}
	q.sql = d.insert(columns) + "\nRETURNING *"
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
	return query{"Update" + d.singular, ":one", fmt.Sprintf("Update%s replaces all columns but the keys in the row of %s with the given key.", d.singular, d.thing),
		"UPDATE " + d.sqlName + "\nSET " + strings.Join(sets, ", ") + d.whereKey() + "\nRETURNING *"}, ""
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
	var arbiter, sets []string
	for _, name := range key {
		arbiter = append(arbiter, d.quote(name))
	}
	for _, name := range columns {
		if !slices.Contains(key, name) && !slices.Contains(d.ties, name) {
			sets = append(sets, d.quote(name)+" = excluded."+d.quote(name))
		}
	}
	if len(sets) == 0 {
		return query{}, "all of its columns are keys"
	}
	return query{"Upsert" + d.singular, ":one", fmt.Sprintf("Upsert%s adds a row to %s, or replaces the columns of the one with the same %s.", d.singular, d.thing, strings.Join(keyWithout(key, d.ties), ", ")),
		d.insert(columns) + "\nON CONFLICT (" + strings.Join(arbiter, ", ") + ") DO UPDATE\nSET " + strings.Join(sets, ", ") + "\nRETURNING *"}, ""
}

// upsertKey is the first unique key that holds the tenant and something else.
func (d table) upsertKey() []string {
	for _, key := range d.Keys() {
		holds := len(key) > len(d.ties)
		for _, tie := range d.ties {
			holds = holds && slices.Contains(key, tie)
		}
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
