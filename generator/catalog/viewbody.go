package catalog

import (
	"fmt"
	"slices"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// newView reads a view's body as the database does when the view is created: its
// tables and stars mean what they mean at that time.
func (l loader) newView(s *parse.CreateView) *View {
	v := &View{Columns: s.Columns, Query: s.Query, Text: s.Text, Err: s.QueryErr}
	b := &viewBinder{outputResolver: &outputResolver{catalog: l.Catalog}, view: v}
	b.bind(s.Query, nil)
	return v
}

// viewBinder resolves the names in a view's body.
type viewBinder struct {
	*outputResolver
	view *View
}

// bind resolves the tables of a query, at every level. ctes are the common table
// expressions that it sees.
func (b *viewBinder) bind(q *parse.Query, ctes *cteScope) {
	if q == nil {
		return
	}
	if q.With != nil {
		ctes = b.with(q.With, ctes)
	}
	switch {
	case q.Select != nil:
		b.from(q.Select.From, ctes)
		b.targets(q.Select, ctes)
	case q.SetOp != nil:
		b.bind(q.SetOp.Left, ctes)
		b.bind(q.SetOp.Right, ctes)
	}
	q.Expressions(func(e *parse.Expr) { b.bind(e.Query, ctes) })
}

// with resolves a WITH clause and returns what its query sees. Under RECURSIVE,
// every body sees all of the clause's names.
func (b *viewBinder) with(w *parse.With, ctes *cteScope) *cteScope {
	if w.Recursive {
		for _, cte := range w.CTEs {
			ctes = &cteScope{outer: ctes, name: cte.Name}
		}
	}
	for _, cte := range w.CTEs {
		b.bind(cte.Query, ctes)
		columns, known := b.query(cte.Query, ctes)
		ctes = &cteScope{outer: ctes, name: cte.Name, columns: renamed(columns, cte.Columns), known: known && len(cte.Added) == 0}
	}
	return ctes
}

func (b *viewBinder) from(from []*parse.From, ctes *cteScope) {
	for _, f := range from {
		switch {
		case f.Table != nil:
			b.table(f.Table, ctes)
		case f.Query != nil:
			b.bind(f.Query, ctes)
		case f.Join != nil:
			b.from([]*parse.From{f.Join.Left, f.Join.Right}, ctes)
		}
	}
}

func (b *viewBinder) table(ref *parse.Table, ctes *cteScope) {
	if ref.Schema == "" && ctes.find(ref.Name) != nil {
		return
	}
	r := &viewRead{ref: ref, table: b.catalog.Lookup(ref.Schema, ref.Name)}
	b.view.reads = append(b.view.reads, r)
	if r.table == nil {
		return
	}
	for _, c := range r.table.Columns {
		r.columns = append(r.columns, viewColumn{c, c.Name})
	}
}

// targets remembers what the stars of a SELECT stand for.
func (b *viewBinder) targets(sel *parse.Select, ctes *cteScope) {
	for _, t := range sel.Targets {
		if t.Expr.Kind != parse.ColumnExpr || !t.Expr.Star {
			continue
		}
		star := &viewStar{Range: t.Range}
		for _, ref := range parse.Tables(sel.From) {
			if len(t.Expr.Path) == 0 || t.Expr.Path[len(t.Expr.Path)-1] == ref.Visible() {
				star.tables = append(star.tables, ref)
			}
		}
		star.columns = b.expand(t.Expr.Path, sel.From, ctes)
		b.view.stars = append(b.view.stars, star)
	}
}

// expand writes a star out; nil when its columns are not known, or could not be
// told apart by their relations' names.
func (b *viewBinder) expand(path []string, from []*parse.From, ctes *cteScope) [][2]string {
	var out [][2]string
	seen := map[string]bool{}
	for _, f := range from {
		for _, it := range b.items(f, ctes) {
			if it.name == "" || seen[it.name] {
				return nil
			}
			seen[it.name] = true
			if len(path) > 0 && path[len(path)-1] != it.name {
				continue
			}
			if !it.known {
				return nil
			}
			for _, c := range it.columns {
				out = append(out, [2]string{it.name, c.Name})
			}
		}
	}
	return out
}

// viewRead is one reference of a view's body to a table.
type viewRead struct {
	ref   *parse.Table
	table *Table // nil for one that the schema does not have
	// columns are those that the table had when the view was created.
	columns []viewColumn
}

// viewColumn is a column with the name that it had when a view was created.
type viewColumn struct {
	column *Column
	name   string
}

// viewStar is a star among the output columns of a query in a view's body.
type viewStar struct {
	parse.Range
	tables []*parse.Table // those whose columns it gives
	// columns are what it stands for; nil when that is not known.
	columns [][2]string
}

// change is a column that a table of a view has got, lost or renamed since.
type change struct {
	read  *viewRead
	name  string
	isNew bool
}

func (c change) String() string {
	what := "was renamed or dropped"
	if c.isNew {
		what = "was added"
	}
	return fmt.Sprintf("column %s of %s %s after the view was created", c.name, c.read.table.QualifiedName(), what)
}

// changes lists what has happened to the columns of the view's tables.
func (v *View) changes() []change {
	var out []change
	for _, r := range v.reads {
		if r.table == nil {
			continue
		}
		for _, then := range r.columns {
			if !slices.Contains(r.table.Columns, then.column) || then.column.Name != then.name {
				out = append(out, change{r, then.name, false})
			}
		}
		for _, now := range r.table.Columns {
			if !slices.ContainsFunc(r.columns, func(then viewColumn) bool { return then.column == now && then.name == now.Name }) {
				out = append(out, change{r, now.Name, true})
			}
		}
	}
	return out
}

// settle makes sure that the body's text still means what it meant when the view
// was created: the database has kept that meaning, and the text stands for the
// view in queries. It says why where that is not certain.
func (v *View) settle() string {
	changes := v.changes()
	if len(changes) == 0 {
		return ""
	}
	m := v.mentions()
	for _, c := range changes {
		if m.loose != "" {
			return c.String() + ", and it has " + m.loose
		}
		// A lost column shifts those that an alias names by their place.
		if !c.isNew && len(c.read.ref.Columns) > 0 || m.names[[2]string{"", c.name}] || m.names[[2]string{c.read.ref.Visible(), c.name}] {
			return c.String()
		}
	}
	for _, s := range v.stars {
		for _, c := range changes {
			if !slices.Contains(s.tables, c.read.ref) {
				continue
			}
			if s.columns == nil || !c.isNew && slices.Contains(s.columns, [2]string{c.read.ref.Visible(), c.name}) {
				return c.String() + ", and it selects a star"
			}
			v.Stars = append(v.Stars, Star{s.Range, s.columns})
			break
		}
	}
	return ""
}

// mentions are the columns that a view's body names.
type mentions struct {
	names map[[2]string]bool // the relation's name, where it is written, and the column's
	// loose is a construct whose columns are not written; empty without one.
	loose string
}

func (v *View) mentions() *mentions {
	m := &mentions{names: map[[2]string]bool{}}
	v.Query.EachQuery(func(q *parse.Query) {
		target := map[*parse.Expr]bool{} // what v.stars holds
		if q.Select != nil {
			m.joins(q.Select.From)
			for _, t := range q.Select.Targets {
				target[t.Expr] = true
			}
		}
		q.Expressions(func(e *parse.Expr) {
			n := len(e.Path)
			switch {
			case e.Kind == parse.OtherExpr && e.Name == "AStar" || e.Star && !target[e]:
				m.loose = "a row with a star"
			case e.Kind != parse.ColumnExpr:
			case n == 1:
				m.names[[2]string{"", e.Path[0]}] = true
			case n > 1:
				m.names[[2]string{e.Path[n-2], e.Path[n-1]}] = true
			}
		})
	})
	return m
}

func (m *mentions) joins(from []*parse.From) {
	for _, f := range from {
		if f.Join == nil {
			continue
		}
		if f.Join.Natural {
			m.loose = "a NATURAL JOIN"
		}
		for _, name := range f.Join.Using {
			m.names[[2]string{"", name}] = true
		}
		m.joins([]*parse.From{f.Join.Left, f.Join.Right})
	}
}
