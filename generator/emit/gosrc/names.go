package gosrc

import (
	"fmt"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenancygen/tenancygen/generator/goname"
	"github.com/tenancygen/tenancygen/generator/ir"
)

// namer makes Go names of SQL names, as sqlc does.
type namer struct {
	options *ir.GoOptions
	err     error
}

func newNamer(options *ir.GoOptions) namer {
	n := namer{options: options}
	switch style := options.JSONTagsCaseStyle; style {
	case "", "none", "camel", "pascal", "snake":
	default:
		n.err = fmt.Errorf("json_tags_case_style %q is none of camel, pascal, snake, none", style)
	}
	return n
}

// exported returns the Go name of a table, a column or an enum's value.
func (n *namer) exported(name string) string { return goname.Exported(name, n.options) }

// relation returns the name of a table or enum with its schema in front, unless
// that is the default one.
func relation(schema, name, defaultSchema string) string {
	if schema == "" || schema == defaultSchema {
		return name
	}
	return schema + "_" + name
}

// model returns the Go name of a table's struct.
func (n *namer) model(name string) string { return goname.Model(name, n.options) }

// jsonTag returns the json tag of a column in the chosen style.
func (n *namer) jsonTag(name string) string {
	switch n.options.JSONTagsCaseStyle {
	case "camel":
		id := "Id"
		if n.options.JSONTagsIDUppercase {
			id = "ID"
		}
		return camel(name, false, id)
	case "pascal":
		return camel(name, true, "ID")
	case "snake":
		return snake(name)
	}
	return name
}

// camel joins the parts of a snake_case name; "id" is spelt as given.
func camel(name string, upperFirst bool, id string) string {
	var b strings.Builder
	for i, part := range strings.Split(name, "_") {
		switch {
		case i == 0 && !upperFirst:
			b.WriteString(part)
		case part == "id":
			b.WriteString(id)
		default:
			b.WriteString(title(part))
		}
	}
	return b.String()
}

var camelHump = regexp.MustCompile("[^A-Z][A-Z]+")

// snake turns CamelCase into snake_case; a name with underscores is lowered only.
func snake(name string) string {
	if !strings.ContainsRune(name, '_') {
		name = camelHump.ReplaceAllStringFunc(name, func(hump string) string {
			return hump[:1] + "_" + hump[1:]
		})
	}
	return strings.ToLower(name)
}

// title raises the first letter of every word, as the deprecated strings.Title
// does, on whose results existing tags depend.
func title(s string) string {
	previous := ' '
	return strings.Map(func(r rune) rune {
		start := !unicode.IsLetter(previous) && !unicode.IsDigit(previous) && previous != '_' &&
			(previous < utf8.RuneSelf || unicode.IsSpace(previous))
		previous = r
		if start {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

// titleFirst raises the first letter.
func titleFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToTitle(r)) + s[size:]
}

// lowerFirst lowers the first letter.
func lowerFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToLower(r)) + s[size:]
}

// local returns the name of a variable for an SQL name; the fallback where the
// name has no letters.
func local(name, fallback string) string {
	var b strings.Builder
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		switch {
		case b.Len() == 0 && part == strings.ToUpper(part):
			b.WriteString(strings.ToLower(part))
		case b.Len() == 0:
			b.WriteString(lowerFirst(part))
		case part == "id":
			b.WriteString("ID")
		default:
			b.WriteString(titleFirst(part))
		}
	}
	out := b.String()
	if r, _ := utf8.DecodeRuneInString(out); out == "" || !unicode.IsLetter(r) {
		return fallback
	}
	return out
}

// bodyNames are what the bodies of methods use themselves.
var bodyNames = []string{"q", "ctx", "row", "rows", "err", "result", "items", "i"}

// batchNames are what the methods of batches use beside them.
var batchNames = []string{"batch", "a", "b", "f", "t"}

// clashes reports whether a variable of this name would break a method: it is a
// keyword or a builtin, or hides what the body uses.
func (g *goPackage) clashes(name string, taken ...string) bool {
	return token.IsKeyword(name) || types.Universe.Lookup(name) != nil || slices.Contains(bodyNames, name) ||
		name == "db" && g.ir.Go.EmitMethodsWithDBArgument ||
		g.types.isImportName(name) || slices.Contains(taken, name)
}

// constName returns the name of the constant with a query's text.
func (g *goPackage) constName(query string) string {
	if g.ir.Go.EmitExportedQueries {
		return title(query)
	}
	name := lowerFirst(query)
	// A constant of the package must not hide a builtin or an import, and init can
	// only be a function.
	if token.IsKeyword(name) || name == "init" || types.Universe.Lookup(name) != nil || g.types.isImportName(name) {
		name += "SQL"
	}
	return name
}
