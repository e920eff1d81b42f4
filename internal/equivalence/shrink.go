package equivalence

import (
	"fmt"
	"regexp"
	"strconv"
)

// word matches one token of SQL, or something close enough to try leaving out.
var word = regexp.MustCompile(`'(?:[^']|'')*'|"[^"]*"|\$\d+|[\w.]+|::|<>|<=|>=|\|\||\S`)

var parameter = regexp.MustCompile(`\$(\d+)`)

// Shrink makes a statement smaller for as long as it still differs: it leaves out
// runs of tokens, long ones first. differs is asked about each candidate with the
// arguments that are left for its parameters; most candidates are no SQL at all.
func Shrink(sql string, args []Argument, differs func(sql string, args []Argument) bool) (string, []Argument) {
	for {
		smaller := false
		tokens := word.FindAllStringIndex(sql, -1)
		for size := len(tokens) / 2; size >= 1; size = size * 2 / 3 {
			for at := 0; at+size <= len(tokens); {
				candidate, left := renumber(sql[:tokens[at][0]]+sql[tokens[at+size-1][1]:], args)
				if !differs(candidate, left) {
					at++
					continue
				}
				sql, args, smaller = candidate, left, true
				tokens = word.FindAllStringIndex(sql, -1)
			}
		}
		if !smaller {
			return sql, args
		}
	}
}

// renumber closes the gaps between a statement's parameters.
func renumber(sql string, args []Argument) (string, []Argument) {
	var left []Argument
	to := map[string]string{}
	sql = parameter.ReplaceAllStringFunc(sql, func(use string) string {
		if to[use] == "" {
			if n, err := strconv.Atoi(use[1:]); err == nil && n >= 1 && n <= len(args) {
				left = append(left, args[n-1])
			} else {
				left = append(left, nil)
			}
			to[use] = fmt.Sprintf("$%d", len(left))
		}
		return to[use]
	})
	return sql, left
}
