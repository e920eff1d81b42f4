package config

import (
	"path/filepath"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Project is what a configuration need not say where sqlc runs the program: where
// the SQL is, relative to the working directory, and where the package belongs.
type Project struct {
	Engine          string
	Schema, Queries []string
	Out             string
}

// ParseOptions reads the options of a plugin: what a tenancy.yaml holds, without what
// the project says. It returns nil, and an error in the report, if the configuration
// cannot be used.
func ParseOptions(file *source.File, project Project, r *diag.Report) *Config {
	p := &parser{
		reader: &reader{file: file, report: r},
		config: &Config{
			File: file, Dir: ".", RLS: ir.RLS{Setting: DefaultSetting},
			Engine: project.Engine, Schema: project.Schema, Queries: project.Queries,
		},
		at:     map[string]source.Span{},
		plugin: true,
	}
	root := p.root()
	if root == nil {
		return nil
	}
	p.object(entry{value: root}, p.keys())
	for _, key := range []string{"sqlc", "sqlc_name", "engine", "schema", "queries"} {
		if e, ok := p.given[key]; ok {
			p.invalid(e.key, "%q is given by sqlc", key).WithHelp("remove it; it is what sqlc's configuration says")
		}
	}
	if engines[project.Engine] == nil {
		p.errorf(diag.ConfigInvalid, source.Span{}, "engine %q is not supported", project.Engine).
			WithHelp("tenancygen compiles for %s", list(engineNames))
	}
	p.analysis()
	p.overridesFor = p.config.Engine
	if e, ok := p.given["go"]; ok {
		p.goOptions(e, &p.config.Go, p.at)
	}
	if at, ok := p.at["out"]; ok {
		p.errorf(diag.ConfigInvalid, at, "%q is given by sqlc", "go.out").WithHelp("remove it; `out:` beside `plugin:` says where the package belongs")
	}
	p.config.Go.Out = filepath.Clean(project.Out)
	p.defaults(false)
	p.checkOptions()
	p.checkEngine()
	p.require()
	if p.failed {
		return nil
	}
	return p.config
}
