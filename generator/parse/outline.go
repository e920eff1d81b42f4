package parse

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// tokenOutline is Outline for a dialect whose parser gives places and whose tree cannot be
// changed: the tokens of the text, comments left out, with what each name of a
// relation means in the place of the name and its alias. So the other tokens of two
// statements with one outline are the same, one by one, and so is what is named
// between them.
func tokenOutline(d Dialect, sql string, visit func(*Mention)) (string, error) {
	places, toks, err := mentions(d, sql)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	at := 0
	tokensTo := func(offset int) {
		for ; at < len(toks.list) && toks.list[at].Start < offset; at++ {
			out.WriteString(strconv.Quote(toks.list[at].text))
		}
	}
	for i := range places {
		p := &places[i]
		tokensTo(p.Start)
		if !p.alias {
			visit(&p.Mention)
		}
		for at < len(toks.list) && toks.list[at].Start < p.End {
			at++
		}
		out.WriteString("\n" + strconv.Itoa(int(p.Kind)))
		parts := []string{p.Schema, p.Name, p.Alias, p.Text}
		if p.Kind == QualifierMention || p.Kind == ConstraintMention {
			parts = parts[3:] // the relation that it is of has a place of its own
		}
		for _, part := range parts {
			out.WriteString(" " + strconv.Quote(part))
		}
		out.WriteByte('\n')
	}
	tokensTo(len(sql) + 1)
	return out.String(), nil
}

// placed is a mention with its place, and that of the alias behind it. It is empty for
// one that has none.
type placed struct {
	Range
	Mention
	// name is the place without the alias.
	name Range
	// alias is set for a name before a column that is an alias, which is no mention, and
	// lost for one that means nothing in the statement.
	alias, lost bool
}

// mentions are the mentions of a statement in the order of the text.
func mentions(d Dialect, sql string) ([]placed, *tokens, error) {
	q, err := d.Statement(sql)
	if err != nil {
		return nil, nil, err
	}
	toks, err := scan(d, sql)
	if err != nil {
		return nil, nil, err
	}
	m := &mentioner{window: window{toks, 0, len(toks.list)}}
	m.query(q, nil, nil)
	if m.err != nil {
		return nil, nil, m.err
	}
	slices.SortStableFunc(m.out, func(a, b placed) int { return cmp.Compare(a.Start, b.Start) })
	end := 0
	for _, p := range m.out {
		if p.Start < end {
			return nil, nil, lost(p.Start, "a name")
		}
		end = p.End
	}
	return m.out, toks, nil
}

// mentioner finds the mentions of a statement by the scopes of its names.
type mentioner struct {
	window
	out []placed
	err *Error
}

// scope are the names that stand before columns in a query.
type scope struct {
	outer *scope
	names []visible
}

// visible is a name of a scope. The table is nil for an alias, and for what is no
// relation.
type visible struct {
	name     string
	table    *Table
	written  Written
	returned bool
}

func (s *scope) find(name string) *visible {
	for ; s != nil; s = s.outer {
		for i := range s.names {
			if s.names[i].name == name {
				return &s.names[i]
			}
		}
	}
	return nil
}

// query goes through a query that sees common table expressions, and the columns of
// the queries around it.
func (m *mentioner) query(q *Query, ctes []string, outer *scope) {
	if q == nil || m.err != nil {
		return
	}
	ctes = m.with(q.With, ctes, outer)
	inner := &scope{outer: outer}
	var returning []Target
	returned := &scope{outer: inner}
	target := func(t *Table, written Written, list []Target) {
		m.table(t, nil, written)
		if returning = list; t.Alias != "" {
			inner.names = append(inner.names, visible{name: t.Alias})
			returned.names = append(returned.names, visible{name: t.Alias})
		} else {
			inner.names = append(inner.names, visible{t.Name, t, written, false})
		}
		returned.names = append(returned.names, visible{t.Name, t, written, true})
	}
	switch {
	case q.Select != nil:
		m.from(q.Select.From, ctes, inner)
	case q.SetOp != nil:
		m.query(q.SetOp.Left, ctes, outer)
		m.query(q.SetOp.Right, ctes, outer)
	case q.Insert != nil:
		target(q.Insert.Target, Inserted, q.Insert.Returning)
		for _, c := range q.Insert.Columns {
			m.assigned(c.Start, inner)
		}
		m.query(q.Insert.Source, ctes, outer)
	case q.Update != nil:
		if !q.Update.Joined {
			target(q.Update.Target, Updated, q.Update.Returning)
		}
		m.from(q.Update.From, ctes, inner)
	case q.Delete != nil:
		if !q.Delete.Joined {
			target(q.Delete.Target, Deleted, q.Delete.Returning)
		}
		m.from(q.Delete.Using, ctes, inner)
	case q.Merge != nil:
		m.fail(unsupported(q.Start, "MERGE", "write an UPDATE and an INSERT"))
	}
	for _, set := range q.Assignments() {
		m.assigned(set.Start, inner)
	}
	in := map[*Expr]bool{}
	for _, t := range returning {
		t.Expr.Walk(func(e *Expr) { in[e] = true })
	}
	q.Expressions(func(e *Expr) {
		s := inner
		if in[e] {
			s = returned
		}
		m.expression(e, s)
		m.query(e.Query, ctes, s)
	})
}

