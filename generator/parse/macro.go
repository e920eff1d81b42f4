package parse

import (
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/source"
)

// Macros is a statement whose sqlc macros are replaced: sqlc.arg(x), @x and
// their kin by numbered parameters, sqlc.embed(t) by t.*.
type Macros struct {
	// Text is the statement with the macros replaced, and Map leads from the
	// author's text to it.
	Text string
	Map  *source.Map
	// Params are all uses of parameters, in the order of the text. Embeds are the
	// places of sqlc.embed.
	Params []ParamUse
	Embeds []MacroUse
	// Count is the highest parameter number.
	Count int
}

// MacroUse is a macro in the text.
type MacroUse struct {
	Range        // in Text
	Macro string // as the author wrote it
}

// ParamUse is one use of a parameter in the text.
type ParamUse struct {
	MacroUse
	Number int
	// Name is the author's name for it; empty for a plain $n.
	Name string
}

// macro is a macro found in the author's text.
type macro struct {
	Range
	name   string // the argument
	embed  bool
	number int // of a plain $n
	// free is set for a parameter without name and number, as ?.
	free bool
}

// written reports whether a parameter stands in the text as the compiler writes it.
func (m macro) written(text string) bool { return m.number > 0 && text[m.Start] == '$' }

// expandMacros replaces the macros of one statement. A name gets the lowest
// number that no $n and no earlier name has, as in sqlc.
func expandMacros(d Dialect, text string) (*Macros, *Error) {
	toks, err := scan(d, text)
	if err != nil {
		return nil, err.(*Error)
	}
	found, merr := findMacros(window{toks, 0, len(toks.list)})
	if merr != nil {
		return nil, merr
	}
	numbers, merr := assignNumbers(found)
	if merr != nil {
		return nil, merr
	}
	out := &Macros{}
	var edits []source.Edit
	for _, m := range found {
		if !m.written(text) && touchesWord(text, m.Range) {
			return nil, &Error{Pos: m.Start, Message: "a word stands right beside " + text[m.Start:m.End], Help: "put a blank between them"}
		}
		switch {
		case m.embed:
			edits = append(edits, source.Edit{Start: m.Start, End: m.End, New: m.name + ".*"})
		case m.name != "":
			edits = append(edits, source.Edit{Start: m.Start, End: m.End, New: "$" + strconv.Itoa(numbers[m.name])})
		case !m.written(text):
			edits = append(edits, source.Edit{Start: m.Start, End: m.End, New: "$" + strconv.Itoa(m.number)})
		}
	}
	expanded, mapping, aerr := source.Apply(text, edits)
	if aerr != nil {
		return nil, &Error{Message: aerr.Error(), Help: "report this as a bug"}
	}
	out.Text, out.Map = expanded, mapping
	for _, m := range found {
		use := MacroUse{Macro: text[m.Start:m.End]}
		use.Start = mapping.ToNew(m.Start)
		switch {
		case m.embed:
			use.End = use.Start + len(m.name) + 2
			out.Embeds = append(out.Embeds, use)
			continue
		case m.name != "":
			m.number = numbers[m.name]
		}
		use.End = use.Start + 1 + len(strconv.Itoa(m.number))
		out.Params = append(out.Params, ParamUse{MacroUse: use, Number: m.number, Name: m.name})
		out.Count = max(out.Count, m.number)
	}
	return out, checkGaps(out)
}

// touchesWord reports whether a name or number stands right beside a macro: what
// the macro is replaced by would become a part of it, as LIMIT@n would be the name
// LIMIT$1.
func touchesWord(text string, r Range) bool {
	return r.Start > 0 && InWord(text[r.Start-1]) || r.End < len(text) && InWord(text[r.End])
}

// checkGaps refuses a statement that skips a parameter number: the database
// could not give the missing one a type.
func checkGaps(m *Macros) *Error {
	used := make([]bool, m.Count+1)
	for _, p := range m.Params {
		used[p.Number] = true
	}
	for n := 1; n <= m.Count; n++ {
		if !used[n] {
			return &Error{Message: fmt.Sprintf("parameter $%d is not used, but $%d is", n, m.Count),
				Help: "number the parameters without gaps, from $1 on"}
		}
	}
	return nil
}

// assignNumbers gives each name its number, and each parameter that has neither name
// nor number one of its own.
func assignNumbers(found []macro) (map[string]int, *Error) {
	taken := map[int]bool{}
	for _, m := range found {
		if m.number > 0 {
			taken[m.number] = true
		}
	}
	numbered := len(taken) > 0
	numbers := map[string]int{}
	next := 1
	for i, m := range found {
		if m.number > 0 || m.embed || numbers[m.name] > 0 {
			continue
		}
		if m.free && numbered {
			return nil, &Error{Pos: m.Start, Message: "parameters with and without numbers are mixed", Help: "give all of them numbers, or none"}
		}
		for taken[next] {
			next++
		}
		taken[next] = true
		if m.free {
			found[i].number = next
			continue
		}
		numbers[m.name] = next
	}
	return numbers, nil
}

