package generator

import (
	"bytes"
	"encoding/json"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// Status is what became of a statement.
type Status string

// The statuses.
const (
	StatusAccepted Status = "accepted" // touches tenant tables, and is scoped
	StatusRefused  Status = "refused"  // the diagnostics say why
	StatusGlobal   Status = "global"   // touches no tenant table
	StatusUnscoped Status = "unscoped" // exempt, with a reason
)

// Explained is what the compiler did with one statement. Its JSON form is a
// contract with tools: fields are added, never renamed, and lists are never
// null.
type Explained struct {
	// Name is the query's name; empty for one-off SQL.
	Name string `json:"name"`
	// Cmd is the annotation with its colon, such as ":one"; empty for one-off SQL.
	Cmd    string `json:"cmd"`
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Status Status `json:"status"`
	// SQL is the statement as written.
	SQL string `json:"sql"`
	// ScopedSQL is the statement as sent. It runs as it stands, with the parameters
	// $1…$n on PostgreSQL, and ? in each of their places on MySQL and SQLite. It is
	// empty for a statement that is refused.
	ScopedSQL string `json:"scoped_sql"`
	// Params are in the order of their positions. On MySQL and SQLite a parameter that
	// is used twice is there twice.
	Params      []ExplainedParam      `json:"params"`
	Tables      []ExplainedTable      `json:"tables"`
	Diagnostics []ExplainedDiagnostic `json:"diagnostics"`
}

// ExplainedParam is one parameter of the scoped statement.
type ExplainedParam struct {
	// Position is n of $n, or of the n-th ?.
	Position int `json:"position"`
	// Placeholder is how the statement writes it: "$1", or "?".
	Placeholder string `json:"placeholder"`
	Name        string `json:"name"`
	// Tenant is set for a parameter that carries the tenant's id.
	Tenant bool `json:"tenant"`
}

// ExplainedTable is one reference to a table in a statement.
type ExplainedTable struct {
	Table string `json:"table"`
	Alias string `json:"alias"`
	// Tenancy is the table's class: tenant, root, child, view, global or excluded.
	Tenancy string `json:"tenancy"`
	// Anchor says what ties the reference to the tenant; empty where nothing has
	// to.
	Anchor string `json:"anchor"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// ExplainedDiagnostic is one diagnostic about a statement.
type ExplainedDiagnostic struct {
	Code     diag.Code     `json:"code"`
	Severity diag.Severity `json:"severity"`
	Message  string        `json:"message"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Help     string        `json:"help"`
}

// NewExplainedDiagnostic returns the part of a diagnostic that is explained.
func NewExplainedDiagnostic(d *diag.Diagnostic) ExplainedDiagnostic {
	at := d.Span.Position()
	return ExplainedDiagnostic{
		Code: d.Code, Severity: d.Severity, Message: d.Message,
		Line: at.Line, Column: at.Column, Help: d.Help,
	}
}

// MarshalJSON writes empty lists as [], so that readers need no null check.
func (e Explained) MarshalJSON() ([]byte, error) {
	type plain Explained // without this method
	p := plain(e)
	if p.Params == nil {
		p.Params = []ExplainedParam{}
	}
	if p.Tables == nil {
		p.Tables = []ExplainedTable{}
	}
	if p.Diagnostics == nil {
		p.Diagnostics = []ExplainedDiagnostic{}
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false) // SQL is full of < and >
	err := enc.Encode(p)
	return out.Bytes(), err
}