// with goes through a WITH clause and returns the names that its query sees. Without
// RECURSIVE, an expression sees those before it.
func (m *mentioner) with(with *With, ctes []string, outer *scope) []string {
	if with == nil {
		return ctes
	}
	ctes = slices.Clone(ctes)
	if with.Recursive {
		for _, cte := range with.CTEs {
			ctes = append(ctes, cte.Name)
		}
	}
	for _, cte := range with.CTEs {
		m.query(cte.Query, slices.Clone(ctes), outer)
		ctes = append(ctes, cte.Name)
	}
	return ctes
}

func (m *mentioner) from(list []*From, ctes []string, s *scope) {
	for _, f := range list {
		switch {
		case f.Table != nil:
			v := visible{name: f.Table.Visible()}
			if m.table(f.Table, ctes, NotWritten) && f.Table.Alias == "" {
				v.table = f.Table
			}
			s.names = append(s.names, v)
		case f.Join != nil:
			m.from([]*From{f.Join.Left, f.Join.Right}, ctes, s)
		case f.Query != nil && f.Lateral:
			m.query(f.Query, ctes, s)
		case f.Query != nil:
			m.query(f.Query, ctes, s.outer)
		}
		if f.Alias != "" {
			s.names = append(s.names, visible{name: f.Alias})
		}
	}
}

// table mentions a relation with the alias behind it, and the index that it is read by,
// and reports whether it is one and no common table expression.
// What is written is a table, whatever else has its name: it is given no names of
// common table expressions.
func (m *mentioner) table(t *Table, ctes []string, written Written) bool {
	if t.Schema == "" && slices.Contains(ctes, t.Name) {
		return false
	}
	p := m.place(t.NameOnly, Mention{Kind: RelationMention, Schema: t.Schema, Name: t.Name, Written: written})
	i := m.indexAt(t.NameRange.End)
	if t.Alias != "" && t.NameRange.End != t.NameOnly.End {
		p.Alias = t.Alias // behind partitions, where it stays
	} else if t.Alias != "" {
		if m.is(i, "as") {
			i++
		}
		if i < m.to && m.list[i].End <= t.End && m.folded(i) == t.Alias {
			p.Alias, p.End = t.Alias, m.list[i].End
			i++
		}
	}
	if m.is(i, "indexed") && m.is(i+1, "by") && i+2 < m.to {
		m.place(m.list[i+2].Range, Mention{Kind: ConstraintMention, Schema: t.Schema, Name: t.Name, Text: m.folded(i + 2)})
	}
	return true
}

// place adds a mention.
func (m *mentioner) place(at Range, mention Mention) *placed {
	mention.Pos = at.Start
	m.out = append(m.out, placed{Range: at, Mention: mention, name: at})
	return &m.out[len(m.out)-1]
}

// assigned mentions what stands before the column of an assignment or a column list.
func (m *mentioner) assigned(at int, s *scope) {
	i := m.indexAt(at)
	if m.is(i, "(") {
		i++
	}
	if m.is(i+1, ".") {
		m.qualifier(i, m.folded(i), s)
	}
}

// expression mentions what stands before a column, and the arguments of a function.
func (m *mentioner) expression(e *Expr, s *scope) {
	switch e.Kind {
	case ColumnExpr:
		parts := len(e.Path)
		if e.Star {
			parts++
		}
		if parts < 2 {
			return
		}
		i := m.indexAt(e.Pos)
		if e.Path[0] == "excluded" && e.Pos >= 0 && i < m.to && m.folded(i) != "excluded" {
			return // VALUES (x), or the name that the new row was given
		}
		if e.Pos < 0 || i == m.to || m.list[i].Start != e.Pos || !m.is(i+1, ".") || m.folded(i) != e.Path[0] {
			m.fail(lost(e.Pos, "the column "+strings.Join(e.Path, ".")))
			return
		}
		if parts == 2 {
			m.qualifier(i, e.Path[0], s)
			return
		}
		m.place(Range{e.Pos, m.list[i+2].End}, Mention{Kind: ColumnMention, Schema: e.Path[0], Name: e.Path[1]})
	case FuncExpr:
		for _, arg := range e.Args {
			m.argument(e.Name, arg.Uncast())
		}
	}
}

// qualifier mentions a name before a column.
func (m *mentioner) qualifier(i int, name string, s *scope) {
	p := m.place(m.list[i].Range, Mention{Kind: QualifierMention, Text: name})
	switch v := s.find(name); {
	case v == nil:
		p.lost = true
	case v.table == nil:
		p.alias = true
	default:
		p.Schema, p.Name, p.Written, p.Returned = v.table.Schema, v.table.Name, v.written, v.returned
	}
}

// argument mentions an argument of a function that is a string.
func (m *mentioner) argument(function string, arg *Expr) {
	if arg == nil || arg.Kind != ConstExpr || !arg.Quoted {
		m.place(Range{}, Mention{Kind: ArgumentMention, Function: function})
		return
	}
	// The string itself stays, so that its place does not count.
	m.place(Range{}, Mention{Kind: ArgumentMention, Function: function, Text: arg.Text, Constant: true})
}

func (m *mentioner) fail(err *Error) {
	if m.err == nil {
		m.err = err
	}
}

// wholeName is SplitName where a string is a name as it is.
func wholeName(d Dialect, text string) (schema, name string, ok bool) {
	return "", d.fold(text), text != ""
}
