package diag

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/generator/source"
)

// writePlain prints diagnostics as sqlc does, for logs and for the problem matchers
// that read them; what belongs to a line is indented below it:
//
//	# package gen
//	notes.sql:12:15: error: no predicate on notes [TG0207]
//		help: name the tenant column
func writePlain(out *bytes.Buffer, diagnostics []*Diagnostic, o Options) {
	if o.Package != "" && len(diagnostics) > 0 {
		fmt.Fprintf(out, "# package %s\n", oneLine(o.Package))
	}
	for _, d := range diagnostics {
		writeHeadline(out, d, palette(o.Color))
		for _, related := range d.Related {
			// Not in the form of a headline: it is no finding of its own.
			at := ""
			if !related.Span.IsZero() {
				at = " (" + place(related.Span) + ")"
			}
			fmt.Fprintf(out, "\tnote: %s%s\n", oneLine(related.Message), at)
		}
		if d.Help != "" {
			fmt.Fprintf(out, "\thelp: %s\n", strings.ReplaceAll(strings.TrimRight(d.Help, "\n"), "\n", "\n\t      "))
		}
	}
}

// place is "path:line:col". A column counts characters from 1, as sqlc and editors
// do.
func place(s source.Span) string {
	p := s.Position()
	line := s.File.Line(p.Line)
	before := line[:min(p.Column-1, len(line))]
	return fmt.Sprintf("%s:%d:%d", p.Path, p.Line, utf8.RuneCountInString(before)+p.Column-len(before))
}
