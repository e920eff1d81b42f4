package parse

// DDL is one schema statement, as far as the catalog needs it. Exactly one of
// the pointers is set. Statements that change nothing the catalog knows of
// (grants, comments, data) yield none.
type DDL struct {
	// Pos is where the statement's text begins.
	Pos         int
	CreateTable *CreateTable
	AlterTable  *AlterTable
	CreateView  *CreateView
	CreateIndex *CreateIndex
	Drop        *Drop
	Rename      *Rename
	// CreateFunction is the name of a function, procedure or aggregate that is
	// created or renamed, and CreateOperator that of an operator.
	CreateFunction *ObjectName
	CreateOperator *ObjectName
	// Body is that of CreateFunction, where it has one.
	Body       *FunctionBody
	CreateType *CreateType
	// OnTable is a trigger or rule.
	OnTable *OnTable
}

// ObjectName is a possibly qualified name.
type ObjectName struct{ Schema, Name string }

// CreateTable is CREATE TABLE, or CREATE TABLE AS with Opaque set.
type CreateTable struct {
	Name ObjectName
	// Spelling is the name as it is written, in a dialect that folds quoted names.
	Spelling    string
	NamePos     int
	IfNotExists bool
	// Parents are the tables of PARTITION OF or INHERITS; Partition tells which.
	Parents     []ObjectName
	Partition   bool
	Columns     []ColumnDef
	Constraints []ConstraintDef
	// Collation is that of the columns that have none of their own; empty where it is
	// the database's.
	Collation string
	// Engine is nil where the table has the database's own.
	Engine *StorageEngine
	// Opaque is set when the columns are those of a query, or of a type.
	Opaque bool
}

// ColumnDef is a column of a table, or, with Like set, the columns of another
// table in its place.
type ColumnDef struct {
	Like *ObjectName
	Name string
	Pos  int
	Type string // as SQL prints it, without modifiers: "varchar", "uuid[]"
	// Length is that of VARCHAR and VARBINARY in MySQL's dialect, which cuts a value that
	// is longer unless it is strict.
	Length int
	// Modifiers are those of another type in MySQL's dialect, which rounds, pads or
	// replaces a value that does not fit them.
	Modifiers  string
	NotNull    bool
	HasDefault bool
	// Generated is set for GENERATED ALWAYS AS (…) columns, Identity for
	// identity columns, Serial for serial ones.
	Generated bool
	Identity  bool
	Serial    bool
	// Collation is the name after COLLATE; empty without one. Textual is set where the
	// column takes that of its table then.
	Collation string
	Textual   bool
}

// ConstraintKind is the kind of a constraint.
type ConstraintKind string

// The kinds of constraint that the catalog knows.
const (
	PrimaryKeyConstraint ConstraintKind = "primary key"
	UniqueConstraint     ConstraintKind = "unique"
	ForeignKeyConstraint ConstraintKind = "foreign key"
	ExcludeConstraint    ConstraintKind = "exclude"
	NotNullConstraint    ConstraintKind = "not null"
)

// ConstraintDef is a constraint of a table.
type ConstraintDef struct {
	Kind ConstraintKind
	Name string
	// Unnamed is set where the name is the one that the database is expected to give.
	Unnamed    bool
	Pos        int
	Columns    []string
	RefTable   ObjectName
	RefColumns []string
	// Parts are all columns of an exclusion; Columns are those that it compares by
	// equality.
	Parts []string
	// SetNull and SetDefault are the columns that a foreign key sets when the row that
	// it refers to goes, or its key changes.
	SetNull, SetDefault []string
	// Period is set for a foreign key with a PERIOD: the last column lies within
	// the parent's, and is not equal to it.
	Period bool
	// UsingIndex is the index that becomes the constraint.
	UsingIndex string
	// Inline is set for a foreign key behind its column in MySQL's dialect: MariaDB has
	// it, and MySQL reads over it.
	Inline bool
	// Replaces is set for a key with ON CONFLICT REPLACE: whatever statement writes a
	// row that violates it deletes the rows in the way.
	Replaces bool
	// Nullable is set for a primary key whose columns take NULL, or something else in
	// its place.
	Nullable bool
}

