package parse

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/sqlc-dev/marino/ast"
	"github.com/sqlc-dev/marino/mysql"
	"github.com/sqlc-dev/marino/parser"
)

// mySQL is the dialect of MySQL and MariaDB.
type mySQL struct{}

func (mySQL) Engine() string { return "mysql" }

func (d mySQL) Quote(name string) string { return quote(d, name, "`") }

func (mySQL) lastSemicolon() bool { return false }

// fold makes a name lower case, quoted or not: columns have no case, and tables that
// differ in nothing else are refused.
func (mySQL) fold(word string) string { return strings.ToLower(mysqlName(word)) }

// mysqlName is the name that a word or quoted name stands for, in its own case.
func mysqlName(word string) string {
	if len(word) > 1 && word[0] == '`' {
		return strings.ReplaceAll(word[1:len(word)-1], "``", "`")
	}
	return word
}

// mysqlParse has the text parsed. The parser reads bytes that our lexer calls a
// comment as one too, because they are blanks by then.
func mysqlParse(text string) (stmts []ast.StmtNode, err *Error) {
	defer func() {
		if r := recover(); r != nil {
			stmts, err = nil, &Error{Message: "the SQL parser gave up", Help: "write the statement in a plainer form, and report this as a bug"}
		}
	}()
	p := parser.New()
	p.SetSQLMode(mysql.ModeNone)
	p.SetStrictDoubleTypeCheck(false)
	p.SetMariaDB(true)
	stmts, _, failed := p.ParseSQL(text)
	if failed != nil {
		return nil, mysqlSyntaxError(failed, text)
	}
	return stmts, nil
}

// totalLength ends the messages about long texts.
var totalLength = regexp.MustCompile(`\(total length (\d+)\)$`)

// mysqlSyntaxError turns the parser's error into ours. Its message ends with the text
// from the place on, or with that text's length.
func mysqlSyntaxError(err error, text string) *Error {
	out := &Error{Message: err.Error(), Help: "correct the SQL; it must parse as MySQL"}
	_, near, ok := strings.Cut(out.Message, ` near "`)
	if !ok {
		return out
	}
	rest := len(near)
	if m := totalLength.FindStringSubmatch(near); m != nil {
		rest, _ = strconv.Atoi(m[1])
	} else if end := strings.LastIndexByte(near, '"'); end >= 0 {
		rest = end
	}
	out.Pos = min(max(len(text)-rest, 0), len(text))
	word := strings.TrimSpace(text[out.Pos:])
	if cut := strings.IndexAny(word, " \t\r\n"); cut >= 0 {
		word = word[:cut]
	}
	switch {
	case word == "":
		out.Message = "syntax error at the end of the statement"
	case len(word) > 40:
		out.Message = "syntax error"
	default:
		out.Message = fmt.Sprintf("syntax error at or near %q", word)
	}
	return out
}

// Statement parses one statement. sqlc's macros must have been replaced, and parameters
// are $1, $2, …, also here. The error is always an *Error.
func (d mySQL) Statement(text string) (*Query, error) {
	list, err := d.lexemes(text)
	if err != nil {
		return nil, err
	}
	if err := mysqlAmbiguous(text, list); err != nil {
		return nil, err
	}
	toks, failed := scan(d, text)
	if failed != nil {
		return nil, failed
	}
	w := window{toks, 0, len(toks.list)}
	for w.is(w.to-1, ";") {
		w.to--
	}
	if w.from == w.to {
		return nil, noStatement()
	}
	if second := w.find(w.from, func(i int) bool { return w.is(i, ";") }); second < w.to {
		return nil, severalStatements(w.offset(second + 1))
	}
	if err := mysqlRefused(w); err != nil {
		return nil, err
	}
	plain, params := mysqlPlain(text, list)
	stmts, err := mysqlParse(plain)
	if err != nil {
		return nil, err
	}
	if len(stmts) != 1 {
		return nil, lost(0, "the statement")
	}
	c := &mysqlConverter{params: params, names: map[string]string{}}
	q := c.statement(stmts[0], w)
	q.Spellings = c.names
	if c.err == nil {
		c.err = mysqlComplete(stmts[0], q, w)
	}
	if c.err != nil {
		return nil, c.err
	}
	return q, nil
}

// mysqlPlain is a text as the parser has to see it: comments are blanks, and each $n
// is a ? followed by blanks. The numbers of the parameters are by their places.
func mysqlPlain(text string, list []lexeme) (string, map[int]int) {
	out, params := []byte(text), map[int]int{}
	for _, l := range list {
		switch {
		case l.kind.isComment():
			blank(out[l.Start:l.End])
		case l.kind == ParamToken && text[l.Start] == '$':
			params[l.Start], _ = strconv.Atoi(text[l.Start+1 : l.End])
			blank(out[l.Start:l.End])
			out[l.Start] = '?'
		}
	}
	return string(out), params
}

// mysqlNode is the name of a node's type, for messages.
func mysqlNode(n any) string {
	name := strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")
	return strings.TrimSuffix(strings.TrimSuffix(name, "Base"), "Expr")
}
