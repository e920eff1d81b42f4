package config

import (
	"fmt"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// sqlc takes engine, schema, queries and the go options from an sqlc project.
// It returns false if it could not.
func (p *parser) sqlc(e entry, open Open) bool {
	path, ok := p.str(e)
	if !ok {
		return false
	}
	file, err := open(path)
	if err != nil {
		p.errorf(diag.FileMissing, p.span(e.value), "%v", err).
			WithHelp("sqlc: names the project file of sqlc, relative to this file: sqlc.yaml, sqlc.yml or sqlc.json")
		return false
	}
	var name string
	if e, ok := p.given["sqlc_name"]; ok {
		if name, ok = p.str(e); !ok {
			return false
		}
	}
	_, ownGo := p.given["go"]
	s := &sqlcReader{
		reader: &reader{file: file, report: p.report, lenient: true},
		parser: p, dir: filepath.Dir(path), name: name, ownGo: ownGo,
	}
	s.read()
	p.failed = p.failed || s.failed
	p.config.SQLCPath = file.Path
	return !s.failed
}

// sqlcReader reads sqlc.yaml. It knows all keys of sqlc 1.31, so that a
// misspelt one does not pass, and ignores what is not about the Go code.
type sqlcReader struct {
	*reader
	parser *parser
	dir    string // of the file, relative to tenancy.yaml
	name   string // of the entry that is wanted; may be empty
	ownGo  bool   // tenancy.yaml has go options of its own
}

func (s *sqlcReader) read() {
	root := s.root()
	if root == nil {
		return
	}
	if isVersion1(root) {
		s.readVersion1(root)
		return
	}
	var version, sql, overrides entry
	s.object(entry{value: root}, keys{
		"version":   func(e entry) { version = e },
		"sql":       func(e entry) { sql = e },
		"overrides": func(e entry) { overrides = e },
		"plugins":   nil, "rules": nil, "options": nil, "cloud": nil, "servers": nil,
	})
	switch {
	case root.Kind != yaml.MappingNode:
	case version.value != nil && version.value.Value != "2":
		s.errorf(diag.ConfigInvalid, s.span(version.value), "sqlc's configuration has version %q", version.value.Value).
			WithHelp("tenancygen reads versions \"1\" and \"2\"")
	case version.value == nil:
		s.errorf(diag.ConfigInvalid, s.file.Span(0, 0), "%q is missing", "version").
			WithHelp("is this sqlc's project file? It starts with `version: \"2\"`")
	case sql.value == nil:
		s.errorf(diag.ConfigInvalid, s.file.Span(0, 0), "%q is missing", "sql").
			WithHelp("add an entry with engine, schema, queries and gen.go")
	default:
		if e, ok := s.choose(sql); ok {
			s.pkg(e, overrides)
		}
	}
}

// choose returns the entry of a list, sql[] or packages[], that is wanted.
func (s *sqlcReader) choose(list entry) (entry, bool) {
	if list.value.Kind != yaml.SequenceNode {
		s.wrongType(list, "a list")
		return entry{}, false
	}
	key := list.key.Value
	var chosen []entry
	for i, item := range list.value.Content {
		e := entry{value: resolve(item), path: fmt.Sprintf("%s[%d]", key, i)}
		if s.name == "" || slices.Contains(namesOf(e.value), s.name) {
			chosen = append(chosen, e)
		}
	}
	if len(chosen) == 1 {
		return chosen[0], true
	}
	if usual := slices.DeleteFunc(slices.Clone(chosen), otherEngine); len(usual) == 1 {
		return usual[0], true
	}
	switch {
	case s.name != "":
		s.failed = true
		at := s.parser.given["sqlc_name"].value
		s.parser.invalid(at, "%s has %d entries named %q", s.file.Path, len(chosen), s.name).
			WithHelp("give the `name:` of one entry of `%s:`, or the directory of its package", key)
	case len(chosen) == 0:
		s.invalid(list.key, "%q is empty", key).WithHelp("add an entry with engine, schema, queries and gen.go")
	default:
		s.invalid(chosen[1].value, "sqlc's configuration has %d entries in %q", len(chosen), key).
			WithHelp("choose one in a tenancy.yaml for each, with `sqlc_name:` and its name or the directory of its package")
	}
	return entry{}, false
}

// namesOf are what an entry may be called: its name, and the directory of its package.
func namesOf(n *yaml.Node) []string {
	names := []string{valueAt(n, "name"), valueAt(n, "path")} // path in version 1
	if golang := nodeAt(nodeAt(n, "gen"), "go"); golang != nil {
		names = append(names, valueAt(golang, "out"))
	}
	return names
}

// otherEngine reports whether an entry is not for PostgreSQL. A project has one entry
// for each of its databases, often under one name; the others of them are chosen by
// their directories.
func otherEngine(e entry) bool {
	name := valueAt(e.value, "engine")
	return name != "" && name != postgresql
}

// valueAt is the text under a key of a map; empty where there is none.
func valueAt(n *yaml.Node, key string) string {
	if value := nodeAt(n, key); value != nil {
		return value.Value
	}
	return ""
}

// nodeAt is what a map has under a key; nil where there is none.
func nodeAt(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

// pkg reads one entry of sql[], then the overrides for all entries, which come
// before its own.
func (s *sqlcReader) pkg(e, overrides entry) {
	c := s.parser.config
	s.overridesFor = valueAt(e.value, "engine")
	var schema, gen bool
	known := s.sqlKeys(&schema)
	known["name"], known["codegen"] = nil, nil
	known["gen"] = func(e entry) {
		s.object(e, keys{"json": nil, "go": func(e entry) {
			gen = true
			options := s.goOptionKeys(&c.Go, s.parser.at)
			withoutOurs(options)
			s.object(e, options)
		}})
	}
	s.object(e, known)
	if overrides.value != nil {
		s.object(overrides, keys{"go": func(e entry) {
			s.object(e, keys{
				"overrides": func(e entry) { s.goOption(e, &c.Go.Overrides) },
				"rename":    func(e entry) { s.goOption(e, &c.Go.Rename) },
			})
		}})
	}
	s.complete(e, schema, gen)
	s.rebase()
}

// withoutOurs takes out the options that sqlc does not know.
func withoutOurs(options keys) {
	delete(options, "emit_iterators")
	delete(options, "emit_layout")
}

// rebase makes the paths relative to tenancy.yaml.
func (s *sqlcReader) rebase() {
	c := s.parser.config
	rebase(s.dir, c.Schema)
	rebase(s.dir, c.Queries)
	if c.Go.Out != "" {
		c.Go.Out = under(s.dir, c.Go.Out)
	}
}

// sqlKeys are the keys of an entry that say where its SQL is. Schema is set when
// one is given.
func (s *sqlcReader) sqlKeys(schema *bool) keys {
	c := s.parser.config
	return keys{
		"engine": func(e entry) { s.engine(e, &c.Engine, &c.EngineSpan) },
		"schema": func(e entry) {
			c.Schema, c.SchemaSpans = s.oneOrMore(e)
			*schema = len(c.Schema) > 0
		},
		"queries": func(e entry) { c.Queries, c.QueriesSpans = s.oneOrMore(e) },
		"rules": func(e entry) {
			c.Vet.SQLC = e.value.Kind == yaml.SequenceNode && len(e.value.Content) > 0
		},
	}.with(s.parser.analysisFrom.keys(s.reader, &c.Analysis))
}

func (s *sqlcReader) complete(e entry, schema, gen bool) {
	switch {
	case s.failed:
	case s.parser.config.Engine == "":
		s.invalid(e.value, "%s has no engine", name(e)).WithHelp("add `engine:` with one of %s", list(engineNames))
	case !schema:
		s.invalid(e.value, "%s has no schema", name(e)).WithHelp("add `schema:` with a file or a migrations directory")
	case !gen && !s.ownGo:
		s.invalid(e.value, "%s has no gen.go", name(e)).
			WithHelp("add `go: {package: gen, out: gen, sql_package: %s}` to %s", s.parser.database().sqlPackage, s.parser.file.Path)
	}
}

// rebase makes paths relative to tenancy.yaml that are written relative to
// another directory.
func rebase(dir string, paths []string) {
	for i, p := range paths {
		paths[i] = under(dir, p)
	}
}

func under(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
