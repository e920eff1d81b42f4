package sqlcproc

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/sqlc-dev/sqlc/pkg/cli"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// Main runs sqlc's command line with the given arguments and returns its exit
// code. It is what the child process does; sqlc may also end the process.
func Main(args []string) int {
	addCollations()
	return cli.Run(args)
}

// New returns the engine. The command is the start of an argument list that
// runs the program itself so that it calls Main with the arguments that follow,
// such as the executable's path and the name of a hidden subcommand.
func New(command []string) analyze.Engine { return &engine{command: command} }

type engine struct {
	command []string
	begun   *begun // a child that has begun already, or nil
}

// Analyze implements analyze.Engine.
func (e *engine) Analyze(ctx context.Context, in analyze.Input, report *diag.Report) (*analyze.Output, error) {
	switch {
	case len(e.command) == 0:
		return nil, errors.New("sqlc analysis: no command to run")
	case dialects[in.Engine] == nil:
		return nil, fmt.Errorf("sqlc analysis: engine %q is not known", in.Engine)
	}
	db, ok := openDatabase(ctx, in.Options, report)
	if !ok {
		return nil, nil
	}
	if !db.used() {
		return e.analyze(ctx, in, db, report)
	}
	return e.split(ctx, in, db, report)
}

// split analyses with the database what it can take, and the rest without it.
func (e *engine) split(ctx context.Context, in analyze.Input, db database, report *diag.Report) (*analyze.Output, error) {
	static, dynamic := in, in
	static.Queries, dynamic.Queries = nil, nil
	for _, q := range in.Queries {
		if q.Static {
			static.Queries = append(static.Queries, q)
		} else {
			dynamic.Queries = append(dynamic.Queries, q)
		}
	}
	if static.Queries == nil {
		return e.analyze(ctx, in, db, report)
	}
	out, err := e.analyze(ctx, dynamic, db, report)
	if err != nil {
		return nil, err
	}
	rest, err := e.analyze(ctx, static, database{}, report)
	if err != nil || out == nil || rest == nil {
		return nil, err
	}
	queries := make([]ir.Query, len(in.Queries))
	for i, q := range in.Queries {
		from := out
		if q.Static {
			from = rest
		}
		queries[i], from.Queries = from.Queries[0], from.Queries[1:]
	}
	out.Queries = queries
	out.Took += rest.Took
	return out, nil
}

// analyze runs sqlc with or without a database.
func (e *engine) analyze(ctx context.Context, in analyze.Input, db database, report *diag.Report) (*analyze.Output, error) {
	project, ok := newProject(in, report)
	if !ok {
		return nil, nil
	}
	project.database = db
	// All statements in one file are quicker to read. But sqlc stops reading a
	// file where it cannot parse it, so to find every mistake each statement gets
	// a file of its own.
	request, failure, err := e.firstAttempt(ctx, project)
	if err != nil {
		return nil, err
	}
	if failure == "" && project.check(request) == nil {
		return project.convert(request, report), nil
	}
	files := project.split()
	if request, failure, err = e.attempt(ctx, project, files); err != nil {
		return nil, err
	}
	if failure != "" {
		return nil, project.explain(failure, files, report)
	}
	err = project.check(request)
	if left := (errLeftOut{}); errors.As(err, &left) {
		query := in.Queries[left.index]
		report.Errorf(diag.AnalysisFailed, query.Origin(0), "sqlc makes nothing of query %q: it leaves out statements of this kind", query.Name).
			WithHelp("send the statement by hand, and take it out of the query file").InQuery(query.Name)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return project.convert(request, report), nil
}

// firstAttempt gives all statements to the child that has begun, or to a new one.
func (e *engine) firstAttempt(ctx context.Context, p *project) (*request, string, error) {
	if e.begun != nil && e.begun.ascii.mark == p.ascii.mark {
		return e.begun.finish(p.bundle()[0].text)
	}
	return e.attempt(ctx, p, p.bundle())
}

// attempt runs sqlc over the project with its statements in the given files. It
// returns either the request or what sqlc said instead.
func (e *engine) attempt(ctx context.Context, p *project, files []fedFile) (r *request, failure string, err error) {
	dir, err := os.MkdirTemp("", "tenancygen-sqlc-")
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	if err := p.write(dir, files); err != nil {
		return nil, "", err
	}
	child, err := start(ctx, e.command, dir, p.database, nil)
	if err != nil {
		return nil, "", err
	}
	failure, err = child.wait()
	if err != nil || failure != "" {
		return nil, failure, err
	}
	r, err = child.readRequest(dir, p.ascii)
	return r, "", err
}
