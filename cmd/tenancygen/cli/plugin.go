package cli

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/sqlcplugin"
	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
)

// runPlugin answers sqlc, which has run the program as a plugin. It takes the same
// road as generate, over the author's files: what sqlc made of the statements is not
// used. Whatever is wrong ends it without a response, and sqlc writes nothing then.
func (a *app) runPlugin(ctx context.Context, method string) (code int) {
	// sqlc puts its own words before what it finds on standard error.
	fmt.Fprintln(a.stderr)
	defer func() {
		if v := recover(); v != nil {
			a.bug(fmt.Sprint(v), debug.Stack())
			code = exitFailure
		}
	}()
	r := &diag.Report{}
	files, err := a.plugin(ctx, method, r)
	if err := a.finish(r, err); err != nil {
		if err != errFindings {
			fmt.Fprintf(a.stderr, "tenancygen: %v\n", err)
		}
		return exitFindings
	}
	if err := sqlcplugin.Write(a.stdout, files); err != nil {
		fmt.Fprintf(a.stderr, "tenancygen: %v\n", err)
		return exitFailure
	}
	return exitOK
}

// plugin reads the request and compiles the project. There are no files where the
// report has errors.
func (a *app) plugin(ctx context.Context, method string, r *diag.Report) (map[string][]byte, error) {
	if method != sqlcplugin.Method {
		return nil, fmt.Errorf("sqlc asks for %s, and this version knows %s", method, sqlcplugin.Method)
	}
	request, err := sqlcplugin.Read(a.stdin)
	if err != nil {
		return nil, err
	}
	text := request.Options()
	defer unplace(r, text)
	s := request.Settings
	cfg := config.ParseOptions(text,
		config.Project{Engine: s.Engine, Schema: s.Schema, Queries: s.Queries, Out: s.Codegen.Out}, r)
	if cfg == nil {
		return nil, nil
	}
	in := &generator.Input{Config: cfg, Schema: project.Schema(cfg, r), Queries: project.Queries(cfg, r)}
	if r.HasErrors() {
		return nil, nil
	}
	if difference := request.Differs(in.Queries); difference != "" {
		r.Errorf(diag.FileMissing, source.Span{}, "these are not the files that sqlc has read: %s", difference).
			WithHelp("run sqlc in the directory of its configuration: the paths in it are relative to that")
		return nil, nil
	}
	options, err := a.options()
	if err != nil {
		return nil, err
	}
	result, err := generator.Compile(ctx, in, options, r)
	if err != nil || r.HasErrors() {
		return nil, err
	}
	return result.Files, nil
}

// unplace takes away the places in the options: their text is sqlc's, not what the
// user wrote.
func unplace(r *diag.Report, options *source.File) {
	for _, d := range r.Sorted() {
		if d.Span.File == options {
			d.Span, d.Message = source.Span{}, "options of the plugin: "+d.Message
		}
		for i := range d.Related {
			if d.Related[i].Span.File == options {
				d.Related[i].Span = source.Span{}
			}
		}
	}
}
