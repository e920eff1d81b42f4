// Package rewrite turns the decisions of package scope into edits on the
// author's text. It never prints a statement anew: layout, comments and hints
// stay as they are.
package rewrite

import (
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Result is a scoped statement.
type Result struct {
	// SQL is the statement as it is sent, parameters $1…$n.
	SQL string
	// Tenant is the number of the tenant parameter; zero without one.
	Tenant int
	// Params are the parameters by number, from 1 on.
	Params []Param
	// Feed is the author's statement for the analysis: as it was written, with a
	// marker comment at every place where text is to go. The analysis sees what
	// the author wrote, so its names and types are those that the author expects,
	// and Complete puts the text in afterwards. In the place of a MERGE, which the
	// analysis does not know, there is a stand-in.
	Feed string

	text    *parse.QueryText
	plan    *scope.Plan
	catalog *catalog.Catalog
	feed    *feed
	sqlMap  *source.Map
}

// Param is one parameter of the scoped statement.
type Param struct {
	Number int
	Name   string // the author's; empty without one
	Tenant bool
}

// Origin returns the place in the author's file of an offset in Feed.
func (r *Result) Origin(offset int) source.Span { return r.text.At(r.feed.origin(offset)) }

// StandsIn reports whether a stand-in is in the Feed: it has the types of the
// statement, and a database would not take it.
func (r *Result) StandsIn() bool { return len(r.plan.Merges) > 0 }

// OriginSQL returns the place in the author's file of an offset in SQL.
func (r *Result) OriginSQL(offset int) source.Span { return r.text.At(r.sqlMap.ToOld(offset)) }

// Apply scopes a statement by its plan. An error is a bug of the compiler.
func Apply(text *parse.QueryText, plan *scope.Plan, cat *catalog.Catalog) (*Result, error) {
	r := &Result{text: text, plan: plan, catalog: cat}
	n := r.number(text.Count, func(number int) bool { return plan.Bound[number] })
	r.Tenant, r.Params = n.tenant, n.params
	names := map[int]string{}
	for _, p := range text.Params {
		names[n.to[p.Number]] = p.Name
	}
	for i := range r.Params {
		r.Params[i].Name = names[r.Params[i].Number]
	}
	edits, err := r.edits(n.tenant, func(number int) int { return n.to[number] })
	if err != nil {
		return nil, err
	}
	marked := markers(edits)
	for _, p := range text.Params {
		edits = append(edits, n.edit(text.Text, parse.NumberedParam{Range: p.Range, Number: p.Number}, r.tenantParam(n.tenant)))
	}
	if r.SQL, r.sqlMap, err = source.Apply(text.Text, edits); err != nil {
		return nil, err
	}
	if r.feed, err = r.writeFeed(marked); err != nil {
		return nil, err
	}
	r.Feed = r.feed.text.String()
	return r, nil
}

// edits writes the plan with the given tenant parameter. number leads from the
// author's number of a parameter to its final one.
func (r *Result) edits(tenant int, number func(int) int) ([]source.Edit, error) {
	w := &writer{catalog: r.catalog, plan: r.plan, text: r.text.Text, tenant: r.tenantParam(tenant), number: number}
	edits := w.edits()
	return edits, w.err
}

// tenantParam is the tenant parameter with its cast.
func (r *Result) tenantParam(number int) string {
	return "$" + strconv.Itoa(number) + r.catalog.Dialect.CastSuffix(r.plan.TenantType)
}

// numbering is the parameters' numbers in a scoped statement.
type numbering struct {
	to     map[int]int // from the number before
	tenant int
	bound  func(int) bool
	params []Param
}

// number gives count parameters their numbers: their order is kept, and all that
// are the tenant become one. Without such a one the tenant comes last.
func (r *Result) number(count int, bound func(int) bool) numbering {
	n := numbering{to: map[int]int{}, bound: bound}
	for old := 1; old <= count; old++ {
		if bound(old) && n.tenant > 0 {
			n.to[old] = n.tenant
			continue
		}
		next := len(n.params) + 1
		n.to[old] = next
		n.params = append(n.params, Param{Number: next, Tenant: bound(old)})
		if bound(old) {
			n.tenant = next
		}
	}
	if n.tenant == 0 && r.plan.NeedsTenant {
		n.tenant = len(n.params) + 1
		n.params = append(n.params, Param{Number: n.tenant, Tenant: true})
	}
	return n
}

// edit renumbers one use of a parameter. The handle passes the tenant's id as
// text: without a cast, a driver that declares its parameters' types would
// compare text with the column's type.
func (n numbering) edit(text string, p parse.NumberedParam, tenant string) source.Edit {
	e := source.Edit{Start: p.Start, End: p.End, New: "$" + strconv.Itoa(n.to[p.Number])}
	if n.bound(p.Number) && !strings.HasPrefix(text[p.End:], "::") {
		e.New = tenant
	}
	return e
}
