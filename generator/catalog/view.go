package catalog

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
)

// View is the body of a view.
type View struct {
	Columns []string // names given to its columns, from the first on
	Query   *parse.Query
	// Text is what Query was parsed from.
	Text string
	// Stars are the stars of the body that have to be written out, because a table
	// has got other columns since. It is set by Classify.
	Stars []Star
	// Err is set when the body could not be understood.
	Err *parse.Error

	reads []*viewRead // in the order of the text
	stars []*viewStar
}

// Star is a star in the body of a view, with the columns that it stands for.
type Star struct {
	parse.Range
	Columns [][2]string // relation and column
}

// Table is the table that a reference in the view's body stands for; nil for one
// that the schema does not have. The database decides that when the view is
// created, and a table keeps its views when it gets another name.
func (v *View) Table(ref *parse.Table) *Table {
	for _, r := range v.reads {
		if r.ref == ref {
			return r.table
		}
	}
	return nil
}

// readsTable reports whether the view's body refers to a table.
func (v *View) readsTable(t *Table) bool {
	return v != nil && slices.ContainsFunc(v.reads, func(r *viewRead) bool { return r.table == t })
}

// view classifies a view by what its body reads. One of global tables is global.
// Where it reads tenants' tables, its body takes the place of its name in every
// query, and is scoped there like any subquery. column is the view's column that
// shows the tenant, if there is one; entry is what the configuration says.
func (k *classifier) view(t *Table, column string, entry *config.Table) {
	k.giveUp(t)
	refuse := func(why string) {
		k.report.Errorf(diag.TableUnclassified, t.Span, "view %q cannot be scoped: %s", t.QualifiedName(), why).
			WithHelp("change the view, or declare it excluded")
	}
	why := k.readable(t.View)
	if why == "" {
		why = t.View.settle()
	}
	if why != "" {
		refuse(why)
		return
	}
	if entry != nil && !t.Opaque && t.Column(column) == nil {
		k.report.Errorf(diag.TenantColumnType, entry.Span, "view %q has no column %q", t.QualifiedName(), column).
			WithHelp("correct the entry, or take it away: the view is scoped by the tables that it reads")
		return
	}
	t.Tenancy = ir.Tenancy{Class: ir.ClassGlobal}
	if slices.ContainsFunc(t.View.reads, func(r *viewRead) bool { return r.table.Tenancy.Class != ir.ClassGlobal }) {
		t.Tenancy = k.shown(t, column)
	}
}

// readable says why a view's body cannot be read; it is empty for one that can.
// The tables that it reads are classified then.
func (k *classifier) readable(v *View) string {
	why := k.unsafeBody(v)
	if v.Err != nil {
		return why
	}
	for _, r := range v.reads {
		switch {
		case r.table == nil:
			return "it reads " + r.ref.Name + ", which the schema does not have"
		case k.busy[r.table]:
			return "it reads itself"
		}
		k.classify(r.table)
		if r.table.Tenancy.Class == ir.ClassExcluded {
			return "it reads " + r.table.QualifiedName() + ", which is excluded"
		}
	}
	return why
}

// unsafeBody says what a view's body may do beside reading its tables, or why it
// could not be understood.
func (k *classifier) unsafeBody(v *View) string {
	if v.Err != nil {
		return v.Err.Message
	}
	why := ""
	v.Query.EachQuery(func(q *parse.Query) {
		if q.Select == nil && q.SetOp == nil && q.Values == nil {
			why = "it is not a query"
		}
		q.Expressions(func(e *parse.Expr) {
			if problem := k.unsafe(e); problem != "" {
				why = problem
			}
		})
	})
	return why
}

