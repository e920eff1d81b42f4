package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/audit"
)

// classText says what the classes mean.
var classText = map[audit.Class]string{
	audit.Unanchored: "no table of tenants in it is tied to one",
	audit.ChildOnly:  "only child tables, without their parent",
	audit.Partial:    "some tables are tied, others are not",
	audit.Weak:       "a condition that others may pass: OR, CASE, COALESCE, NOT",
	audit.RootOnly:   "the table of tenants, not by its key",
	audit.Unparsed:   "could not be read",
	audit.Global:     "no table of tenants",
	audit.Anchored:   "every table of tenants is tied to one",
}

// auditText prints a report for people, in lines of at most the given width; 0
// stands for any. With all, queries without findings are listed, too.
func auditText(r *audit.Report, all bool, width int, colours bool) string {
	w := &auditWriter{explainWriter: explainWriter{width: width}, colours: colours}
	for _, d := range r.Summary.Schemas {
		w.detection(d)
	}
	if slices.ContainsFunc(r.Summary.Schemas, func(d *audit.Detection) bool { return d.Declared }) {
		w.line("queries are judged as they are written: generate adds what they lack", "")
	}
	for _, q := range r.Queries {
		w.query(q, all)
	}
	if len(r.Summary.Problems) > 0 {
		w.line("", "")
		for _, p := range r.Summary.Problems {
			w.line("not audited: "+p, "")
		}
	}
	w.summary(r)
	return w.out.String()
}

type auditWriter struct {
	explainWriter
	colours bool
}

// detection says what the tenant is, why, and how to say otherwise.
func (w *auditWriter) detection(d *audit.Detection) {
	if len(d.Tenant) == 0 {
		w.line("no tenant column in this schema: all of its tables count as global; --column names one", "")
	} else {
		w.line(fmt.Sprintf("tenant column %s: %s", strings.Join(d.Columns, ", "), d.Why), "")
	}
	if d.Root != "" {
		w.line("table of tenants "+d.Root, "")
	}
	w.line(d.String(), "")
	var others []string
	for _, c := range d.Candidates {
		if c.Likely() && len(others) < 3 {
			others = append(others, fmt.Sprintf("%s (%s)", c.Column, c))
		}
	}
	if len(others) > 0 {
		w.line("if it is another, name it with --column: "+strings.Join(others, ", "), "")
	}
}

func (w *auditWriter) query(q *audit.Query, all bool) {
	findings := slices.DeleteFunc(slices.Clone(q.Findings), func(f *audit.Finding) bool { return f.Level == audit.Note && !all })
	if len(findings) == 0 && !all {
		return
	}
	w.line("", "")
	if all {
		title := []string{strings.TrimSpace(q.Name + " " + q.Cmd), string(q.Class), fmt.Sprintf("%s:%d:%d", q.File, q.Line, q.Column)}
		if q.Reason != "" {
			title = append(title, "unscoped: "+q.Reason)
		}
		w.line(strings.Join(title, " · "), "")
		w.tables(q)
	}
	for i, f := range findings {
		w.finding(q, f)
		// The statement stands once, below its last finding.
		if i+1 == len(findings) {
			w.proposal(findings)
		}
	}
}

func (w *auditWriter) tables(q *audit.Query) {
	var rows [][]string
	for _, t := range q.Tables {
		name := t.Table
		if t.Alias != t.Table {
			name += " " + t.Alias
		}
		rows = append(rows, []string{fmt.Sprintf("%d:%d", t.Line, t.Column), name, t.Action, string(t.Class), t.Anchor})
	}
	for _, line := range align(rows) {
		w.line(line, "    ")
	}
}

var levelColors = map[audit.Level]string{audit.Error: "\x1b[1;31m", audit.Warning: "\x1b[1;33m", audit.Note: "\x1b[1;36m"}

// finding prints one in the form of the compiler's diagnostics.
func (w *auditWriter) finding(q *audit.Query, f *audit.Finding) {
	message := f.Message
	if q.Name != "" {
		message = q.Name + ": " + message
	}
	line := explainWriter{width: w.width}
	line.line(fmt.Sprintf("%s:%d:%d: %s: %s [%s]", f.File, f.Line, f.Column, f.Level, message, f.Rule), "")
	text := line.out.String()
	if w.colours {
		text = strings.Replace(text, " "+string(f.Level)+":", " "+levelColors[f.Level]+string(f.Level)+"\x1b[0m:", 1)
	}
	w.out.WriteString(text)
}

func (w *auditWriter) proposal(findings []*audit.Finding) {
	for _, f := range findings {
		switch {
		case f.ScopedSQL != "":
			w.line("tenancygen would send", "  ")
			for line := range strings.SplitSeq(strings.TrimSpace(f.ScopedSQL), "\n") {
				w.line(line, "    ")
			}
			return
		case f.Refused != "":
			w.line("tenancygen would refuse it: "+f.Refused, "  ")
			return
		}
	}
	w.line("help: "+findings[len(findings)-1].Help, "  ")
}

// summary prints how many queries there are of each class.
func (w *auditWriter) summary(r *audit.Report) {
	w.line("", "")
	rows := [][]string{{"class", "queries", ""}}
	for _, class := range audit.Classes {
		if n := r.Summary.Classes[class]; n > 0 {
			rows = append(rows, []string{string(class), fmt.Sprintf("%7d", n), classText[class]})
		}
	}
	for _, line := range align(rows) {
		w.line(line, "")
	}
	w.line(auditCounts(r), "")
}
