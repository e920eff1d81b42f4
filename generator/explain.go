package generator

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// explained says what became of each statement. Parameters have the names that
// their author gave.
func explained(list []*statement) []Explained {
	out := make([]Explained, 0, len(list))
	for _, s := range list {
		out = append(out, s.sent(s.explain()))
	}
	return out
}

func (s *statement) explain() Explained {
	at := s.text.File.Position(s.text.Start)
	e := Explained{
		Name: s.text.Name, Cmd: s.text.Cmd, File: at.Path, Line: at.Line, Column: at.Column,
		SQL: s.text.File.Text[s.text.Start:s.text.End], Status: s.status(),
	}
	for _, d := range s.report.Sorted() {
		e.Diagnostics = append(e.Diagnostics, NewExplainedDiagnostic(d))
	}
	if s.check == nil {
		for _, r := range s.references {
			place := s.text.Span(r.Ref.NameRange).Position()
			e.Tables = append(e.Tables, ExplainedTable{Table: r.Table.QualifiedName(), Alias: r.Ref.Visible(),
				Tenancy: string(r.Class()), Line: place.Line, Column: place.Column})
		}
	} else {
		for _, r := range s.check.References {
			place := s.result.OriginSQL(r.Pos).Position()
			e.Tables = append(e.Tables, ExplainedTable{Table: r.Table.QualifiedName(), Alias: r.Alias,
				Tenancy: string(r.Table.Tenancy.Class), Anchor: r.Anchor, Line: place.Line, Column: place.Column})
		}
	}
	if e.Status == StatusRefused {
		return e
	}
	if s.insert != nil {
		s.explainCopy(&e)
		return e
	}
	e.ScopedSQL = s.result.SQL
	for _, p := range s.result.Params {
		e.Params = append(e.Params, ExplainedParam{Position: p.Number, Placeholder: fmt.Sprintf("$%d", p.Number), Name: p.Name, Tenant: p.Tenant})
	}
	return e
}

// named is explained, with names for parameters that the author did not name.
func named(list []*statement) []Explained {
	out := make([]Explained, 0, len(list))
	for _, s := range list {
		e := s.explain()
		if e.Status != StatusRefused {
			names := s.paramNames()
			for i := range e.Params {
				if p := &e.Params[i]; p.Name == "" {
					p.Name = names[p.Position]
				}
			}
		}
		out = append(out, s.sent(e))
	}
	return out
}

// sent gives a statement the form in which the driver gets it: where that takes
// parameters by their places, it has a ? for each place, and the parameters are in that
// order, each as often as it is used.
func (s *statement) sent(e Explained) Explained {
	if !s.dialect.Positional() || e.Status == StatusRefused {
		return e
	}
	text, uses, err := parse.PositionalText(s.dialect, e.ScopedSQL)
	if err != nil {
		return e // generate reports it
	}
	byNumber := map[int]ExplainedParam{}
	for _, p := range e.Params {
		byNumber[p.Position] = p
	}
	e.Params = nil
	for i, use := range uses {
		p := byNumber[use.Number]
		p.Position, p.Placeholder = i+1, "?"
		e.Params = append(e.Params, p)
	}
	for i := range e.Tables {
		e.Tables[i].Anchor = placed(e.Tables[i].Anchor, e.ScopedSQL, uses)
	}
	e.ScopedSQL = text
	return e
}

var numberedParam = regexp.MustCompile(`\$\d+`)

// placed writes the parameters of an anchor as the places that they have in a statement:
// ?2 is the second. A parameter has many places, and the anchor's is the one behind the
// same text; where that is not to be found, all are named.
func placed(anchor, sql string, uses []parse.NumberedParam) string {
	at := numberedParam.FindStringIndex(anchor)
	if at == nil {
		return anchor
	}
	var here, all []string
	for i, use := range uses {
		if sql[use.Start:use.End] != anchor[at[0]:at[1]] {
			continue
		}
		place := fmt.Sprintf("?%d", i+1)
		all = append(all, place)
		if strings.HasSuffix(sql[:use.Start], anchor[:at[0]]) {
			here = append(here, place)
		}
	}
	if here == nil {
		here = all
	}
	return anchor[:at[0]] + strings.Join(here, ", ") + anchor[at[1]:]
}

func (s *statement) status() Status {
	switch {
	case s.report.HasErrors() || s.result == nil:
		return StatusRefused
	case s.handle == ir.HandleUnscoped:
		return StatusUnscoped
	case s.handle == ir.HandleGlobal:
		return StatusGlobal
	}
	return StatusAccepted
}

// paramNames guesses names for parameters that the author did not name: that of
// the column they are compared with or stored in, as the analysis would.
func (s *statement) paramNames() map[int]string {
	names := map[int]string{}
	q, err := s.dialect.Statement(s.result.SQL)
	if err != nil {
		return names
	}
	set := func(value *parse.Expr, name string) {
		value = value.Uncast()
		if value == nil || value.Kind != parse.ParamExpr || names[value.Param] != "" {
			return
		}
		if s.check != nil && value.Param == s.result.Tenant && !slices.ContainsFunc(s.check.References, func(r certify.Reference) bool { return r.Table.Tenancy.Column == name }) {
			return // looked up for another column
		}
		names[value.Param] = name
	}
	q.EachQuery(func(q *parse.Query) {
		inserted(q, set)
		q.Expressions(func(e *parse.Expr) {
			if e.Kind != parse.OpExpr || len(e.Args) != 2 {
				return
			}
			for _, pair := range [][2]*parse.Expr{{e.Args[0], e.Args[1]}, {e.Args[1], e.Args[0]}} {
				if pair[0].Kind == parse.ColumnExpr && len(pair[0].Path) > 0 {
					set(pair[1], pair[0].Path[len(pair[0].Path)-1])
				}
			}
		})
		for _, assignment := range q.Assignments() {
			set(valueOf(assignment.Value), assignment.Columns[0])
		}
	})
	return names
}

// inserted names the parameters in the rows of an INSERT.
func inserted(q *parse.Query, set func(*parse.Expr, string)) {
	if q.Insert == nil || q.Insert.Source == nil || q.Insert.Source.Values == nil {
		return
	}
	for _, row := range q.Insert.Source.Values.Rows {
		for i := range min(len(row.Items), len(q.Insert.Columns)) {
			set(valueOf(row.Items[i].Expr), q.Insert.Columns[i].Name)
		}
	}
}

// valueOf looks through the subquery in which the rewriting looks up a parent's
// key: the value is what the key is compared with.
func valueOf(e *parse.Expr) *parse.Expr {
	if e == nil {
		return nil
	}
	if e.Kind != parse.SubqueryExpr || e.Query == nil || e.Query.Select == nil {
		return e
	}
	for _, c := range e.Query.Select.Where.Conjuncts() {
		if c.Kind == parse.OpExpr && len(c.Args) == 2 {
			return c.Args[1]
		}
	}
	return e
}
