package parse

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/sqlc-dev/marino/parser"
)

// mysqlOperators are the operators of more than one character, longest first.
var mysqlOperators = []string{"<=>", "->>", "->", "<=", ">=", "<>", "!=", ":=", "&&", "||", "<<", ">>"}

// mysqlKeywords tells for each keyword whether it is reserved, in MySQL or MariaDB.
var mysqlKeywords = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for _, k := range parser.Keywords {
		out[strings.ToLower(k.Word)] = k.Reserved
	}
	for _, word := range strings.Fields(`accessible asensitive cursor deallocate declare delete_domain_id_of each elseif empty except
		exit fetch function get grouping groups handler inout insensitive intersect io_after_gtids json_table lateral leave library
		loop manual master_bind modifies next offset optimizer_costs out over parallel qualify rank reads recursive release
		repeat resignal return returning row rows row_number schema schemas sensitive signal specific sqlexception sqlstate
		sqlwarning system undo value_of while window`) {
		out[word] = true
	}
	return out
})

// mysqlLexer reads one text.
type mysqlLexer struct {
	text string
	list []lexeme
}

// lexemes splits a text into its tokens. Executable comments are comments to it, and
// a backslash in a string escapes what follows it: who reads a statement refuses what
// another setting of the session would read in another way.
func (mySQL) lexemes(text string) ([]lexeme, *Error) {
	if err := noNUL(text); err != nil {
		return nil, err
	}
	l := &mysqlLexer{text: text}
	for at := 0; at < len(text); {
		if c := text[at]; c == ' ' || '\t' <= c && c <= '\r' {
			at++
			continue
		}
		kind, end, err := l.next(at)
		if err != nil {
			return nil, err
		}
		item := lexeme{Range: Range{at, end}, kind: kind}
		if kind == WordToken {
			item.reserved, item.keyword = mysqlKeywords()[strings.ToLower(text[at:end])], false
			_, item.keyword = mysqlKeywords()[strings.ToLower(text[at:end])]
		}
		l.list = append(l.list, item)
		at = end
	}
	return l.list, nil
}

// next reads the token at a place, and returns where it ends.
func (l *mysqlLexer) next(at int) (LexemeKind, int, *Error) {
	rest := l.text[at:]
	switch c := rest[0]; {
	case c == '#', mysqlDashes(rest):
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			end = len(rest)
		}
		return LineComment, at + end, nil
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			return 0, 0, &Error{Pos: at, Message: "the comment has no end", Help: "end it with */"}
		}
		return BlockComment, at + end + 4, nil
	case c == '\'', c == '"':
		return l.quoted(StringToken, at, at)
	case c == '`':
		return l.quoted(QuotedToken, at, at)
	case strings.IndexByte("nNxXbB", c) >= 0 && len(rest) > 1 && rest[1] == '\'':
		return l.quoted(StringToken, at, at+1)
	case c == '?':
		return ParamToken, at + 1, nil
	case c == '$':
		if digits := span(rest[1:], isDigit); digits > 0 && span(rest[1+digits:], InWord) == 0 {
			return ParamToken, at + 1 + digits, nil
		}
		return WordToken, at + span(rest, InWord), nil
	case c == '@':
		return l.variable(at)
	case isDigit(c), c == '.' && len(rest) > 1 && isDigit(rest[1]) && !l.nameBefore(at):
		kind, size := mysqlNumber(rest)
		return kind, at + size, nil
	case InWord(c):
		size := span(rest, InWord)
		if !utf8.ValidString(rest[:size]) {
			return 0, 0, &Error{Pos: at, Message: "a name is not valid UTF-8", Help: "save the file as UTF-8"}
		}
		return WordToken, at + size, nil
	}
	for _, operator := range mysqlOperators {
		if strings.HasPrefix(rest, operator) {
			return OtherToken, at + len(operator), nil
		}
	}
	if strings.IndexByte("()[]{},.;=<>+-*/%&|^~!:\\", rest[0]) < 0 {
		return 0, 0, &Error{Pos: at, Message: "there is a character that has no meaning in SQL", Help: "take it out"}
	}
	return OtherToken, at + 1, nil
}

// mysqlDashes reports whether two dashes begin a comment: what follows them has to be
// a blank or a control character.
func mysqlDashes(rest string) bool {
	return strings.HasPrefix(rest, "--") && (len(rest) == 2 || rest[2] <= ' ' || rest[2] == 0x7f)
}

// quoted reads what stands between marks. The mark is doubled inside; in a string a
// backslash takes the next character along.
func (l *mysqlLexer) quoted(kind LexemeKind, at, mark int) (LexemeKind, int, *Error) {
	end := mysqlQuotedEnd(l.text, mark, kind == StringToken)
	if end < 0 {
		return 0, 0, &Error{Pos: at, Message: "a " + map[bool]string{true: "string", false: "quoted name"}[kind == StringToken] + " has no end", Help: "close it"}
	}
	if !utf8.ValidString(l.text[at:end]) {
		return 0, 0, &Error{Pos: at, Message: "a string or name is not valid UTF-8", Help: "save the file as UTF-8, and write bytes as x'…'"}
	}
	return kind, end, nil
}

// mysqlQuotedEnd is where the quoted text ends whose mark is at a place; -1 where it
// does not.
func mysqlQuotedEnd(text string, at int, escapes bool) int {
	mark := text[at]
	for i := at + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && escapes:
			i++
		case text[i] != mark:
		case i+1 < len(text) && text[i+1] == mark:
			i++
		default:
			return i + 1
		}
	}
	return -1
}

// variable reads @name, @'name' or @@name.
func (l *mysqlLexer) variable(at int) (LexemeKind, int, *Error) {
	name := at + 1
	if name < len(l.text) && l.text[name] == '@' {
		name++
	}
	if name < len(l.text) && strings.IndexByte("'\"`", l.text[name]) >= 0 {
		return l.quoted(OtherToken, at, name)
	}
	return OtherToken, name + span(l.text[name:], func(b byte) bool { return InWord(b) || b == '.' }), nil
}

// nameBefore reports whether a name ends right before a place, so that a dot there
// leads to another.
func (l *mysqlLexer) nameBefore(at int) bool {
	if len(l.list) == 0 {
		return false
	}
	last := l.list[len(l.list)-1]
	return last.End == at && (last.kind == WordToken || last.kind == QuotedToken)
}

// mysqlNumber reads a number, or the name that begins with a digit.
func mysqlNumber(rest string) (LexemeKind, int) {
	word := span(rest, InWord)
	if len(rest) > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'b') {
		digits := "0123456789abcdefABCDEF"
		if rest[1] == 'b' {
			digits = "01"
		}
		if size := 2 + span(rest[2:], func(b byte) bool { return strings.IndexByte(digits, b) >= 0 }); size > 2 && size == word {
			return OtherToken, size
		}
		return WordToken, word
	}
	size := span(rest, isDigit)
	if size < len(rest) && rest[size] == '.' {
		size++
		size += span(rest[size:], isDigit)
	}
	if size < len(rest) && rest[size]|0x20 == 'e' {
		exponent := size + 1
		if exponent < len(rest) && (rest[exponent] == '+' || rest[exponent] == '-') {
			exponent++
		}
		if digits := span(rest[exponent:], isDigit); digits > 0 {
			size = exponent + digits
		}
	}
	if word > size {
		return WordToken, word
	}
	return OtherToken, size
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// span is how many bytes at the beginning of a text belong to a kind.
func span(text string, is func(byte) bool) int {
	n := 0
	for n < len(text) && is(text[n]) {
		n++
	}
	return n
}
