package rewrite

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// MarkerPrefix begins the comments that mark places in a Feed. An author's
// comment must not begin like it.
const MarkerPrefix = "/*tenancygen:"

// markerComment matches a marker: the number of an edit, and whether it is the
// start or the end of what the edit replaces.
var markerComment = regexp.MustCompile(`/\*tenancygen:(\d+)([se])\*/`)

func marker(i int, end byte) string { return fmt.Sprintf("%s%d%c*/", MarkerPrefix, i, end) }

// markers turns edits into insertions of marker comments.
func markers(edits []source.Edit) []source.Edit {
	var out []source.Edit
	for i, e := range edits {
		out = append(out, source.Edit{Start: e.Start, End: e.Start, New: marker(i, 's')})
		if e.End > e.Start {
			out = append(out, source.Edit{Start: e.End, End: e.End, New: marker(i, 'e')})
		}
	}
	return out
}

// Complete puts the scoping into the text that the analysis made of the Feed,
// with its stars expanded and its parameters numbered, and returns the statement
// as it is sent with its parameters. An error is a bug of the compiler.
func (r *Result) Complete(analysed string, params []ir.Param) (string, []ir.Param, error) {
	analysed, err := r.restoreMerges(analysed, params)
	if err != nil {
		return "", nil, err
	}
	bound := map[int]bool{}
	for _, p := range params {
		bound[p.Number] = r.isBound(p)
	}
	n := r.number(len(params), func(number int) bool { return bound[number] })
	if (n.tenant > 0) != (r.Tenant > 0) {
		return "", nil, fmt.Errorf("the analysis lost the tenant parameter")
	}
	edits, err := r.replaceMarkers(analysed, n.tenant, func(author int) int { return n.to[r.analysedNumber(author, params)] })
	if err != nil {
		return "", nil, err
	}
	uses, err := parse.NumberedParams(r.catalog.Dialect, analysed)
	if err != nil {
		return "", nil, err
	}
	for _, use := range uses {
		if n.to[use.Number] == 0 {
			return "", nil, fmt.Errorf("the analysis does not know parameter $%d", use.Number)
		}
		edits = append(edits, n.edit(analysed, use, r.tenantParam(n.tenant)))
	}
	sql, _, err := source.Apply(analysed, edits)
	if err != nil {
		return "", nil, err
	}
	return sql, renumbered(params, n), nil
}

// isBound reports whether an analysed parameter is one that the author tied to
// the tenant.
func (r *Result) isBound(p ir.Param) bool {
	for _, use := range r.text.Params {
		if r.plan.Bound[use.Number] && sameParam(use, p) {
			return true
		}
	}
	return false
}

// sameParam reports whether a use in the author's text is of an analysed
// parameter. The analysis keeps plain numbers and gives names new ones, or says which
// number each has in the author's text.
func sameParam(use parse.ParamUse, p ir.Param) bool {
	switch {
	case p.Origin > 0:
		return use.Number == p.Origin
	case use.Name == "":
		return use.Number == p.Number && !p.Column.IsNamedParam
	}
	return p.Column.IsNamedParam && use.Name == p.Column.Name
}

// analysedNumber is the number that the analysis gave to an author's parameter;
// zero when it has none.
func (r *Result) analysedNumber(author int, params []ir.Param) int {
	for _, use := range r.text.Params {
		if use.Number != author {
			continue
		}
		for _, p := range params {
			if sameParam(use, p) {
				return p.Number
			}
		}
	}
	return 0
}

// replaceMarkers writes the edits anew for the analysed text, each at its marker.
func (r *Result) replaceMarkers(analysed string, tenant int, number func(int) int) ([]source.Edit, error) {
	plan, err := r.edits(tenant, number)
	if err != nil {
		return nil, err
	}
	out := make([]source.Edit, len(plan))
	started, ended := make([]bool, len(plan)), make([]bool, len(plan))
	for _, m := range markerComment.FindAllStringSubmatchIndex(analysed, -1) {
		i, err := strconv.Atoi(analysed[m[2]:m[3]])
		if err != nil || i >= len(plan) {
			return nil, fmt.Errorf("the analysis returned an unknown marker")
		}
		if analysed[m[4]:m[5]] == "s" {
			out[i].Start, started[i] = m[0], true
			out[i].End = m[1]
			continue
		}
		out[i].End, ended[i] = m[1], true
	}
	for i, e := range plan {
		if !started[i] || (e.End > e.Start) != ended[i] {
			return nil, fmt.Errorf("the analysis lost a marker")
		}
		out[i].New = e.New
	}
	return out, nil
}

// renumbered is the analysed parameters under their final numbers, with the
// tenant's, and each once.
func renumbered(params []ir.Param, n numbering) []ir.Param {
	out := make([]ir.Param, len(n.params))
	for _, p := range params {
		to := n.to[p.Number]
		p.Number, p.Origin = to, 0
		p.Tenant = n.params[to-1].Tenant
		out[to-1] = p
	}
	if n.tenant > 0 {
		out[n.tenant-1].Number, out[n.tenant-1].Tenant = n.tenant, true
	}
	return out
}
