package parse

import (
	gotoken "go/token"
	"regexp"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// QueryText is one annotated statement of a query file.
type QueryText struct {
	File *source.File
	// Name and Cmd come from the -- name: line; Cmd has its colon.
	Name     string
	Cmd      string
	NameSpan source.Span
	// Comments are the other comment lines before the statement, on either side of
	// the name, without marks.
	Comments []string
	// Unscoped is set by -- @tenancy unscoped reason="…"; Reason is the reason.
	// Until is its last day, as in 2027-01-31; empty without one.
	Unscoped bool
	Reason   string
	Until    string
	// Vet are the rules of vet that do not apply.
	Vet VetFlags
	// Range is where the statement, without its semicolon, lies in the file.
	Range
	// Derived is set for a statement that no author wrote.
	Derived bool

	Macros
}

// Span returns the place in the file of a range in the expanded text.
func (q *QueryText) Span(r Range) source.Span {
	start := q.Start + q.Map.ToOld(r.Start)
	end := q.Start + q.Map.ToOld(r.End)
	return q.File.Span(start, max(end, start))
}

// At returns the place in the file of an offset in the expanded text, one
// character wide.
func (q *QueryText) At(offset int) source.Span {
	start := q.Start + q.Map.ToOld(max(offset, 0))
	return q.File.Span(start, min(start+1, len(q.File.Text)))
}

// nameLine matches sqlc's annotation, after the comment mark.
var nameLine = regexp.MustCompile(`^\s*name:\s*(\S+)(?:\s+(\S+))?(.*)$`)

// annotated matches a text that has such an annotation, or means to.
var annotated = regexp.MustCompile(`(?m)^\s*(--|/\*)\s*name:`)

// unscopedLine matches the annotation that exempts a query.
var unscopedLine = regexp.MustCompile(`^unscoped\s+reason="([^"]*)"(?:\s+until="(\d{4}-\d{2}-\d{2})")?$`)

// QueryFile splits a query file into its annotated statements. What is wrong
// with an annotation goes into the report, and the statement is left out.
func QueryFile(d Dialect, file *source.File, report *diag.Report) []*QueryText {
	list, err := d.lexemes(file.Text)
	if err != nil {
		report.Errorf(diag.SQLSyntax, file.Span(err.Pos, min(err.Pos+1, len(file.Text))), "%s", err.Message).WithHelp("%s", err.Help)
		return nil
	}
	var out []*QueryText
	var comments, code []lexeme
	depth := 0
	flush := func() {
		if q := statement(d, file, comments, code, report); q != nil {
			out = append(out, q)
		}
		comments, code, depth = nil, nil, 0
	}
	for _, tok := range list {
		switch {
		case tok.kind.isComment():
			comments = append(comments, tok)
			continue
		case file.Text[tok.Start:tok.End] == "(":
			depth++
		case file.Text[tok.Start:tok.End] == ")":
			depth--
		case file.Text[tok.Start:tok.End] == ";" && depth <= 0:
			flush()
			continue
		}
		code = append(code, tok)
	}
	before := len(out)
	flush()
	if len(out) > before && d.lastSemicolon() {
		last := out[before]
		report.Errorf(diag.SQLSyntax, last.Span(Range{0, 1}), "query %q does not end in a semicolon", last.Name).
			WithHelp("end the file with one: sqlc needs it").InQuery(last.Name)
		return out[:before]
	}
	return out
}

// statement makes a QueryText of the tokens of one statement; nil where there is
// none or where its annotation is broken.
func statement(d Dialect, file *source.File, comments, code []lexeme, report *diag.Report) *QueryText {
	if len(code) == 0 {
		return nil
	}
	q := &QueryText{File: file, Range: Range{code[0].Start, code[len(code)-1].End}}
	if len(comments) > 0 {
		// A hint right before the statement is a part of it.
		if hint := comments[hintBefore(comments, q.Start)]; isHint(file, hint) && hint.Start < q.Start {
			q.Start = hint.Start
		}
	}
	broken := false
	for _, tok := range comments {
		if tok.Start > q.End {
			continue // behind the statement, on its last line
		}
		for _, line := range commentLines(file, tok) {
			broken = !q.annotate(line, tok.Start < q.Start, report) || broken
		}
	}
	if broken {
		return nil
	}
	if q.Name == "" {
		report.Warnf(diag.QueryAnnotation, file.Span(q.Start, code[0].End), "the statement has no name and is left out").
			WithHelp("put a line like `-- name: ListInvoices :many` before it")
		return nil
	}
	macros, err := expandMacros(d, file.Text[q.Start:q.End])
	if err != nil {
		at := q.Start + err.Pos
		report.Errorf(diag.SQLSyntax, file.Span(at, min(at+1, q.End)), "%s", err.Message).WithHelp("%s", err.Help).InQuery(q.Name)
		return nil
	}
	q.Macros = *macros
	return q
}

// hintBefore is the index of the last comment that begins before an offset.
func hintBefore(comments []lexeme, offset int) int {
	last := 0
	for i, c := range comments {
		if c.Start < offset {
			last = i
		}
	}
	return last
}

func isHint(file *source.File, tok lexeme) bool {
	return strings.HasPrefix(file.Text[tok.Start:tok.End], "/*+")
}

// commentLine is one line of a comment without its marks.
type commentLine struct {
	text string
	span source.Span
	// inner is set for the lines of a comment behind its first one. behind is set
	// where something stands before the comment on its line.
	inner, behind bool
}

func commentLines(file *source.File, tok lexeme) []commentLine {
	start, end := tok.Start, tok.End
	text := file.Text[start:end]
	before := file.Text[strings.LastIndexByte(file.Text[:start], '\n')+1 : start]
	behind := strings.TrimSpace(before) != ""
	if tok.kind == LineComment {
		text = strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(text, "#"), "--"), "\r\n")
		return []commentLine{{text: text, span: file.Span(start, end), behind: behind}}
	}
	if isHint(file, tok) {
		return nil // it belongs to the statement
	}
	var out []commentLine
	for line := range strings.SplitSeq(strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/"), "\n") {
		out = append(out, commentLine{strings.TrimRight(line, "\r"), file.Span(start, end), out != nil, behind})
	}
	return out
}

