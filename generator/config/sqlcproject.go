package config

import (
	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// SQLCFiles are the names of sqlc's project file, the more usual first.
var SQLCFiles = []string{"sqlc.yaml", "sqlc.yml", "sqlc.json"}

// SQLCEntry is where one package of an sqlc project has its SQL.
type SQLCEntry struct {
	Name    string
	Engine  string
	Schema  []string
	Queries []string
}

// SQLCProject reads where an sqlc project, of version 1 or 2, has its SQL, and
// nothing else of it: whatever else is in the file is sqlc's business. It returns
// nil, and an error in the report, if it finds no SQL.
func SQLCProject(path string, r *diag.Report) []SQLCEntry {
	file, err := readFile(path)
	if err != nil {
		r.Errorf(diag.FileMissing, source.Span{}, "%v", err).WithHelp("name sqlc's project file, or its directory")
		return nil
	}
	rd := &reader{file: file, report: r, lenient: true}
	root := rd.root()
	if root == nil {
		return nil
	}
	var project struct {
		SQL      []sqlcEntry `yaml:"sql"`
		Packages []sqlcEntry `yaml:"packages"` // version 1
	}
	if err := root.Decode(&project); err != nil {
		r.Errorf(diag.ConfigInvalid, file.Span(0, 0), "it is no project file of sqlc: %v", err).
			WithHelp("engine, schema and queries are under `sql:`, or under `packages:` in version 1")
		return nil
	}
	var out []SQLCEntry
	for _, e := range append(project.SQL, project.Packages...) {
		engine := e.Engine
		if engine == "" {
			engine = postgresql // the default of version 1
		}
		out = append(out, SQLCEntry{Name: e.Name, Engine: engine, Schema: e.Schema, Queries: e.Queries})
	}
	if len(out) == 0 {
		r.Errorf(diag.ConfigInvalid, file.Span(0, 0), "%s has no entries under `sql:`", path).
			WithHelp("is this sqlc's project file?")
	}
	return out
}

type sqlcEntry struct {
	Name    string   `yaml:"name"`
	Engine  string   `yaml:"engine"`
	Schema  pathList `yaml:"schema"`
	Queries pathList `yaml:"queries"`
}

// pathList is one path, or a list of them.
type pathList []string

// UnmarshalYAML implements yaml.Unmarshaler.
func (l *pathList) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		var one string
		err := n.Decode(&one)
		*l = pathList{one}
		return err
	}
	return n.Decode((*[]string)(l))
}
