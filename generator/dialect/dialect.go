// Package dialect says in what the databases differ, as far as the compiler's stages
// have to know: the SQL that they read (package parse does the reading), what their
// types, collations and functions keep apart, and the few things that the compiler
// writes in another way in each. No stage asks which database it is.
package dialect

import "github.com/tenancygen/tenancygen/generator/parse"

// Dialect is the SQL of one database. The values are stateless and safe for
// concurrent use.
type Dialect interface {
	parse.Dialect

	// CanonicalType gives a column's type one name whatever way it was written.
	CanonicalType(sqlType string) string
	// Unfit says why tenants' ids cannot be of a type; it is empty for one whose
	// equality, and whose conversion from a parameter, keep any two ids apart.
	Unfit(sqlType string) string
	// IDForm is the one way in which ids of a type that is fit are written.
	// length is that of the shortest tenant column, 0 where the type has none.
	IDForm(sqlType string, length int) IDForm
	// IntegerID reports whether an id has to be sent as an integer, since the database
	// would make a number of a text that is compared with the type.
	IntegerID(sqlType string) bool
	// KeyType is the same for types that keep the same values apart, so that one may be
	// that of a key and the other that of what refers to it.
	KeyType(sqlType string) string
	// ChangesKeys reports whether storing a key may make another one of it, where the column
	// is not of the type that the key has: elsewhere that is an error.
	ChangesKeys() bool
	// FitTypes are the types to advise, for messages.
	FitTypes() string
	// SetNotNull is how to make a column NOT NULL, for messages.
	SetNotNull(table, column, sqlType string) string
	// UnfitCollation says why the ids of a column of a type that is fit cannot have
	// a collation, and what to do about it; why goes on "has the collation x,". The
	// collation is empty where the column has none of its own.
	UnfitCollation(sqlType, collation string) (why, help string)
	// UnfitEngine says why tenants' rows cannot be kept by a storage engine, in lower
	// case; it goes on "the engine x".
	UnfitEngine(engine string) string
	// Function is the class of a function of the database's own, by its name as the
	// tree has it.
	Function(name string) FunctionClass
	// Forbidden reports whether a function is refused even when the configuration
	// allows it.
	Forbidden(name string) bool
	// SystemTable reports whether a name is that of a table of the system's.
	SystemTable(schema, name string) bool
	// HidesTable reports whether the name without a schema is never that of a table
	// of the schema, because the database looks among its own first.
	HidesTable(name string) bool

	// CastSuffix is what makes the expression before it a value of a column's type;
	// empty where a value has to have the type already, or takes it from the column
	// that it is compared with.
	CastSuffix(sqlType string) string
	// TypesParameters reports whether the statement gives a parameter one type, as which
	// its value is read wherever it stands; elsewhere it has the type that it was sent
	// with.
	TypesParameters() bool
	// Failing is a condition that raises an error where the given one holds, and is
	// true elsewhere. FailsWhen is its counterpart: the condition on which an
	// expression raises an error; nil for one that may never do.
	Failing(condition string) string
	// FailsAsViolation reports whether that error is of the class of a violated constraint.
	// Where it is not, methods make an error of it that users know.
	FailsAsViolation() bool
	FailsWhen(e *parse.Expr) *parse.Expr
	// SystemColumns are columns that every table has and no schema declares.
	SystemColumns() []string
	// QualifiesAssignments reports whether the column of a SET may be written with its
	// table: what stands before a dot is no column of a composite type then.
	QualifiesAssignments() bool
	// PrintedType is a type of the catalog as the database prints the type of a column,
	// without modifiers.
	PrintedType(sqlType string) string
	// SchemaDump is the command that prints a schema, for messages.
	SchemaDump() string
	// QualifiesTables reports whether a statement may name a table with its schema.
	QualifiesTables() bool
	// RefersBeside reports whether a foreign key looks for a table without a schema beside
	// its own, so that DDL has to say in which schema the other is.
	RefersBeside() bool
	// AliasesTarget reports whether the table that a statement writes may have an alias,
	// where it is not among the tables that are read.
	AliasesTarget(written parse.Written) bool
	// ReturnsByName reports whether RETURNING calls the table that is written by its name
	// and by no alias.
	ReturnsByName() bool
	// ReadsTarget reports whether an UPDATE or DELETE may read the table that it writes in
	// any subquery, and not in those of FROM alone that are computed before.
	ReadsTarget() bool
	// AssignsInOrder reports whether a SET sees what the assignments before it have made of
	// the row, and not the row as it was.
	AssignsInOrder() bool
	// NamesDerived reports whether a subquery in FROM may name its columns behind its
	// alias, as in AS t (a, b), and may see the columns of the query that it is in a
	// subquery of.
	NamesDerived() bool
	// FillsSerial reports whether a column that numbers its rows puts a number in the
	// place of a value that it is given, such as NULL.
	FillsSerial() bool
	// RejectsNull reports whether a column that is NOT NULL takes no NULL, in whatever
	// mode the database runs: some have modes that put another value there.
	RejectsNull() bool

	// Positional reports whether the drivers take parameters by their places in the
	// text: its placeholders have no numbers then, and what stands for a slice is
	// written when it has its values.
	Positional() bool
	// LastInsertID reports whether the drivers know the id that a new row got.
	LastInsertID() bool
	// KeepsLastID reports whether that is the id of an earlier statement's row where a
	// statement has added none.
	KeepsLastID() bool
	// LoadsWith is the sql_driver with which rows are copied from what a client sends
	// like a file; empty where it is another way, or none.
	LoadsWith() string
	// Returns reports whether INSERT, UPDATE and DELETE can return rows.
	Returns() bool
	// CountsChanged reports whether an UPDATE counts the rows that it changed, and not
	// those that it found, unless a driver is told otherwise.
	CountsChanged() bool
	// Upsert is the clause that makes an INSERT update the row that has the same key
	// with the values of some columns, all written with Quote. anyKey is set where that
	// is the row in the way by any unique key.
	Upsert(key, columns []string) (clause string, anyKey bool)
}

// IDForm is how a tenant's id has to be written: the type of the tenant column may make
// one value of several texts. They are the forms of package runtime, by whose names the
// generated code asks for them.
type IDForm string

// The forms.
const (
	IDText     IDForm = ""         // any text is an id of its own
	IDUnpadded IDForm = "unpadded" // no blank at the end: what is too long may lose those
	// The next two have a limit behind them: the largest number, and the longest text of
	// printable ASCII characters.
	IDIntegerTo IDForm = "integer:"
	IDASCII     IDForm = "ascii:"
	IDInteger   IDForm = "integer" // decimal digits
	IDUUID      IDForm = "uuid"    // lower case, with hyphens
)

// The dialects.
var (
	PostgreSQL Dialect = postgreSQL{parse.PostgreSQL}
	MySQL      Dialect = mySQL{parse.MySQL}
	SQLite     Dialect = sqlite{parse.SQLite}
)

// For returns the dialect of an engine of the configuration; nil for one that is not
// known.
func For(engine string) Dialect {
	for _, d := range []Dialect{PostgreSQL, MySQL, SQLite} {
		if d.Engine() == engine {
			return d
		}
	}
	return nil
}
