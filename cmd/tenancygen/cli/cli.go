// Package cli is the command line of tenancygen: it reads arguments, runs the
// compiler, writes its files, and prints its diagnostics. Nothing in it exits
// the process, so that tests run it in their own.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/sqlcplugin"
	_ "github.com/tenancygen/tenancygen/generator/analyze/protoconflict" // for sqlc beside our parser
	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// Version is the version of tenancygen. It is in the header of generated files,
// so it does not depend on how the program was built.
const Version = "v0.1.0"

// The exit codes.
const (
	exitOK       = 0
	exitFindings = 1 // something is wrong with the input
	exitFailure  = 2 // something is wrong with the arguments, or with tenancygen
)

// sqlcCommand is the hidden subcommand by which the program runs itself as sqlc.
const sqlcCommand = "__sqlc"

// Run runs tenancygen with its arguments, without the program's name, and
// returns the exit code.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == sqlcCommand {
		return sqlcproc.Main(args[1:])
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(sqlcproc.GCPercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, compiler: newCompiler()}
	if sqlcplugin.IsCall(args) {
		return a.runPlugin(ctx, args[0])
	}
	return a.run(ctx, args)
}

// app is one run of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	compiler       compiler

	// The global flags.
	configPath  string
	diagnostics formatFlag

	pkg string // the Go package that diagnostics are about, if there is one

	stages stopwatch
}

// errFindings ends a command whose diagnostics are printed.
var errFindings = errors.New("findings")

// failure is an error that is neither a finding nor a wrong argument.
type failure struct{ error }

func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			a.bug(fmt.Sprint(v), debug.Stack())
			code = exitFailure
		}
	}()
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	var f failure
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.As(err, &f):
		fmt.Fprintf(a.stderr, "tenancygen: %v\n", f.error)
	default:
		fmt.Fprintf(a.stderr, "tenancygen: %v\nRun '%s --help' for usage.\n", err, cmd.CommandPath())
	}
	return exitFailure
}

// bug prints what a panic says, as something to report.
func (a *app) bug(message string, stack []byte) {
	fmt.Fprintf(a.stderr, "tenancygen: internal compiler error: %s [%s]\n", message, diag.Internal)
	fmt.Fprintf(a.stderr, "This is a bug in tenancygen %s, and nothing was written. Please report it, with the input and\n"+
		"the lines below, at https://github.com/tenancygen/tenancygen/issues\n\n%s", Version, stack)
}

// finish prints the diagnostics of a command, and turns them into its error. An
// error of the program itself comes after them: it may be their consequence.
func (a *app) finish(r *diag.Report, err error) error {
	options := diag.Options{Format: a.diagnostics.format, Color: colored(a.stderr), Package: a.pkg}
	if options.Format == "" {
		options.Format = diag.Plain
		if _, ok := terminal(a.stderr); ok {
			options.Format = diag.Pretty
		}
	}
	if printErr := diag.Render(a.stderr, r.Sorted(), options); printErr != nil {
		return failure{printErr}
	}
	switch {
	case err != nil:
		return failure{err}
	case r.HasErrors():
		return errFindings
	}
	return nil
}