// AlterTable is ALTER TABLE with those actions that the catalog knows.
type AlterTable struct {
	Name     ObjectName
	IfExists bool
	Actions  []AlterAction
}

// AlterKind is the kind of an ALTER TABLE action.
type AlterKind string

// The actions that the catalog knows.
const (
	AddColumn       AlterKind = "add column"
	DropColumn      AlterKind = "drop column"
	SetNotNull      AlterKind = "set not null"
	DropNotNull     AlterKind = "drop not null"
	SetDefault      AlterKind = "set default"
	DropDefault     AlterKind = "drop default"
	SetType         AlterKind = "set type"
	AddConstraint   AlterKind = "add constraint"
	DropConstraint  AlterKind = "drop constraint"
	AttachPartition AlterKind = "attach partition"
	DetachPartition AlterKind = "detach partition"
	AddInherit      AlterKind = "inherit"
	DropInherit     AlterKind = "no inherit"
	// SetCollation sets the collation of columns to come, and ConvertCollation that of
	// all columns; Name is the collation.
	SetCollation     AlterKind = "set collation"
	ConvertCollation AlterKind = "convert collation"
	SetEngine        AlterKind = "set engine"
)

// AlterAction is one action of ALTER TABLE.
type AlterAction struct {
	Kind AlterKind
	Name string // of the column or constraint
	// Of is the kind of a dropped constraint, where each kind has its own names.
	Of ConstraintKind
	// KeepsKeys is set where the keys that a dropped column is in stay, without it.
	KeepsKeys bool
	// Whole is set where Column is all that is known of the column from then on.
	Whole       bool
	Column      *ColumnDef
	Constraints []ConstraintDef
	Table       ObjectName // of a partition or parent
	Engine      *StorageEngine
	IfExists    bool // IF [NOT] EXISTS
}

// CreateView is CREATE [MATERIALIZED] VIEW.
type CreateView struct {
	Name ObjectName
	// Spelling is the name as it is written, in a dialect that folds quoted names.
	Spelling     string
	NamePos      int
	Columns      []string
	Materialized bool
	IfNotExists  bool
	// Query is the body, and Text what it was parsed from; QueryErr says why it
	// could not be understood.
	Query    *Query
	Text     string
	QueryErr *Error
}

// CreateType is CREATE DOMAIN or CREATE TYPE … AS ENUM.
type CreateType struct {
	Name ObjectName
	Base string // of a domain; empty for an enum
	// Limited is set where the base has modifiers, as varchar(3) has.
	Limited    bool
	Collated   bool
	HasDefault bool
}

// CreateIndex is CREATE INDEX.
type CreateIndex struct {
	Name    string
	Table   ObjectName
	Unique  bool
	Columns []string // plain ones
	// Expressions is set when the index has others as well; Partial when it has a
	// WHERE clause.
	Expressions bool
	Partial     bool
}

// Drop drops tables, views, indexes or schemas, or a part of a table.
type Drop struct {
	Kind  string // "relation", "index", "schema", "trigger", "rule"
	Names []ObjectName
	Part  string // the trigger or rule of the table
	// References is set where the foreign keys that refer to a dropped table go with it;
	// elsewhere they stay, and refer to the next table of its name.
	References bool
}

// Rename renames a relation or one of its parts, or moves it to a schema.
type Rename struct {
	Kind string // "relation", "column", "constraint", "index", "schema of relation"
	Name ObjectName
	From string
	To   string
	// Spelling is To as it is written, as for CreateTable.
	Spelling string
	// IfExists is set where a missing relation is no error.
	IfExists bool
}

// OnTable is CREATE TRIGGER or CREATE RULE: what happens beside, or in place of,
// the statements on a table.
type OnTable struct {
	Rule  bool
	Name  string
	Table ObjectName
	// Function is what a trigger calls.
	Function ObjectName
}

// FunctionBody is what the text of a function shows of what it does.
type FunctionBody struct {
	// Tables are the names that stand where SQL has a table's, in lower case and
	// without schemas.
	Tables []string
	// Dynamic is set when the text may run SQL that is not in it, or when there is
	// none.
	Dynamic bool
}
