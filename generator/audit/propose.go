package audit

import (
	"slices"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/rewrite"
	"github.com/tenancygen/tenancygen/generator/scope"
)

// propose adds to the findings what tenancygen would send, or why it would not.
func (j *judge) propose() {
	i := slices.IndexFunc(j.query.Findings, func(f *Finding) bool { return f.scoped })
	if i < 0 {
		return
	}
	sql, refused := j.proposal()
	for _, f := range j.query.Findings {
		if f.scoped {
			f.ScopedSQL, f.Refused = sql, refused
		}
	}
}

func (j *judge) proposal() (sql, refused string) {
	if !j.Declared {
		for _, ref := range j.statement.References {
			if ref.Table.View != nil && ref.Table.Tenancy.Class != ir.ClassView {
				return "", "what a view shows is decided by its body: declare the tables in tenancy.yaml, and see explain"
			}
		}
	}
	return scoped(j.text, j.Catalog)
}

// scoped takes a statement through the stages of the compiler. Only what is
// certified is shown.
func scoped(text *parse.QueryText, cat *catalog.Catalog) (sql, refused string) {
	tree, err := cat.Dialect.Statement(text.Text)
	if err != nil {
		return "", err.Error()
	}
	var report diag.Report
	plan := scope.Statement(text, tree, cat, scope.Options{}, &report)
	if plan.Refused || report.HasErrors() {
		for _, d := range report.Sorted() {
			if d.IsError() {
				return "", d.Message
			}
		}
		return "", "it cannot be scoped"
	}
	result, err := rewrite.Apply(text, plan, cat)
	if err != nil {
		return "", err.Error()
	}
	if check := certify.Check(result.SQL, result.Tenant, cat); len(check.Findings) > 0 {
		return "", check.Findings[0].Message
	}
	if !cat.Dialect.Positional() {
		return result.SQL, ""
	}
	sent, _, err := parse.PositionalText(cat.Dialect, result.SQL)
	if err != nil {
		return "", err.Error()
	}
	return sent, ""
}

// suspicious reports whether a function may read tables.
func suspicious(cat *catalog.Catalog, name string) bool {
	class := cat.Function(name)
	return class == dialect.FunctionForbidden || cat.Declares(name) || class == dialect.FunctionUnknown
}
