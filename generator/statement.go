package generator

import (
	"errors"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/derive"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parallel"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/rewrite"
	"github.com/tenancygen/tenancygen/generator/scope"
	"github.com/tenancygen/tenancygen/generator/source"
)

// statement is one query on its way through the stages.
type statement struct {
	dialect dialect.Dialect
	text    *parse.QueryText
	query   *parse.Query
	plan    *scope.Plan
	// references are the tables of a statement that is not certified.
	references []*scope.Reference
	result     *rewrite.Result
	check      *certify.Result
	handle     ir.Handle
	// copy is what becomes of a :copyfrom query, and insert the statement that writes
	// its rows where COPY cannot; nil for others.
	copy   *ir.Copy
	insert *statement
	// row is, for such an INSERT, the query for one row that it is of.
	row    *statement
	lastID ir.LastID
	report diag.Report // of this statement alone
	tamper func(*scope.Plan)
}

// statements collects the author's queries and the derived ones, and applies
// what the configuration says about single queries.
func statements(in *Input, cat *catalog.Catalog, report *diag.Report) []*parse.QueryText {
	var all []*parse.QueryText
	for _, file := range in.Queries {
		var own diag.Report
		all = append(all, parse.QueryFile(cat.Dialect, file, &own)...)
		isSchema := slices.ContainsFunc(in.Schema, func(f *source.File) bool { return f.Path == file.Path })
		for _, d := range own.Sorted() {
			if d.IsError() || !isSchema { // what has no name in a file that is both is schema
				report.Add(d)
			}
		}
	}
	all = unique(usable(all, cat, report), report)
	exempt(all, in.Config, report)
	taken := map[string]bool{}
	for _, q := range all {
		taken[q.Name] = true
	}
	if file := derive.CRUD(cat, in.Config, taken, report); file != nil {
		for _, q := range parse.QueryFile(cat.Dialect, file, report) {
			q.Derived = true
			all = append(all, q)
		}
	}
	return all
}

// usable reports queries whose names the handles need for themselves, and leaves
// them out.
func usable(all []*parse.QueryText, cat *catalog.Catalog, report *diag.Report) []*parse.QueryText {
	taken := []string{"db", "init", "WithTx"} // in a package of sqlc's own shape
	if cat.HasTenants() {
		taken = []string{"db", "init", "tenant", "InTx"}
	}
	var out []*parse.QueryText
	for _, q := range all {
		if slices.Contains(taken, q.Name) {
			report.Errorf(diag.QueryAnnotation, q.NameSpan, "a query cannot be named %q: the generated code has something of this name", q.Name).
				WithHelp("give the query another name").InQuery(q.Name)
			continue
		}
		out = append(out, q)
	}
	return out
}

// unique reports queries of one name and keeps the first of them.
func unique(all []*parse.QueryText, report *diag.Report) []*parse.QueryText {
	seen := map[string]*parse.QueryText{}
	var out []*parse.QueryText
	for _, q := range all {
		if first := seen[q.Name]; first != nil {
			report.Errorf(diag.QueryDuplicate, q.NameSpan, "there are two queries named %q", q.Name).
				WithRelated(first.NameSpan, "the first one").WithHelp("give one of them another name").InQuery(q.Name)
			continue
		}
		seen[q.Name] = q
		out = append(out, q)
	}
	return out
}

// exempt marks the queries that the configuration lists as unscoped.
func exempt(all []*parse.QueryText, cfg *config.Config, report *diag.Report) {
	byName := map[string]*parse.QueryText{}
	var names []string
	for _, q := range all {
		byName[q.Name] = q
		names = append(names, q.Name)
	}
	for _, entry := range cfg.Unscoped {
		q := byName[entry.Query]
		if q == nil {
			d := report.Errorf(diag.ConfigInvalid, entry.Span, "unscoped: there is no query %q", entry.Query)
			if near := config.Nearest(entry.Query, names); near != "" {
				d.WithHelp("did you mean %q?", near)
			} else {
				d.WithHelp("remove the entry")
			}
			continue
		}
		q.Unscoped, q.Reason = true, entry.Reason
	}
}

// oneStatement reads SQL that is in no file.
func oneStatement(d dialect.Dialect, sql string, report *diag.Report) []*parse.QueryText {
	return parse.OneOff(d, source.NewFile("<sql>", sql), report)
}