// unsafe says what an expression of a view's body may do beside computing from
// its operands.
func (k *classifier) unsafe(e *parse.Expr) string {
	switch e.Kind {
	case parse.ParamExpr:
		return "it has a parameter"
	case parse.FuncExpr:
		if class := k.Function(e.Name); class == dialect.FunctionUnknown || class == dialect.FunctionForbidden {
			return "it calls " + e.Name + ", which is not known to be safe"
		}
	case parse.OpExpr:
		if words := strings.Fields(e.Name); strings.Contains(e.Name, ".") || len(words) > 0 && k.DeclaresOperator(words[len(words)-1]) {
			return "it uses the operator " + e.Name + ", which is not known to be safe"
		}
	case parse.ColumnExpr:
		if n := len(e.Path); n > 1 && !e.Star && k.Declares(e.Path[n-1]) {
			return strings.Join(e.Path, ".") + " in it may be a call of a function that is not known to be safe"
		}
	}
	return ""
}

// shown is the tenancy of a view, with its column if it shows the tenant of a table
// that it reads. Nothing is scoped by that: it tells that an author's WHERE
// column = $1 means the tenant.
func (k *classifier) shown(t *Table, column string) ir.Tenancy {
	tenancy := ir.Tenancy{Class: ir.ClassView}
	if t.View.Query.Select == nil || column == "" {
		return tenancy
	}
	b := &viewBody{classifier: k, view: t.View}
	for _, ref := range parse.Tables(t.View.Query.Select.From) {
		base := t.View.Table(ref)
		if base != nil && base.Tenancy.Column != "" && len(ref.Columns) == 0 && b.selects(t, t.View.Query.Select, ref, base, column) {
			tenancy.Column, tenancy.Shared = column, base.Tenancy.Shared
			break
		}
	}
	return tenancy
}

// checkGlobalView refuses a view that is declared global and reads what is not.
func (k *classifier) checkGlobalView(t *Table, entry *config.Table) {
	if entry.Class != ir.ClassGlobal || t.View == nil {
		return
	}
	for _, r := range t.View.reads {
		if r.table == nil || k.busy[r.table] {
			continue
		}
		k.classify(r.table)
		if r.table.Tenancy.Class == ir.ClassGlobal {
			continue
		}
		k.report.Errorf(diag.TableUnclassified, t.Span, "view %q is declared global and reads %q, which is not: every tenant would see all of its rows", t.QualifiedName(), r.table.QualifiedName()).
			WithRelated(entry.Span, "declared by %q", entry.Pattern).
			WithHelp("take the entry away, and the view is scoped by the tables that it reads; or declare it excluded, and mark the queries that use it as unscoped")
		k.giveUp(t)
		return
	}
}

// checkGlobalReads refuses a view that is declared global and reads a table that the
// schema does not have: nobody has said whose rows are in it. The system's own tables
// pass where every table is global; elsewhere they show values of tenants' rows, as
// pg_stats does. Nor may its body, in a project with tenants, be one in which the
// tables that it reads cannot be seen.
func (k *classifier) checkGlobalReads(t *Table) {
	entry := k.entry(t)
	if entry == nil || entry.Class != ir.ClassGlobal || t.View == nil {
		return
	}
	onlyGlobal := !slices.ContainsFunc(k.Tables, func(t *Table) bool { return t.Tenancy.Class != ir.ClassGlobal })
	if why := k.unsafeBody(t.View); why != "" && !onlyGlobal {
		k.report.Errorf(diag.TableUnclassified, t.Span, "view %q is declared global, and what it reads cannot be seen: %s", t.QualifiedName(), why).
			WithRelated(entry.Span, "declared by %q", entry.Pattern).
			WithHelp("change the view, list a function that is harmless under functions:, or declare the view excluded, and mark the queries that use it as unscoped")
		return
	}
	for _, r := range t.View.reads {
		if r.table != nil || onlyGlobal && k.Dialect.SystemTable(r.ref.Schema, r.ref.Name) {
			continue
		}
		k.report.Errorf(diag.RelationUnknown, t.Span, "view %q is declared global and reads %q, which the schema does not have", t.QualifiedName(), r.ref.Name).
			WithRelated(entry.Span, "declared by %q", entry.Pattern).
			WithHelp("create the table in the schema files, before the view; or declare the view excluded, and mark the queries that use it as unscoped")
		return
	}
}
