package cli

import (
	"context"
	"os"
	"time"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// compiler is what the commands need of the compiler. What is wrong with the
// input goes into the report; an error is for what is not the user's fault. The
// functions are fields so that tests replace them.
type compiler struct {
	generate func(context.Context, generator.Options, *diag.Report) (*generator.Result, error)
	// explain explains the project's queries, or one statement if the text of one
	// is given.
	explain func(context.Context, generator.Options, string, *diag.Report) ([]generator.Explained, error)
	vet     func(context.Context, generator.Options, time.Time, *diag.Report) (*generator.Vetted, error)
}

func newCompiler() compiler {
	return compiler{generate: generator.Generate, explain: generator.Explain, vet: generator.Vet}
}

// options are the compiler's options. Its analysis runs sqlc in a process of
// its own: this program again.
func (a *app) options() (generator.Options, error) {
	command, err := sqlcCall()
	if err != nil {
		return generator.Options{}, err
	}
	return generator.Options{
		ConfigPath: a.configPath,
		Version:    Version,
		Engine:     sqlcproc.New(command),
		Done:       a.stages.done,
	}, nil
}

// sqlcCall is the start of the command line that runs this program as sqlc.
func sqlcCall() ([]string, error) {
	exe, err := os.Executable()
	return []string{exe, sqlcCommand}, err
}

// generate compiles the project. The result is nil if anything is wrong, which
// the report or the error then says.
func (a *app) generate(ctx context.Context, r *diag.Report) (*generator.Result, error) {
	options, err := a.options()
	if err != nil {
		return nil, err
	}
	result, err := a.compiler.generate(ctx, options, r)
	if result != nil {
		a.pkg = result.Package
	}
	if err != nil || r.HasErrors() {
		return nil, err
	}
	return result, nil
}
