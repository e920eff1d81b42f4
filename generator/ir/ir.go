// Package ir is what the emitters read: the whole result of the compiler's
// analysis as plain structs that print as JSON. It holds no pointers to syntax
// trees and no behaviour.
package ir

// Package is one generated Go package and the DDL beside it.
type Package struct {
	// Version is the generator's version for the header; empty when the user
	// asked for it to be left out.
	Version string `json:"version,omitempty"`
	// Engine is the database: "postgresql", "mysql" or "sqlite".
	Engine string    `json:"engine"`
	Go     GoOptions `json:"go"`
	Tenant Tenant    `json:"tenant"`
	RLS    RLS       `json:"rls"`
	// Plain is set when no table belongs to a tenant: the package has the shape of
	// sqlc's own then, and needs no module of ours.
	Plain bool `json:"plain,omitempty"`
	// DefaultSchema is the schema of unqualified names, "public".
	DefaultSchema string `json:"default_schema"`
	// Enums and Tables are all that the schema declares, in its order. Tables
	// includes views.
	Enums []Enum `json:"enums"`
	// Composites are the composite types of the schema.
	Composites []Name  `json:"composites,omitempty"`
	Tables     []Table `json:"tables"`
	Queries    []Query `json:"queries"`
	// Functions are those that queries may call because the configuration says so.
	Functions []string `json:"functions,omitempty"`
	// Warnings are what was said about tables and queries without refusing them,
	// sorted by place.
	Warnings []Warning `json:"warnings,omitempty"`
	// Layout is set when the package has one, with the option emit_layout.
	Layout *Layout `json:"layout,omitempty"`
}

// Tenant describes how the schema names its tenant.
type Tenant struct {
	// Column is the default name of the tenant column.
	Column string `json:"column"`
	// SQLType is the type that the tenant parameter is cast to, such as "uuid".
	SQLType string `json:"sql_type"`
	// IDs is how an id has to be written: "unpadded", "integer", "integer:127", "ascii:36"
	// or "uuid", with what a column holds at most behind the colon; empty where any
	// text is an id of its own.
	IDs string `json:"ids,omitempty"`
	// Integer is set where an id has to be sent as an integer: the database would make a
	// number of any text.
	Integer bool `json:"integer,omitempty"`
	// Root is the name of the table of tenants; empty when there is none.
	Root string `json:"root,omitempty"`
}

// RLS holds the names that the emitted policies use.
type RLS struct {
	// Role is the application's role; empty when no DDL is wanted.
	Role string `json:"role,omitempty"`
	// Setting is the run-time setting that carries the tenant id.
	Setting string `json:"setting"`
}

// Name is a possibly schema-qualified name.
type Name struct {
	Schema string `json:"schema,omitempty"`
	Name   string `json:"name"`
}

// Enum is an enumerated type.
type Enum struct {
	Schema  string   `json:"schema,omitempty"`
	Name    string   `json:"name"`
	Comment string   `json:"comment,omitempty"`
	Values  []string `json:"values"`
}

// TableKind distinguishes relations.
type TableKind string

// The kinds of relation.
const (
	KindTable            TableKind = "table"
	KindView             TableKind = "view"
	KindMaterializedView TableKind = "materialized view"
	KindPartition        TableKind = "partition" // a partition or inheritance child
)

// Class is how a table belongs to tenants.
type Class string

// The classes of table.
const (
	ClassTenant   Class = "tenant"   // carries the tenant column
	ClassRoot     Class = "root"     // the table of tenants, scoped by its key
	ClassChild    Class = "child"    // belongs to a tenant through a parent
	ClassView     Class = "view"     // a view of tenants' tables: its body takes its place
	ClassGlobal   Class = "global"   // shared by all tenants
	ClassExcluded Class = "excluded" // no query may use it
)

// Table is a table or view of the schema.
type Table struct {
	Schema  string    `json:"schema,omitempty"`
	Name    string    `json:"name"`
	Kind    TableKind `json:"kind"`
	Comment string    `json:"comment,omitempty"`
	Columns []Column  `json:"columns"`
	// Tenancy is how the table belongs to tenants.
	Tenancy Tenancy `json:"tenancy"`
	// Sequences are the sequences behind serial columns, which the application's
	// role needs for inserting. Identity columns need none.
	Sequences []Name `json:"sequences,omitempty"`
	// Written is set for a global table that some query writes, so that the
	// application's role may write it.
	Written bool `json:"written,omitempty"`
	// Direct is set for a partition that some query names itself.
	Direct bool `json:"direct,omitempty"`
	// CommonKeys are the unique keys of a tenant's table that hold for all tenants
	// together: a violation tells that somebody has such a row.
	CommonKeys []Key `json:"common_keys,omitempty"`
	// OpenForeignKeys lead to a tenant's table without holding the tenant: the
	// database accepts another tenant's row there.
	OpenForeignKeys []Step `json:"open_foreign_keys,omitempty"`
}

