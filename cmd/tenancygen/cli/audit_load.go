package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/audit"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
)

// auditProject is a project on its way into the audit.
type auditProject struct {
	dir      string
	columns  []string
	root     string
	inputs   []*audit.Input
	schemas  []*audit.Detection
	problems []string
}

// loadAudit reads the project at path, a directory or a configuration, and audits
// it. What cannot be read is in the report; an error says that nothing could be
// audited.
func loadAudit(path string, columns []string, root string) (*audit.Report, error) {
	path, err := auditConfig(path)
	if err != nil {
		return nil, err
	}
	p := &auditProject{dir: filepath.Dir(path), columns: columns, root: root}
	var report diag.Report
	if isSQLC(path) {
		p.sqlc(config.SQLCProject(path, &report))
	} else if cfg := config.Read(path, &report); cfg != nil {
		p.tenancy(cfg)
	}
	if report.HasErrors() {
		return nil, errors.New(strings.Join(audit.Problems(&report), "\n"))
	}
	if err := p.usable(); err != nil {
		return nil, err
	}
	r := audit.Run(p.inputs)
	r.Summary.Schemas = p.schemas
	r.Summary.Problems = append(r.Summary.Problems, p.problems...)
	return r, nil
}

// auditConfig finds the configuration of a directory: tenancy.yaml, since it says
// more, or that of sqlc.
func auditConfig(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s does not exist", path)
	case !info.IsDir():
		return path, nil
	}
	names := append([]string{config.DefaultPath}, config.SQLCFiles...)
	if name := first(path, names); name != "" {
		return filepath.Join(path, name), nil
	}
	return "", fmt.Errorf("no project in %s: looked for %s; name yours with -f", path, strings.Join(names, ", "))
}

var sqlcKeys = regexp.MustCompile(`(?m)(^|[{,])\s*"?(sql|packages)"?\s*:`)

// isSQLC tells sqlc's project file from tenancy.yaml, whatever they are called.
func isSQLC(path string) bool {
	text, err := os.ReadFile(path)
	return err == nil && sqlcKeys.Match(text)
}

// sqlc takes in the entries of an sqlc project. Those with the same schema are
// one.
func (p *auditProject) sqlc(entries []config.SQLCEntry) {
	bySchema := map[string]*audit.Input{}
	for i, e := range entries {
		d := dialect.For(e.Engine)
		if d == nil {
			p.problems = append(p.problems, fmt.Sprintf("sql[%d]: its engine is %s", i, e.Engine))
			continue
		}
		cfg := &config.Config{Dir: p.dir, Engine: e.Engine, Schema: e.Schema, Queries: e.Queries}
		key := strings.Join(append([]string{e.Engine}, e.Schema...), "\n")
		in := bySchema[key]
		if in == nil {
			in = &audit.Input{Catalog: p.catalog(cfg)}
			columns, root := p.named(d, in.Catalog)
			found, ok := audit.Detect(in.Catalog, columns, root)
			if !ok {
				found.Columns = columns
			}
			p.schemas = append(p.schemas, found)
			p.inputs = append(p.inputs, in)
			bySchema[key] = in
		}
		p.queries(in, cfg)
	}
}

// named are the columns and the root of the flags by the names that they have in a schema:
// databases that fold names take any spelling.
func (p *auditProject) named(d dialect.Dialect, cat *catalog.Catalog) (columns []string, root string) {
	for _, name := range p.columns {
		known := slices.ContainsFunc(cat.Tables, func(t *catalog.Table) bool { return t.Column(name) != nil })
		if _, folded, ok := d.SplitName(name); ok && !known {
			name = folded
		}
		columns = append(columns, name)
	}
	root = p.root
	if _, folded, ok := d.SplitName(root); ok && len(cat.Match(root)) == 0 {
		root = folded
	}
	return columns, root
}

// tenancy takes in a project of our own, with what it declares unless a column is
// given.
func (p *auditProject) tenancy(cfg *config.Config) {
	in := &audit.Input{Catalog: p.catalog(cfg)}
	p.inputs = append(p.inputs, in)
	if len(p.columns) > 0 {
		columns, root := p.named(dialect.For(cfg.Engine), in.Catalog)
		d, _ := audit.Detect(in.Catalog, columns, root)
		p.schemas = append(p.schemas, d)
	} else {
		var report diag.Report
		in.Catalog.Classify(cfg, &report)
		in.Declared = true
		p.problems = append(p.problems, audit.Problems(&report)...)
		p.schemas = append(p.schemas, audit.Declared(in.Catalog, cfg.Tenant.Column, cfg.Tenant.Root))
	}
	p.queries(in, cfg)
	for _, exempt := range cfg.Unscoped {
		for _, q := range in.Queries {
			if q.Name == exempt.Query {
				q.Unscoped, q.Reason = true, exempt.Reason
			}
		}
	}
}

func (p *auditProject) catalog(cfg *config.Config) *catalog.Catalog {
	cat, problems := audit.Schema(dialect.For(cfg.Engine), p.read(cfg, project.Schema))
	p.problems = append(p.problems, problems...)
	return cat
}

func (p *auditProject) queries(in *audit.Input, cfg *config.Config) {
	texts, broken, problems := audit.Queries(dialect.For(cfg.Engine), p.read(cfg, project.Queries))
	in.Queries, in.Broken = append(in.Queries, texts...), append(in.Broken, broken...)
	p.problems = append(p.problems, problems...)
}

func (p *auditProject) read(cfg *config.Config, read func(*config.Config, *diag.Report) []*source.File) []*source.File {
	var report diag.Report
	files := read(cfg, &report)
	p.problems = append(p.problems, audit.Problems(&report)...)
	return files
}

// usable reports why there is nothing to audit.
func (p *auditProject) usable() error {
	tables, queries := 0, 0
	detected := false
	for i, in := range p.inputs {
		tables += len(in.Catalog.Tables)
		queries += len(in.Queries) + len(in.Broken)
		detected = detected || len(p.schemas[i].Tenant) > 0
	}
	var why []string
	switch {
	case len(p.inputs) == 0:
		why = []string{"no entry is of PostgreSQL, MySQL or SQLite"}
	case tables == 0:
		why = []string{"the schema has no tables"}
	case queries == 0:
		why = []string{"there are no queries"}
	case !detected:
		return p.undetected()
	default:
		return nil
	}
	return errors.New(strings.Join(append(why, p.problems...), "\n  "))
}

// undetected says that no column is convincing, and which there are.
func (p *auditProject) undetected() error {
	var out strings.Builder
	if len(p.columns) > 0 {
		fmt.Fprintf(&out, "no table has a column %s", strings.Join(p.columns, " or "))
	} else {
		out.WriteString("no column looks like the tenant's")
	}
	example := "tenant_id"
	var list []string
	for _, d := range p.schemas {
		for _, c := range d.Candidates {
			if list == nil {
				example = c.Column
			}
			list = append(list, fmt.Sprintf("\n  %s: %s", c.Column, c))
		}
	}
	if list != nil {
		out.WriteString(". There are:" + strings.Join(list, "") + "\nName it")
	} else {
		out.WriteString(", and there is no other that could be\nName it")
	}
	fmt.Fprintf(&out, ": tenancygen audit --column %s", example)
	return errors.New(out.String())
}
