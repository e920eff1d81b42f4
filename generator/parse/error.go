package parse

import (
	"fmt"
	"strings"
)

// Error is a text that cannot be parsed, or a construct that the tree has no
// room for.
type Error struct {
	// Pos is the byte offset of the place.
	Pos int
	// Unsupported is set when the text is valid SQL that is refused.
	Unsupported bool
	Message     string
	Help        string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// noNUL refuses a NUL, which the parser takes for the end of the text: nothing
// behind it would be seen. It is nil for a text without one.
func noNUL(text string) *Error {
	if at := strings.IndexByte(text, 0); at >= 0 {
		return &Error{Pos: at, Message: "there is a NUL byte in the text", Help: "remove it; PostgreSQL has no such character"}
	}
	return nil
}

func unsupported(pos int, what, help string) *Error {
	return &Error{Pos: pos, Unsupported: true, Message: what + " is not supported", Help: help}
}

// lost is the error for text whose place in the tree could not be found: a bug,
// or a form that the parser accepts and the tree does not.
func lost(pos int, what string) *Error {
	return &Error{Pos: pos, Unsupported: true,
		Message: fmt.Sprintf("%s could not be located in the text", what),
		Help:    "write the statement in a plainer form, and report this as a bug"}
}
