package catalog

import (
	"github.com/tenancygen/tenancygen/generator/parse"
)

// OutputColumns returns the columns of a query's result with the types that are
// plain to see (an expression's type is empty), and whether all of them are
// known. It resolves relations in the catalog and among the query's own common
// table expressions.
func (c *Catalog) OutputColumns(q *parse.Query) ([]*Column, bool) {
	r := &outputResolver{catalog: c}
	return r.query(q, nil)
}

// outputResolver works out the columns of queries. It gives up, with false, on
// whatever it does not know.
type outputResolver struct {
	catalog *Catalog
}

// cteScope is a chain of common table expressions, the innermost first.
type cteScope struct {
	outer   *cteScope
	name    string
	columns []*Column
	known   bool
}

func (s *cteScope) find(name string) *cteScope {
	for ; s != nil; s = s.outer {
		if s.name == name {
			return s
		}
	}
	return nil
}

func (r *outputResolver) query(q *parse.Query, scope *cteScope) ([]*Column, bool) {
	if q == nil {
		return nil, false
	}
	if q.With != nil {
		for _, cte := range q.With.CTEs {
			body := scope
			if q.With.Recursive {
				// The columns of a recursive query are those of its first arm.
				body = &cteScope{outer: scope, name: cte.Name}
			}
			columns, known := r.query(cte.Query, body)
			scope = &cteScope{outer: scope, name: cte.Name, columns: renamed(columns, cte.Columns), known: known}
		}
	}
	switch {
	case q.Select != nil:
		return r.targets(q.Select.Targets, q.Select.From, scope)
	case q.SetOp != nil:
		return r.query(q.SetOp.Left, scope)
	case q.Insert != nil:
		return r.targets(q.Insert.Returning, []*parse.From{{Table: q.Insert.Target}}, nil)
	case q.Update != nil:
		return r.targets(q.Update.Returning, q.Update.All(), scope)
	case q.Delete != nil:
		return r.targets(q.Delete.Returning, q.Delete.All(), scope)
	case q.Values != nil:
		var out []*Column
		for i := range q.Values.Rows[0].Items {
			out = append(out, &Column{Name: "column" + string(rune('1'+i))})
		}
		return out, len(out) < 10
	}
	return nil, false
}

func renamed(columns []*Column, names []string) []*Column {
	out := make([]*Column, len(columns))
	for i, c := range columns {
		copied := *c
		if i < len(names) {
			copied.Name = names[i]
		}
		out[i] = &copied
	}
	return out
}

func (r *outputResolver) targets(targets []parse.Target, from []*parse.From, scope *cteScope) ([]*Column, bool) {
	var out []*Column
	for _, t := range targets {
		e := t.Expr
		if e.Kind == parse.ColumnExpr && e.Star {
			columns, known := r.star(e.Path, from, scope)
			if !known {
				return nil, false
			}
			out = append(out, columns...)
			continue
		}
		col := &Column{Name: t.Name}
		if e.Kind == parse.ColumnExpr {
			if found := r.column(e.Path, from, scope); found != nil {
				*col = *found
			}
			col.Name = e.Path[len(e.Path)-1]
		}
		if t.Name != "" {
			col.Name = t.Name
		}
		if col.Name == "" {
			col.Name = guessName(e)
		}
		out = append(out, col)
	}
	return out, true
}

// guessName is the name that PostgreSQL gives to an output column without one.
func guessName(e *parse.Expr) string {
	switch e.Kind {
	case parse.FuncExpr:
		return e.Name
	case parse.CastExpr:
		if name := guessName(e.Args[0]); name != "?column?" {
			return name
		}
		return e.Name
	case parse.ColumnExpr:
		return e.Path[len(e.Path)-1]
	}
	return "?column?"
}

// item is one relation that a FROM clause makes visible.
type item struct {
	name    string
	columns []*Column
	known   bool
}

// items lists what a FROM item makes visible, left to right.
func (r *outputResolver) items(f *parse.From, scope *cteScope) []item {
	switch {
	case f.Table != nil:
		columns, known := r.relation(f.Table, scope)
		return []item{{f.Table.Visible(), renamed(columns, f.Table.Columns), known}}
	case f.Query != nil:
		columns, known := r.query(f.Query, scope)
		return []item{{f.Alias, renamed(columns, f.Columns), known}}
	case f.Join != nil:
		if f.Alias != "" || f.Join.Natural || len(f.Join.Using) > 0 {
			return []item{{name: f.Alias}}
		}
		return append(r.items(f.Join.Left, scope), r.items(f.Join.Right, scope)...)
	case len(f.Columns) > 0 && !f.ColumnDefs:
		var columns []*Column
		for _, name := range f.Columns {
			columns = append(columns, &Column{Name: name})
		}
		return []item{{f.Alias, columns, false}}
	}
	return []item{{name: f.Alias}}
}

func (r *outputResolver) relation(t *parse.Table, scope *cteScope) ([]*Column, bool) {
	if t.Schema == "" {
		if cte := scope.find(t.Name); cte != nil {
			return cte.columns, cte.known
		}
	}
	table := r.catalog.Lookup(t.Schema, t.Name)
	if table == nil || table.Opaque {
		return nil, false
	}
	return table.Columns, true
}

func (r *outputResolver) star(path []string, from []*parse.From, scope *cteScope) ([]*Column, bool) {
	var out []*Column
	found := false
	for _, f := range from {
		for _, it := range r.items(f, scope) {
			if len(path) > 0 && it.name != path[len(path)-1] {
				continue
			}
			if !it.known {
				return nil, false
			}
			out, found = append(out, it.columns...), true
		}
	}
	return out, found
}

// column finds a column by its path; nil when it is not sure which one it is.
func (r *outputResolver) column(path []string, from []*parse.From, scope *cteScope) *Column {
	name := path[len(path)-1]
	var found *Column
	for _, f := range from {
		for _, it := range r.items(f, scope) {
			if len(path) > 1 && it.name != path[len(path)-2] {
				continue
			}
			if !it.known && len(path) == 1 {
				return nil
			}
			for _, c := range it.columns {
				if c.Name == name {
					if found != nil {
						return nil
					}
					found = c
				}
			}
		}
	}
	return found
}
