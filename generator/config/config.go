// Package config reads tenancy.yaml, and the user's sqlc.yaml where that is
// pointed at, into one Config. It is strict: a key it does not know, or a value
// it cannot use, is a diagnostic with the place and the nearest valid key. It
// keeps the place of everything that a later stage may complain about.
package config

import (
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Config is a project's configuration, complete and checked for form. Names of
// tables and queries in it are checked by later stages.
type Config struct {
	// File is tenancy.yaml.
	File *source.File
	// Dir is its directory; all paths below are relative to it, or absolute.
	Dir string

	// Engine is the database: "postgresql", "mysql" or "sqlite". EngineSpan is its
	// place; zero where sqlc's configuration leaves it to the default.
	Engine     string
	EngineSpan source.Span

	Schema  []string // files or migration directories, in order
	Queries []string // files or directories; may be empty
	// SchemaSpans and QueriesSpans are the places of the entries of Schema and
	// Queries, one each.
	SchemaSpans  []source.Span
	QueriesSpans []source.Span

	Tenant Tenant
	// Tables are the entries of the tables: map, in the file's order.
	Tables []Table
	CRUD   CRUD
	RLS    ir.RLS
	// KeepTenantParams is tenant_params: keep. By default a parameter that the
	// author ties to the tenant column is filled by the handle.
	KeepTenantParams bool
	// Unscoped are queries that the config exempts, by name, with a reason. It
	// serves projects whose query files must stay as they are.
	Unscoped []Unscoped
	// Functions are user-defined or extension functions that queries may call.
	Functions []Function
	Analysis  Analysis
	Vet       Vet
	// SQLCPath is the path of the sqlc.yaml that sqlc: names; empty without one.
	SQLCPath string
	Go       ir.GoOptions
	// PreparedSpan is the place of emit_prepared_queries, in whichever file.
	PreparedSpan source.Span
	// LayoutSpan is the place of emit_layout.
	LayoutSpan source.Span
}

// Tenant is the tenant: entry.
type Tenant struct {
	Column     string // the tenant column's name
	ColumnSpan source.Span
	Root       string // the table of tenants; may be empty
	RootSpan   source.Span
}

// Table is one entry of the tables: map.
type Table struct {
	// Pattern is the key: a table name, possibly schema-qualified, possibly a
	// glob.
	Pattern string
	Span    source.Span // of the key
	// Class is tenant, child, global or excluded.
	Class  ir.Class
	Column string // for ClassTenant; empty for that of Tenant
	// Shared is read: own_or_shared of a ClassTenant.
	Shared bool
	Parent string   // for ClassChild
	Via    []string // for ClassChild: the foreign key's columns; may be empty
}

// EveryTable is the pattern of tables: that names whatever the schema has, also
// nothing.
const EveryTable = "*"

// AllGlobal reports whether no table can belong to a tenant, whatever the schema
// has.
func (c *Config) AllGlobal() bool {
	all := false
	for _, t := range c.Tables {
		if t.Class != ir.ClassGlobal {
			return false
		}
		all = all || t.Pattern == EveryTable
	}
	return all && c.Tenant.Root == ""
}

// CRUD is the crud: entry.
type CRUD struct {
	// Default are the methods of every tenant table without an entry of its own.
	Default []string
	Tables  []CRUDTable
}

// CRUDTable is one entry of crud: for a table.
type CRUDTable struct {
	Pattern string
	Span    source.Span
	Methods []string
}

// Unscoped is one entry of the unscoped: map.
type Unscoped struct {
	Query  string
	Reason string
	Span   source.Span
}

// Function is one entry of the functions: list.
type Function struct {
	Name string
	Span source.Span
}

// CRUDMethods are the names that crud: entries may hold, in the order in which
// methods are generated.
var CRUDMethods = []string{"get", "list", "create", "update", "delete", "count", "upsert"}

// DefaultSetting is the run-time setting of the policies when rls.setting is
// not given.
const DefaultSetting = "app.current_tenant"