// findMacros lists the macros and plain parameters of a statement in order.
func findMacros(w window) ([]macro, *Error) {
	var found []macro
	for i := w.from; i < w.to; i++ {
		tok := w.list[i]
		switch {
		case tok.kind == ParamToken:
			m, err := parameter(tok)
			if err != nil {
				return nil, err
			}
			found = append(found, m)
		case tok.text == "@" && i+1 < w.to && w.list[i+1].Start == tok.End && w.list[i+1].isName():
			found = append(found, macro{Range: Range{tok.Start, w.list[i+1].End}, name: w.folded(i + 1)})
			i++
		case strings.EqualFold(tok.text, "sqlc") && i+1 < w.to && w.list[i+1].text == ".":
			m, next, err := w.sqlcMacro(i)
			if err != nil {
				return nil, err
			}
			found = append(found, m)
			i = next - 1
		}
	}
	sort.SliceStable(found, func(i, j int) bool { return found[i].Start < found[j].Start })
	return found, nil
}

// parameter reads a parameter of a dialect: $1 or ?1, a bare ?, or a name behind a
// colon or an at sign.
func parameter(tok token) (macro, *Error) {
	m := macro{Range: tok.Range}
	switch rest := tok.text[1:]; {
	case rest == "" && tok.text == "?":
		m.free = true
	case tok.text[0] == ':' || tok.text[0] == '@':
		m.name = strings.ToLower(rest)
	default:
		n, err := strconv.Atoi(rest)
		if err != nil || n < 1 || n > 65535 {
			return m, &Error{Pos: tok.Start, Message: "parameter " + tok.text + " has no usable number", Help: "number parameters from 1 to 65535, as in " + tok.text[:1] + "1"}
		}
		m.number = n
	}
	return m, nil
}

// sqlcMacro reads sqlc.name(argument) at index i and returns the index behind it.
func (w window) sqlcMacro(i int) (macro, int, *Error) {
	pos := w.list[i].Start
	bad := &Error{Pos: pos, Message: "the sqlc macro is not understood",
		Help: "the macros are sqlc.arg(name), sqlc.narg(name), sqlc.slice(name) and sqlc.embed(table)"}
	if i+5 >= w.to || w.list[i+3].text != "(" || w.list[i+5].text != ")" {
		return macro{}, 0, bad
	}
	arg := w.list[i+4]
	name := w.original(i + 4)
	switch {
	case arg.kind == StringToken && len(name) > 2 && (name[0] == '\'' || name[0] == '"'):
		mark := name[:1]
		name = strings.ReplaceAll(name[1:len(name)-1], mark+mark, mark)
	case !arg.isName():
		return macro{}, 0, bad
	}
	m := macro{Range: Range{pos, w.list[i+5].End}, name: name}
	if arg.isName() {
		m.name = w.folded(i + 4)
	}
	switch strings.ToLower(w.original(i + 2)) {
	case "arg", "narg", "slice":
	case "embed":
		m.name, m.embed = name, true
	default:
		return macro{}, 0, bad
	}
	return m, i + 6, nil
}

// isName reports whether the token can be a name.
func (t token) isName() bool { return t.keyword || t.kind == WordToken || t.kind == QuotedToken }

// folded is the name that token i stands for.
func (w window) folded(i int) string { return w.dialect.fold(w.original(i)) }

// original is the text of token i as written: token.text folds keywords.
func (w window) original(i int) string { return w.text[w.list[i].Start:w.list[i].End] }

// NumberedParam is a use of $n.
type NumberedParam struct {
	Range
	Number int
}

// NumberedParams lists the uses of $n in a statement without macros.
func NumberedParams(d Dialect, text string) ([]NumberedParam, error) {
	toks, err := scan(d, text)
	if err != nil {
		return nil, err
	}
	found, merr := findMacros(window{toks, 0, len(toks.list)})
	if merr != nil {
		return nil, merr
	}
	var out []NumberedParam
	for _, m := range found {
		if m.number == 0 {
			return nil, &Error{Pos: m.Start, Message: "a macro is left in the statement", Help: "report this as a bug"}
		}
		out = append(out, NumberedParam{m.Range, m.number})
	}
	return out, nil
}

// PositionalText is a statement with a ? in the place of each $n, as the drivers of some
// databases take it, and those places in the given text.
func PositionalText(d Dialect, text string) (string, []NumberedParam, error) {
	uses, err := NumberedParams(d, text)
	if err != nil {
		return "", nil, err
	}
	var out strings.Builder
	at := 0
	for _, use := range uses {
		out.WriteString(text[at:use.Start] + "?")
		at = use.End
	}
	return out.String() + text[at:], uses, nil
}
