package config

import (
	"cmp"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
)

// laterOptions are options of gen.go that sqlc does not read in version 1.
var laterOptions = []string{
	"package", "out", "rename", "initialisms", "inflection_exclude_table_names", "wrap_errors",
}

// isVersion1 reports whether an sqlc project is of the older form.
func isVersion1(root *yaml.Node) bool {
	if root.Kind != yaml.MappingNode {
		return false
	}
	version, packages := "", false
	for i := 0; i+1 < len(root.Content); i += 2 {
		switch root.Content[i].Value {
		case "version":
			version = resolve(root.Content[i+1]).Value
		case "packages":
			packages = true
		}
	}
	return version == "1" || version == "" && packages
}

// readVersion1 reads a project of version 1: the options of gen.go are in the
// entries themselves, under packages, and two of them have other names there.
func (s *sqlcReader) readVersion1(root *yaml.Node) {
	c := s.parser.config
	var packages, overrides, rename entry
	s.object(entry{value: root}, keys{
		"version":   nil,
		"packages":  func(e entry) { packages = e },
		"overrides": func(e entry) { overrides = e },
		"rename":    func(e entry) { rename = e },
		"rules":     nil, "cloud": nil,
	})
	if packages.value == nil {
		s.errorf(diag.ConfigInvalid, s.file.Span(0, 0), "%q is missing", "packages").
			WithHelp("add an entry with path, schema and queries")
		return
	}
	e, ok := s.choose(packages)
	if !ok {
		return
	}
	s.overridesFor = cmp.Or(valueAt(e.value, "engine"), postgresql)
	known := s.goOptionKeys(&c.Go, s.parser.at)
	known["name"], known["path"] = known["package"], known["out"]
	for _, option := range laterOptions {
		delete(known, option)
	}
	withoutOurs(known)
	var schema bool
	for key, read := range s.sqlKeys(&schema) {
		known[key] = read
	}
	s.object(e, known)
	if overrides.value != nil {
		s.goOption(overrides, &c.Go.Overrides)
	}
	if rename.value != nil {
		s.goOption(rename, &c.Go.Rename)
	}
	if c.Engine == "" && !s.failed {
		c.Engine = postgresql // the default of this version
	}
	s.complete(e, schema, true)
	s.rebase()
}
