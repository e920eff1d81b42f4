package rewrite

import (
	"sort"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/ir"
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
}

// insert puts text in. The author may have written the next word right behind a
// string or a parenthesis, and it must not become a part of what is put before it.
func (w *writer) insert(at int, text string) {
	if at < len(w.text) && parse.InWord(text[len(text)-1]) && parse.InWord(w.text[at]) {
		text += " "
	}
	w.list = append(w.list, source.Edit{Start: at, End: at, New: text})
}

// edits writes the whole plan. Where two insertions meet at one place the inner
// one comes first: a table or value before the clause that ends behind it.
func (w *writer) edits() []source.Edit {
	for _, r := range w.plan.References {
		if r.Placement == scope.Derived {
			w.derived(r)
		}
	}
	for _, c := range w.plan.Lookups {
		w.lookup(c)
	}
	for _, ins := range w.plan.Inserts {
		w.rows(ins)
	}
	for _, k := range w.plan.Keys {
		w.key(k)
	}
	w.clauses(append(append([]*scope.Reference{}, w.plan.References...), w.plan.Guards...))
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
	for _, u := range w.plan.Updates {
		predicates[*u.Slot] = append(predicates[*u.Slot], w.check(u.Check))
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
	text := " AS " + parse.Quote(name) + " WHERE " + w.predicate(r, name) + ")"
	if r.Ref.Alias == "" {
		text += " AS " + parse.Quote(name)
	}
	w.insert(r.Ref.NameRange.End, text)
}

// rows completes the rows of an INSERT.
func (w *writer) rows(ins *scope.Insert) {
	if ins.DefaultValues.End > ins.DefaultValues.Start {
		w.list = append(w.list, source.Edit{Start: ins.DefaultValues.Start, End: ins.DefaultValues.End,
			New: "(" + parse.Quote(ins.Column) + ") VALUES (" + w.tenant + ")"})
		return
	}
	switch {
	case len(ins.Expand) > 0:
		names := append([]string{}, ins.Expand...)
		if ins.Column != "" {
			names = append(names, ins.Column)
		}
		for i, name := range names {
			names[i] = parse.Quote(name)
		}
		w.insert(ins.ExpandAt, " ("+strings.Join(names, ", ")+")")
	case ins.Column != "":
		w.insert(ins.ColumnAt, ", "+parse.Quote(ins.Column))
	}
	for _, row := range ins.Rows {
		w.row(row)
	}
}

// row gives one row the tenant's value. Where a check fails the value is NULL.
func (w *writer) row(row *scope.Row) {
	checks := w.checks(row.Checks)
	switch {
	case row.Compare:
		w.insert(row.Value.Start, "CASE WHEN ")
		w.insert(row.Value.End, " = "+w.tenant+strings.Join(prefixed(" AND ", checks), "")+" THEN "+w.tenant+" END")
	case row.HasValue() && len(checks) > 0:
		w.insert(row.Value.Start, "CASE WHEN "+strings.Join(checks, " AND ")+" THEN ")
		w.insert(row.Value.End, " END")
	case row.HasValue():
	case len(checks) > 0:
		w.insert(row.At, ", CASE WHEN "+strings.Join(checks, " AND ")+" THEN "+w.tenant+" END")
	default:
		w.insert(row.At, ", "+w.tenant)
	}
}

func prefixed(prefix string, list []string) []string {
	var out []string
	for _, s := range list {
		out = append(out, prefix+s)
	}
	return out
}

func (w *writer) checks(list []*scope.Check) []string {
	var out []string
	for _, c := range list {
		out = append(out, w.check(c))
	}
	return out
}

// lookup makes a value the key of a row of the tenant, or NULL.
func (w *writer) lookup(c *scope.Check) {
	key := column(c.Alias, c.Column)
	w.insert(c.Value.Start, "(SELECT "+key+" FROM "+w.from(c)+" WHERE "+key+" = ")
	w.insert(c.Value.End, "::"+castType(c.Type)+" AND "+w.predicate(c.Reference(), c.Alias)+")")
}

// from is a check's parent in a FROM clause.
func (w *writer) from(c *scope.Check) string {
	from := relation(ir.Name{Schema: c.Parent.Schema, Name: c.Parent.Name}, c.Qualify)
	if c.Alias != c.Parent.Name {
		from += " AS " + parse.Quote(c.Alias)
	}
	return from
}

// check is the condition that a value refers to a row of the tenant. The value
// is cast to its column's type, so that it has one type in both places.
func (w *writer) check(c *scope.Check) string {
	value := w.text[c.Value.Start:c.Value.End]
	if c.Param > 0 {
		value = "$" + strconv.Itoa(w.number(c.Param))
	}
	value += "::" + castType(c.Type)
	exists := "EXISTS (SELECT 1 FROM " + w.from(c) + " WHERE " + column(c.Alias, c.Column) + " = " + value + " AND " + w.predicate(c.Reference(), c.Alias) + ")"
	if c.Nullable {
		return "(" + value + " IS NULL OR " + exists + ")"
	}
	return exists
}

// key makes a child's foreign key value the key of one of the tenant's own
// parents, or NULL.
func (w *writer) key(k *scope.Key) {
	step := k.Table.Tenancy.Path[0]
	key := column(k.Aliases[0], step.ParentColumns[0])
	w.insert(k.Start, "(SELECT "+key+" FROM "+w.parents(k.Table, k.Aliases, k.Qualify)+" WHERE "+key+" = ")
	w.insert(k.End, " AND "+w.owner(k.Table, k.Aliases, false)+strings.Join(prefixed(" AND ", w.checks(k.Checks)), "")+")")
}
