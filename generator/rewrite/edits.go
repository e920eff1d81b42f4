package rewrite

import (
	"sort"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// writer writes the edits of one statement.
type writer struct {
	catalog *catalog.Catalog
	plan    *scope.Plan
	text    string
	tenant  string // the tenant parameter with its cast
	// number is the final number of an author's parameter.
	number func(int) int
	list   []source.Edit
	err    error
}

// insert puts text in. The author may have written the next word right behind a
// string or a parenthesis, and it must not become a part of what is put before it.
func (w *writer) insert(at int, text string) {
	if text == "" {
		return // a cast, where the dialect needs none
	}
	if at < len(w.text) && parse.InWord(text[len(text)-1]) && parse.InWord(w.text[at]) {
		text += " "
	}
	w.list = append(w.list, source.Edit{Start: at, End: at, New: text})
}

// edits writes the whole plan. Where two insertions meet at one place the inner
// one comes first: a table or value before the clause that ends behind it.
func (w *writer) edits() []source.Edit {
	for _, r := range w.plan.References {
		if r.Rename && r.Placement != scope.Inlined {
			w.rename(r)
		}
		switch r.Placement {
		case scope.Derived:
			w.derived(r)
		case scope.Inlined:
			w.body(r)
		}
	}
	for _, wrap := range w.plan.Wraps {
		w.openWrap(wrap)
	}
	for _, l := range w.plan.Lookups {
		w.lookup(l)
	}
	for _, ins := range w.plan.Inserts {
		w.rows(ins)
	}
	w.clauses(append(append([]*scope.Reference{}, w.plan.References...), w.plan.Guards...))
	for _, wrap := range w.plan.Wraps {
		w.closeWrap(wrap)
	}
	return w.list
}

// clauses adds the predicates of all references to their clauses, one edit for
// each clause.
func (w *writer) clauses(refs []*scope.Reference) {
	predicates := map[scope.Slot][]string{}
	for _, r := range refs {
		switch r.Placement {
		case scope.InWhere, scope.InOn, scope.InConflict, scope.InWhen:
			predicates[*r.Slot] = append(predicates[*r.Slot], w.predicate(r, r.Ref.Visible()))
		}
	}
	slots := make([]scope.Slot, 0, len(predicates))
	for slot := range predicates {
		slots = append(slots, slot)
	}
	// An ON expression may end where a new WHERE goes, and comes before it.
	sort.Slice(slots, func(i, j int) bool {
		a, b := slots[i], slots[j]
		if a.HasExpr() != b.HasExpr() {
			return a.HasExpr()
		}
		return a.Expr.Start < b.Expr.Start || a.Expr.Start == b.Expr.Start && a.At < b.At
	})
	for _, slot := range slots {
		all := strings.Join(predicates[slot], " AND ")
		if slot.HasExpr() {
			// The parentheses keep an OR of the author's from swallowing the predicate.
			w.insert(slot.Expr.Start, "(")
			w.insert(slot.Expr.End, ") AND "+all)
			continue
		}
		if slot.When {
			w.insert(slot.At, " AND "+all)
			continue
		}
		w.insert(slot.At, w.newline(slot.At)+"WHERE "+all)
	}
}

// newline is a line break with the indentation of the line at an offset, for a
// statement that is written on several lines, and a blank for others.
func (w *writer) newline(at int) string {
	if !strings.Contains(w.text, "\n") {
		return " "
	}
	line := w.text[strings.LastIndexByte(w.text[:at], '\n')+1:]
	return "\n" + line[:len(line)-len(strings.TrimLeft(line, " \t"))]
}

// derived puts a filtering subquery in the place of a table.
func (w *writer) derived(r *scope.Reference) {
	name := r.Ref.Name
	w.insert(r.Ref.NameRange.Start, "(SELECT * FROM ")
	text := " AS " + w.named(name) + " WHERE " + w.predicate(r, name) + ")"
	if r.Ref.Alias == "" {
		text += " AS " + w.named(name)
	}
	w.insert(r.Ref.NameRange.End, text)
}

// rows completes the rows of an INSERT.
func (w *writer) rows(ins *scope.Insert) {
	if ins.DefaultValues.End > ins.DefaultValues.Start {
		w.list = append(w.list, source.Edit{Start: ins.DefaultValues.Start, End: ins.DefaultValues.End,
			New: "(" + w.quote(ins.Column) + ") VALUES (" + w.tenant + ")"})
		return
	}
	switch {
	case len(ins.Expand) > 0:
		names := append([]string{}, ins.Expand...)
		if ins.Column != "" {
			names = append(names, ins.Column)
		}
		for i, name := range names {
			names[i] = w.quote(name)
		}
		w.insert(ins.ExpandAt, " ("+strings.Join(names, ", ")+")")
	case ins.Column != "":
		w.insert(ins.ColumnAt, ", "+w.quote(ins.Column))
	}
	for _, row := range ins.Rows {
		w.row(row)
	}
}

// row gives one row the tenant's value.
func (w *writer) row(row *scope.Row) {
	switch {
	case row.Compare:
		w.insert(row.Value.Start, "CASE WHEN ")
		w.insert(row.Value.End, " = "+w.tenant+" THEN "+w.tenant+" END")
	case row.HasValue() || row.Hidden:
	default:
		w.insert(row.At, ", "+w.tenant)
	}
}
