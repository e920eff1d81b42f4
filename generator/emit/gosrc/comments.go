package gosrc

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// doc returns a comment that begins with the sentence and goes on with the
// author's own lines. When those begin with the name, as a godoc does, they
// stand alone.
func doc(name, sentence string, author ...string) *jen.Statement {
	own := authorLines(author)
	lines := []string{sentence}
	switch {
	case len(own) == 0:
	case strings.HasPrefix(own[0], name+" "):
		lines = own
	default:
		lines = append(lines, "")
		lines = append(lines, own...)
	}
	return comment(lines)
}

// authorLines splits comments into lines, without the one space that usually
// follows the mark and without empty lines at the ends.
func authorLines(comments []string) []string {
	var lines []string
	for _, c := range comments {
		for line := range strings.SplitSeq(c, "\n") {
			lines = append(lines, strings.TrimRight(strings.TrimPrefix(line, " "), " \t\r"))
		}
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// comment returns one line comment per line, each with its line end.
func comment(lines []string) *jen.Statement {
	s := &jen.Statement{}
	for _, line := range lines {
		// A space behind the slashes keeps a line from becoming a directive.
		s.Add(jen.Comment(strings.TrimRight("// "+line, " "))).Line()
	}
	return s
}