// Key is a unique key of a table.
type Key struct {
	// Columns are those of its parts that are plain columns.
	Columns []string `json:"columns,omitempty"`
	// Expressions is set when it has other parts, too.
	Expressions bool `json:"expressions,omitempty"`
}

// Tenancy is how a table belongs to tenants.
type Tenancy struct {
	Class Class `json:"class"`
	// Column is the tenant column of a tenant or root table. For a view it is the
	// column that shows its tables' tenant; empty where none does for certain.
	Column string `json:"column,omitempty"`
	// SQLType is that column's type, as SQL prints it.
	SQLType string `json:"sql_type,omitempty"`
	// Shared is set when the rows without a tenant, those in which Column is NULL,
	// are everybody's to read and nobody's to write; for a child table, when that
	// holds for the table at the end of Path.
	Shared bool `json:"shared,omitempty"`
	// Path leads from a child table to the table that carries the tenant column:
	// one step for each foreign key.
	Path []Step `json:"path,omitempty"`
}

// Step is one foreign key on the way from a child to its tenant.
type Step struct {
	// Columns of the child refer to ParentColumns of Parent, pair by pair.
	Columns       []string `json:"columns"`
	Parent        Name     `json:"parent"`
	ParentColumns []string `json:"parent_columns"`
}

// Column is a column of a table, of a result, or the description of a
// parameter. SQL types are kept; Go types are the emitter's business.
type Column struct {
	Name    string `json:"name"`
	NotNull bool   `json:"not_null"`
	IsArray bool   `json:"is_array,omitempty"`
	// ArrayDims is the number of dimensions of an array.
	ArrayDims int    `json:"array_dims,omitempty"`
	Comment   string `json:"comment,omitempty"`
	Length    int    `json:"length,omitempty"`
	// Type is the type's name as sqlc gives it, with schema where it has one:
	// "uuid", "pg_catalog.int4", "invoice_status".
	Type Name `json:"type"`
	// Table is the table that the column comes from; its Name is empty for an
	// expression.
	Table Name `json:"table"`
	// TableAlias is the alias under which the query sees that table.
	TableAlias string `json:"table_alias,omitempty"`
	// OriginalName is the column's name in its table where the result renames it.
	OriginalName string `json:"original_name,omitempty"`
	// Embed is set for sqlc.embed: the result holds that table's model.
	Embed *Name `json:"embed,omitempty"`
	// IsNamedParam is set for a parameter that the author named.
	IsNamedParam bool `json:"is_named_param,omitempty"`
	IsFuncCall   bool `json:"is_func_call,omitempty"`
	IsSlice      bool `json:"is_slice,omitempty"`
	Unsigned     bool `json:"unsigned,omitempty"`
}

// Handle says on which generated type a query's method is.
type Handle string

// The handles.
const (
	HandleTenant   Handle = "tenant"   // TenantQueries: touches tenant tables
	HandleGlobal   Handle = "global"   // GlobalQueries: touches none
	HandleUnscoped Handle = "unscoped" // UnscopedQueries: not scoped, with a reason
)

