package config

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// reader turns the YAML tree of one file into values. What it cannot use it
// reports at its place, and goes on.
type reader struct {
	file   *source.File
	report *diag.Report
	// lenient is set for sqlc.yaml: what sqlc accepts there, such as a number for
	// a name, is not ours to refuse.
	lenient bool
	// overridesFor is the engine whose overrides of types are wanted.
	overridesFor string
	failed       bool
}

// entry is one key of a mapping with its value.
type entry struct {
	key, value *yaml.Node
	// path names the key for messages, from the top: "tenant.column".
	path string
}

// root returns the document's node; nil, reported, if there is none.
func (rd *reader) root() *yaml.Node {
	dec := yaml.NewDecoder(strings.NewReader(rd.file.Text))
	var doc, next yaml.Node
	switch err := dec.Decode(&doc); {
	case errors.Is(err, io.EOF):
		rd.errorf(diag.ConfigInvalid, rd.file.Span(0, 0), "the configuration is empty").
			WithHelp("run `tenancygen init` to write one")
		return nil
	case err != nil:
		rd.syntax(err)
		return nil
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		rd.errorf(diag.ConfigInvalid, rd.span(next.Content[0]), "a second document").
			WithHelp("keep one document in the file; remove what follows `---`")
		return nil
	case !errors.Is(err, io.EOF):
		rd.syntax(err)
		return nil
	}
	return resolve(doc.Content[0])
}

var yamlError = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax reports an error of the YAML parser, which knows the line only.
func (rd *reader) syntax(err error) {
	text := err.Error()
	m := yamlError.FindStringSubmatch(text)
	line := 1
	if m != nil {
		text = strings.TrimPrefix(text, m[0])
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
			if strings.HasPrefix(text, "did not find expected") {
				line++ // its parser, unlike its scanner, counts lines from 0
			}
		}
	}
	rd.errorf(diag.ConfigSyntax, rd.line(line), "%s", text).
		WithHelp("the file is not valid YAML; the mistake is in this line or close to it")
}

func (rd *reader) errorf(code diag.Code, span source.Span, format string, args ...any) *diag.Diagnostic {
	rd.failed = true
	return rd.report.Errorf(code, span, format, args...)
}

// invalid reports a value that cannot be used.
func (rd *reader) invalid(n *yaml.Node, format string, args ...any) *diag.Diagnostic {
	return rd.errorf(diag.ConfigInvalid, rd.span(n), format, args...)
}

// line returns the span of a line without its indentation.
func (rd *reader) line(line int) source.Span {
	text := rd.file.Line(line)
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	start := rd.file.Offset(line, indent+1)
	return rd.file.Span(start, start+len(strings.TrimSpace(text)))
}

// span returns the place of a node: all of a scalar, the first line of others.
func (rd *reader) span(n *yaml.Node) source.Span {
	line := rd.file.Line(n.Line)
	at := byteColumn(line, n.Column)
	start := rd.file.Offset(n.Line, at+1)
	return rd.file.Span(start, start+extent(n, line[at:]))
}

// byteColumn turns a column of the YAML parser, which counts runes from 1, into
// a byte offset in the line.
func byteColumn(line string, column int) int {
	column--
	for i := range line {
		if column <= 0 {
			return i
		}
		column--
	}
	return len(line)
}

// extent returns how many bytes of the rest of its line belong to a node.
func extent(n *yaml.Node, rest string) int {
	line := len(strings.TrimRight(rest, " \t\r"))
	if n.Kind != yaml.ScalarNode {
		return line
	}
	switch {
	case n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 && rest != "":
		if end := strings.IndexByte(rest[1:], rest[0]); end >= 0 {
			return end + 2
		}
	case strings.HasPrefix(rest, n.Value):
		return len(n.Value)
	}
	return line
}

// resolve follows an alias.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// isNull reports whether a key was given without a value.
func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// kind names what a node is, for messages.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.Tag {
	case "!!null":
		return "nothing"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "a string"
}
