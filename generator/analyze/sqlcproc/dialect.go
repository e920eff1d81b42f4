package sqlcproc

import "strconv"

// dialect is how sqlc takes the statements of one engine.
type dialect struct {
	engine string
	// blank is white space to the engine's lexer in sqlc that nobody writes.
	blank string
	// placeholder is how a parameter without a name is fed, given how many such ones
	// there are up to it; nil where the compiler's $n is what sqlc reads, too.
	placeholder func(nth int) string
	// numbered is set where parameters keep the numbers that they are fed with, and
	// those of one name have one number. Elsewhere each use of a parameter is one of
	// its own, and they come back in the order of the text.
	numbered bool
	// bareLimits is set where sqlc's parser takes no name behind LIMIT and OFFSET.
	bareLimits bool
	// ascii is set where sqlc takes counts of characters for counts of bytes.
	ascii bool
	// trailing is set where sqlc takes what stands between the last token of a
	// statement and its semicolon for a part of the next statement.
	trailing bool
	// asks is set where sqlc may ask a database for types.
	asks bool
	// cast is a parameter with a type, for messages.
	cast string
}

// dialects are the dialects by their engines.
var dialects = map[string]*dialect{
	"postgresql": {engine: "postgresql", blank: "\f", asks: true, cast: "$1::text"},
	"mysql": {
		engine: "mysql", blank: "\v", cast: "CAST(? AS CHAR)",
		placeholder: func(int) string { return "?" }, bareLimits: true,
	},
	"sqlite": {
		engine: "sqlite", blank: "\v", cast: "CAST(? AS TEXT)",
		placeholder: func(nth int) string { return "?" + strconv.Itoa(nth) },
		numbered:    true, ascii: true, trailing: true,
	},
}
