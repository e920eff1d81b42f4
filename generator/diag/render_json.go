package diag

import (
	"bytes"
	"encoding/json"
)

// jsonDiagnostic is the printed form of a Diagnostic. Tools read it: fields are
// added, never renamed.
type jsonDiagnostic struct {
	Code     Code          `json:"code"`
	Severity Severity      `json:"severity"`
	Message  string        `json:"message"`
	Path     string        `json:"path"`
	Line     int           `json:"line"`
	Column   int           `json:"column"`
	Label    string        `json:"label"`
	Help     string        `json:"help"`
	Query    string        `json:"query"`
	Related  []jsonRelated `json:"related"`
}

type jsonRelated struct {
	Message string `json:"message"`
	Path    string `json:"path"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
}

// renderJSON prints one array; line and column are 0 where there is no place.
func renderJSON(out *bytes.Buffer, diagnostics []*Diagnostic) error {
	all := make([]jsonDiagnostic, len(diagnostics))
	for i, d := range diagnostics {
		p := d.Span.Position()
		all[i] = jsonDiagnostic{
			Code: d.Code, Severity: d.Severity, Message: d.Message,
			Path: p.Path, Line: p.Line, Column: p.Column,
			Label: d.Label, Help: d.Help, Query: d.Query,
			Related: jsonRelatedOf(d.Related),
		}
	}
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

func jsonRelatedOf(related []Related) []jsonRelated {
	out := make([]jsonRelated, len(related))
	for i, r := range related {
		p := r.Span.Position()
		out[i] = jsonRelated{Message: r.Message, Path: p.Path, Line: p.Line, Column: p.Column}
	}
	return out
}
