package sqlcproc

import (
	"context"
	"errors"
	"os"

	"github.com/sqlc-dev/sqlc/pkg/cli"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// Main runs sqlc's command line with the given arguments and returns its exit
// code. It is what the child process does; sqlc may also end the process.
func Main(args []string) int { return cli.Run(args) }

// New returns the engine. The command is the start of an argument list that
// runs the program itself so that it calls Main with the arguments that follow,
// such as the executable's path and the name of a hidden subcommand.
func New(command []string) analyze.Engine { return &engine{command: command} }

type engine struct{ command []string }

// Analyze implements analyze.Engine.
func (e *engine) Analyze(ctx context.Context, in analyze.Input, report *diag.Report) (*analyze.Output, error) {
	if len(e.command) == 0 {
		return nil, errors.New("sqlc analysis: no command to run")
	}
	project, ok := newProject(in, report)
	if !ok {
		return nil, nil
	}
	// All statements in one file are quicker to read. But sqlc stops reading a
	// file where it cannot parse it, so to find every mistake each statement gets
	// a file of its own.
	request, failure, err := e.attempt(ctx, project, project.bundle())
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
	if err := project.check(request); err != nil {
		return nil, err
	}
	return project.convert(request, report), nil
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
	failure, err = run(ctx, e.command, dir)
	if err != nil || failure != "" {
		return nil, failure, err
	}
	r, err = readRequest(dir)
	return r, "", err
}
