// Package rewrite turns the decisions of package scope into edits on the
// author's text. It never prints a statement anew: layout, comments and hints
// stay as they are.
package rewrite

import (
	"strconv"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Result is a scoped statement.
type Result struct {
	// SQL is the statement as it is sent, parameters $1…$n.
	SQL string
	// Feed is the same statement with the author's macros, for the analysis.
	Feed string
	// Tenant is the number of the tenant parameter; zero without one.
	Tenant int
	// Params are the parameters by number, from 1 on.
	Params []Param
	// Renames are parameters whose name and type the analysis would take from the
	// place to which the rewriting moved them.
	Renames []Rename

	text    *parse.QueryText
	feedMap *source.Map
	sqlMap  *source.Map
}

// Param is one parameter of the scoped statement.
type Param struct {
	Number int
	Name   string // the author's; empty without one
	Tenant bool
}

// Rename says that a parameter is the value of a column.
type Rename struct {
	Number int
	Table  *catalog.Table
	Column string
}

// Origin returns the place in the author's file of an offset in Feed.
func (r *Result) Origin(offset int) source.Span { return r.text.At(r.feedMap.ToOld(offset)) }

// OriginSQL returns the place in the author's file of an offset in SQL.
func (r *Result) OriginSQL(offset int) source.Span { return r.text.At(r.sqlMap.ToOld(offset)) }

// Apply scopes a statement by its plan. An error is a bug of the compiler.
func Apply(text *parse.QueryText, plan *scope.Plan, cat *catalog.Catalog) (*Result, error) {
	n := number(text, plan)
	w := &writer{catalog: cat, plan: plan, text: text.Text}
	if n.tenant > 0 {
		w.tenant = "$" + strconv.Itoa(n.tenant) + "::" + castType(plan.TenantType)
	}
	edits := w.edits()

	r := &Result{Tenant: n.tenant, Params: n.params, text: text}
	var sqlEdits, feedEdits []source.Edit
	for _, p := range text.Params {
		renumbered := source.Edit{Start: p.Start, End: p.End, New: "$" + strconv.Itoa(n.to[p.Number])}
		sqlEdits = append(sqlEdits, renumbered)
		if p.Name != "" && !plan.Bound[p.Number] {
			renumbered.New = p.Macro
		}
		feedEdits = append(feedEdits, renumbered)
	}
	for _, m := range text.Embeds {
		feedEdits = append(feedEdits, source.Edit{Start: m.Start, End: m.End, New: m.Macro})
	}
	for _, k := range plan.Keys {
		if k.Param > 0 && !plan.Bound[k.Param] {
			r.Renames = append(r.Renames, Rename{n.to[k.Param], k.Table, k.Table.Tenancy.Path[0].Columns[0]})
		}
	}
	var err error
	if r.SQL, r.sqlMap, err = source.Apply(text.Text, append(sqlEdits, edits...)); err != nil {
		return nil, err
	}
	r.Feed, r.feedMap, err = source.Apply(text.Text, append(feedEdits, edits...))
	return r, err
}

// numbering is the parameters' numbers in the scoped statement.
type numbering struct {
	to     map[int]int // from the author's number
	tenant int
	params []Param
}

// number gives the parameters their numbers: the author's order is kept, and all
// that are the tenant become one. Without such a one the tenant comes last.
func number(text *parse.QueryText, plan *scope.Plan) numbering {
	n := numbering{to: map[int]int{}}
	names := map[int]string{}
	for _, p := range text.Params {
		if names[p.Number] == "" {
			names[p.Number] = p.Name
		}
	}
	for old := 1; old <= text.Count; old++ {
		if plan.Bound[old] && n.tenant > 0 {
			n.to[old] = n.tenant
			continue
		}
		next := len(n.params) + 1
		n.to[old] = next
		n.params = append(n.params, Param{Number: next, Name: names[old], Tenant: plan.Bound[old]})
		if plan.Bound[old] {
			n.tenant = next
		}
	}
	if n.tenant == 0 && plan.NeedsTenant {
		n.tenant = len(n.params) + 1
		n.params = append(n.params, Param{Number: n.tenant, Tenant: true})
	}
	return n
}
