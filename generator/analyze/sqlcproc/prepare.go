package sqlcproc

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// standardInput is where a process finds its standard input as a file; not on
// every system.
const standardInput = "/dev/stdin"

// Prepare implements analyze.Engine: it starts sqlc, which reads the schema and
// then waits for the statements. Where that cannot be, all is left to Analyze.
func (e *engine) Prepare(ctx context.Context, in analyze.Input) analyze.Prepared {
	return &prepared{engine{e.command, e.begin(ctx, in)}, in}
}

type prepared struct {
	engine engine
	in     analyze.Input
}

// Analyze implements analyze.Prepared.
func (p *prepared) Analyze(ctx context.Context, queries []analyze.Query, report *diag.Report) (*analyze.Output, error) {
	in := p.in
	in.Queries = queries
	return p.engine.Analyze(ctx, in, report)
}

// Close implements analyze.Prepared.
func (p *prepared) Close() {
	if p.engine.begun != nil {
		p.engine.begun.close()
	}
}

// begun is a child that reads the schema, and then the statements from its
// standard input.
type begun struct {
	dir     string
	ascii   ascii // of the schema
	child   *child
	queries io.WriteCloser
	ended   bool
}

// begin starts a child; nil where that is not possible, or where a database has to
// be asked first.
func (e *engine) begin(ctx context.Context, in analyze.Input) *begun {
	if _, err := os.Stat(standardInput); err != nil || in.Options.DatabaseURI != "" || len(e.command) == 0 || dialects[in.Engine] == nil {
		return nil
	}
	var ignored diag.Report // Analyze reports it
	project, ok := newProject(in, &ignored)
	if !ok {
		return nil
	}
	dir, err := os.MkdirTemp("", "tenancygen-sqlc-")
	if err != nil {
		return nil
	}
	b := &begun{dir: dir, ascii: project.ascii}
	if project.writeSchema(dir, project.schemaInOne()) != nil || os.Symlink(standardInput, filepath.Join(dir, fileName(queryDir, 0))) != nil || b.start(ctx, e.command) != nil {
		_ = os.RemoveAll(dir)
		return nil
	}
	return b
}

func (b *begun) start(ctx context.Context, command []string) error {
	stdin, queries, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = stdin.Close() }() // the child has its own
	b.queries = queries
	if b.child, err = start(ctx, command, b.dir, database{}, stdin); err != nil {
		_ = queries.Close()
	}
	return err
}

// finish gives the child the statements. It returns what attempt does.
func (b *begun) finish(text string) (*request, string, error) {
	if text == "" {
		text = placeholder
	}
	// A child that has refused the schema reads no statements; it says why.
	_, _ = io.WriteString(b.queries, text)
	_ = b.queries.Close()
	b.ended = true
	failure, err := b.child.wait()
	if err != nil || failure != "" {
		return nil, failure, err
	}
	r, err := b.child.readRequest(b.dir, b.ascii)
	return r, "", err
}

// close ends the child, if it still runs, and removes what it worked with.
func (b *begun) close() {
	if !b.ended {
		b.child.cancel()
		_, _ = b.child.wait()
		_ = b.queries.Close()
	}
	_ = os.RemoveAll(b.dir)
}
