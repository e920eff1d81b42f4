package sqlgen

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// kind is a family of types whose values can be compared and assigned.
type kind string

// The kinds. The name of an enum is a kind as well.
const (
	number  kind = "bigint"
	text    kind = "text"
	date    kind = "date"
	boolean kind = "boolean"
	uuid    kind = "uuid"
)

// kindOf is the kind of a type; empty for those whose values are only passed on.
func (d *Dialect) kindOf(sqlType string, enums map[string]bool) kind {
	if k := d.kinds[strings.ToLower(sqlType)]; k != "" {
		return k
	}
	if enums[sqlType] {
		return kind(sqlType)
	}
	return ""
}

// Schema is what statements are generated from.
type Schema struct {
	dialect *Dialect
	tables  []*table
	kinds   []kind
	values  map[kind][]string
}

// table is a table or view that statements may use.
type table struct {
	*catalog.Table
	name    string // as the schema writes it
	sql     string
	columns []*column
	// kept is set where a DELETE reaches rows of other tenants that refer to the
	// tenant's, by a foreign key that does not hold the tenant. PostgreSQL does that
	// to any statement.
	kept bool
	// related are the tables that foreign keys lead to or from.
	related []*table
}

// column is a column of a table.
type column struct {
	*catalog.Column
	table  *table
	sql    string
	kind   kind
	values []string // that rows have, of all tenants
	tenant bool
	// path ties a child to its parent, and open refers to a tenant's table by a key
	// that does not hold the tenant: both are looked up.
	path, open bool
	// pair is part of a key of several columns of that kind: whole pairs of values
	// are left to the statements that are written by hand.
	pair bool
	// unique is part of a key; shared of one that does not hold the tenant, where
	// another tenant's row may be in the way.
	unique, shared bool
	// mixed is set for a shared key of several columns: values of the tenant's rows
	// may together be another tenant's key.
	mixed  bool
	refers *column // the column of another table that a foreign key leads to
}

// Load reads the schema and its values off a pair of a laboratory.
func Load(dialect *Dialect, cat *catalog.Catalog, pair *equivalence.Pair, enums ...string) *Schema {
	isEnum := map[string]bool{}
	for _, e := range enums {
		isEnum[e] = true
	}
	s := &Schema{dialect: dialect, values: map[kind][]string{number: {"0", "1", "2", "-1"}, text: {"", "a"}, boolean: {"true", "false"}, date: {"2026-01-03"}}}
	for _, t := range cat.Tables {
		if t.Opaque || t.Unclassified || t.Tenancy.Class == ir.ClassExcluded {
			continue
		}
		s.add(t, pair, isEnum)
	}
	for _, t := range s.tables {
		s.relate(t)
	}
	for _, k := range []kind{number, text, date, boolean, uuid} {
		s.addKind(k)
	}
	for _, e := range enums {
		s.addKind(kind(e))
	}
	return s
}

// addKind makes a kind one to be generated when some column has it.
func (s *Schema) addKind(k kind) {
	for _, t := range s.tables {
		for _, c := range t.columns {
			if c.kind == k {
				s.kinds = append(s.kinds, k)
				return
			}
		}
	}
}

func (s *Schema) add(t *catalog.Table, pair *equivalence.Pair, enums map[string]bool) {
	out := &table{Table: t, name: t.Written(), sql: parse.PostgreSQL.Quote(t.Written())}
	if t.Schema != catalog.DefaultSchema {
		out.sql = parse.PostgreSQL.Quote(t.Schema) + "." + out.sql
	}
	for _, c := range t.Columns {
		col := &column{Column: c, table: out, sql: parse.PostgreSQL.Quote(c.Name), kind: s.dialect.kindOf(c.Type, enums), tenant: c.Name == t.Tenancy.Column}
		own, others := pair.Values(t, c.Name)
		for _, v := range slices.Concat(own, others) {
			col.values = append(col.values, string(v))
			if !slices.Contains(s.values[col.kind], string(v)) {
				s.values[col.kind] = append(s.values[col.kind], string(v))
			}
		}
		out.columns = append(out.columns, col)
	}
	s.tables = append(s.tables, out)
}

// relate works out what keys mean for a table's columns.
func (s *Schema) relate(t *table) {
	ties := t.ties()
	for _, f := range t.ForeignKeys {
		parent := s.table(f.RefSchema, f.RefTable)
		if parent == nil {
			continue
		}
		if parent.Tenancy.Class != ir.ClassGlobal && parent.Tenancy.Class != ir.ClassRoot {
			t.related, parent.related = append(t.related, parent), append(parent.related, t)
		}
		holds := slices.ContainsFunc(f.Columns, func(c string) bool { return slices.Contains(ties, c) })
		if !holds || parent.Tenancy.Class == ir.ClassGlobal {
			parent.kept = true
		}
		for i, name := range f.Columns {
			c := t.column(name)
			c.refers = parent.column(f.RefColumns[i])
			c.open = c.open || !holds && parent.Tenancy.Class != ir.ClassGlobal
			c.pair = c.pair || c.open && len(f.Columns) > 1
		}
	}
	if t.Tenancy.Class == ir.ClassChild {
		for _, name := range ties {
			t.column(name).path = true
		}
	}
	for _, key := range t.Keys() {
		holds := slices.ContainsFunc(key, func(c string) bool { return slices.Contains(ties, c) })
		for _, name := range key {
			c := t.column(name)
			c.unique, c.shared = true, c.shared || !holds
			c.mixed = c.mixed || !holds && len(key) > 1
		}
	}
}

// ties are the columns that tie a row to its tenant.
func (t *table) ties() []string {
	switch t.Tenancy.Class {
	case ir.ClassTenant, ir.ClassRoot:
		return []string{t.Tenancy.Column}
	case ir.ClassChild:
		return t.Tenancy.Path[0].Columns
	}
	return nil
}

func (s *Schema) table(schema, name string) *table {
	if schema == "" {
		schema = catalog.DefaultSchema
	}
	for _, t := range s.tables {
		if t.Schema == schema && t.Name == name {
			return t
		}
	}
	return nil
}

func (t *table) column(name string) *column {
	for _, c := range t.columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// writable reports whether a table is one that statements write: views are not,
// and the root, of which there is one row, is updated only.
func (t *table) writable() bool {
	return t.View == nil && t.Tenancy.Class != ir.ClassGlobal
}

// assignable reports whether UPDATE may give a column any value of its kind.
func (c *column) assignable() bool {
	return c.kind != "" && !c.Generated && !c.tenant && !c.shared && !c.pair && !(c.path && len(c.table.ties()) > 1)
}

// literal is a value as SQL writes it.
func literal(k kind, v string) string {
	quoted := "'" + strings.ReplaceAll(v, "'", "''") + "'"
	switch k {
	case number, boolean:
		if strings.HasPrefix(v, "-") {
			return "(" + v + ")"
		}
		return v
	case text:
		return quoted
	case date:
		return "DATE " + quoted
	}
	return quoted + "::" + parse.PostgreSQL.Quote(string(k))
}
