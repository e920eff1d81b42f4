package sqlcproc

import (
	"regexp"
	"strings"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/source"
)

// fedQuery is one statement as sqlc reads it.
//
// sqlc drops the lines of a statement that begin with "--", "/*" or "#", in
// string literals and before operators too, and turns CRLF into LF. A mark of
// white space at the start of such a line, or behind its CR, keeps it as it is;
// the mark is white space to the parser and is taken out of the result again.
type fedQuery struct {
	text  string
	start int // where the statement starts in text
	marks int // how many marks are in text
	mark  string
	// after is the end of the statement that is not fed.
	after string
	// params are the parameters of the statement, where they are marked.
	params params
	// edits lead from the statement to what is fed, the last step first.
	edits []*source.Map
}

// afterTokens matches the marks and the white space at the end of a statement.
var afterTokens = regexp.MustCompile(`(/\*tenancygen:[0-9]+[se]\*/|\s)*$`)

// feed lays one statement out.
func feed(query analyze.Query, d *dialect, encoding ascii) fedQuery {
	header := "-- name: " + query.Name + " " + query.Cmd + "\n"
	f := fedQuery{start: len(header), mark: unusedMark(query.Text, d.blank)}
	text := query.Text
	// The semicolon has a line of its own because the statement may end in a line
	// comment.
	end := "\n;\n"
	step := func(edited string, m *source.Map) {
		text, f.edits = edited, append([]*source.Map{m}, f.edits...)
	}
	if d.placeholder != nil {
		var edits []source.Edit
		f.params, edits = readParams(text, d)
		step(apply(text, edits))
	}
	if d.trailing {
		f.after, end = afterTokens.FindString(text), ";\n"
		text = strings.TrimSuffix(text, f.after)
	}
	step(encoding.encode(text))
	marks := markEdits(text, f.mark)
	f.marks = len(marks)
	step(apply(text, marks))
	f.text = header + text + end
	return f
}

// unusedMark returns a sequence of white space that is not in the text. Unusual
// blanks at both ends keep it from running together with what surrounds it.
func unusedMark(text, blank string) string {
	for width := 1; ; width++ {
		mark := blank + strings.Repeat(" ", width) + blank
		if !strings.Contains(text, mark) {
			return mark
		}
	}
}

// markEdits inserts the mark wherever sqlc would drop or change a line.
func markEdits(text, mark string) []source.Edit {
	var edits []source.Edit
	insert := func(at int) { edits = append(edits, source.Edit{Start: at, End: at, New: mark}) }
	start := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "--") || strings.HasPrefix(line, "/*") || strings.HasPrefix(line, "#") {
			insert(start)
		}
		if strings.HasSuffix(line, "\r\n") {
			insert(start + len(line) - 1)
		}
		start += len(line)
	}
	return edits
}

// restore takes the marks out of a text of the result. It returns false when
// some are missing: then sqlc replaced a part of the statement that held one.
func (f *fedQuery) restore(sql string) (string, bool) {
	if strings.Count(sql, f.mark) != f.marks {
		return "", false
	}
	return f.clean(sql) + f.after, true
}

// clean takes marks out of a name of the result: a quoted identifier may run
// over several lines.
func (f *fedQuery) clean(name string) string { return strings.ReplaceAll(name, f.mark, "") }

// origin returns the offset in the statement of an offset in the fed text.
func (f *fedQuery) origin(offset int) int {
	offset = max(offset-f.start, 0)
	for _, step := range f.edits {
		offset = step.ToOld(offset)
	}
	return offset
}
