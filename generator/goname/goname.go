// Package goname makes Go names of SQL names, as sqlc does, so that models,
// fields and derived methods agree.
package goname

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/jinzhu/inflection"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// defaultInitialisms are the words that are written in capitals when the options
// do not say.
var defaultInitialisms = []string{"id"}

// Exported returns the Go name of a table, a column or an enum's value: its words
// with capitals, initialisms whole, or what the options rename it to. It is empty
// for a name without letters and digits.
func Exported(name string, opts *ir.GoOptions) string {
	if renamed := opts.Rename[name]; renamed != "" {
		return renamed
	}
	initialisms := defaultInitialisms
	if opts.Initialisms != nil {
		initialisms = *opts.Initialisms
	}
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(initialisms, part) {
			b.WriteString(strings.ToUpper(part))
			continue
		}
		first, size := utf8.DecodeRuneInString(part)
		b.WriteString(string(unicode.ToTitle(first)) + part[size:])
	}
	out := b.String()
	if r, _ := utf8.DecodeRuneInString(out); unicode.IsDigit(r) {
		return "_" + out
	}
	return out
}

// Model returns the Go name of a table's struct: in the singular, unless the
// options want the table's exact name.
func Model(table string, opts *ir.GoOptions) string {
	if !opts.EmitExactTableNames {
		table = singular(table, opts.InflectionExcludeTableNames)
	}
	return Exported(table, opts)
}

// singular is sqlc's idea of the singular: the inflection package with its
// known mistakes put right.
func singular(name string, exclusions []string) string {
	for _, excluded := range exclusions {
		if strings.EqualFold(name, excluded) {
			return name
		}
	}
	switch strings.ToLower(name) {
	case "campus", "meta":
		return name
	case "calories":
		return "calorie"
	case "waves":
		return "wave"
	case "metadata":
		return "metadata"
	}
	return inflection.Singular(name)
}
