package config

import (
	"path/filepath"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// version is the value of the version: key of the format that this reads.
const version = "1"

// Open returns a file that a configuration names, by its path as written there.
type Open func(path string) (*source.File, error)

// Parse reads the text of a tenancy.yaml. It calls sqlcFile for the file that
// sqlc: names. It returns nil, and an error in the report, if the configuration
// cannot be used.
func Parse(file *source.File, sqlcFile Open, r *diag.Report) *Config {
	p := &parser{
		reader: &reader{file: file, report: r},
		config: &Config{File: file, Dir: filepath.Dir(file.Path), RLS: ir.RLS{Setting: DefaultSetting}},
		at:     map[string]source.Span{},
	}
	root := p.root()
	if root == nil {
		return nil
	}
	p.object(entry{value: root}, p.keys())
	if p.failed && len(p.given) == 0 {
		return nil // not a map at all: what is missing from it is no news
	}
	if p.project(sqlcFile) {
		p.checkOptions()
	}
	p.checkEngine()
	p.require()
	if p.failed {
		return nil
	}
	return p.config
}

// parser reads one tenancy.yaml.
type parser struct {
	*reader
	config *Config
	// given are the top-level keys that are there.
	given map[string]entry
	// at are the places of the go options that are given, in whichever file.
	at map[string]source.Span
	// plugin is set for the options of a plugin, which sqlc completes.
	plugin bool
	// analysisFrom reads the options of the analysis, in whichever file.
	analysisFrom analysisReader
}

// keys are the top-level keys. Those that depend on one another are only noted
// here, and read by project.
func (p *parser) keys() keys {
	p.given = map[string]entry{}
	note := func(e entry) { p.given[e.key.Value] = e }
	and := func(read func(entry)) func(entry) {
		return func(e entry) {
			note(e)
			read(e)
		}
	}
	known := keys{
		"version":       and(p.version),
		"sqlc":          note,
		"sqlc_name":     note,
		"engine":        note,
		"schema":        note,
		"queries":       note,
		"go":            note,
		"tenant":        and(p.tenant),
		"tables":        and(p.tables),
		"crud":          and(p.crud),
		"rls":           and(p.rls),
		"tenant_params": and(p.tenantParams),
		"unscoped":      and(p.unscoped),
		"functions":     and(p.functions),
		"vet":           and(p.vet),
	}
	for _, key := range analysisKeys {
		known[key] = note
	}
	return known
}

// version accepts "1" and 1: nobody means another thing by the number.
func (p *parser) version(e entry) {
	if e.value.Value == version && (e.value.Tag == "!!str" || e.value.Tag == "!!int") {
		return
	}
	at := e.value
	if isNull(at) {
		at = e.key
	}
	p.invalid(at, "unknown version of the configuration").
		WithHelp("this tenancygen reads version: %q", version)
}

// project reads where the SQL is and what Go is wanted: inline, or from
// sqlc.yaml with single options overridden. It returns false if there are no
// go options to speak of.
func (p *parser) project(sqlcFile Open) bool {
	usable := true
	sqlc, fromSQLC := p.given["sqlc"]
	if fromSQLC {
		for _, key := range []string{"engine", "schema", "queries"} {
			if e, ok := p.given[key]; ok {
				p.invalid(e.key, "both %q and %q are given", "sqlc", key).
					WithRelated(p.span(sqlc.key), "%s comes from here", key).
					WithHelp("remove %q, or remove %q and write engine, schema, queries and go here", key, "sqlc")
			}
		}
		usable = p.sqlc(sqlc, sqlcFile)
	} else {
		p.inline()
	}
	p.analysis()
	p.overridesFor = p.config.Engine
	if e, ok := p.given["go"]; ok {
		p.goOptions(e, &p.config.Go, p.at)
		usable = usable && e.value.Kind == yaml.MappingNode
	}
	p.defaults(fromSQLC)
	return usable
}

func (p *parser) inline() {
	if e, ok := p.given["engine"]; ok {
		p.engine(e, &p.config.Engine, &p.config.EngineSpan)
	}
	if e, ok := p.given["schema"]; ok {
		p.config.Schema, p.config.SchemaSpans = p.oneOrMore(e)
	}
	if e, ok := p.given["queries"]; ok {
		p.config.Queries, p.config.QueriesSpans = p.oneOrMore(e)
	}
	if e, ok := p.given["sqlc_name"]; ok {
		p.invalid(e.key, "%q without %q", "sqlc_name", "sqlc").
			WithHelp("it chooses an entry of sqlc.yaml; remove it")
	}
}

// require reports the keys that have to be there.
func (p *parser) require() {
	type required struct{ key, help string }
	want := []required{
		{"version", "add `version: \"" + version + "\"` as the first line"},
		{"tenant", "add `tenant: {column: tenant_id}` with the name of the column that holds the tenant"},
	}
	if p.plugin {
		want = want[1:]
	} else if _, ok := p.given["sqlc"]; !ok {
		want = append(want,
			required{"engine", "add `engine: postgresql`, or `sqlc: sqlc.yaml` to take it from an sqlc project"},
			required{"schema", "add `schema: schema.sql`: a file, a list of files or a migrations directory"},
			required{"go", "add `go: {package: gen, out: gen}`"})
	}
	for _, w := range want {
		if _, ok := p.given[w.key]; !ok {
			p.errorf(diag.ConfigInvalid, p.file.Span(0, 0), "%q is missing", w.key).WithHelp("%s", w.help)
		}
	}
}
