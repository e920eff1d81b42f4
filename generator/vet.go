package generator

import (
	"context"
	"slices"
	"time"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Vetted is what Vet found out about the project.
type Vetted struct {
	// Package is the name of the Go package.
	Package string
	// SQLC is the path of the project's sqlc.yaml if that has rules of its own, which
	// sqlc holds against the queries; otherwise empty.
	SQLC string
	// Names are the places of the queries' names, and Files the query files.
	Names map[string]source.Span
	Files []*source.File
}

// Vet scopes the project's queries and holds the tenancy rules against them: what a
// query may do, and what somebody should have looked at. What is refused, and each
// rule that trips, is an error in the report. The day decides which exemptions are
// over. The result is nil where the configuration is unusable.
func Vet(_ context.Context, opts Options, day time.Time, report *diag.Report) (*Vetted, error) {
	in := read(opts.ConfigPath, report)
	if in == nil {
		return nil, nil
	}
	cat := loadCatalog(in, report)
	texts := statements(in, cat, report)
	var found diag.Report
	list := scopeAll(texts, cat, in.Config, &found, nil)
	for _, s := range list {
		v := &vet{statement: s, config: in.Config, catalog: cat, day: day.Format(time.DateOnly), report: report}
		v.run()
	}
	vetted := &Vetted{Package: in.Config.Go.Package, Names: map[string]source.Span{}, Files: in.Queries}
	for _, text := range texts {
		vetted.Names[text.Name] = text.NameSpan
	}
	if in.Config.Vet.SQLC {
		vetted.SQLC = in.Config.SQLCPath
	}
	return vetted, nil
}

// ruleOf are the rules that are warnings of the compiler.
var ruleOf = map[diag.Code]string{
	diag.ConflictUnguarded: config.RuleConflictTarget,
	diag.ForeignKeyOpen:    config.RuleForeignKeyDefault,
	diag.SampleOfAll:       config.RuleTableSample,
	diag.LockOfShared:      config.RuleSharedLock,
}

// vet is one query under the rules.
type vet struct {
	*statement
	config  *config.Config
	catalog *catalog.Catalog
	day     string
	report  *diag.Report
}

func (v *vet) run() {
	for _, d := range v.statement.report.Sorted() {
		rule, isRule := ruleOf[d.Code]
		switch {
		case !isRule:
			v.report.Add(d)
		case v.applies(rule):
			d.Severity, d.Message, d.Help = diag.Error, v.message(rule, d.Message), exemptible(rule, d.Help)
			v.report.Add(d)
		}
	}
	v.names()
	if plain(v.catalog) || v.result == nil {
		return
	}
	if v.handle == ir.HandleUnscoped && v.text.Until != "" && v.text.Until < v.day {
		v.trip(config.RuleUnscopedExpired, "the exemption was until "+v.text.Until,
			"scope the query, or look at the reason again and move the date")
	}
	for _, r := range certify.Check(v.result.SQL, v.result.Tenant, v.catalog).References {
		if !r.Written {
			continue
		}
		name := r.Table.QualifiedName()
		switch {
		case v.handle == ir.HandleUnscoped && r.Table.Tenancy.Class != ir.ClassGlobal:
			v.trip(config.RuleUnscopedWrite, "rows of "+name+" are written, whatever their tenant",
				"scope the query if it is one tenant's")
		case v.handle == ir.HandleGlobal && r.Table.Tenancy.Class == ir.ClassGlobal:
			v.trip(config.RuleGlobalWrite, "the global table "+name+" is written, and every tenant sees what it holds",
				"make sure that no tenant's request leads here")
		}
	}
}

// applies reports whether a rule is for the query. A derived method has no author
// who could say otherwise.
func (v *vet) applies(rule string) bool {
	return !v.text.Derived && !slices.Contains(v.config.Vet.Off, rule) && !v.text.Vet.Exempts(rule)
}

// message is in sqlc's order: the query, the rule, what it says.
func (v *vet) message(rule, text string) string { return v.text.Name + ": " + rule + ": " + text }

func exemptible(rule, help string) string {
	return help + "; where it is meant so, write -- @tenancy vet-disable " + rule
}

func (v *vet) trip(rule, text, help string) {
	if !v.applies(rule) {
		return
	}
	v.report.Errorf(diag.RuleTripped, v.text.NameSpan, "%s", v.message(rule, text)).
		WithHelp("%s", exemptible(rule, help)).InQuery(v.text.Name)
}

// names reports exemptions from tenancy rules that do not exist.
func (v *vet) names() {
	for _, rule := range v.text.Vet.Rules {
		if !config.IsTenancyRule(rule) || slices.Contains(config.VetRules, rule) {
			continue
		}
		d := v.report.Errorf(diag.QueryAnnotation, v.text.NameSpan, "there is no rule %q", rule).InQuery(v.text.Name)
		if near := config.Nearest(rule, config.VetRules); near != "" {
			d.WithHelp("did you mean %q?", near)
		} else {
			d.WithHelp("docs/vet.md lists the rules")
		}
	}
}
