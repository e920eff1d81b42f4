package scope

import (
	"maps"
	"strconv"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Body is the body of a view that takes the place of the view's name: the
// database does the same with a view. The tables in it are then tied to the
// tenant like those of any subquery.
type Body struct {
	// Text is the body, and Plan what is decided about it.
	Text string
	Plan *Plan
	// Columns are names for the result's columns, from the first on.
	Columns []string
	// Stars are written out.
	Stars []catalog.Star
}

// inline plans for the body of a view.
func (s *scoper) inline(l *level, r *Reference) {
	refuse := func(what, help string) {
		s.refuse(diag.SyntaxUnsupported, s.span(r.Ref.NameRange), "view %q is replaced by its body, and %s", r.Table.QualifiedName(), what).WithHelp("%s", help)
	}
	view := r.Table.View
	switch {
	case r.Ref.Sampled:
		refuse("a subquery cannot be sampled", "sample in the query, as in WHERE random() < 0.1")
		return
	case qualifiesBySchema(l.query):
		refuse("the query qualifies a column with a schema", "qualify columns with the view's name or alias alone")
		return
	case len(view.Columns) > 0 && !s.catalog.Dialect.NamesDerived():
		refuse("it lists the names of its columns", "name them in its query, as in SELECT … AS name")
		return
	case s.coveredAnywhere(view.Query) != "":
		name := s.coveredAnywhere(view.Query)
		refuse("it reads "+strconv.Quote(name)+", which is also a common table expression of the statement", "give the common table expression another name")
		return
	case s.locked[r.Ref] && hasSetOperation(view.Query):
		refuse("its UNION, INTERSECT or EXCEPT cannot be locked", "leave the view out of FOR UPDATE: name the tables to lock in FOR UPDATE OF")
		return
	}
	names, err := parse.Identifiers(s.catalog.Dialect, view.Text)
	if err != nil {
		s.refuse(diag.Internal, s.span(r.Ref.NameRange), "%v", err).WithHelp("report this as a bug")
		return
	}
	maps.Copy(names, s.names)
	var report diag.Report
	body := &scoper{
		text:    bodyText(s.text.Name, view.Text),
		catalog: s.catalog, opts: s.opts, report: &report, names: names,
		plan: &Plan{Bound: map[int]bool{}, TenantType: s.plan.TenantType},
		ctes: maps.Clone(s.ctes), locked: view.Query.Locked(), everywhere: s.everywhere, view: view, hidden: func(name string) bool { return s.hides(name, l.names) },
	}
	if s.locked[r.Ref] {
		body.locked = view.Query.LockedWhole()
	}
	body.query(view.Query, nil)
	r.Body = &Body{Text: view.Text, Plan: body.plan, Columns: view.Columns, Stars: view.Stars}
	for _, d := range report.Sorted() {
		s.plan.Refused = s.plan.Refused || d.Severity == diag.Error
		copied := *d
		copied.Span = s.span(r.Ref.NameRange)
		copied.Message = "in the body of view " + r.Table.QualifiedName() + ": " + d.Message
		s.report.Add(&copied)
	}
}

// coveredAnywhere is a name in the body of a view that is also one of a WITH clause of
// the statement whose names mean its expressions wherever they stand, also before them:
// the body would read those there. It is empty where there is none.
func (s *scoper) coveredAnywhere(body *parse.Query) string {
	if len(s.everywhere) == 0 {
		return ""
	}
	found := ""
	body.EachQuery(func(q *parse.Query) {
		if q.Select == nil {
			return
		}
		for _, t := range parse.Tables(q.Select.From) {
			if s.everywhere[t.Name] {
				found = t.Name
			}
		}
	})
	return found
}

// bodyText is the text of a view's body, in a file of its own.
func bodyText(query, text string) *parse.QueryText {
	_, same, _ := source.Apply(text, nil) // no edits: it cannot fail
	return &parse.QueryText{Name: query, File: source.NewFile("", text), Macros: parse.Macros{Text: text, Map: same}}
}

// tableOf finds the table that a name stands for. In the body of a view it is the
// one that the name stood for when the view was created.
func (s *scoper) tableOf(ref *parse.Table) *catalog.Table {
	if s.view != nil {
		return s.view.Table(ref)
	}
	return s.catalog.Lookup(ref.Schema, ref.Name)
}

// name decides whether a reference in the body of a view needs another name.
func (s *scoper) name(r *Reference, names *scopeNames) {
	if s.view == nil {
		return
	}
	moved := s.catalog.Lookup(r.Ref.Schema, r.Ref.Name) != r.Table
	r.Hidden = (moved || r.Ref.Schema == "") && s.hides(r.Table.Name, names)
	r.Rename = moved || r.Hidden
	if r.Hidden && !s.catalog.Dialect.QualifiesTables() {
		s.refuse(diag.SyntaxUnsupported, s.span(r.Ref.NameRange), "it reads %q, and a common table expression has that name", r.Table.QualifiedName()).
			WithHelp("give the common table expression another name")
	}
}

// hides reports whether a name means a common table expression: one of the query,
// or one of the statement around a view's body.
func (s *scoper) hides(name string, names *scopeNames) bool {
	return names.has(name) || s.hidden != nil && s.hidden(name)
}

func hasSetOperation(q *parse.Query) bool {
	found := false
	q.EachQuery(func(q *parse.Query) { found = found || q.SetOp != nil })
	return found
}

// qualifiesBySchema reports whether a column is written with its table's schema:
// a subquery has none.
func qualifiesBySchema(q *parse.Query) bool {
	found := false
	q.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			found = found || e.Kind == parse.ColumnExpr && len(e.Path) > 2
		})
	})
	return found
}
