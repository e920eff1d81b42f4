package config

import (
	"maps"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Analysis says how statements get their types. The keys are sqlc's, in its
// project file and here.
type Analysis struct {
	// DatabaseURI is a database with the project's schema that types what sqlc
	// cannot type by itself; empty without one. ${NAME} in it stands for a variable
	// of the environment.
	DatabaseURI  string
	DatabaseSpan source.Span
	// StrictOrderBy is sqlc's strict_order_by; nil for its default.
	StrictOrderBy *bool
	// StrictFunctionChecks is sqlc's strict_function_checks.
	StrictFunctionChecks bool
}

// analysisReader reads the keys of an Analysis from one file, and then those of
// another over them.
type analysisReader struct {
	managed source.Span // of managed: true; zero without it
	off     bool        // analyzer.database: false
}

// keys read the options of rd into to.
func (a *analysisReader) keys(rd *reader, to *Analysis) keys {
	return keys{
		"database": func(e entry) { a.database(rd, e, to) },
		"analyzer": func(e entry) { rd.object(e, keys{"database": func(e entry) { a.analyzer(rd, e) }}) },
		"strict_order_by": func(e entry) {
			if b, ok := rd.boolean(e); ok && !isNull(e.value) {
				to.StrictOrderBy = &b
			}
		},
		"strict_function_checks": func(e entry) {
			if b, ok := rd.boolean(e); ok {
				to.StrictFunctionChecks = b
			}
		},
	}
}

// database reads database: {uri, managed}.
func (a *analysisReader) database(rd *reader, e entry, to *Analysis) {
	if isNull(e.value) && rd.lenient {
		return
	}
	to.DatabaseURI, to.DatabaseSpan, a.managed = "", rd.span(e.key), source.Span{}
	ok := rd.object(e, keys{
		"uri": func(e entry) {
			rd.setString(&to.DatabaseURI)(e)
			to.DatabaseSpan = rd.span(e.value)
		},
		"managed": func(e entry) {
			if managed, _ := rd.boolean(e); managed {
				a.managed = rd.span(e.value)
			}
		},
	})
	if ok && to.DatabaseURI == "" && a.managed.IsZero() {
		rd.invalid(e.key, "%q has no uri", "database").
			WithHelp("name a database that has the schema, such as `database: {uri: \"${DATABASE_URL}\"}`, or remove it")
	}
}

// analyzer reads analyzer.database. Without an experiment, sqlc does the same for
// "only" and for true.
func (a *analysisReader) analyzer(rd *reader, e entry) {
	if e.value.Tag == "!!str" {
		a.off = false
		if e.value.Value != "only" {
			rd.invalid(e.value, "%s cannot be %q", name(e), e.value.Value).WithHelp("use true, false or only")
		}
		return
	}
	if b, ok := rd.boolean(e); ok {
		a.off = !b
	}
}

// analysis reads the options in tenancy.yaml over those of sqlc.yaml.
func (p *parser) analysis() {
	known := p.analysisFrom.keys(p.reader, &p.config.Analysis)
	for _, key := range analysisKeys {
		if e, ok := p.given[key]; ok {
			known[key](e)
		}
	}
	switch {
	case p.analysisFrom.off:
		p.config.Analysis.DatabaseURI = ""
	case !p.analysisFrom.managed.IsZero():
		p.errorf(diag.ConfigInvalid, p.analysisFrom.managed, "a managed database is not supported").
			WithHelp("add `database: {uri: …}` to %s with a database that has the schema, "+
				"or `analyzer: {database: false}` to type statements without one", p.file.Path)
	}
}

// analysisKeys are the keys that analysis reads.
var analysisKeys = []string{"database", "analyzer", "strict_order_by", "strict_function_checks"}

// with adds keys to others.
func (k keys) with(more keys) keys {
	out := maps.Clone(k)
	maps.Copy(out, more)
	return out
}
