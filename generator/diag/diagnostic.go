// Package diag is what the compiler says to its user: diagnostics with a code,
// a place and a way out. Stages add to a Report and go on; nothing here prints
// before the end, and nothing stops at the first mistake.
package diag

import (
	"fmt"

	"github.com/tenancygen/tenancygen/generator/source"
)

// Severity says whether a diagnostic stops the generation.
type Severity string

// The severities. Only Error stops.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
)

// Related is a second place that explains a diagnostic.
type Related struct {
	Span    source.Span
	Message string
}

// Diagnostic is one message to the user.
type Diagnostic struct {
	Code     Code
	Severity Severity
	// Message says what is wrong, in lower case, without a full stop.
	Message string
	// Span is the smallest text that is wrong. The zero Span is printed without
	// a position.
	Span source.Span
	// Label is printed under the carets. It may be empty.
	Label string
	// Related are at most two more places.
	Related []Related
	// Help says what to do. Every error has one.
	Help string
	// Query is the name of the query that it is about; empty for others.
	Query string
}

// Report collects diagnostics. The zero value is ready to use. It is not safe
// for concurrent use.
type Report struct {
	diagnostics []*Diagnostic
}

// Errorf adds an error and returns it, so that the caller can add to it.
func (r *Report) Errorf(code Code, span source.Span, format string, args ...any) *Diagnostic {
	return r.Add(&Diagnostic{Code: code, Severity: Error, Span: span, Message: fmt.Sprintf(format, args...)})
}

// Warnf adds a warning and returns it.
func (r *Report) Warnf(code Code, span source.Span, format string, args ...any) *Diagnostic {
	return r.Add(&Diagnostic{Code: code, Severity: Warning, Span: span, Message: fmt.Sprintf(format, args...)})
}

// Add adds a diagnostic and returns it.
func (r *Report) Add(d *Diagnostic) *Diagnostic {
	r.diagnostics = append(r.diagnostics, d)
	return d
}

// WithHelp sets the help text and returns the diagnostic.
func (d *Diagnostic) WithHelp(format string, args ...any) *Diagnostic {
	d.Help = fmt.Sprintf(format, args...)
	return d
}

// WithLabel sets the text under the carets and returns the diagnostic.
func (d *Diagnostic) WithLabel(format string, args ...any) *Diagnostic {
	d.Label = fmt.Sprintf(format, args...)
	return d
}

// WithRelated adds a second place and returns the diagnostic.
func (d *Diagnostic) WithRelated(span source.Span, format string, args ...any) *Diagnostic {
	d.Related = append(d.Related, Related{Span: span, Message: fmt.Sprintf(format, args...)})
	return d
}

// InQuery sets the query's name and returns the diagnostic.
func (d *Diagnostic) InQuery(name string) *Diagnostic {
	d.Query = name
	return d
}

// IsError reports whether the diagnostic stops the generation.
func (d *Diagnostic) IsError() bool { return d.Severity == Error }
