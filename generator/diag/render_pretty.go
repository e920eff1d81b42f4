package diag

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/source"
)

// writePretty prints a diagnostic with its source:
//
//	notes.sql:12:15: error: no predicate on notes [TG0207]
//	   |
//	12 | SELECT * FROM notes n LEFT JOIN tags t ON t.note_id = n.id
//	   |               ^^^^^ tenant column is notes.tenant_id
//	   = help: name the tenant column
func writePretty(out *bytes.Buffer, d *Diagnostic, c colors) {
	writeHeadline(out, d, c)
	g := gutter(d)
	if !d.Span.IsZero() {
		writeBar(out, g, c)
		writeSnippet(out, d.Span, snippet{label: d.Label, mark: '^', color: c.severity(d.Severity), gutter: g}, c)
	}
	for _, related := range d.Related {
		if related.Span.IsZero() {
			writeNote(out, g, "note", related.Message, c)
			continue
		}
		fmt.Fprintf(out, "%s%s:::%s %s\n", strings.Repeat(" ", g), c.blue, c.reset, place(related.Span))
		writeBar(out, g, c)
		writeSnippet(out, related.Span, snippet{label: related.Message, mark: '-', color: c.blue, gutter: g}, c)
	}
	if d.Help != "" {
		writeNote(out, g, "help", d.Help, c)
	}
}

// gutter returns the width of the line numbers: the widest of all snippets of
// a diagnostic, so that their bars are below one another.
func gutter(d *Diagnostic) int {
	width := 2
	spans := []source.Span{d.Span}
	for _, related := range d.Related {
		spans = append(spans, related.Span)
	}
	for _, s := range spans {
		if !s.IsZero() {
			width = max(width, len(strconv.Itoa(s.Position().Line)))
		}
	}
	return width
}

func writeBar(out *bytes.Buffer, gutter int, c colors) {
	fmt.Fprintf(out, "%s %s|%s\n", strings.Repeat(" ", gutter), c.blue, c.reset)
}

// writeNote prints "= help: text"; further lines of the text stay below it.
func writeNote(out *bytes.Buffer, gutter int, kind, text string, c colors) {
	lead := fmt.Sprintf("%s = %s: ", strings.Repeat(" ", gutter), kind)
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	fmt.Fprintf(out, "%s %s=%s %s%s:%s %s\n", strings.Repeat(" ", gutter), c.blue, c.reset, c.bold, kind, c.reset, lines[0])
	for _, line := range lines[1:] {
		out.WriteString(strings.TrimRight(strings.Repeat(" ", len(lead))+line, " "))
		out.WriteByte('\n')
	}
}

// snippet says how the line of a span is marked.
type snippet struct {
	label  string
	mark   rune
	color  string
	gutter int
}

// writeSnippet prints the first line of the span and the marks under it.
func writeSnippet(out *bytes.Buffer, span source.Span, s snippet, c colors) {
	at := span.Position()
	raw := span.File.Line(at.Line)
	from := min(at.Column-1, len(raw))
	to := min(max(from+span.End-span.Start, from), len(raw))
	line, before, marked := layout(raw, from, to)
	line, before, marked = crop(line, before, marked)
	fmt.Fprintf(out, "%s%*d |%s", c.blue, s.gutter, at.Line, c.reset)
	if line != "" {
		out.WriteString(" " + line)
	}
	marks := strings.Repeat(" ", before) + s.color + strings.Repeat(string(s.mark), max(marked, 1))
	if s.label != "" {
		marks += " " + oneLine(s.label)
	}
	fmt.Fprintf(out, "\n%s %s|%s %s%s\n", strings.Repeat(" ", s.gutter), c.blue, c.reset, marks, c.reset)
}
