// Package analyze gives statements their types: the columns of their results
// and the names and types of their parameters. It is the only package that
// knows sqlc, which it runs as a child process of the program itself. The
// Engine interface is what the rest of the compiler sees, so that an in-process
// analysis can replace it.
package analyze

import (
	"context"
	"time"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Input is what is analysed.
type Input struct {
	// Engine is the database, as the configuration names it.
	Engine string
	// Schema are the schema files in order, without the down parts of
	// migrations.
	Schema []*source.File
	// Queries are the statements, already scoped.
	Queries []Query
	// Options are sqlc's options for an analysis.
	Options Options
}

// Options say how to analyse. The zero value does without a database, and is as
// strict as sqlc is by itself.
type Options struct {
	// DatabaseURI is a database that has the schema, for what cannot be typed
	// without one. ${NAME} in it stands for a variable of the environment.
	// DatabaseSpan is its place.
	DatabaseURI  string
	DatabaseSpan source.Span
	// StrictOrderBy is nil for the default.
	StrictOrderBy        *bool
	StrictFunctionChecks bool
}

// ParamMark, the parameter's number and "*/" stand before a parameter that is marked,
// and ParamEnd behind it. No author's text has them.
const (
	ParamMark = "/*tenancygen:p"
	ParamEnd  = "/*tenancygen:e*/"
)

// Query is one statement to analyse.
type Query struct {
	Name string
	Cmd  string // with its colon, ":one"
	// File is the base name of the query file that it comes from.
	File string
	// Text is the statement without its final semicolon and without the comments
	// before it. Parameters are $n or sqlc's macros (sqlc.arg and its kin, @name). Of
	// an engine other than PostgreSQL, each is between ParamMark with its number and
	// ParamEnd, and may have the form that it has there.
	Text string
	// Static is set for a text that has the types of the statement, but that no
	// database would take: it is analysed without one.
	Static bool
	// Origin returns the place in the author's file of a byte offset in Text.
	Origin func(offset int) source.Span
}

// Output is what the analysis found.
type Output struct {
	// DefaultSchema is the schema of unqualified names.
	DefaultSchema string
	// Enums and Tables are those of the user's schema, in its order; the tables'
	// Tenancy is left empty.
	Enums  []ir.Enum
	Tables []ir.Table
	// Composites are the composite types of the user's schema.
	Composites []ir.Name
	// Took is the processor time of the analysis, where it ran in another process.
	Took time.Duration
	// Queries hold Name, Cmd, SQL, Columns, Params and InsertInto, in the order
	// of the input; the other fields are left empty. SQL has its stars expanded
	// and its macros replaced by $n; the comments inside it are kept. Where
	// parameters were marked, each has its number there as its Origin.
	Queries []ir.Query
}

// Engine analyses statements. What is wrong with a statement goes into the
// report as diag.AnalysisFailed at its place, and the output is nil; an error is
// returned only when the analysis itself could not run.
type Engine interface {
	Analyze(ctx context.Context, in Input, report *diag.Report) (*Output, error)
	// Prepare begins with what can be done before the statements are known: the
	// schema and the options of the input. What it returns has to be closed.
	Prepare(ctx context.Context, in Input) Prepared
}

// Prepared is an analysis that has begun. It is for one call of Analyze, which
// does what the engine's does for the input with these statements.
type Prepared interface {
	Analyze(ctx context.Context, queries []Query, report *diag.Report) (*Output, error)
	Close()
}
