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
	dir, err := os.MkdirTemp("", "tenancygen-sqlc-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	if err := project.write(dir); err != nil {
		return nil, err
	}
	failure, err := run(ctx, e.command, dir)
	if err != nil {
		return nil, err
	}
	if failure != "" {
		return nil, project.explain(failure, report)
	}
	request, err := readRequest(dir)
	if err != nil {
		return nil, err
	}
	return project.convert(request, report)
}
