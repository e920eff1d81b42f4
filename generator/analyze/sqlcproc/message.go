package sqlcproc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// message is one complaint of sqlc.
type message struct {
	dir    string // schemaDir or queryDir
	index  int    // of the file in it
	line   int
	column int
	text   string
}

var messageStart = regexp.MustCompile(`^(` + schemaDir + `|` + queryDir + `)[/\\](\d{6})\.sql:(\d+):(\d+): (.*)$`)

// readMessages splits sqlc's standard error. Lines that are no start of a
// message belong to the one before them; those before the first are dropped
// (sqlc prints "# package" there).
func readMessages(stderr string) []message {
	var messages []message
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\r\n")
		match := messageStart.FindStringSubmatch(line)
		switch {
		case match != nil:
			messages = append(messages, message{
				dir: match[1], index: number(match[2]) - 1,
				line: number(match[3]), column: number(match[4]), text: match[5],
			})
		case len(messages) > 0 && line != "" && !strings.HasPrefix(line, "# package "):
			messages[len(messages)-1].text += " " + strings.TrimSpace(line)
		}
	}
	return messages
}

// number reads digits that a regular expression has matched.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// explain reports what sqlc said at the author's places. It returns an error
// when what it said is about no file of the project.
func (p *project) explain(stderr string, files []fedFile, report *diag.Report) error {
	messages := readMessages(stderr)
	if len(messages) == 0 {
		return fmt.Errorf("sqlc analysis:%s", tail(stderr))
	}
	for _, m := range messages {
		switch {
		case m.dir == schemaDir && m.index < len(p.in.Schema):
			file := p.in.Schema[m.index]
			at := locate(file.Text, m.offset(file.Text), m.text)
			report.Errorf(diag.AnalysisFailed, file.Span(at, at), "sqlc cannot read the schema: %s", m.text).
				WithHelp("the analysis reads the schema with sqlc 1.31.1; write this statement in a form that it knows")
		case m.dir == queryDir && m.index < len(files):
			index, offset := files[m.index].at(m.offset(files[m.index].text))
			query, fed := p.in.Queries[index], &p.queries[index]
			at := locate(query.Text, fed.origin(offset), m.text)
			report.Errorf(diag.AnalysisFailed, query.Origin(at),
				"sqlc cannot type query %q: %s", query.Name, fed.clean(m.text)).
				WithHelp("%s", p.help(m.text, query.Text)).InQuery(query.Name)
		default:
			return fmt.Errorf("sqlc analysis:%s", tail(stderr))
		}
	}
	return nil
}

// offset returns the byte offset that the message is about. sqlc takes its byte
// offset for a count of characters when it makes a line and a column of it, so
// the number of characters before the place is the byte offset. For what its
// parser says, that offset starts at 1.
func (m message) offset(text string) int {
	file := source.NewFile("", text)
	lineStart := file.Offset(m.line, 1)
	offset := len([]rune(text[:lineStart])) + m.column - 1
	if strings.Contains(m.text, " at or near ") || strings.HasSuffix(m.text, " at end of input") {
		offset--
	}
	return min(max(offset, 0), len(text))
}

var quotedName = regexp.MustCompile(`"([^"]+)"`)

// locate moves a place to the name that the message quotes, if that name is
// behind it, or else before it: sqlc gives many mistakes the place of the whole
// statement.
func locate(text string, at int, message string) int {
	at = min(max(at, 0), len(text))
	match := quotedName.FindStringSubmatch(message)
	if match == nil {
		return at
	}
	name, err := regexp.Compile(`\b` + regexp.QuoteMeta(match[1]) + `\b`)
	if err != nil {
		return at
	}
	if found := name.FindStringIndex(text[at:]); found != nil {
		return at + found[0]
	}
	// A database counts in a text whose stars are expanded.
	if found := name.FindStringIndex(text); found != nil {
		return found[0]
	}
	return at
}

// addsColumns matches a text with a clause that adds columns to a common table
// expression.
var addsColumns = regexp.MustCompile(`(?is)\)\s*(search\s+(depth|breadth)\s+first|cycle)\s`)

// help says what to do about a message on a query.
func (p *project) help(text, query string) string {
	switch {
	case p.database.used():
		return helpDatabase(text)
	case p.dialect.asks && canBeTyped(text):
		return helpStatic(text, query, p.dialect.cast) + "; or let PostgreSQL type the statement, with `database: {uri: …}`"
	}
	return helpStatic(text, query, p.dialect.cast)
}

// canBeTyped reports whether a message of sqlc's may be about something that
// PostgreSQL has no trouble with.
func canBeTyped(text string) bool {
	for _, part := range []string{"column ", "function ", "table alias ", "relation ", "table "} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// helpDatabase says what to do about what the database said.
func helpDatabase(text string) string {
	switch {
	case strings.HasSuffix(text, "does not exist"):
		return "check the name, and that the database that `database:` names has the schema of the files; " +
			"list the columns where a star stands for columns that a join's alias renames"
	case strings.Contains(text, "star expansion failed"):
		return "sqlc cannot expand the star in this statement: list the columns"
	case strings.Contains(text, "could not determine data type"):
		return "give the parameter a type with a cast, such as $1::text"
	}
	return "the database that `database:` names refuses the statement"
}

// helpStatic says what to do about what sqlc said without a database; cast is an
// example of a parameter with a type.
func helpStatic(text, query, cast string) string {
	switch {
	case addsColumns.MatchString(query) && strings.Contains(text, "column "):
		return "sqlc does not know the columns that SEARCH and CYCLE add: build the path in a column of the recursive query"
	case strings.Contains(text, "is ambiguous"):
		return "qualify the column with its table's name or alias"
	case strings.Contains(text, "column ") && strings.Contains(text, "does not exist"):
		return "qualify the column with its table's name or alias; sqlc does not see columns that USING merges " +
			"or that a join's alias renames, nor those of a table that is written beside a common table expression of its name"
	case strings.Contains(text, "function "):
		return "declare the function in the schema (CREATE FUNCTION …), so that its result has a type"
	case strings.Contains(text, "table alias "):
		return "sqlc does not know the columns of a subquery beside a parameter: give the parameter a type with a cast, such as " + cast
	case strings.Contains(text, "relation ") || strings.Contains(text, "table "):
		return "check the name; a common table expression must not be called like the table that the statement writes"
	case strings.Contains(text, "parameter "):
		return "give the parameter a type with a cast, such as " + cast + ", and number parameters from 1 without gaps"
	case strings.Contains(text, "syntax error"):
		return "sqlc's parser does not know this syntax; write it in another form"
	}
	return "sqlc types statements without a database; a cast such as " + cast + " or a qualified column name often helps"
}
