package parse

// MentionKind says how a statement mentions something.
type MentionKind int

// The kinds of mention.
const (
	RelationMention   MentionKind = iota // Schema, Name, Alias: a table or view, not a common table expression
	TypeMention                          // Schema, Name: a type, as of a cast
	ColumnMention                        // Schema, Name: the table of schema.table.column
	ArgumentMention                      // Function, and Text of a string: an argument of a function
	ConstraintMention                    // Schema, Name: the table of the constraint or index Text, as of ON CONFLICT
	// QualifierMention is what stands before a column, Text, where it means the
	// relation Schema, Name and not an alias.
	QualifierMention
)

// Written says how a statement writes a relation.
type Written string

// The ways to write one.
const (
	NotWritten Written = ""
	Inserted   Written = "inserted"
	Updated    Written = "updated"
	Deleted    Written = "deleted"
)

// Mention is a place in a statement that names a relation, or may.
type Mention struct {
	Kind MentionKind
	Pos  int // the offset that the parser reports
	// Schema and Name are as the statement has them, folded; Schema is empty where it
	// has none.
	Schema, Name string
	Alias        string
	Function     string
	Text         string
	Constant     bool // the argument is a string, which is Text
	// Written is set for the target of a statement that stands beside what it reads, and
	// for what qualifies its columns. Returned is set for the latter in RETURNING.
	Written  Written
	Returned bool
}
