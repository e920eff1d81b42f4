package tie

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify/level"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// outputs are the columns that a query yields, with the expressions that they
// come from: one for each arm of a set operation and each row of VALUES.
type outputs struct {
	query   *parse.Query
	columns []output
	// complete is unset where a star hides columns.
	complete bool
}

type output struct {
	name    string
	sources []sourced
}

// sourced is an expression of a level.
type sourced struct {
	lv   *level.Level
	expr *parse.Expr
}

// assumption is a column of a recursive query while its own arms are looked at.
type assumption struct {
	query *parse.Query
	index int
	key   bool
}

func (o *outputs) index(name string) int {
	return slices.IndexFunc(o.columns, func(c output) bool { return c.name == name })
}

// strength is that of a column as a tenant: of its weakest source. In a recursive
// query the column is taken to be as strong as the others make it.
func (o *outputs) strength(a *author, i int, self *level.Relation) Strength {
	return o.weakest(a, i, false, func(s sourced) Strength { return a.value(s.lv, s.expr, self) })
}

// keyed is the strength of a column as the key of a table.
func (o *outputs) keyed(a *author, i int, parent *catalog.Table, key string) Strength {
	return o.weakest(a, i, true, func(s sourced) Strength { return a.keyed(s.lv, s.expr, parent, key) })
}

func (o *outputs) weakest(a *author, i int, key bool, of func(sourced) Strength) Strength {
	if i < 0 || i >= len(o.columns) || len(o.columns[i].sources) == 0 {
		return Unanchored
	}
	at := assumption{o.query, i, key}
	if a.open[at] {
		return Anchored
	}
	a.open[at] = true
	defer delete(a.open, at)
	worst := Anchored
	for _, s := range o.columns[i].sources {
		if worst = min(worst, of(s)); worst == Unanchored {
			break
		}
	}
	return worst
}

// relation lists the columns of a relation that is no table.
func (a *author) relation(lv *level.Level, r *level.Relation) *outputs {
	var out *outputs
	var names []string
	switch {
	case r.IsCTE:
		n := lv.Names.Find(r.Ref.Name)
		body := n.Outer
		if n.Recursive {
			body = n
		}
		out, names = a.outputs(n.CTE.Query, body, lv.Outer).renamed(n.CTE.Columns), r.Ref.Columns
		out.complete = out.complete && len(n.CTE.Added) == 0
	case r.Item != nil && r.Item.Query != nil:
		outer := lv.Outer
		if r.Item.Lateral {
			outer = lv
		}
		out, names = a.outputs(r.Item.Query, lv.Names, outer), r.Item.Columns
	case r.Item != nil && len(r.Item.Function) > 0:
		out = &outputs{}
		for _, name := range append([]string{r.Name}, r.Item.Columns...) {
			out.columns = append(out.columns, output{name: name})
		}
		return out
	default:
		return &outputs{}
	}
	return out.renamed(names)
}

// renamed gives the first columns other names.
func (o *outputs) renamed(names []string) *outputs {
	if len(names) == 0 {
		return o
	}
	out := &outputs{query: o.query, columns: slices.Clone(o.columns), complete: o.complete}
	for i, name := range names {
		if i < len(out.columns) {
			out.columns[i].name = name
		}
	}
	return out
}

// outputs lists the columns of a query. A query that is being listed, which is a
// recursive one, is known by its first arm.
func (a *author) outputs(q *parse.Query, names *level.Names, outer *level.Level) *outputs {
	if known := a.listed[q]; known != nil {
		return known
	}
	out := &outputs{query: q}
	if q == nil {
		return out
	}
	a.listed[q] = out
	names = names.And(q.With)
	switch {
	case q.Select != nil:
		lv := a.level(q.Select.From, q.Select.Where, names, outer)
		out.columns, out.complete = a.targetColumns(q.Select.Targets, lv)
	case q.SetOp != nil:
		left := a.outputs(q.SetOp.Left, names, outer)
		out.columns, out.complete = slices.Clone(left.columns), left.complete
		right := a.outputs(q.SetOp.Right, names, outer)
		for i := range out.columns {
			sources := out.columns[i].sources
			out.columns[i].sources = nil
			if left.complete && right.complete && i < len(right.columns) {
				out.columns[i].sources = slices.Concat(sources, right.columns[i].sources)
			}
		}
	case q.Values != nil:
		out.complete = true
		lv := &level.Level{Outer: outer, Names: names}
		for _, row := range q.Values.Rows {
			for i, item := range row.Items {
				if i == len(out.columns) {
					out.columns = append(out.columns, output{name: "column" + strconv.Itoa(i+1)})
				}
				out.columns[i].sources = append(out.columns[i].sources, sourced{lv, item.Expr})
			}
		}
	default:
		a.returning(q, out)
	}
	return out
}

// returning lists the columns of RETURNING. The walk has been at the statement:
// it is in a WITH clause.
func (a *author) returning(q *parse.Query, out *outputs) {
	var target *parse.Table
	var list []parse.Target
	switch {
	case q.Insert != nil:
		target, list = q.Insert.Target, q.Insert.Returning
	case q.Update != nil:
		target, list = q.Update.Target, q.Update.Returning
	case q.Delete != nil:
		target, list = q.Delete.Target, q.Delete.Returning
	}
	if lv := a.written[target]; lv != nil {
		out.columns, out.complete = a.targetColumns(list, lv)
	}
}

// targetColumns lists the columns of a target list, stars expanded.
func (a *author) targetColumns(targets []parse.Target, lv *level.Level) ([]output, bool) {
	var out []output
	complete := true
	for _, t := range targets {
		e := t.Expr
		if e == nil || e.Kind != parse.ColumnExpr || !e.Star {
			out = append(out, output{outputName(t), []sourced{{lv, e}}})
			continue
		}
		for _, r := range lv.Relations {
			if len(e.Path) > 0 && e.Path[len(e.Path)-1] != r.Name || r.Name == "excluded" {
				continue
			}
			columns, known := a.columnNames(lv, r)
			for _, name := range columns {
				out = append(out, output{name, []sourced{{lv, &parse.Expr{Kind: parse.ColumnExpr, Pos: -1, Path: []string{r.Name, name}}}}})
			}
			complete = complete && known
		}
	}
	return out, complete
}

func (a *author) columnNames(lv *level.Level, r *level.Relation) (list []string, known bool) {
	if r.Table != nil && !r.IsCTE {
		for _, c := range r.Table.Columns {
			list = append(list, c.Name)
		}
		return list, !r.Table.Opaque && !r.Renamed
	}
	o := a.relation(lv, r)
	for _, c := range o.columns {
		list = append(list, c.name)
	}
	return list, o.complete
}

// outputName is the name that a target has without AS, as far as it matters here.
func outputName(t parse.Target) string {
	if t.Name != "" || t.Expr == nil {
		return t.Name
	}
	switch e := t.Expr.Uncast(); e.Kind {
	case parse.ColumnExpr:
		return e.Path[len(e.Path)-1]
	case parse.FuncExpr:
		return e.Name[strings.LastIndex(e.Name, ".")+1:]
	}
	return ""
}