// Query is one generated method.
type Query struct {
	Name string `json:"name"`
	// Cmd is the annotation with its colon, such as ":one".
	Cmd string `json:"cmd"`
	// File is the base name of the query file, such as "invoices.sql"; derived
	// methods are in "crud.sql".
	File string `json:"file"`
	// Comments are the lines of the comment before the query, without marks and
	// without @tenancy lines.
	Comments []string `json:"comments,omitempty"`
	// SQL is the statement as it is sent: scoped, stars expanded, parameters
	// $1…$n.
	SQL    string `json:"sql"`
	Handle Handle `json:"handle"`
	// Reason is why an unscoped query is allowed.
	Reason string `json:"reason,omitempty"`
	// Derived is set for a method that no author wrote.
	Derived bool     `json:"derived,omitempty"`
	Columns []Column `json:"columns,omitempty"`
	// Params are sorted by number, without gaps.
	Params []Param `json:"params,omitempty"`
	// Placeholders are the places of all $n in SQL, in their order, where the database
	// takes parameters by their places.
	Placeholders []Placeholder `json:"placeholders,omitempty"`
	// InsertInto is the table of an INSERT.
	InsertInto *Name `json:"insert_into,omitempty"`
	// ConflictGuard is set for an upsert that updates only the tenant's own row:
	// when it touches no row, the key belongs to another tenant, and the method
	// returns runtime.ErrTenantConflict. It is not set where zero rows can have
	// another cause.
	ConflictGuard bool `json:"conflict_guard,omitempty"`
	// LooksUp is set where a key is looked up, and the error of one that is not found is of
	// a kind of its own in the database: the method's is runtime.ErrForeignKey.
	LooksUp bool `json:"looks_up,omitempty"`
	// LastID is which ids of rows the result may tell.
	LastID LastID `json:"last_id,omitempty"`
	// Copy is set for a :copyfrom query: what its method does. SQL is then what is
	// sent where COPY cannot be, and Params are those of the method and the tenant's,
	// which is the last.
	Copy *Copy `json:"copy,omitempty"`
	// Place is where the author wrote it; zero for a derived method.
	Place Place `json:"place"`
	// References are what certify found in SQL, in the order of the text. Those of an
	// unscoped query have no anchors, and there are none where the tool cannot read
	// it.
	References []Reference `json:"references,omitempty"`
	// Functions are those of Package.Functions that it calls, sorted.
	Functions []string `json:"functions,omitempty"`
}

// LastID is what may be told of the last id that a database knows. On SQLite a connection
// remembers that of an earlier statement's row, which may be another tenant's.
type LastID string

const (
	// LastIDAny is the zero value: the database tells of the statement's own row alone, or
	// no row is a tenant's.
	LastIDAny LastID = ""
	// LastIDOfNewRow is told where the statement has written a row.
	LastIDOfNewRow LastID = "new_row"
	// LastIDHidden is not told.
	LastIDHidden LastID = "hidden"
)

// Placeholder is a $n in a text.
type Placeholder struct {
	Start  int `json:"start"` // in bytes
	End    int `json:"end"`
	Number int `json:"number"`
}

// Copy is how a :copyfrom query writes its rows.
type Copy struct {
	// Table is the table as the query names it.
	Table Name `json:"table"`
	// Columns get the values of the method's parameters, in their order.
	Columns []string `json:"columns"`
	// TenantColumn gets the tenant's id; empty where the handle has no tenant, or the
	// table no such column.
	TenantColumn string `json:"tenant_column,omitempty"`
	// Direct is set when COPY may write the rows: no value has to be looked up.
	Direct bool `json:"direct,omitempty"`
	// Insert is set when Query.SQL writes the rows where COPY cannot.
	Insert bool `json:"insert,omitempty"`
	// Arrays is set when the parameters of Query.SQL are arrays of the values of all
	// rows; otherwise it is sent for each row.
	Arrays bool `json:"arrays,omitempty"`
	// Text are the indexes of the columns whose values are sent as text.
	Text []int `json:"text,omitempty"`
}

