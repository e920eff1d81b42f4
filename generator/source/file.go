// Package source holds text files, byte spans in them, and edits on them. It
// knows nothing of SQL or YAML: the stages above it speak of text in its terms.
package source

import "sort"

// File is one text file. It is immutable and safe for concurrent use.
type File struct {
	// Path is the path as it is printed to the user: relative to the working
	// directory where that is possible.
	Path string
	// Text is the whole content.
	Text string

	lines []int // byte offset of the first byte of every line
}

// NewFile returns a file of the given path and text.
func NewFile(path, text string) *File {
	lines := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return &File{Path: path, Text: text, lines: lines}
}

// Position is a place in a file. Line and Column start at 1; Column counts
// bytes, as go/token does.
type Position struct {
	Path   string
	Line   int
	Column int
}

// Position returns the place of a byte offset. Offsets outside the text are
// moved to its nearest end.
func (f *File) Position(offset int) Position {
	offset = min(max(offset, 0), len(f.Text))
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset })
	return Position{Path: f.Path, Line: line, Column: offset - f.lines[line-1] + 1}
}

// Offset returns the byte offset of a line and column, both starting at 1.
// It is the inverse of Position; places outside the text are moved into it.
func (f *File) Offset(line, column int) int {
	line = min(max(line, 1), len(f.lines))
	return min(max(f.lines[line-1]+column-1, 0), len(f.Text))
}

// Line returns the text of a line, which starts at 1, without its line end.
func (f *File) Line(line int) string {
	if line < 1 || line > len(f.lines) {
		return ""
	}
	end := len(f.Text)
	if line < len(f.lines) {
		end = f.lines[line] - 1
	}
	text := f.Text[f.lines[line-1]:end]
	if n := len(text); n > 0 && text[n-1] == '\r' {
		text = text[:n-1]
	}
	return text
}

// Span is a half-open range of bytes in a file. The zero Span has no file and
// stands for "no place".
type Span struct {
	File       *File
	Start, End int
}

// Span returns the range [start, end) of the file.
func (f *File) Span(start, end int) Span { return Span{File: f, Start: start, End: end} }

// IsZero reports whether the span names no file.
func (s Span) IsZero() bool { return s.File == nil }

// Position returns the place where the span starts; the zero Position for the
// zero Span.
func (s Span) Position() Position {
	if s.File == nil {
		return Position{}
	}
	return s.File.Position(s.Start)
}

// Text returns the bytes of the span.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	return s.File.Text[s.Start:s.End]
}
