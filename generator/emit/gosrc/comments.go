package gosrc

import (
	"strings"

	"github.com/dave/jennifer/jen"
)

// doc returns a comment that begins with the sentence and goes on with the
// author's own lines. When those begin with the name, as a godoc does, they
// stand alone.
func doc(name, sentence string, author ...string) *jen.Statement {
	return comment(docLines(name, sentence, author...))
}

func docLines(name, sentence string, author ...string) []string {
	own := authorLines(author)
	switch {
	case len(own) == 0:
		return []string{sentence}
	case strings.HasPrefix(own[0], name+" "):
		return own
	}
	return append([]string{sentence, ""}, own...)
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

// comment returns one line comment per line. It goes before what it documents
// as an item of its own: in one statement, jennifer would put a space between
// them, which gofmt takes for an indentation.
func comment(lines []string) *jen.Statement {
	marked := make([]string, len(lines))
	for i, line := range lines {
		// A space behind the slashes keeps a line from becoming a directive.
		marked[i] = strings.TrimRight("// "+line, " ")
	}
	return jen.Comment(strings.Join(marked, "\n"))
}
