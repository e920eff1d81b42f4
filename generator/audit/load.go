package audit

import (
	"fmt"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Schema builds a catalog of what can be read. The rest is in the problems.
func Schema(d dialect.Dialect, files []*source.File) (cat *catalog.Catalog, problems []string) {
	readable := make([]*source.File, len(files))
	for i, file := range files {
		text, errs := parse.Readable(d, file.Text)
		for _, e := range errs {
			problems = append(problems, problem(file.Span(e.Pos, e.Pos), "a statement of the schema cannot be read: "+e.Message))
		}
		readable[i] = source.NewFile(file.Path, text)
	}
	var report diag.Report
	cat = catalog.Load(d, readable, &report)
	return cat, append(problems, Problems(&report)...)
}

// Queries reads query files. What cannot be told apart is among the broken ones.
func Queries(d dialect.Dialect, files []*source.File) (texts []*parse.QueryText, broken []*Query, problems []string) {
	for _, file := range files {
		var report diag.Report
		texts = append(texts, parse.ReadableQueries(d, file, &report)...)
		for _, found := range report.Sorted() {
			if !found.IsError() {
				problems = append(problems, problem(found.Span, found.Message))
				continue
			}
			at := found.Span.Position()
			q := &Query{Name: found.Query, File: at.Path, Line: at.Line, Column: at.Column, Class: Unparsed, Tables: []Table{}, Findings: []*Finding{}}
			q.add("TA012", found.Span, "%s", found.Message)
			broken = append(broken, q)
		}
	}
	return texts, broken, problems
}

// Problems are the errors of a report in one line each.
func Problems(report *diag.Report) []string {
	var out []string
	for _, d := range report.Sorted() {
		if d.IsError() {
			out = append(out, problem(d.Span, d.Message))
		}
	}
	return out
}

func problem(at source.Span, message string) string {
	if p := at.Position(); p.Line > 0 {
		return fmt.Sprintf("%s:%d:%d: %s", p.Path, p.Line, p.Column, message)
	}
	return message
}
