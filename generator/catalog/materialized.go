package catalog

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// materialized classifies a materialized view by its body. What it holds was
// computed from all tenants' rows, so its body cannot take its place. It is a
// tenant table when its rows are rows of one tenant table, each with that row's
// tenant in the given column, so that a predicate on the view picks the same rows
// as one on the table. A view of global tables is global. Any other is refused.
func (k *classifier) materialized(t *Table, column string) {
	k.giveUp(t)
	refuse := func(why string) {
		k.report.Errorf(diag.TableUnclassified, t.Span, "materialized view %q cannot be scoped: %s", t.QualifiedName(), why).
			WithHelp("let it select the tenant column of its one tenant table, without aggregates or limits above that, or declare it excluded")
	}
	why := k.readable(t.View)
	if why == "" {
		why = t.View.settle()
	}
	v := &viewBody{classifier: k, view: t.View}
	if why == "" {
		v.collect(t.View.Query)
		why = v.why
	}
	if why != "" {
		refuse(why)
		return
	}
	switch len(v.tenant) {
	case 0:
		t.Tenancy = ir.Tenancy{Class: ir.ClassGlobal}
		return
	case 1:
	default:
		refuse("it reads more than one tenant table")
		return
	}
	base, why := v.exposed(t, column)
	if why != "" {
		refuse(why)
		return
	}
	// The view's column is NULL where that of the table is, so its rows are shared
	// where those are.
	t.Tenancy = ir.Tenancy{Class: ir.ClassTenant, Column: column, SQLType: base.Tenancy.SQLType, Shared: base.Tenancy.Shared}
	if col := t.Column(column); col != nil {
		col.NotNull = base.Column(base.Tenancy.Column).NotNull
	}
}

// viewBody is what a materialized view's query reads.
type viewBody struct {
	*classifier
	view   *View
	tenant []*Table // one for each reference
	why    string   // why the view cannot be scoped
}

// collect finds the tenant tables that the query reads, at every level.
func (v *viewBody) collect(q *parse.Query) {
	q.EachQuery(func(q *parse.Query) {
		if q.With != nil {
			v.why = "it has a WITH clause"
		}
	})
	for _, r := range v.view.reads {
		switch r.table.Tenancy.Class {
		case ir.ClassGlobal:
		case ir.ClassView:
			v.why = "it reads the view " + r.table.QualifiedName()
		default:
			v.tenant = append(v.tenant, r.table)
		}
	}
}

// exposed checks that the one tenant table of the body is read at its top level
// and that the view's column is its tenant column.
func (v *viewBody) exposed(t *Table, column string) (*Table, string) {
	base := v.tenant[0]
	q := t.View.Query
	if base.Tenancy.Class == ir.ClassChild {
		return nil, "its tenant table " + base.QualifiedName() + " has no tenant column of its own"
	}
	if q.Select == nil {
		return nil, "it is a set operation"
	}
	ref := v.topLevel(q.Select.From, base)
	if ref == nil {
		return nil, "its tenant table is inside a subquery or on the outer side of a join"
	}
	if q.Limit != nil || q.Offset != nil || len(q.Select.DistinctOn) > 0 {
		return nil, "it has LIMIT, OFFSET or DISTINCT ON, which look at all tenants' rows"
	}
	if v.aggregates(q) && !slices.ContainsFunc(q.Select.GroupBy, isTenant(ref, base)) {
		return nil, "it aggregates without grouping by " + base.Tenancy.Column
	}
	if v.windows(q) {
		return nil, "it has a window function, which looks at all tenants' rows"
	}
	if !v.selects(t, q.Select, ref, base, column) {
		return nil, "it does not select " + base.QualifiedName() + "." + base.Tenancy.Column + " as " + column
	}
	return base, ""
}

// isTenant recognises the tenant column of a table that the body refers to.
func isTenant(ref *parse.Table, base *Table) func(*parse.Expr) bool {
	return func(e *parse.Expr) bool {
		return e.Kind == parse.ColumnExpr && !e.Star && e.Path[len(e.Path)-1] == base.Tenancy.Column &&
			(len(e.Path) == 1 || e.Path[len(e.Path)-2] == ref.Visible())
	}
}

// topLevel finds the reference to base among inner-joined or preserved items.
func (v *viewBody) topLevel(from []*parse.From, base *Table) *parse.Table {
	for _, f := range from {
		switch {
		case f.Table != nil:
			if v.view.Table(f.Table) == base && len(f.Table.Columns) == 0 && !f.Table.Sampled {
				return f.Table
			}
		case f.Join != nil && f.Alias == "":
			sides := map[parse.JoinKind][]*parse.From{
				parse.InnerJoin: {f.Join.Left, f.Join.Right}, parse.LeftJoin: {f.Join.Left}, parse.RightJoin: {f.Join.Right},
			}
			if ref := v.topLevel(sides[f.Join.Kind], base); ref != nil {
				return ref
			}
		}
	}
	return nil
}

func (v *viewBody) aggregates(q *parse.Query) bool {
	found := len(q.Select.GroupBy) > 0 || q.Select.Having != nil
	q.Expressions(func(e *parse.Expr) {
		class := v.Function(e.Name)
		if e.Kind == parse.FuncExpr && (class == dialect.FunctionAggregate || class == dialect.FunctionAllowed) {
			found = true
		}
	})
	return found
}

func (v *viewBody) windows(q *parse.Query) bool {
	found := len(q.Select.Windows) > 0
	q.Expressions(func(e *parse.Expr) {
		if e.Kind == parse.FuncExpr && (v.Function(e.Name) == dialect.FunctionWindow || e.Over) {
			found = true
		}
	})
	return found
}

// selects reports whether the view's column of that name is the tenant column.
func (v *viewBody) selects(t *Table, sel *parse.Select, ref *parse.Table, base *Table, column string) bool {
	position := 0
	for _, target := range sel.Targets {
		e := target.Expr
		if e.Kind == parse.ColumnExpr && e.Star {
			// A star gives no column of the view another name, unless the view lists
			// names itself.
			if len(t.View.Columns) > 0 {
				return false
			}
			own := len(e.Path) == 0 || e.Path[len(e.Path)-1] == ref.Visible()
			if own && column == base.Tenancy.Column && !v.ambiguous(t, column) {
				return true
			}
			continue
		}
		name := target.Name
		if name == "" && e.Kind == parse.ColumnExpr {
			name = e.Path[len(e.Path)-1]
		}
		if position < len(t.View.Columns) {
			name = t.View.Columns[position]
		}
		if isTenant(ref, base)(e) && name == column {
			return true
		}
		position++
	}
	return false
}

// ambiguous reports whether more than one of the view's columns has that name.
func (v *viewBody) ambiguous(t *Table, column string) bool {
	n := 0
	for _, c := range t.Columns {
		if c.Name == column {
			n++
		}
	}
	return n != 1
}
