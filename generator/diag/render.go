package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Format is a way to print diagnostics.
type Format string

// The formats.
const (
	// Pretty is one line that problem matchers understand, and below it the
	// source with carets, the related places and the help.
	Pretty Format = "pretty"
	// Plain is that line in sqlc's form, and below it the help: for logs.
	Plain Format = "plain"
	// Short is one line each.
	Short Format = "short"
	// JSON is one array with everything.
	JSON Format = "json"
)

// Formats are all formats, as the command line names them.
var Formats = []Format{Pretty, Plain, Short, JSON}

// Options say how to print.
type Options struct {
	// Format defaults to Pretty.
	Format Format
	// Color adds terminal colours to the formats for people.
	Color bool
	// Package names the Go package that the diagnostics are about, for Plain; it may
	// be empty.
	Package string
}

// Render prints the diagnostics in the order given. It writes once, so that
// the output of two programs does not interleave.
func Render(w io.Writer, diagnostics []*Diagnostic, o Options) error {
	var out bytes.Buffer
	switch o.Format {
	case JSON:
		if err := renderJSON(&out, diagnostics); err != nil {
			return err
		}
	case Plain:
		writePlain(&out, diagnostics, o)
	case Short:
		for _, d := range diagnostics {
			writeHeadline(&out, d, palette(o.Color))
		}
	case Pretty, "":
		for i, d := range diagnostics {
			if i > 0 {
				out.WriteByte('\n')
			}
			writePretty(&out, d, palette(o.Color))
		}
	default:
		return fmt.Errorf("unknown diagnostics format %q", o.Format)
	}
	_, err := w.Write(out.Bytes())
	return err
}

// writeHeadline prints "path:line:col: error: message [TG0103]". It is always
// one line: tools read it as such.
func writeHeadline(out *bytes.Buffer, d *Diagnostic, c colors) {
	if !d.Span.IsZero() {
		fmt.Fprintf(out, "%s%s:%s ", c.bold, place(d.Span), c.reset)
	}
	fmt.Fprintf(out, "%s%s:%s %s%s%s [%s]\n",
		c.severity(d.Severity), d.Severity, c.reset, c.bold, oneLine(d.Message), c.reset, d.Code)
}

// oneLine folds line ends, which messages of a database may hold, to spaces,
// and keeps what controls a terminal away from it.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	return strings.Map(func(r rune) rune {
		if unsafe(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}

// colors are the escape sequences in use; all are empty without colour.
type colors struct {
	bold, red, yellow, blue, reset string
}

func palette(on bool) colors {
	if !on {
		return colors{}
	}
	return colors{bold: "\x1b[1m", red: "\x1b[1;31m", yellow: "\x1b[1;33m", blue: "\x1b[1;34m", reset: "\x1b[0m"}
}

func (c colors) severity(s Severity) string {
	if s == Error {
		return c.red
	}
	return c.yellow
}
