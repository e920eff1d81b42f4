package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/generator"
)

// explainText prints queries for people, in lines of at most the given width; 0
// stands for any.
func explainText(all []generator.Explained, width int) string {
	w := &explainWriter{width: width}
	for i, e := range all {
		if i > 0 {
			w.out.WriteByte('\n')
		}
		w.query(e)
	}
	if len(all) > 0 {
		w.line("\n"+plural(len(all), "query", "queries")+": "+byStatus(all).String(), "")
	}
	return w.out.String()
}

type explainWriter struct {
	out   strings.Builder
	width int
}

func (w *explainWriter) query(e generator.Explained) {
	var title []string
	if e.Name != "" {
		title = append(title, strings.TrimSpace(e.Name+" "+e.Cmd))
	}
	title = append(title, string(e.Status))
	if e.File != "" {
		title = append(title, fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column))
	}
	w.line(strings.Join(title, " · "), "")
	w.section("in", strings.Split(strings.TrimSpace(e.SQL), "\n"))
	switch {
	case e.ScopedSQL == "":
	case strings.TrimSpace(e.ScopedSQL) == strings.TrimSpace(e.SQL):
		w.section("out", []string{"(as it is)"})
	default:
		w.section("out", strings.Split(strings.TrimSpace(e.ScopedSQL), "\n"))
	}
	w.section("parameters", paramLines(e.Params))
	w.section("tables", tableLines(e.Tables))
	w.section("findings", findingLines(e.Diagnostics))
}

// section prints indented lines below a title; nothing if there are none.
func (w *explainWriter) section(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	w.line(title, "  ")
	for _, line := range lines {
		w.line(line, "    ")
	}
}

// line prints an indented line, folded at spaces if it is too long. Parts after
// the first are indented further.
func (w *explainWriter) line(text, indent string) {
	text = strings.TrimRight(strings.ReplaceAll(text, "\t", "    "), " \r")
	for w.width > 0 && utf8.RuneCountInString(indent+text) > w.width {
		head, rest, ok := fold(text, w.width-utf8.RuneCountInString(indent))
		if !ok {
			break
		}
		w.out.WriteString(indent + head + "\n")
		if !strings.HasSuffix(indent, continued) {
			indent += leading(text) + continued
		}
		text = rest
	}
	w.out.WriteString(strings.TrimRight(indent+text, " ") + "\n")
}

const continued = "      " // of a folded line, further in than SQL is usually indented

func leading(text string) string {
	return text[:len(text)-len(strings.TrimLeft(text, " "))]
}

// fold splits a text at the last space before a width; not where that leaves
// nothing before it.
func fold(text string, width int) (head, rest string, ok bool) {
	at, column := -1, 0
	start := len(leading(text))
	for i, r := range text {
		if r == ' ' && i > start && column <= width {
			at = i
		}
		column++
	}
	if at < 0 {
		return "", "", false
	}
	return strings.TrimRight(text[:at], " "), strings.TrimLeft(text[at:], " "), true
}

func paramLines(params []generator.ExplainedParam) []string {
	rows := make([][]string, len(params))
	for i, p := range params {
		tenant := ""
		if p.Tenant {
			tenant = "the tenant"
		}
		mark := p.Placeholder
		if mark == "?" {
			mark = fmt.Sprintf("?%d", p.Position) // which of them
		}
		rows[i] = []string{mark, p.Name, tenant}
	}
	return align(rows)
}

func tableLines(tables []generator.ExplainedTable) []string {
	rows := make([][]string, len(tables))
	for i, t := range tables {
		name := t.Table
		if t.Alias != "" && t.Alias != t.Table {
			name += " " + t.Alias
		}
		rows[i] = []string{fmt.Sprintf("%d:%d", t.Line, t.Column), name, t.Tenancy, t.Anchor}
	}
	return align(rows)
}

func findingLines(diagnostics []generator.ExplainedDiagnostic) []string {
	var lines []string
	for _, d := range diagnostics {
		lines = append(lines, fmt.Sprintf("%d:%d: %s: %s [%s]", d.Line, d.Column, d.Severity, d.Message, d.Code))
		if d.Help != "" {
			lines = append(lines, "  = help: "+d.Help)
		}
	}
	return lines
}

// align puts the cells of rows below one another.
func align(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	lines := make([]string, len(rows))
	for i, row := range rows {
		var line strings.Builder
		for j, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[j]-utf8.RuneCountInString(cell)+2))
		}
		lines[i] = strings.TrimRight(line.String(), " ")
	}
	return lines
}
