package parse

import "github.com/tenancygen/tenancygen/generator/source"

// maxDepth is how deep parentheses are in each other at most. Reading them takes more
// than twice the time for twice the depth, and at run time somebody waits for it.
const maxDepth = 200

// Dynamic makes a QueryText of a statement that is put together at run time. Its
// parameters are $1…$n, as the database knows them: sqlc's macros are refused, and
// what its comments say is no annotation. All of the text belongs to the statement,
// but for what comes after its last word. The error is always an *Error.
func Dynamic(file *source.File) (*QueryText, error) {
	if err := noNUL(file.Text); err != nil {
		return nil, err
	}
	toks, err := scan(PostgreSQL, file.Text)
	if err != nil {
		return nil, err
	}
	w := window{toks, 0, len(toks.list)}
	for w.is(w.to-1, ";") {
		w.to--
	}
	if w.to == w.from {
		return nil, &Error{Message: "there is no statement", Help: "write one"}
	}
	depth := 0
	for _, tok := range toks.list {
		switch tok.text {
		case "(":
			depth++
		case ")":
			depth--
		}
		if depth > maxDepth {
			return nil, unsupported(tok.Start, "SQL that is nested as deeply", "take parentheses out")
		}
	}
	q := &QueryText{File: file, Range: Range{0, w.list[w.to-1].End}}
	macros, merr := expandMacros(PostgreSQL, file.Text[:q.End])
	if merr != nil {
		return nil, merr
	}
	for _, uses := range [][]MacroUse{macros.Embeds, named(macros.Params)} {
		if len(uses) > 0 {
			return nil, &Error{Pos: uses[0].Start, Message: uses[0].Macro + " has no meaning at run time",
				Help: "number the parameters, from $1 on, and write columns out"}
		}
	}
	q.Macros = *macros
	return q, nil
}

// named are the uses of parameters that have names.
func named(params []ParamUse) []MacroUse {
	var out []MacroUse
	for _, p := range params {
		if p.Name != "" {
			out = append(out, p.MacroUse)
		}
	}
	return out
}
