package parse

// Dialect reads the SQL of one database. Inside of the compiler the parameters of a
// statement are $1…$n in every dialect: each reads them, beside the form of its own.
// The values are stateless and safe for concurrent use.
type Dialect interface {
	// Engine is the name of the database in the configuration.
	Engine() string
	// Statement parses one statement. The error is an *Error.
	Statement(text string) (*Query, error)
	// Schema parses a schema file. The error is an *Error.
	Schema(text string) ([]DDL, error)
	// SchemaStatements reads a schema file for those who want the author's text, and
	// not only what it declares. The error is an *Error.
	SchemaStatements(text string) ([]*SchemaStatement, error)
	// Outline is a statement as bytes, without the places in the text. It visits every
	// mention on the way, and where visit changes a relation's Schema, Name or Alias, or
	// the Text of another mention, the outline has the change. So two statements that
	// differ in what visit evens out, and in layout, have one outline. The error is an
	// *Error.
	Outline(sql string, visit func(*Mention)) (string, error)
	// Quote writes a name so that it stands for itself.
	Quote(name string) string
	// SplitName reads the text of a relation's name that a function is given in a
	// string. It reports false for what is no name.
	SplitName(text string) (schema, name string, ok bool)

	// lexemes splits a text into its tokens, comments among them. The text of a
	// parameter is $n or ?n; ?, for one that has a number of its own; or :name or
	// @name.
	lexemes(text string) ([]lexeme, *Error)
	// lastSemicolon reports whether sqlc wants one behind the last statement of a file,
	// too.
	lastSemicolon() bool
	// fold is the name that a word or quoted name stands for.
	fold(word string) string
}

// The dialects.
var (
	PostgreSQL Dialect = postgreSQL{}
	MySQL      Dialect = mySQL{}
	SQLite     Dialect = sqlite{}
)

// LexemeKind is the kind of a token.
type LexemeKind int

// The kinds of token.
const (
	OtherToken   LexemeKind = iota // an operator, a bracket, a number
	LineComment                    // -- …
	BlockComment                   // /* … */
	WordToken                      // a keyword or a plain name
	QuotedToken                    // a name between marks
	StringToken                    // between single quotes
	ParamToken
)

func (k LexemeKind) isComment() bool { return k == LineComment || k == BlockComment }

// lexeme is a token as a scanner gives it.
type lexeme struct {
	Range
	kind LexemeKind
	// keyword is set for a word that has a meaning of its own somewhere, and reserved
	// where it cannot name a column without quotes.
	keyword, reserved bool
}
