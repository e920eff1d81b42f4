package cli

import (
	"context"
	"errors"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// compiler is what the commands need of the compiler. What is wrong with the
// input goes into the report; an error is for what is not the user's fault.
type compiler interface {
	generate(ctx context.Context, configPath string, r *diag.Report) (*generated, error)
	// explain explains the project's queries, or the statements in oneOff if that
	// is not empty.
	explain(ctx context.Context, configPath, oneOff string, r *diag.Report) ([]generator.Explained, error)
}

// generated is a compiled project.
type generated struct {
	dir     string // relative to the working directory, or absolute
	files   map[string][]byte
	queries []generator.Explained
}

func newCompiler() compiler { return missing{} }

type missing struct{}

var errMissing = errors.New("the compiler is not there yet")

func (missing) generate(context.Context, string, *diag.Report) (*generated, error) {
	return nil, errMissing
}

func (missing) explain(context.Context, string, string, *diag.Report) ([]generator.Explained, error) {
	return nil, errMissing
}
