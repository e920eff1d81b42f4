package goapi

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
)

// written are packages that generated code calls and this module does not have, as far
// as it calls them: by import path, with the text that stands for each.
var written = map[string]string{
	"github.com/hexon/mysqltsv": `package mysqltsv

import "io"

const Escaping = ""

type EncoderOptions struct{}

type Encoder struct{}

func NewEncoder(w io.Writer, columns int, options *EncoderOptions) *Encoder { return nil }

func (e *Encoder) AppendString(s string) {}
func (e *Encoder) AppendBytes(b []byte)  {}
func (e *Encoder) AppendValue(v any)     {}
func (e *Encoder) Close() error          { return nil }
`,
}

// writeStubs puts the written packages in the place of those that were guessed.
func writeStubs(stubs map[string]*types.Package, from types.Importer) error {
	for path := range stubs {
		text, ok := written[path]
		if !ok {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, text, 0)
		if err != nil {
			return err
		}
		config := types.Config{Importer: from}
		if stubs[path], err = config.Check(path, set, []*ast.File{file}, nil); err != nil {
			return err
		}
	}
	return nil
}
