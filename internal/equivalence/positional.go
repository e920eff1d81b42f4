package equivalence

import (
	"regexp"
	"strconv"
	"strings"
)

// piece matches what a parameter may be looked for between: texts, names and
// comments, words that may hold a dollar sign, and parameters themselves. A backslash
// in a text hides the mark behind it, as in MySQL: the statements of the tests have
// none elsewhere.
var piece = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.|'')*'|\"(?:[^\"\\\\]|\\\\.|\"\")*\"|`[^`]*`|--[^\n]*|/\\*.*?\\*/|[A-Za-z_][\\w$]*|\\$\\d+")

// positional writes the parameters $n of a statement as ?, and says which numbers
// they stand for, in the order of the text.
func positional(sql string) (text string, numbers []int) {
	text = piece.ReplaceAllStringFunc(sql, func(p string) string {
		if !strings.HasPrefix(p, "$") {
			return p
		}
		n, err := strconv.Atoi(p[1:])
		if err != nil {
			return p // too long for a number: the database refuses it
		}
		numbers = append(numbers, n)
		return "?"
	})
	return text, numbers
}

var (
	integer = regexp.MustCompile(`^(?:0|-?[1-9]\d{0,17})$`)
	decimal = regexp.MustCompile(`^-?\d+\.\d+$`)
)

// bound are arguments as Go values for the parameters of a text, in their order. A
// value that looks like a number is one: the generated code passes it so. A
// parameter without an argument is NULL.
func bound(args [][]byte, numbers []int) []any {
	out := make([]any, len(numbers))
	for i, n := range numbers {
		if n < 1 || n > len(args) || args[n-1] == nil {
			continue
		}
		v := string(args[n-1])
		out[i] = v
		switch {
		case integer.MatchString(v):
			out[i], _ = strconv.ParseInt(v, 10, 64) // it has few enough digits
		case decimal.MatchString(v):
			out[i], _ = strconv.ParseFloat(v, 64)
		}
	}
	return out
}
