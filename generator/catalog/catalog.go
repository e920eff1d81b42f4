// Package catalog knows the schema: tables, columns, keys, views, and, once
// classified, how each table belongs to tenants. It is built from the schema
// files alone; no database is asked.
package catalog

import (
	"cmp"
	"strings"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// DefaultSchema is the schema of unqualified names.
const DefaultSchema = "public"

// Catalog is the schema. It is read-only once loaded and classified.
type Catalog struct {
	// Dialect is the SQL of the schema and of the statements.
	Dialect dialect.Dialect
	// Tables are all tables and views, in the order in which they were created.
	Tables []*Table
	// TenantType is the SQL type of the tenant column; empty before Classify and
	// where no table has one.
	TenantType string

	indexes   map[string]*index // by name, for DROP INDEX and USING INDEX
	operators map[string]bool   // declared in the schema
	// exactTypes are declared types that keep any two values of their form apart.
	exactTypes map[string]dialect.IDForm
	// filledTypes are domains with a default, which a column has where it has none.
	filledTypes map[string]bool
	enums       map[string]bool
	functions   map[string]bool                  // declared in the schema, by name without schema
	bodies      map[string][]*parse.FunctionBody // what the text of those shows
	allowed     map[string]bool                  // allowed by the configuration
}

// Table is a table or view.
type Table struct {
	Schema string // never empty
	Name   string
	// Spelling is the name as its statement has it, where the dialect folds names;
	// otherwise empty.
	Spelling string
	Kind     ir.TableKind
	// Span is where its name stands in the statement that creates it.
	Span    source.Span
	Columns []*Column
	// PrimaryKey are the primary key's columns; nil without one.
	PrimaryKey  []string
	Uniques     []*Unique // without the primary key
	ForeignKeys []*ForeignKey
	// Parent is the table of which this is a partition (Kind tells) or an
	// inheritance child.
	Parent *Table
	// Engine is the storage engine, in lower case, and EngineSpan where it is named; empty
	// where the table has the database's own.
	Engine     string
	EngineSpan source.Span
	// Replaces is set when a key of it deletes the rows in the way of one that is
	// written.
	Replaces bool
	// Opaque is set when the columns are not known.
	Opaque bool
	View   *View
	// Tenancy is set by Classify.
	Tenancy ir.Tenancy
	// Unclassified is set, and the class is excluded, for a table about which
	// Classify has reported an error.
	Unclassified bool

	// collation is that of the columns to come which have none of their own.
	collation string
	notNull   map[string]bool
	// primaryKeyName is that of the constraint.
	primaryKeyName string
	reactions      []reaction
}

// Column is a column of a table.
type Column struct {
	Name       string
	Type       string // canonical and without modifiers: "uuid", "bigint", "text[]"
	Length     int    // of a text on MySQL, where it may be cut to that; else 0
	Modifiers  string // of another type on MySQL
	NotNull    bool
	HasDefault bool
	Generated  bool // GENERATED ALWAYS AS (…)
	Identity   bool
	Serial     bool
	Collation  string // after COLLATE, or its table's; empty for the type's own
	Textual    bool   // it takes the collation of its table, where tables have one
	Span       source.Span
}

// Unique is a unique constraint or index, or an exclusion constraint: rows that are
// equal in its columns may be in each other's way.
type Unique struct {
	Name string
	// Unnamed is set where the database chose a name, which may be another.
	Unnamed     bool
	Columns     []string
	Expressions bool // it has other parts beside the columns, as an exclusion always has
	Partial     bool
}

// ForeignKey refers to a key of another table.
type ForeignKey struct {
	Name string
	// Unnamed is set where the database chose a name, which may be another.
	Unnamed    bool
	Span       source.Span
	Columns    []string
	RefSchema  string
	RefTable   string
	RefColumns []string // filled in from the primary key where not written
	// SetNull and SetDefault are the columns that it sets when the row that it refers
	// to goes, or its key changes.
	SetNull, SetDefault []string
	// Period is set for a key that ends in PERIOD: its last columns are not equal.
	Period bool
	// Inline is set for one that only some of a dialect's servers have.
	Inline bool
}

// index remembers an index by name.
type index struct {
	table  *Table
	unique *Unique
}

// QualifiedName is the name with its schema, unless that is the default.
func (t *Table) QualifiedName() string {
	if t.Schema == DefaultSchema {
		return t.Name
	}
	return t.Schema + "." + t.Name
}

// Written is the name of the table in SQL, without quotes.
func (t *Table) Written() string { return cmp.Or(t.Spelling, t.Name) }

// Column returns the column of that name, or nil.
func (t *Table) Column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Keys returns the primary key and the unique keys that are plain columns and
// not partial.
func (t *Table) Keys() [][]string {
	var keys [][]string
	if t.PrimaryKey != nil {
		keys = append(keys, t.PrimaryKey)
	}
	for _, u := range t.Uniques {
		if !u.Expressions && !u.Partial {
			keys = append(keys, u.Columns)
		}
	}
	return keys
}

// Lookup returns the table of that name, or nil. An empty schema stands for the
// default one.
func (c *Catalog) Lookup(schema, name string) *Table {
	if schema == "" {
		schema = DefaultSchema
	}
	for _, t := range c.Tables {
		if t.Schema == schema && t.Name == name {
			return t
		}
	}
	return nil
}

// AllowFunction lets queries call a function that is not a known one, under the
// name as it is given, or, as an unquoted name stands for, in lower case.
func (c *Catalog) AllowFunction(name string) {
	c.allowed[name], c.allowed[strings.ToLower(name)] = true, true
}
