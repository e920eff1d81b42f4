package dynamic

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// The errors of this package. ErrProject and ErrRefused are what an *Error wraps.
var (
	// ErrProject is returned by New for a configuration or a schema that cannot be
	// used.
	ErrProject = errors.New("tenancy: the project cannot be used")
	// ErrRefused is returned for a statement of which it cannot be proved that it
	// reads and writes the tenant's rows alone.
	ErrRefused = errors.New("tenancy: the statement is refused")
	// ErrArguments is returned, wrapped with the reason, for arguments that do not fit
	// the statement's parameters.
	ErrArguments = errors.New("tenancy: the arguments do not fit the statement")
)

// Error says why a project or a statement is refused. It may be shared by several
// callers: do not change it.
type Error struct {
	// Diagnostics are the reasons, by their places. There is at least one.
	Diagnostics []Diagnostic
	kind        error
}

// Diagnostic is one reason.
type Diagnostic struct {
	// Code is one of those that docs/diagnostics.md lists.
	Code string
	// Message says what is wrong, and Help what to do.
	Message, Help string
	// Path is the file; empty for a statement. Line and Column begin at 1, and Column
	// counts bytes. All of them are zero where there is no place.
	Path         string
	Line, Column int
}

// Error returns what kind of error it is, with the first reason.
func (e *Error) Error() string {
	d := e.Diagnostics[0]
	var at strings.Builder
	if d.Path != "" {
		at.WriteString(d.Path + ":")
	}
	if d.Line > 0 {
		fmt.Fprintf(&at, "%d:%d: ", d.Line, d.Column)
	}
	text := fmt.Sprintf("%v: %s%s [%s]", e.kind, at.String(), d.Message, d.Code)
	if more := len(e.Diagnostics) - 1; more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	return text
}

// Unwrap returns ErrProject or ErrRefused.
func (e *Error) Unwrap() error { return e.kind }

// newError makes an error of the diagnostics in a report; nil where none of them is
// wanted.
func newError(kind error, report *diag.Report, wanted func(*diag.Diagnostic) bool) *Error {
	e := &Error{kind: kind}
	for _, d := range report.Sorted() {
		if !wanted(d) {
			continue
		}
		out := Diagnostic{Code: string(d.Code), Message: d.Message, Help: d.Help}
		if !d.Span.IsZero() {
			at := d.Span.Position()
			out.Path, out.Line, out.Column = at.Path, at.Line, at.Column
		}
		e.Diagnostics = append(e.Diagnostics, out)
	}
	if len(e.Diagnostics) == 0 {
		return nil
	}
	e.Diagnostics = slices.Clip(e.Diagnostics)
	return e
}
