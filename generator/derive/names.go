package derive

import (
	"slices"
	"strings"
	"unicode"

	"github.com/jinzhu/inflection"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// goName is the Go name of a table: its words in capitals, initialisms whole.
func goName(name string, opts ir.GoOptions) string {
	if renamed := opts.Rename[name]; renamed != "" {
		return renamed
	}
	initialisms := []string{"id"}
	if opts.Initialisms != nil {
		initialisms = *opts.Initialisms
	}
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if slices.Contains(initialisms, word) {
			b.WriteString(strings.ToUpper(word))
			continue
		}
		runes := []rune(word)
		b.WriteString(string(unicode.ToUpper(runes[0])) + string(runes[1:]))
	}
	return b.String()
}

// singular is the name of one row, as the models are named.
func singular(name string, opts ir.GoOptions) string {
	if opts.EmitExactTableNames || slices.Contains(opts.InflectionExcludeTableNames, name) {
		return name
	}
	switch strings.ToLower(name) {
	case "campus", "meta", "metadata":
		return name
	case "calories", "waves":
		return name[:len(name)-1]
	}
	return inflection.Singular(name)
}
