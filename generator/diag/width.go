package diag

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

const (
	tabStop = 4
	// maxLine is the number of columns of a source line that are printed. Longer
	// lines, such as those of a machine-written schema, are cut round the mark.
	maxLine = 160
)

// layout returns a line as a terminal shows it, tabs expanded and control
// characters made visible, and where in it, in terminal columns, the bytes
// [from, to) of the raw line are: how many columns are before them and how
// many they take.
func layout(raw string, from, to int) (line string, before, marked int) {
	var out strings.Builder
	column := 0
	for i, r := range raw {
		text, w := cell(r, column)
		switch {
		case i < from:
			before += w
		case i < to:
			marked += w
		}
		out.WriteString(text)
		column += w
	}
	return strings.TrimRight(out.String(), " "), before, marked
}

// cell returns what is printed for a rune at a column, and its width.
func cell(r rune, column int) (string, int) {
	switch {
	case r == '\t':
		n := tabStop - column%tabStop
		return strings.Repeat(" ", n), n
	case r == utf8.RuneError, unsafe(r):
		return string(utf8.RuneError), 1
	}
	return string(r), runeWidth(r)
}

// unsafe reports whether a rune must not reach the terminal: one that controls
// it, or one that makes text read in another order than it is in the file.
func unsafe(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// runeWidth returns the number of terminal columns of a rune.
func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// crop cuts a long line to a window that shows the start of the mark.
func crop(line string, before, marked int) (string, int, int) {
	if columns(line) <= maxLine {
		return line, before, marked
	}
	const ellipsis = "…"
	start := 0
	if before > maxLine*3/4 {
		start = before - maxLine/4
	}
	var out strings.Builder
	column, skipped := 0, 0
	for _, r := range line {
		w := runeWidth(r)
		switch {
		case column < start:
			skipped += w
		case column+w <= start+maxLine:
			out.WriteRune(r)
		}
		column += w
	}
	text := out.String()
	if column > start+maxLine {
		text += ellipsis
	}
	if start > 0 {
		text, before = ellipsis+text, before-skipped+1
	}
	return text, before, min(marked, max(columns(text)-before, 1))
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}
