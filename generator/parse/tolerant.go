package parse

import (
	"regexp"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// Readable returns a schema file with the statements that cannot be read replaced
// by spaces, and what is wrong with them: the rest stays in its place. It is for
// commands that only look.
func Readable(d Dialect, text string) (string, []*Error) {
	if _, err := d.Schema(text); err == nil {
		return text, nil
	}
	var errs []*Error
	out := []byte(text)
	for _, r := range split(d, text) {
		_, err := d.Schema(text[r.Start:r.End])
		if err == nil {
			continue
		}
		e := err.(*Error)
		errs = append(errs, &Error{Pos: r.Start + e.Pos, Message: e.Message, Help: e.Help})
		blank(out[r.Start:r.End])
	}
	return string(out), errs
}

// split finds the statements of a text. Where even its tokens cannot be told
// apart, lines that end in a semicolon end one.
func split(d Dialect, text string) []Range {
	var out []Range
	start := 0
	end := func(at int) {
		if strings.TrimSpace(text[start:at]) != "" {
			out = append(out, Range{start, at})
		}
		start = at
	}
	if toks, err := scan(d, text); err == nil {
		depth := 0
		for _, tok := range toks.list {
			switch {
			case tok.text == "(":
				depth++
			case tok.text == ")":
				depth--
			case tok.text == ";" && depth <= 0:
				end(tok.End)
			}
		}
	} else {
		for at := 0; at < len(text); {
			next := strings.Index(text[at:], ";\n")
			if next < 0 {
				break
			}
			at += next + 1
			end(at)
		}
	}
	end(len(text))
	return out
}

// blank replaces all bytes but line ends by spaces.
func blank(text []byte) {
	for i, b := range text {
		if b != '\n' && b != '\r' {
			text[i] = ' '
		}
	}
}

// nameComment is the line that begins a query.
var nameComment = regexp.MustCompile(`(?m)^[ \t]*(?:--|/\*)[ \t]*name:[ \t]*(\w*)`)

// ReadableQueries does what QueryFile does, also where the tokens of a file cannot
// be told apart, as behind a quote without an end: each query is read by itself
// then.
func ReadableQueries(d Dialect, file *source.File, report *diag.Report) []*QueryText {
	var all diag.Report
	out := QueryFile(d, file, &all)
	found := nameComment.FindAllStringSubmatchIndex(file.Text, -1)
	if len(out) > 0 || len(found) < 2 {
		for _, d := range all.Sorted() {
			report.Add(d)
		}
		return out
	}
	for i, at := range found {
		end := len(file.Text)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		alone := []byte(file.Text)
		blank(alone[:at[0]])
		blank(alone[end:])
		var one diag.Report
		out = append(out, QueryFile(d, source.NewFile(file.Path, string(alone)), &one)...)
		for _, d := range one.Sorted() {
			report.Add(d.InQuery(file.Text[at[2]:at[3]]))
		}
	}
	return out
}
