package parse

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/lexer"
	"github.com/sqlc-dev/meyer/parser"
	sqlitetoken "github.com/sqlc-dev/meyer/token"
)

// sqlite is SQLite's dialect.
type sqlite struct{}

func (sqlite) Engine() string { return "sqlite" }

func (d sqlite) Quote(name string) string { return quote(d, name, `"`) }

// Outline is that of the tokens.
func (d sqlite) Outline(sql string, visit func(*Mention)) (string, error) {
	return tokenOutline(d, sql, visit)
}

// SplitName takes the whole text for a name.
func (d sqlite) SplitName(text string) (schema, name string, ok bool) { return wholeName(d, text) }

// fold makes a name lower case, quoted or not.
func (sqlite) fold(word string) string {
	if len(word) > 1 {
		switch mark, inner := word[:1], word[1:len(word)-1]; mark {
		case `"`, "`", "'":
			word = strings.ReplaceAll(inner, mark+mark, mark)
		case "[":
			word = inner
		}
	}
	return foldASCII(word)
}

// foldASCII makes A to Z lower case, and nothing else: to SQLite, Ä and ä are two
// names.
func foldASCII(s string) string {
	out := []byte(s)
	for i, b := range out {
		if 'A' <= b && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return string(out)
}

// sqliteParameter is a parameter whose name is one word. The tokenizer also takes
// $a::b and $a(b) for names.
var sqliteParameter = regexp.MustCompile(`^(?:\?\d*|[$:@][\w\x80-\x{10FFFF}]+)$`)

func (sqlite) lexemes(text string) ([]lexeme, *Error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	words, gaps := lexer.LexFile(text)
	var out []lexeme
	for _, t := range words {
		for len(gaps) > 0 && gaps[0].Pos < t.Pos {
			if gaps[0].Kind == sqlitetoken.COMMENT {
				l, err := sqliteComment(gaps[0], text)
				if err != nil {
					return nil, err
				}
				out = append(out, l)
			}
			gaps = gaps[1:]
		}
		if t.Kind == sqlitetoken.EOF {
			break
		}
		l, err := sqliteLexeme(t, text)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// sqliteComment refuses a comment without an end, which SQLite lets pass: what the
// compiler writes behind it would be a part of it.
func sqliteComment(t sqlitetoken.Token, text string) (lexeme, *Error) {
	l := lexeme{Range: Range{t.Pos, t.End}, kind: LineComment}
	if comment := t.Text(text); strings.HasPrefix(comment, "/*") {
		l.kind = BlockComment
		if len(comment) < len("/**/") || !strings.HasSuffix(comment, "*/") {
			return l, &Error{Pos: t.Pos, Message: "unterminated /* comment", Help: "end it with */"}
		}
	}
	return l, nil
}

// sqliteBehindDot are keywords that name a column without quotes only behind a dot.
var sqliteBehindDot = []sqlitetoken.Kind{sqlitetoken.CTIME_KW, sqlitetoken.CAST, sqlitetoken.RAISE}

func sqliteLexeme(t sqlitetoken.Token, text string) (lexeme, *Error) {
	l, word := lexeme{Range: Range{t.Pos, t.End}}, t.Text(text)
	switch t.Kind {
	case sqlitetoken.ILLEGAL:
		return l, &Error{Pos: t.Pos, Message: "unrecognized token: " + word, Help: "correct the SQL; it must parse as SQLite"}
	case sqlitetoken.STRING:
		l.kind = StringToken
	case sqlitetoken.VARIABLE:
		if !sqliteParameter.MatchString(word) {
			return l, &Error{Pos: t.Pos, Message: word + " is no parameter", Help: "name or number it, as in @name and ?1; a cast is written CAST(?1 AS text)"}
		}
		l.kind = ParamToken
	case sqlitetoken.ID:
		l.kind = WordToken
		if strings.ContainsRune("\"`[", rune(word[0])) {
			l.kind = QuotedToken
		}
		l.reserved = sqliteTruth(word)
	default:
		if InWord(word[0]) && (word[0] < '0' || word[0] > '9') && t.Kind != sqlitetoken.BLOB {
			l.kind, l.keyword = WordToken, true
			l.reserved = !sqlitetoken.CanFallback(t.Kind) || slices.Contains(sqliteBehindDot, t.Kind)
		}
	}
	return l, nil
}

// sqliteTruth reports whether a word is TRUE or FALSE. They are no keywords: each is a
// constant where no column has the name.
func sqliteTruth(word string) bool {
	word = foldASCII(word)
	return word == "true" || word == "false"
}

// sqliteError turns the parser's error into ours.
func sqliteError(err error) *Error {
	var e *parser.Error
	if errors.As(err, &e) {
		return &Error{Pos: max(e.Offset, 0), Message: e.Message, Help: "correct the SQL; it must parse as SQLite"}
	}
	return &Error{Message: err.Error(), Help: "correct the SQL; it must parse as SQLite"}
}

// Statement parses one statement. sqlc's macros must have been replaced, and parameters
// are $1, $2, …, also here. The error is always an *Error.
func (d sqlite) Statement(text string) (*Query, error) {
	toks, err := scan(d, text)
	if err != nil {
		return nil, err
	}
	// ORDER BY and LIMIT of UPDATE and DELETE are read, to be refused by name.
	statements, err := parser.Options{UpdateDeleteLimit: true}.ParseString(text)
	if err != nil {
		return nil, sqliteError(err)
	}
	switch len(statements) {
	case 0:
		return nil, noStatement()
	case 1:
	default:
		return nil, severalStatements(statements[1].Pos())
	}
	c := &sqliteConverter{window: window{toks, 0, len(toks.list)}}
	for c.is(c.to-1, ";") {
		c.to--
	}
	q := c.statement(statements[0])
	if c.err != nil {
		return nil, c.err
	}
	if err := sqliteComplete(statements[0], q); err != nil {
		return nil, err
	}
	return q, nil
}

// sqliteConverter builds the tree from SQLite's. Like converter, it keeps the first
// error and goes on with placeholders.
type sqliteConverter struct {
	window
	err *Error
}

func (c *sqliteConverter) fail(err *Error) {
	if c.err == nil {
		c.err = err
	}
}

// refuse fails for a construct that is valid SQL.
func (c *sqliteConverter) refuse(pos int, what, help string) { c.fail(unsupported(pos, what, help)) }

func (c *sqliteConverter) statement(n ast.Stmt) *Query {
	switch s := n.(type) {
	case *ast.SelectStmt:
		return c.query(s)
	case *ast.InsertStmt:
		return c.insert(s)
	case *ast.UpdateStmt:
		return c.update(s)
	case *ast.DeleteStmt:
		return c.delete(s)
	}
	first := strings.ToUpper(c.list[c.indexAt(n.Pos())].text)
	c.fail(refusedStatement(n.Pos(), first, "SELECT, INSERT, UPDATE and DELETE"))
	return &Query{}
}

// name is the name that an identifier stands for. A string in a name's place is
// refused: in another place it would be a constant. So are TRUE and FALSE: the tree
// has constants for them.
func (c *sqliteConverter) name(n *ast.Ident) string {
	switch {
	case n == nil:
		return ""
	case n.Quote == ast.QuoteSingle:
		c.refuse(n.Pos(), "the string "+n.Raw+" as a name", "write the name in double quotes, or without quotes")
	case sqliteTruth(n.Name):
		c.refuse(n.Pos(), "the name "+n.Raw, "choose another name: SQLite takes this one for a constant where it finds no such column")
	}
	return foldASCII(n.Name)
}

func (c *sqliteConverter) names(list []*ast.Ident) []string {
	var out []string
	for _, n := range list {
		out = append(out, c.name(n))
	}
	return out
}

// spanOf is the text of a node.
func spanOf(n ast.Node) Range { return Range{n.Pos(), n.End()} }

func (sqlite) lastSemicolon() bool { return false }
