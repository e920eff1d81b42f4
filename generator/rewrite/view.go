package rewrite

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// body puts a view's body in the place of its name, scoped with the same tenant
// parameter as the statement.
func (w *writer) body(r *scope.Reference) {
	inner := &writer{catalog: w.catalog, plan: r.Body.Plan, text: r.Body.Text, tenant: w.tenant, number: w.number}
	for _, star := range r.Body.Stars {
		var columns []string
		for _, c := range star.Columns {
			columns = append(columns, w.column(c[0], c[1]))
		}
		inner.replace(star.Range, strings.Join(columns, ", "))
	}
	text, _, err := source.Apply(r.Body.Text, inner.edits())
	if w.err == nil {
		w.err = inner.err
	}
	if w.err == nil {
		w.err = err
	}
	text = "(" + text + ")"
	switch named := " AS " + w.named(r.Ref.Name) + w.columnList(r.Body.Columns); {
	case r.Ref.Alias == "":
		text += named
	case len(r.Body.Columns) > 0:
		text = "(SELECT * FROM " + text + named + ")"
	}
	w.replace(r.Ref.NameRange, text)
}

// replace puts text in the place of other text, apart from the words around it.
func (w *writer) replace(at parse.Range, text string) {
	if at.Start > 0 && parse.InWord(w.text[at.Start-1]) && parse.InWord(text[0]) {
		text = " " + text
	}
	if at.End < len(w.text) && parse.InWord(text[len(text)-1]) && parse.InWord(w.text[at.End]) {
		text += " "
	}
	w.list = append(w.list, source.Edit{Start: at.Start, End: at.End, New: text})
}

// columnList is a list of column names in parentheses; empty without names.
func (w *writer) columnList(names []string) string {
	if len(names) == 0 {
		return ""
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = w.quote(name)
	}
	return " (" + strings.Join(quoted, ", ") + ")"
}

// rename writes a table's own name, under which the text does not know it.
func (w *writer) rename(r *scope.Reference) {
	text := w.relation(ir.Name{Schema: r.Table.Schema, Name: r.Table.Name}, r.Hidden)
	if r.Ref.Only {
		text = "ONLY " + text
	}
	if r.Ref.Alias == "" && r.Placement != scope.Derived && r.Table.Name != r.Ref.Name {
		text += " AS " + w.named(r.Ref.Name)
	}
	w.replace(r.Ref.NameRange, text)
}
