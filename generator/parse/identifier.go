package parse

import (
	"regexp"
	"strings"

	"github.com/sqlc-dev/oliphant/ast"
)

// plainIdentifier needs no quotes unless it is a keyword.
var plainIdentifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// Quote writes a name so that it stands for itself: in double quotes unless it
// is a plain lower-case identifier that is no keyword with a meaning of its own.
func Quote(name string) string {
	if plainIdentifier.MatchString(name) && !isReserved(name) {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// InWord reports whether a byte can be a part of a name, keyword or number: two
// texts that meet with such bytes become one word.
func InWord(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// isReserved reports whether a word is a keyword that cannot name a column.
func isReserved(word string) bool {
	list, err := lexemes(word)
	if err != nil || len(list) != 1 {
		return true
	}
	kind := list[0].keyword
	return kind != ast.KeywordKind_NO_KEYWORD && kind != ast.KeywordKind_UNRESERVED_KEYWORD
}

// Identifiers returns every name that occurs in a statement, folded as the
// database folds it, so that a fresh name can be chosen beside them.
func Identifiers(text string) (map[string]bool, error) {
	toks, err := scan(text)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i, tok := range toks.list {
		switch {
		case tok.keyword:
			names[tok.text] = true
		case tok.kind == ast.Token_IDENT:
			word := toks.text[toks.list[i].Start:toks.list[i].End]
			if strings.HasPrefix(word, `"`) {
				names[strings.ReplaceAll(strings.Trim(word, `"`), `""`, `"`)] = true
				continue
			}
			names[strings.ToLower(word)] = true
		}
	}
	return names, nil
}
