package sqlcproc

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// params are the uses of parameters in a statement whose placeholders have no numbers
// that could be kept. Each is fed with a mark before it, so that it is found again.
type params struct {
	uses []paramUse
	// inOrder is set where sqlc orders them by their places, also if they have numbers
	// in what it is fed.
	inOrder bool
}

type paramUse struct {
	number int    // the author's
	nth    int    // for one without a name: which of those it is
	name   string // empty for one without
	bare   bool   // the name is kept from sqlc
}

// fedParam is where a parameter begins in a fed text, and in the result.
const fedParam = analyze.ParamMark + "%d*/"

var (
	// markedParam matches a parameter of a statement.
	markedParam = regexp.MustCompile(`(?s)` + regexp.QuoteMeta(analyze.ParamMark) + `(\d+)\*/(.*?)` + regexp.QuoteMeta(analyze.ParamEnd))
	// macro matches sqlc's macros for parameters, and SQLite's named parameters.
	macro = regexp.MustCompile(`(?is)^(?:sqlc\s*\.\s*(arg|narg|slice)\s*\(\s*(.*?)\s*\)|[:@$]([a-z_]\w*))$`)
	// atLimit matches a text up to the value of a LIMIT or OFFSET.
	atLimit = regexp.MustCompile(`(?is)\b(?:limit|offset)(?:\s|/\*[^*]*\*/)*$`)
	// answered matches what sqlc makes of a parameter.
	answered = regexp.MustCompile(regexp.QuoteMeta(analyze.ParamMark) + `(\d+)\*/(\?\d*|/\*SLICE:.*?\*/\?)?`)
)

// readParams lists the parameters of a statement, and the edits that write them as
// sqlc reads them.
func readParams(text string, d *dialect) (params, []source.Edit) {
	var found params
	var edits []source.Edit
	marked := markedParam.FindAllStringSubmatchIndex(text, -1)
	var unnamed []int // the numbers of those without names, sorted
	for _, m := range marked {
		if number, _ := strconv.Atoi(text[m[2]:m[3]]); !macro.MatchString(text[m[4]:m[5]]) {
			unnamed = append(unnamed, number)
		}
	}
	slices.Sort(unnamed)
	unnamed = slices.Compact(unnamed)
	for i, m := range marked {
		number, _ := strconv.Atoi(text[m[2]:m[3]]) // the expression has matched
		use := paramUse{number: number}
		var fed string
		if call := macro.FindStringSubmatch(text[m[4]:m[5]]); call != nil {
			kind := strings.ToLower(call[1])
			use.name = unquoteName(call[2])
			if kind == "" {
				kind, use.name = "arg", call[3]
			}
			fed = "sqlc." + kind + "('" + strings.ReplaceAll(use.name, "'", "''") + "')"
			if d.bareLimits && atLimit.MatchString(text[:m[0]]) {
				use.bare, fed = true, d.placeholder(0)
			}
		} else {
			use.nth = slices.Index(unnamed, number) + 1
			fed = d.placeholder(use.nth)
		}
		found.uses = append(found.uses, use)
		found.inOrder = found.inOrder || !d.numbered || text[m[4]:m[5]] == "?"
		edits = append(edits, source.Edit{Start: m[0], End: m[1], New: fmt.Sprintf(fedParam, i) + fed})
	}
	return found, edits
}

// unquoteName is the name that stands in a macro.
func unquoteName(word string) string {
	if len(word) < 2 {
		return word
	}
	switch mark := word[:1]; mark {
	case "'", `"`, "`":
		return strings.ReplaceAll(word[1:len(word)-1], mark+mark, mark)
	}
	return word
}

// number gives the parameters of the result their numbers, in the order in which sqlc
// has them, and writes those in the place of what sqlc made of them. All uses of one
// name are one parameter. An error names what sqlc did not see.
func (p params) number(sql string, found []requestParam, d *dialect) (string, []ir.Param, error) {
	if err := p.check(sql); err != nil {
		return "", nil, err
	}
	order, err := p.match(found, d)
	if err != nil {
		return "", nil, err
	}
	var out []ir.Param
	numbers := map[int]int{} // by the author's
	for _, m := range order {
		author, column := p.uses[m.use].number, convertColumn(*m.column)
		if p.uses[m.use].bare {
			column.Name, column.IsNamedParam = p.uses[m.use].name, true
		}
		if n := numbers[author]; n > 0 {
			out[n-1].Also = append(out[n-1].Also, column)
			continue
		}
		out = append(out, ir.Param{Number: len(out) + 1, Origin: author, Column: column})
		numbers[author] = len(out)
	}
	sql = answered.ReplaceAllStringFunc(sql, func(marked string) string {
		index, _ := strconv.Atoi(answered.FindStringSubmatch(marked)[1])
		return "$" + strconv.Itoa(numbers[p.uses[index].number])
	})
	return sql, out, nil
}

// check returns an error when the result does not have each parameter as sqlc writes
// them: it passes over those in clauses that it does not know.
func (p params) check(sql string) error {
	marks := answered.FindAllStringSubmatch(sql, -1)
	if len(marks) != len(p.uses) {
		return fmt.Errorf("%d of %d parameters came back", len(marks), len(p.uses))
	}
	for i, m := range marks {
		switch {
		case m[1] != strconv.Itoa(i):
			return errors.New("the parameters came back in another order")
		case m[2] == "":
			return fmt.Errorf("sqlc does not see the parameter %q where it stands", p.uses[i].name)
		}
	}
	return nil
}

// matched is what sqlc found for a use of a parameter.
type matched struct {
	use    int // the index
	column *requestColumn
}

// match returns the parameters that sqlc found with the uses that they are of. Where
// they are numbered, that is the first use of each.
func (p params) match(found []requestParam, d *dialect) ([]matched, error) {
	var out []matched
	seen := map[int]bool{} // the author's numbers
	for i, f := range found {
		at := i
		if d.numbered {
			at = slices.IndexFunc(p.uses, func(u paramUse) bool { return u.is(f) })
		}
		if at < 0 || at >= len(p.uses) || f.Column == nil || !p.uses[at].named(f.Column) {
			return nil, errors.New("sqlc found a parameter that is not one of the statement's")
		}
		out = append(out, matched{at, f.Column})
		seen[p.uses[at].number] = true
	}
	if !d.numbered && len(out) != len(p.uses) {
		return nil, fmt.Errorf("sqlc sees %d of %d parameters", len(out), len(p.uses))
	}
	for _, use := range p.uses {
		if !seen[use.number] {
			return nil, fmt.Errorf("sqlc does not see parameter %d%s", use.number, strings.TrimRight(" "+use.name, " "))
		}
	}
	if p.inOrder {
		slices.SortStableFunc(out, func(a, b matched) int { return a.use - b.use })
	}
	return out, nil
}

// is reports whether a use is one of a parameter that came back with its number.
func (u paramUse) is(p requestParam) bool {
	return p.Column != nil && u.named(p.Column) && (u.name != "" || u.nth == p.Number)
}

// named reports whether a parameter that came back has the name of a use, or none.
func (u paramUse) named(c *requestColumn) bool {
	if u.bare {
		return !c.IsNamedParam
	}
	return c.IsNamedParam == (u.name != "") && (u.name == "" || u.name == c.Name)
}
