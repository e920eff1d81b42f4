package parse

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Error is a text that cannot be parsed, or a construct that the tree has no
// room for.
type Error struct {
	// Pos is the byte offset of the place.
	Pos int
	// Unsupported is set when the text is valid SQL that is refused.
	Unsupported bool
	// WholeStatement is set as well when no statement of its kind can be scoped,
	// whatever is in it.
	WholeStatement bool
	Message        string
	Help           string
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Report adds an error of a statement to a report, and returns the diagnostic. at gives
// the span of an offset.
func Report(err error, at func(offset int) source.Span, report *diag.Report) *diag.Diagnostic {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Message: err.Error(), Help: "report this as a bug"}
	}
	code := diag.SQLSyntax
	switch {
	case e.WholeStatement:
		code = diag.StatementRefused
	case e.Unsupported:
		code = diag.SyntaxUnsupported
	}
	return report.Errorf(code, at(e.Pos), "%s", e.Message).WithHelp("%s", e.Help)
}

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

// refusedStatement is the error for a statement of another kind than those that can be
// scoped.
func refusedStatement(pos int, statement, scoped string) *Error {
	return &Error{Pos: pos, Unsupported: true, WholeStatement: true,
		Message: statement + " is refused: only " + scoped + " can be scoped to a tenant",
		Help:    "run it outside of the generated queries, as a migration or an administrator's task"}
}

// noStatement is the error for a text without a statement, and severalStatements that for
// a second one.
func noStatement() *Error {
	return &Error{Message: "there is no statement", Help: "write one, or take the -- name: line out"}
}

func severalStatements(second int) *Error {
	return &Error{Pos: second, Message: "there is more than one statement",
		Help: "end the statement before it, and give each statement a -- name: line of its own"}
}

// lost is the error for text whose place in the tree could not be found: a bug,
// or a form that the parser accepts and the tree does not.
func lost(pos int, what string) *Error {
	return &Error{Pos: pos, Unsupported: true,
		Message: fmt.Sprintf("%s could not be located in the text", what),
		Help:    "write the statement in a plainer form, and report this as a bug"}
}
