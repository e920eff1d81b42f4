package parse

import (
	"fmt"
	"strings"
)

// SchemaStatement is a statement of a schema file with the relations that it names.
// It is for those who want the author's text, and not only what it declares.
type SchemaStatement struct {
	Range // without comments around it and its semicolon
	Kind  SchemaKind
	// What says what it is, such as "CREATE TABLE".
	What string
	// Problem says why nobody can tell by its text what it does to which relation;
	// empty for a statement that Names describes in full.
	Problem string
	// Names are the relations that it names, in the order of the text. What it makes
	// without naming it, such as the index of a primary key, comes first.
	Names []RelationName
	// To is the new name where the kind is RenamesRelation.
	To string
	// Lenient is set for IF EXISTS and IF NOT EXISTS.
	Lenient bool
	// Concurrently is the place of that word.
	Concurrently Range
	// Inserts is set where it, or a part of it, is an INSERT.
	Inserts bool
	// Local is what becomes LOCAL where a setting is not to outlive the transaction.
	Local Range
	// Aborts is set for a statement that ends a transaction in another way than COMMIT,
	// or undoes a part of it.
	Aborts bool
	// Functions are the functions and types that it makes, drops or renames.
	Functions []ObjectName
	// Calls are the functions that it calls, or makes something of, by their names
	// without schemas.
	Calls []string
	// Removes is set where it takes something away, or gives it another name, and Adds
	// where it adds a column.
	Removes, Adds bool
}

// SchemaKind says what a statement of a schema file is for.
type SchemaKind string

// The kinds of statement.
const (
	MakesRelation   SchemaKind = "makes"    // CREATE TABLE, VIEW, INDEX, SEQUENCE, STATISTICS
	ChangesRelation SchemaKind = "changes"  // ALTER TABLE and whatever hangs on a relation
	RenamesRelation SchemaKind = "renames"  // ALTER … RENAME TO
	DropsRelation   SchemaKind = "drops"    // DROP TABLE, VIEW, INDEX, SEQUENCE, STATISTICS
	MakesOther      SchemaKind = "other"    // types, functions, extensions, schemas, roles
	MakesFunction   SchemaKind = "function" // functions and procedures
	MakesTrigger    SchemaKind = "trigger"
	WritesRows      SchemaKind = "writes"  // INSERT, UPDATE, DELETE, MERGE, TRUNCATE
	SetsSession     SchemaKind = "session" // SET, BEGIN, COMMIT, ANALYZE: makes nothing
)

// NameUse says what a statement does with a relation that it names.
type NameUse string

// The uses of a name.
const (
	CreatesName NameUse = "creates"
	SubjectName NameUse = "subject" // it is altered, dropped, written or commented on
	RefersName  NameUse = "refers"
	LiteralName NameUse = "literal" // in a string that the database reads as a relation's name
	OwnerName   NameUse = "owner"   // the table whose column owns the sequence
	TypeUse     NameUse = "type"    // a type of that name; perhaps the row of a table
	MentionName NameUse = "mention" // a string that a function is given
	PartName    NameUse = "part"    // of something that the relation has, or before a column of it
)

// RelationName is the name of a relation in a statement.
type RelationName struct {
	// Range is where it is written, with its schema, and a literal with its quotes.
	// It is empty for a name that is not written, or that cannot be qualified.
	Range
	ObjectName
	Use NameUse
	// Spelling is the name as it is written, in a dialect that folds quoted names.
	Spelling string
	// Part is what is called so, such as a trigger, where the use is PartName; empty
	// where it is the relation itself.
	Part string
	// Alias is set for a name that needs itself as its alias where another one is in its
	// place.
	Alias bool
	// Index is set for the name of an index, and Sequence for that of a sequence,
	// that the statement makes for the table that it makes or changes.
	Index, Sequence bool
}

// schemaReader reads one statement.
type schemaReader struct {
	window
	out *SchemaStatement
}

// words are the keywords that a statement begins with, for messages.
func (w window) words() string {
	var out []string
	for i := w.from; i < w.to && len(out) < 3 && w.list[i].keyword; i++ {
		if word := strings.ToUpper(w.list[i].text); word != "IF" {
			out = append(out, word)
			continue
		}
		break
	}
	return strings.Join(out, " ")
}

// problem notes why the statement cannot be understood; the first counts.
func (r *schemaReader) problem(format string, args ...any) {
	if r.out.Problem == "" {
		r.out.Problem = fmt.Sprintf(format, args...)
	}
}
