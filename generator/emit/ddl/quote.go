package ddl

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/tenancygen/tenancygen/generator/ir"
)

var plainIdentifier = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// identifier returns a name as SQL writes it: as it is when it is a plain
// lower-case name that no grammar rule takes for something else, in double
// quotes otherwise.
func identifier(name string) string {
	if plainIdentifier.MatchString(name) && !keywords[name] {
		return name
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// identifiers returns names as a list of columns has them.
func identifiers(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = identifier(name)
	}
	return strings.Join(quoted, ", ")
}

// literal returns a text as an SQL string. A backslash means the same whatever
// standard_conforming_strings is set to.
func literal(text string) string {
	quoted := "'" + strings.ReplaceAll(text, "'", "''") + "'"
	if strings.Contains(quoted, `\`) {
		return "E" + strings.ReplaceAll(quoted, `\`, `\\`)
	}
	return quoted
}

// dollarTag returns the delimiter of a dollar-quoted block that holds texts: one
// that occurs in none of them.
func dollarTag(texts ...string) string {
	all := strings.Join(texts, "\n")
	tag := "$$"
	for n := 0; strings.Contains(all, tag); n++ {
		tag = fmt.Sprintf("$tenancy%d$", n)
	}
	return tag
}

// comment returns a text for a line comment, which it cannot leave.
func comment(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, text)
}

// relation returns a relation's name as the schema's files write it: without
// the default schema, which the search path finds for them as well.
func relation(pkg *ir.Package, name ir.Name) string {
	if name.Schema == "" || name.Schema == pkg.DefaultSchema {
		return identifier(name.Name)
	}
	return identifier(name.Schema) + "." + identifier(name.Name)
}

var (
	typeModifier = regexp.MustCompile(`\s*\(\s*\d+(\s*,\s*\d+)?\s*\)`)
	typeName     = regexp.MustCompile(`^(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"]|"")+")(?:\.(?:[A-Za-z_][A-Za-z0-9_]*|"(?:[^"]|"")+"))?$`)
	// longTypes are the types whose names are several words.
	longTypes = regexp.MustCompile(`^(?i:character varying|double precision|(?:timestamp|time) with(?:out)? time zone)$`)
)

// castType returns the type that the setting is cast to. A length or precision
// is left out of it: a cast to varchar(3) would cut the id of one tenant down
// to the id of another.
func castType(sqlType string) (string, error) {
	bare := strings.TrimSpace(typeModifier.ReplaceAllString(sqlType, ""))
	if !typeName.MatchString(bare) && !longTypes.MatchString(bare) {
		return "", fmt.Errorf("%q is not the name of a type that a tenant column can have", sqlType)
	}
	switch strings.ToLower(bare) {
	case "character", "char":
		return "bpchar", nil // without a length, character means character(1)
	}
	if longTypes.MatchString(bare) || strings.Contains(bare, `"`) {
		return bare, nil
	}
	// A capital letter means a name that was declared in quotes.
	parts := strings.Split(bare, ".")
	for i, part := range parts {
		if part != strings.ToLower(part) {
			parts[i] = identifier(part)
		}
	}
	return strings.Join(parts, "."), nil
}
