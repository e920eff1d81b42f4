package parse

import (
	"slices"
	"strings"
)

// mysqlAmbiguous refuses texts that a server may split into other tokens than we do:
// what the setting of a session or the version decides.
func mysqlAmbiguous(text string, list []lexeme) *Error {
	for i, l := range list {
		word := text[l.Start:l.End]
		touches := i+1 < len(list) && list[i+1].Start == l.End && InWord(word[len(word)-1]) && InWord(text[l.End])
		var err *Error
		switch {
		case l.kind == BlockComment:
			err = mysqlComment(l, word)
		case l.kind == StringToken:
			err = mysqlString(l, text, i > 0 && strings.EqualFold(text[list[i-1].Start:list[i-1].End], "as"))
		case l.kind == QuotedToken && strings.ContainsRune(word, '\\'), word == `\`:
			err = unsupported(l.Start, "a backslash outside of a string", "take it out")
		case (l.kind == WordToken || l.kind == QuotedToken) && strings.ToLower(word) != foldASCII(word):
			err = unsupported(l.Start, "the name "+word+", whose case not all servers see alike,", "write its letters in lower case")
		case l.kind == WordToken && (isDigit(word[0]) || word[0] == '$'):
			err = unsupported(l.Start, "the name "+word+" without quotes", "put it between backticks")
		case l.kind == WordToken && word[0] == '_' && i+1 < len(list) && list[i+1].kind == StringToken && !slices.Contains(mysqlIntroducers, strings.ToLower(word)):
			err = unsupported(l.Start, "the character set "+word, "write the string in UTF-8")
		case l.kind == ParamToken && word == "?":
			err = unsupported(l.Start, "the parameter ?", "number it: $1")
		case word[0] == '@':
			err = unsupported(l.Start, "the variable "+word, "pass the value as a parameter; a session's variables are those of whoever had the connection before")
		case word == "||":
			err = unsupported(l.Start, "the operator ||, which is OR or joins strings as the session has it,", "write OR, or CONCAT (…)")
		case strings.ContainsAny(word, "[]{}") && l.kind == OtherToken:
			err = unsupported(l.Start, word, "write plain SQL")
		case touches || word == "." && i+1 < len(list) && list[i+1].Start == l.End && isDigit(text[l.End]):
			err = unsupported(l.Start, "a number right beside a word", "put a blank between them, or backticks around the name")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mysqlIntroducers are the character sets that the parser and all servers know.
var mysqlIntroducers = []string{"_utf8", "_utf8mb4", "_latin1", "_ascii", "_binary"}

// mysqlComment refuses comments that are none to some servers, and hints that change
// what a statement means.
func mysqlComment(l lexeme, word string) *Error {
	lower := strings.ToLower(word)
	switch {
	case strings.HasPrefix(lower, "/*!"), strings.HasPrefix(lower, "/*m!"), strings.HasPrefix(lower, "/*t!"):
		return unsupported(l.Start, "a comment that some servers execute", "write the SQL without the comment, or take it out")
	case strings.HasPrefix(word, "/*+") && strings.ContainsAny(word, "'\"`\\"):
		return unsupported(l.Start, "an optimizer hint with quotes", "name the tables without quotes")
	case strings.HasPrefix(word, "/*+") && strings.Contains(lower, "set_var"):
		return unsupported(l.Start, "the hint SET_VAR", "leave it out; it changes settings that the statement's meaning rests on")
	}
	return nil
}

// mysqlString refuses strings that end elsewhere, or are no strings, under another
// sql_mode. A string after AS is a name in both readings.
func mysqlString(l lexeme, text string, name bool) *Error {
	mark := l.Start
	if text[mark] != '\'' && text[mark] != '"' {
		mark++
	}
	switch {
	case mysqlQuotedEnd(text, mark, false) != l.End:
		return unsupported(l.Start, "a backslash before a quote", "double the quote instead; NO_BACKSLASH_ESCAPES would end the string there")
	case text[mark] == '"' && (!name || strings.ContainsRune(text[l.Start:l.End], '\\')):
		return unsupported(l.Start, "a string in double quotes", "use single quotes; under ANSI_QUOTES it is the name of a column")
	}
	return nil
}

// mysqlRefused refuses what the parser takes for names or leaves out of its tree.
func mysqlRefused(w window) *Error {
	if err := mysqlDeep(w); err != nil {
		return err
	}
	depth := 0
	for i, tok := range w.list {
		switch tok.text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if w.is(i, "returning") && !w.label(i) && (depth == 0 || !w.is(w.from, "select", "with")) {
			return unsupported(tok.Start, "RETURNING", "read the row with a SELECT, or its key with :execlastid")
		}
	}
	if w.is(w.from, "values", "table") {
		return unsupported(w.start(), strings.ToUpper(w.list[w.from].text)+" as a statement", "write a SELECT")
	}
	return nil
}

// maxGuesses is how many places may lie in each other where the parser tries one thing
// after another: each of them takes it twice the time, or more.
const maxGuesses = 6

// mysqlDeep refuses texts that would take the parser too long. What it tries are two
// parentheses before a query, INTERVAL and JSON_VALUE.
func mysqlDeep(w window) *Error {
	type level struct {
		guesses  int
		interval bool // INTERVAL has come before, and may hold what follows
	}
	levels := []level{{}}
	for i, tok := range w.list {
		at := &levels[len(levels)-1]
		switch tok.text {
		case ",", ";":
			at.interval = false
		case "interval":
			at.interval = true
		case ")":
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
			}
		case "(":
			inside := level{guesses: at.guesses}
			if at.interval {
				inside.guesses++
			}
			if w.is(i+1, "(") && !w.is(i-1, "(") && w.beginsQuery(i+1) || i > 0 && strings.EqualFold(w.original(i-1), "json_value") {
				inside.guesses++
			}
			levels = append(levels, inside)
			if len(levels)-1 > maxDepth || inside.guesses > maxGuesses {
				return unsupported(tok.Start, "SQL that is nested as deeply", "take parentheses out")
			}
		}
		if w.is(i, "interval") && w.is(i+1, "interval") {
			return unsupported(tok.Start, "INTERVAL of an INTERVAL", "put the inner one in parentheses")
		}
	}
	return nil
}
