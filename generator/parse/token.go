package parse

import (
	"strings"
)

// token is one token of the text. Comments are left out.
type token struct {
	Range
	text    string // lower case for keywords, as written otherwise
	keyword bool
	kind    LexemeKind
}

// tokens is the token list of a text, with the matching bracket of each bracket.
type tokens struct {
	dialect Dialect
	text    string
	list    []token
	match   []int // index of the matching bracket; -1 for all others
}

// scan splits text into tokens.
func scan(d Dialect, text string) (*tokens, error) {
	list, err := d.lexemes(text)
	if err != nil {
		return nil, err
	}
	t := &tokens{dialect: d, text: text}
	for _, l := range list {
		if l.kind.isComment() {
			continue
		}
		item := token{Range: l.Range, text: text[l.Start:l.End], kind: l.kind}
		if l.keyword {
			item.keyword = true
			item.text = strings.ToLower(item.text)
		}
		t.list = append(t.list, item)
	}
	return t, t.matchBrackets()
}

// matchBrackets fills match.
func (t *tokens) matchBrackets() error {
	t.match = make([]int, len(t.list))
	var open []int
	for i, tok := range t.list {
		t.match[i] = -1
		switch tok.text {
		case "(", "[":
			open = append(open, i)
		case ")", "]":
			if len(open) == 0 {
				return &Error{Pos: tok.Start, Message: "unmatched " + tok.text, Help: "open it before, or take it out"}
			}
			o := open[len(open)-1]
			open = open[:len(open)-1]
			t.match[o], t.match[i] = i, o
		}
	}
	if len(open) > 0 {
		return &Error{Pos: t.list[open[0]].Start, Message: "unmatched " + t.list[open[0]].text, Help: "close it"}
	}
	return nil
}

// window is a run of tokens [from, to) of a list.
type window struct {
	*tokens
	from, to int
}

func (w window) empty() bool { return w.from >= w.to }

// sub returns the part [from, to) of the same list.
func (w window) sub(from, to int) window { return window{w.tokens, from, to} }

// start and end are the byte offsets of the window.
func (w window) start() int {
	if w.empty() {
		return w.offset(w.from)
	}
	return w.list[w.from].Start
}

func (w window) end() int {
	if w.empty() {
		return w.start()
	}
	return w.list[w.to-1].End
}

func (w window) span() Range { return Range{w.start(), w.end()} }

// offset is where token i starts, or the end of the text.
func (w window) offset(i int) int {
	if i < len(w.list) {
		return w.list[i].Start
	}
	return len(w.text)
}

// is reports whether token i lies in the window and is one of the given
// keywords or punctuation marks.
func (w window) is(i int, words ...string) bool {
	if i < w.from || i >= w.to {
		return false
	}
	tok := w.list[i]
	for _, word := range words {
		if tok.text == word && (tok.keyword || !isWord(word)) {
			return true
		}
	}
	return false
}

func isWord(s string) bool { return s[0] >= 'a' && s[0] <= 'z' }

// label reports whether the keyword at i serves as a name: behind a dot or AS.
func (w window) label(i int) bool { return w.is(i-1, ".", "as") }

// next returns the index behind token i and, for an opening bracket, behind its
// closing one.
func (w window) next(i int) int {
	if m := w.match[i]; m > i {
		return m + 1
	}
	return i + 1
}

// find returns the index of the first token at the top level of the window, from
// i on, that satisfies the predicate; w.to without one.
func (w window) find(i int, satisfies func(i int) bool) int {
	for ; i < w.to; i = w.next(i) {
		if satisfies(i) {
			return i
		}
	}
	return w.to
}

// findWord is find for keywords that are not used as labels.
func (w window) findWord(i int, words ...string) int {
	return w.find(i, func(i int) bool { return w.is(i, words...) && !w.label(i) })
}

// split cuts the window at its top-level commas.
func (w window) split() []window {
	var parts []window
	at := w.from
	for {
		comma := w.find(at, func(i int) bool { return w.is(i, ",") })
		parts = append(parts, w.sub(at, comma))
		if comma == w.to {
			return parts
		}
		at = comma + 1
	}
}

// enclosed reports whether one pair of parentheses encloses the whole window.
func (w window) enclosed() bool {
	return w.is(w.from, "(") && w.match[w.from] == w.to-1
}

// inner is the window without its first and last token.
func (w window) inner() window { return w.sub(w.from+1, w.to-1) }

// indexAt returns the index of the first token of the window that starts at or
// after a byte offset; w.to without one.
func (w window) indexAt(offset int) int {
	for i := w.from; i < w.to; i++ {
		if w.list[i].Start >= offset {
			return i
		}
	}
	return w.to
}

// beginsQuery reports whether a query begins at i, within further parentheses
// perhaps.
func (w window) beginsQuery(i int) bool {
	for w.is(i, "(") {
		i++
	}
	return w.is(i, "select", "with", "values", "table")
}

// findWordAs returns the index of the AS after a CTE's name.
func (w window) findWordAs(i int) int {
	return w.find(i, func(i int) bool { return w.is(i, "as") })
}

// unnamed is an output column without the name that ends it, if it has one.
func (w window) unnamed(name string) window {
	if name == "" {
		return w
	}
	if w.to--; w.is(w.to-1, "as") {
		w.to--
	}
	return w
}
