package parse

import (
	"regexp"
	"strings"
)

// plainIdentifier needs no quotes unless it is a keyword.
var plainIdentifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// quote writes a name so that it stands for itself: between marks, which are doubled
// in it, unless it is a plain lower-case identifier that is no keyword with a meaning
// of its own.
func quote(d Dialect, name, mark string) string {
	if plainIdentifier.MatchString(name) && !isReserved(d, name) {
		return name
	}
	return mark + strings.ReplaceAll(name, mark, mark+mark) + mark
}

// InWord reports whether a byte can be a part of a name, keyword or number: two
// texts that meet with such bytes become one word.
func InWord(b byte) bool {
	return b == '_' || b == '$' || b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z'
}

// isReserved reports whether a word is a keyword that cannot name a column.
func isReserved(d Dialect, word string) bool {
	list, err := d.lexemes(word)
	return err != nil || len(list) != 1 || list[0].reserved
}

// Identifiers returns every name that occurs in a statement, folded as the
// database folds it, so that a fresh name can be chosen beside them.
func Identifiers(d Dialect, text string) (map[string]bool, error) {
	toks, err := scan(d, text)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i, tok := range toks.list {
		switch {
		case tok.keyword:
			names[tok.text] = true
		case tok.isName():
			names[d.fold(toks.text[toks.list[i].Start:toks.list[i].End])] = true
		}
	}
	return names, nil
}

// OwnQuotes writes names that stand between the quotes of other databases, as SQLite takes
// them, between the dialect's own, folded, and leaves everything in its place: sqlc does not
// know what such quotes are. A text that cannot be read is returned as it is.
func OwnQuotes(d Dialect, text string) string {
	toks, err := scan(d, text)
	if err != nil {
		return text
	}
	own := d.Quote(" ")[0]
	out := []byte(text)
	for _, tok := range toks.list {
		if tok.kind != QuotedToken || text[tok.Start] == own {
			continue
		}
		name := d.fold(text[tok.Start:tok.End])
		if quoted := string(own) + name + string(own); len(quoted) == tok.End-tok.Start && strings.IndexByte(name, own) < 0 {
			copy(out[tok.Start:], quoted)
		}
	}
	return string(out)
}

// Name is a name at its place in a text, folded as the database folds it.
type Name struct {
	Range
	Name string
}

// NameAt returns the name that begins at a place, or behind the bracket there, and
// whether a dot follows it; an empty one where there is none.
func NameAt(d Dialect, text string, at int) (name Name, dotted bool) {
	toks, err := scan(d, text)
	if err != nil {
		return Name{}, false
	}
	w := window{toks, 0, len(toks.list)}
	i := w.indexAt(at)
	if w.is(i, "(") {
		i++
	}
	if i >= w.to || !w.list[i].isName() && !w.list[i].keyword {
		return Name{}, false
	}
	return Name{w.list[i].Range, w.folded(i)}, w.is(i+1, ".")
}
