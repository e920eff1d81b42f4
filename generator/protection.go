package generator

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parallel"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// What follows puts into the IR what the manifest and the report tell: how each
// reference is anchored, and what is not protected.

// certifyFinal checks the statements once more, in the very text that is sent,
// and keeps what it finds. An unscoped query is only asked for its tables.
func certifyFinal(pkg *ir.Package, list []*statement, cat *catalog.Catalog, report *diag.Report) {
	results := make([]*certify.Result, len(list))
	parallel.Each(len(list), func(i int) { results[i] = list[i].certified(&pkg.Queries[i], cat) })
	for i, result := range results {
		q, s := &pkg.Queries[i], list[i]
		q.References = references(result)
		if q.Handle == ir.HandleUnscoped || plain(cat) {
			continue
		}
		for _, f := range result.Findings {
			report.Errorf(diag.CertifyRefused, s.text.NameSpan, "the final statement of %q is not certified: %s", q.Name, f.Message).
				WithHelp("report this as a bug: the analysis changed the statement").InQuery(q.Name)
		}
	}
}

// certified checks the final text, unless it is the very one that is checked already.
func (s *statement) certified(q *ir.Query, cat *catalog.Catalog) *certify.Result {
	tenant := 1 + slices.IndexFunc(q.Params, func(p ir.Param) bool { return p.Tenant }) // 0 without one
	if s.check != nil && q.SQL == s.result.SQL && tenant == s.result.Tenant {
		return s.check
	}
	return certify.Check(q.SQL, tenant, cat)
}

func references(result *certify.Result) []ir.Reference {
	var out []ir.Reference
	for _, r := range result.References {
		out = append(out, ir.Reference{Table: ir.Name{Schema: r.Table.Schema, Name: r.Table.Name}, Alias: r.Alias,
			Class: r.Table.Tenancy.Class, Written: r.Written, Anchor: r.Anchor})
	}
	return out
}

// allowedFunctions are the entries of functions: that let the statement call
// something.
func (s *statement) allowedFunctions(cfg *config.Config) []string {
	var out []string
	s.query.EachQuery(func(q *parse.Query) {
		q.Expressions(func(e *parse.Expr) {
			for _, f := range cfg.Functions {
				if e.Kind == parse.FuncExpr && (e.Name == f.Name || e.Name == strings.ToLower(f.Name)) {
					out = append(out, f.Name)
				}
			}
		})
	})
	slices.Sort(out)
	return slices.Compact(out)
}

// place is where the author wrote the statement.
func (s *statement) place(dir string) ir.Place {
	if s.text.Derived {
		return ir.Place{}
	}
	return placeOf(s.text.NameSpan, dir)
}

// placeOf is the line of a span, with a path that is the same on all machines.
func placeOf(span source.Span, dir string) ir.Place {
	at := span.Position()
	return ir.Place{Path: relative(dir, at.Path), Line: at.Line}
}

// relative makes a path relative to a directory, where both may be relative to
// the working directory. Where that cannot be, the path stays as it is.
func relative(dir, path string) string {
	full, err := filepath.Abs(path)
	if err != nil || path == "" {
		return path
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return path
	}
	rel, err := filepath.Rel(dir, full)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}

// warnings are those about tables (TG01) and statements (TG03). Others, as about
// options without effect, weaken nothing.
func warnings(report *diag.Report, list []*statement, dir string) []ir.Warning {
	derived := map[string]bool{}
	for _, s := range list {
		derived[s.text.Name] = s.text.Derived
	}
	var out []ir.Warning
	for _, d := range report.Sorted() {
		if d.IsError() || !strings.HasPrefix(string(d.Code), "TG01") && !strings.HasPrefix(string(d.Code), "TG03") {
			continue
		}
		w := ir.Warning{Code: string(d.Code), Message: d.Message, Query: d.Query}
		if !derived[d.Query] {
			w.Place = placeOf(d.Span, dir)
		}
		out = append(out, w)
	}
	slices.SortStableFunc(out, func(a, b ir.Warning) int {
		return cmp.Or(cmp.Compare(a.Place.Path, b.Place.Path), cmp.Compare(a.Place.Line, b.Place.Line), cmp.Compare(a.Query, b.Query))
	})
	return out
}
