package generator

import (
	"context"
	"maps"
	"path/filepath"
	"time"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/emit/ddl"
	"github.com/tenancygen/tenancygen/generator/emit/gosrc"
	"github.com/tenancygen/tenancygen/generator/emit/manifest"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Options say what to compile, and with what.
type Options struct {
	// ConfigPath is the path of tenancy.yaml.
	ConfigPath string
	// Version is printed in the generated files.
	Version string
	// Engine types the statements. Explain does without.
	Engine analyze.Engine
	// Done is told the name of each stage of Generate when it ends; it may be nil.
	Done func(stage string)
}

func (o Options) done(stage string) {
	if o.Done != nil {
		o.Done(stage)
	}
}

// Result is what Generate made.
type Result struct {
	// Package is the name of the Go package.
	Package string
	// Dir is where the files belong.
	Dir string
	// Files are the generated files by name.
	Files map[string][]byte
	// IR is what the emitters read; nil where nothing was emitted.
	IR *ir.Package
	// Queries are all statements, with what became of them.
	Queries []Explained
	// Analysis is the processor time that the analysis took in another process.
	Analysis time.Duration
}

// Input is everything that the compiler reads.
type Input struct {
	Config  *config.Config
	Schema  []*source.File
	Queries []*source.File
}

// Generate compiles the project. It writes nothing. What is wrong with the input
// is in the report, and the result has no files then; an error says that the
// compiler itself could not work.
func Generate(ctx context.Context, opts Options, report *diag.Report) (*Result, error) {
	in := read(opts.ConfigPath, report)
	if in == nil {
		return nil, nil
	}
	opts.done("read")
	result, err := Compile(ctx, in, opts, report)
	if err != nil {
		return nil, err
	}
	result.Dir = in.Config.Go.Out
	if !filepath.IsAbs(result.Dir) {
		result.Dir = filepath.Join(in.Config.Dir, result.Dir)
	}
	return result, nil
}

// Compile is the compiler without its files: pure, but for the analysis engine.
func Compile(ctx context.Context, in *Input, opts Options, report *diag.Report) (*Result, error) {
	// analyze: sqlc reads the schema while we do.
	analysis := prepareAnalysis(ctx, in, opts.Engine)
	defer analysis.Close()
	// catalog: what the schema declares, and how each table belongs to tenants.
	cat := loadCatalog(in, report)
	unusable := report.HasErrors()
	// source and parse: the author's queries, and those that need no author.
	texts := statements(in, cat, report)
	opts.done("catalog")
	// scope, rewrite, certify: each statement tied to the tenant, and checked.
	list := scopeAll(texts, cat, in.Config, report, nil)
	result := &Result{Package: in.Config.Go.Package, Queries: explained(list)}
	opts.done("scope")
	fine := accepted(list)
	if unusable || report.HasErrors() && len(fine) == 0 {
		return result, nil // of the schema, the analysis would say the same once more
	}
	// analyze: names and types. Where statements are refused, the others are
	// analysed all the same, so that one run says all that is wrong.
	output, err := analyzeAll(ctx, fine, analysis, report)
	opts.done("analyze")
	if err != nil || report.HasErrors() {
		return result, err
	}
	result.Analysis = output.Took
	// ir: all of it as plain data.
	pkg := assemble(in, cat, list, output, opts.Version, report)
	// certify: once more, over the text that is sent.
	if !report.HasErrors() {
		certifyFinal(pkg, list, cat, report)
	}
	// slot: where that text names tenants' tables.
	if !report.HasErrors() {
		if pkg.Layout, err = layout(in, pkg, list, cat, report); err != nil {
			return nil, err
		}
	}
	if report.HasErrors() {
		return result, nil
	}
	pkg.Warnings = warnings(report, list, in.Config.Dir)
	opts.done("certify")
	result.IR = pkg
	// emit: Go, DDL, and what the package protects and what not.
	result.Files, err = gosrc.Emit(pkg)
	if err != nil {
		return nil, err
	}
	policies, err := ddl.Emit(pkg)
	if err != nil {
		return nil, err
	}
	maps.Copy(result.Files, policies)
	evidence, err := manifest.Emit(pkg)
	if err != nil {
		return nil, err
	}
	maps.Copy(result.Files, evidence)
	opts.done("emit")
	return result, nil
}

// Explain does what Generate does up to the scoping, for the project's queries or
// for one statement, and returns what became of each. The list is complete also
// when statements are refused.
func Explain(_ context.Context, opts Options, oneOff string, report *diag.Report) ([]Explained, error) {
	in := read(opts.ConfigPath, report)
	if in == nil {
		return nil, nil
	}
	cat := loadCatalog(in, report)
	unusable := report.HasErrors()
	var list []*statement
	if oneOff != "" {
		list = scopeAll(oneStatement(cat.Dialect, oneOff, report), cat, in.Config, report, nil)
	} else {
		list = scopeAll(statements(in, cat, report), cat, in.Config, report, nil)
	}
	all := named(list)
	if unusable {
		refuseAll(all)
	}
	return all, nil
}

// refuseAll is for a schema or configuration with errors, which the report has. What is
// known of the tables is not all then, and a statement that looks fine may not be.
func refuseAll(all []Explained) {
	for i := range all {
		e := &all[i]
		e.Status, e.ScopedSQL, e.Params = StatusRefused, "", nil
		for j := range e.Tables {
			e.Tables[j].Anchor = ""
		}
	}
}

// read reads the configuration and the files it names; nil when it is unusable.
func read(path string, report *diag.Report) *Input {
	cfg := config.Read(path, report)
	if cfg == nil {
		return nil
	}
	return &Input{Config: cfg, Schema: project.Schema(cfg, report), Queries: project.Queries(cfg, report)}
}

// loadCatalog reads the schema and classifies its tables.
func loadCatalog(in *Input, report *diag.Report) *catalog.Catalog {
	cat := catalog.Load(dialect.For(in.Config.Engine), in.Schema, report)
	cat.Classify(in.Config, report)
	checkPrepared(in.Config, cat, report)
	checkLayout(in.Config, cat, report)
	return cat
}