// Place is a line of one of the project's files.
type Place struct {
	// Path is relative to the directory of the configuration.
	Path string `json:"path,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Reference is one reference to a table in a statement.
type Reference struct {
	Table Name   `json:"table"`
	Alias string `json:"alias"` // the name under which the statement sees it
	Class Class  `json:"class"`
	// Written is set for the target of an INSERT, UPDATE or DELETE.
	Written bool `json:"written,omitempty"`
	// Anchor says, for people, what ties it to the tenant; empty where nothing has
	// to.
	Anchor string `json:"anchor,omitempty"`
}

// Warning is a diagnostic that refuses nothing.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Query is the name of the query that it is about; empty for others.
	Query string `json:"query,omitempty"`
	Place Place  `json:"place"`
}

// Param is one parameter of a statement.
type Param struct {
	Number int    `json:"number"`
	Column Column `json:"column"`
	// Also are what else the parameter is used for, where the database knows each use
	// as one of its own.
	Also []Column `json:"also,omitempty"`
	// Origin is the number in the author's text, where the analysis does not keep
	// that.
	Origin int `json:"origin,omitempty"`
	// Tenant is set for a parameter that the handle fills with the tenant's id;
	// it is not in the method's signature.
	Tenant bool `json:"tenant,omitempty"`
}

// GoOptions are the options of sqlc's gen.go with sqlc's names and defaults,
// and the overrides that apply to the package.
type GoOptions struct {
	Package    string `json:"package"`
	Out        string `json:"out"`
	SQLPackage string `json:"sql_package"`
	SQLDriver  string `json:"sql_driver,omitempty"`

	EmitInterface             bool   `json:"emit_interface,omitempty"`
	EmitJSONTags              bool   `json:"emit_json_tags,omitempty"`
	JSONTagsCaseStyle         string `json:"json_tags_case_style,omitempty"`
	JSONTagsIDUppercase       bool   `json:"json_tags_id_uppercase,omitempty"`
	EmitDBTags                bool   `json:"emit_db_tags,omitempty"`
	EmitEmptySlices           bool   `json:"emit_empty_slices,omitempty"`
	EmitExactTableNames       bool   `json:"emit_exact_table_names,omitempty"`
	EmitResultStructPointers  bool   `json:"emit_result_struct_pointers,omitempty"`
	EmitParamsStructPointers  bool   `json:"emit_params_struct_pointers,omitempty"`
	EmitPointersForNullTypes  bool   `json:"emit_pointers_for_null_types,omitempty"`
	EmitPointersForNullEnums  *bool  `json:"emit_pointers_for_null_enum_types,omitempty"`
	EmitEnumValidMethod       bool   `json:"emit_enum_valid_method,omitempty"`
	EmitAllEnumValues         bool   `json:"emit_all_enum_values,omitempty"`
	EmitExportedQueries       bool   `json:"emit_exported_queries,omitempty"`
	EmitSQLAsComment          bool   `json:"emit_sql_as_comment,omitempty"`
	EmitMethodsWithDBArgument bool   `json:"emit_methods_with_db_argument,omitempty"`
	EmitPreparedQueries       bool   `json:"emit_prepared_queries,omitempty"`
	// EmitIterators is an option of ours: every :many query has a method that returns
	// an iterator, too.
	EmitIterators bool `json:"emit_iterators,omitempty"`
	// EmitLayout is an option of ours: the package tells providers where its tables
	// are named, and how they are made.
	EmitLayout                  bool              `json:"emit_layout,omitempty"`
	WrapErrors                  bool              `json:"wrap_errors,omitempty"`
	OmitUnusedStructs           bool              `json:"omit_unused_structs,omitempty"`
	OmitSQLCVersion             bool              `json:"omit_sqlc_version,omitempty"`
	BuildTags                   string            `json:"build_tags,omitempty"`
	QueryParameterLimit         *int              `json:"query_parameter_limit,omitempty"` // nil means 1
	InflectionExcludeTableNames []string          `json:"inflection_exclude_table_names,omitempty"`
	Initialisms                 *[]string         `json:"initialisms,omitempty"` // nil means ["id"]
	Rename                      map[string]string `json:"rename,omitempty"`
	OutputDBFileName            string            `json:"output_db_file_name,omitempty"`
	OutputModelsFileName        string            `json:"output_models_file_name,omitempty"`
	OutputQuerierFileName       string            `json:"output_querier_file_name,omitempty"`
	OutputCopyfromFileName      string            `json:"output_copyfrom_file_name,omitempty"`
	OutputBatchFileName         string            `json:"output_batch_file_name,omitempty"`
	OutputFilesSuffix           string            `json:"output_files_suffix,omitempty"`
	Overrides                   []Override        `json:"overrides,omitempty"`
}

// Override replaces the Go type of columns or of a database type. The first
// override that matches wins; one with Column beats one with DBType.
type Override struct {
	// DBType or Column is set, not both.
	DBType string `json:"db_type,omitempty"`
	// Column is [[catalog.]schema.]table.column, each part a glob.
	Column   string `json:"column,omitempty"`
	Nullable bool   `json:"nullable,omitempty"`
	Unsigned bool   `json:"unsigned,omitempty"`
	GoType   GoType `json:"go_type"`
	// GoStructTag is added to the field's tags.
	GoStructTag string `json:"go_struct_tag,omitempty"`
}

// GoType names a Go type.
type GoType struct {
	// Import is the import path; empty for a builtin type or one of the package.
	Import string `json:"import,omitempty"`
	// Package is the import's name where it differs from the path's last part.
	Package string `json:"package,omitempty"`
	Type    string `json:"type"`
	Pointer bool   `json:"pointer,omitempty"`
	Slice   bool   `json:"slice,omitempty"`
}