// annotate takes in one comment line; before is set for lines before the
// statement. It reports whether the line is well-formed.
func (q *QueryText) annotate(line commentLine, before bool, report *diag.Report) bool {
	text := strings.TrimSpace(line.text)
	if m := nameLine.FindStringSubmatch(line.text); m != nil && !line.inner && !line.behind {
		return q.setName(m, line.span, report)
	}
	if rest, ok := strings.CutPrefix(text, "@tenancy"); ok {
		if line.behind {
			report.Errorf(diag.QueryAnnotation, line.span, "the @tenancy annotation stands behind other text").
				WithHelp("give it a line of its own above the statement that it is about")
			return false
		}
		if q.Vet.tenancy(rest) {
			return true
		}
		m := unscopedLine.FindStringSubmatch(strings.TrimSpace(rest))
		if m == nil || strings.TrimSpace(m[1]) == "" {
			report.Errorf(diag.QueryAnnotation, line.span, "the @tenancy annotation is not understood").
				WithHelp("%s", annotationHelp(rest))
			return false
		}
		if _, err := time.Parse(time.DateOnly, m[2]); m[2] != "" && err != nil {
			// As text it would sort behind every date, and never expire.
			report.Errorf(diag.QueryAnnotation, line.span, "until=%q is not a date of the calendar", m[2]).
				WithHelp("write the last day as year, month and day, as in until=\"2027-01-31\"")
			return false
		}
		q.Unscoped, q.Reason, q.Until = true, m[1], m[2]
		return true
	}
	q.Vet.sqlc(text)
	if before {
		q.Comments = append(q.Comments, text)
	}
	return true
}

func annotationHelp(rest string) string {
	const unscoped = `write -- @tenancy unscoped reason="why this statement may see all tenants"`
	switch {
	case strings.Contains(rest, "vet-disable"):
		return "name the rules, as in -- @tenancy vet-disable tenancy/global-write"
	case strings.Contains(rest, "until"):
		return unscoped + ` until="2027-01-31"`
	}
	return unscoped
}

func (q *QueryText) setName(m []string, span source.Span, report *diag.Report) bool {
	name, cmd := m[1], m[2]
	switch {
	case q.Name != "":
		report.Errorf(diag.QueryAnnotation, span, "the statement has two names, %q and %q", q.Name, name).
			WithHelp("end the statement before it with a semicolon")
	case !gotoken.IsIdentifier(name):
		report.Errorf(diag.QueryAnnotation, span, "%q is not a name that a Go method can have", name).
			WithHelp("use letters, digits and underscores, and begin with a letter")
	case !strings.HasPrefix(cmd, ":"):
		report.Errorf(diag.QueryAnnotation, span, "query %q does not say what it returns", name).
			WithHelp("write -- name: %s :one, :many, :exec or :execrows", name)
	case strings.Trim(m[3], " \t*/") != "":
		report.Errorf(diag.QueryAnnotation, span, "unexpected text behind %s", cmd).
			WithHelp("write -- name: %s %s and nothing else on the line", name, cmd)
	default:
		q.Name, q.Cmd, q.NameSpan = name, cmd, span
		return true
	}
	return false
}

// OneOff makes a QueryText of a statement that is not in a query file.
func OneOff(d Dialect, file *source.File, report *diag.Report) []*QueryText {
	if !annotated.MatchString(file.Text) {
		toks, err := scan(d, file.Text)
		if err == nil && len(toks.list) > 0 {
			w := window{toks, 0, len(toks.list)}
			for w.is(w.to-1, ";") {
				w.to--
			}
			q := &QueryText{File: file, Range: w.span(), NameSpan: file.Span(w.start(), w.start())}
			if hint := strings.LastIndex(file.Text[:q.Start], "/*+"); hint >= 0 {
				q.Start = hint // a hint is a part of its statement
			}
			macros, merr := expandMacros(d, file.Text[q.Start:q.End])
			if merr != nil {
				report.Errorf(diag.SQLSyntax, file.Span(q.Start+merr.Pos, min(q.Start+merr.Pos+1, q.End)), "%s", merr.Message).WithHelp("%s", merr.Help)
				return nil
			}
			q.Macros = *macros
			return []*QueryText{q}
		}
	}
	// It needs no semicolon at its end.
	return QueryFile(d, source.NewFile(file.Path, file.Text+"\n;"), report)
}
