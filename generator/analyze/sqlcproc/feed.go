package sqlcproc

import (
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
	edits *source.Map // from the statement to the marked statement
}

// feed lays one statement out.
func feed(query analyze.Query) fedQuery {
	header := "-- name: " + query.Name + " " + query.Cmd + "\n"
	mark := unusedMark(query.Text)
	edits := markEdits(query.Text, mark)
	marked, edited, err := source.Apply(query.Text, edits)
	if err != nil {
		panic(err) // the edits are insertions inside the text
	}
	return fedQuery{
		// The semicolon has a line of its own because the statement may end in a
		// line comment.
		text:  header + marked + "\n;\n",
		start: len(header),
		marks: len(edits),
		mark:  mark,
		edits: edited,
	}
}

// unusedMark returns a sequence of white space that is not in the text. Form
// feeds at both ends keep it from running together with what surrounds it.
func unusedMark(text string) string {
	for width := 1; ; width++ {
		mark := "\f" + strings.Repeat(" ", width) + "\f"
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
	return f.clean(sql), true
}

// clean takes marks out of a name of the result: a quoted identifier may run
// over several lines.
func (f *fedQuery) clean(name string) string { return strings.ReplaceAll(name, f.mark, "") }

// origin returns the offset in the statement of an offset in the fed text.
func (f *fedQuery) origin(offset int) int { return f.edits.ToOld(max(offset-f.start, 0)) }
