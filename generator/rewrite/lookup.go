package rewrite

import (
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/scope"
)

// lookup puts the key of the tenant's row around a value.
func (w *writer) lookup(l *scope.Lookup) {
	before, after := w.lookupText(l)
	w.insert(l.Value.Start, before)
	w.insert(l.Value.End, after)
}

// lookupText is what goes around a value. A value that must not meet the parent's
// names is a column of a subquery without FROM, which sees the levels outside
// alone. The value is cast to its column's type, so that it has one type wherever
// it stands.
func (w *writer) lookupText(l *scope.Lookup) (before, after string) {
	key := w.column(l.Alias, l.Column)
	var also strings.Builder
	for _, o := range l.Others {
		also.WriteString(" AND " + w.column(l.Alias, o.Column) + " = " + w.other(o))
	}
	if !l.Apart {
		also.WriteString(" AND " + w.predicate(l.Reference(), l.Alias))
	}
	cast := w.catalog.Dialect.CastSuffix(l.Type)
	if l.Typed && l.Plain {
		cast = ""
	}
	if l.Plain && l.None == scope.NullRefused {
		return "(SELECT " + key + " FROM " + w.from(l) + " WHERE " + key + " = ", cast + also.String() + ")"
	}
	if !w.catalog.Dialect.NamesDerived() {
		return w.saidTwice(l, key, also.String())
	}
	given := w.column(l.Given, "key")
	before = "(SELECT " + key + " FROM (SELECT "
	if !l.Plain {
		before, cast = before+"(", ")"+cast
	}
	source := cast + ") AS " + w.quote(l.Given) + " (" + w.quote("key") + ")"
	if l.None == scope.NullRefused {
		return before, source + " JOIN " + w.from(l) + " ON " + key + " = " + given + also.String() + ")"
	}
	missing := key + " IS NULL"
	if l.None == scope.NullKept {
		missing += " AND " + given + " IS NOT NULL"
	}
	return before, source + " LEFT JOIN " + w.from(l) + " ON " + key + " = " + given + also.String() + " WHERE " + w.catalog.Dialect.Failing(missing) + ")"
}

// saidTwice is the look-up of a value where no subquery of FROM can name it. Beside the
// parent there is one row, so that there is one to fail on.
func (w *writer) saidTwice(l *scope.Lookup, key, also string) (before, after string) {
	missing := key + " IS NULL"
	if constant := l.Again.Const.End > l.Again.Const.Start; l.None == scope.NullKept && !constant {
		missing += " AND " + w.other(l.Again) + " IS NOT NULL"
	}
	one := "(SELECT 1 AS " + w.quote("one") + ") AS " + w.quote(l.Given)
	return "(SELECT " + key + " FROM " + one + " LEFT JOIN " + w.from(l) + " ON " + key + " = ",
		also + " WHERE " + w.catalog.Dialect.Failing(missing) + ")"
}

// other is the value of another column of the key.
func (w *writer) other(o scope.Other) string {
	text := w.text[o.Const.Start:o.Const.End]
	switch {
	case len(o.Path) > 0:
		return w.column(o.Path[0], o.Path[1])
	case o.Param > 0:
		text = "$" + strconv.Itoa(w.number(o.Param))
	}
	return text + w.catalog.Dialect.CastSuffix(o.Type)
}

// from is the parent of a look-up in a FROM clause; apart, it is the tenant's rows alone.
func (w *writer) from(l *scope.Lookup) string {
	from := w.relation(ir.Name{Schema: l.Parent.Schema, Name: l.Parent.Name}, l.Qualify)
	if l.Alias != l.Parent.Name {
		from += " AS " + w.named(l.Alias)
	}
	if !l.Apart {
		return from
	}
	columns := []string{l.Column}
	for _, o := range l.Others {
		columns = append(columns, o.Column)
	}
	where := w.predicate(l.Reference(), l.Alias)
	if l.Plain && !l.Typed {
		// One row is enough, and a server locks what it reads.
		where = w.column(l.Alias, l.Column) + " = " + w.other(l.Again) + " AND " + where
	}
	return w.apart(l.Alias, columns, from, where)
}

// openWrap writes the SELECT around the source of an INSERT, and the types of its
// values.
func (w *writer) openWrap(wrap *scope.Wrap) {
	if w.catalog.Dialect.NamesDerived() {
		w.insert(wrap.Start, w.selected(wrap)+"(")
	} else {
		w.insert(wrap.Start, "WITH "+w.named(wrap.Name)+w.wrapped(wrap)+" AS (")
	}
	for _, c := range wrap.Casts {
		w.insert(c.At, w.catalog.Dialect.CastSuffix(c.Type))
	}
}

// selected is the SELECT around a source up to the source itself.
func (w *writer) selected(wrap *scope.Wrap) string {
	var columns []string
	for _, c := range wrap.Columns {
		text := w.column(wrap.Name, c.Name)
		switch {
		case c.Compare:
			text = "CASE WHEN " + text + " = " + w.tenant + " THEN " + w.tenant + " END"
		case c.Tenant:
			text = w.tenant
		case c.Lookup != nil:
			before, after := w.lookupText(c.Lookup)
			text = before + text + after
		}
		columns = append(columns, text)
	}
	return "SELECT " + strings.Join(columns, ", ") + " FROM "
}

// closeWrap ends it.
func (w *writer) closeWrap(wrap *scope.Wrap) {
	if w.catalog.Dialect.NamesDerived() {
		w.insert(wrap.End, ") AS "+w.named(wrap.Name)+w.wrapped(wrap))
		return
	}
	// Without a WHERE, what follows might be taken for the condition of a join.
	w.insert(wrap.End, ") "+w.selected(wrap)+w.named(wrap.Name)+" WHERE 1 = 1")
}

// wrapped is the list of the names of the source's columns.
func (w *writer) wrapped(wrap *scope.Wrap) string {
	var names []string
	for _, c := range wrap.Columns {
		if !c.Added {
			names = append(names, c.Name)
		}
	}
	return w.columnList(names)
}