// scopeAll takes every statement through scope, rewrite and certify. A statement
// that is refused stays in the list, with its diagnostics.
//
// tamper is nil but in tests: it spoils a plan, so that they can see certify and
// the isolation tests fail.
func scopeAll(texts []*parse.QueryText, cat *catalog.Catalog, cfg *config.Config, report *diag.Report, tamper func(*scope.Plan)) []*statement {
	list := make([]*statement, len(texts))
	parallel.Each(len(texts), func(i int) {
		list[i] = &statement{text: texts[i], tamper: tamper}
		list[i].scope(cat, cfg)
	})
	for _, s := range list {
		for _, d := range s.report.Sorted() {
			report.Add(d)
		}
	}
	return list
}

// scope takes one statement through the stages.
func (s *statement) scope(cat *catalog.Catalog, cfg *config.Config) {
	s.dialect = cat.Dialect
	text := s.text
	if !s.knownCommand(cfg.Go, plain(cat)) {
		return
	}
	if at := strings.Index(text.Text, rewrite.MarkerPrefix); at >= 0 {
		s.report.Errorf(diag.SyntaxUnsupported, text.At(at), "the text %s is not supported", rewrite.MarkerPrefix).
			WithHelp("write the comment in another way: the compiler marks places with such comments").InQuery(text.Name)
		return
	}
	q, err := cat.Dialect.Statement(text.Text)
	switch {
	case plain(cat):
		s.asWritten(q, err, cat, ir.HandleGlobal)
		if cfg.Analysis.DatabaseURI != "" {
			s.onlyKnown(err, cat)
		}
		return
	case text.Unscoped:
		s.asWritten(q, err, cat, ir.HandleUnscoped)
		return
	}
	if err != nil {
		s.parseError(err)
		return
	}
	s.query = q
	plan := scope.Statement(text, q, cat, scope.Options{KeepTenantParams: cfg.KeepTenantParams}, &s.report)
	s.references = plan.References
	if plan.Refused {
		return
	}
	if s.tamper != nil {
		s.tamper(plan)
	}
	result, err := rewrite.Apply(text, plan, cat)
	if err != nil {
		s.report.Errorf(diag.Internal, text.At(0), "the statement could not be rewritten: %v", err).WithHelp("report this as a bug").InQuery(text.Name)
		return
	}
	s.plan = plan
	s.check = certify.Check(result.SQL, result.Tenant, cat)
	for _, f := range s.check.Findings {
		s.report.Errorf(diag.CertifyRefused, result.OriginSQL(f.Pos), "the scoped statement is not certified: %s", f.Message).
			WithHelp("the rewriter and the independent check disagree; write the statement in a plainer form, and report this as a bug").InQuery(text.Name)
	}
	s.result = result
	s.handle = ir.HandleGlobal
	if plan.NeedsTenant {
		s.handle = ir.HandleTenant
	}
	s.checkCommand()
	s.checkLastID(cat)
	s.copying(cat, cfg)
}

// asWritten takes a statement as it is. It must still be one that methods can be
// made for.
func (s *statement) asWritten(q *parse.Query, err error, cat *catalog.Catalog, handle ir.Handle) {
	var e *parse.Error
	if errors.As(err, &e) && !e.Unsupported {
		s.parseError(err)
		return
	}
	var merges []*parse.Query
	if q != nil {
		var ignored diag.Report // what would be refused is what the reason is about, or no danger
		plan := scope.Statement(s.text, q, cat, scope.Options{}, &ignored)
		s.references, merges = plan.References, plan.Merges
		if handle == ir.HandleGlobal {
			s.plan = plan
		}
	}
	s.query = q
	s.handle = handle
	result, aerr := rewrite.Apply(s.text, &scope.Plan{Merges: merges}, cat)
	if aerr != nil {
		s.report.Errorf(diag.Internal, s.text.At(0), "%v", aerr).WithHelp("report this as a bug").InQuery(s.text.Name)
		return
	}
	s.result = result
	s.checkCommand()
	s.copying(cat, nil)
}

func (s *statement) parseError(err error) {
	parse.Report(err, s.text.At, &s.report).InQuery(s.text.Name)
}
