package dialect

import (
	"regexp"
	"strings"
)

// postgreSQLPrintedTypes are the types that the database prints under another name than the
// catalog gives them.
var postgreSQLPrintedTypes = map[string]string{
	"double precision": "double precision",
	"varchar":          "character varying", "bpchar": "character", "char": `"char"`,
	"varbit": "bit varying", "timestamptz": "timestamp with time zone", "timetz": "time with time zone",
	"timestamp": "timestamp without time zone", "time": "time without time zone",
	"serial": "integer", "serial4": "integer", "bigserial": "bigint", "serial8": "bigint",
	"smallserial": "smallint", "serial2": "smallint",
}

// postgreSQLPlainTypes are the names of types that the database prints as they are.
var postgreSQLPlainTypes = regexp.MustCompile(`\A[a-z_][a-z0-9_]*\z`)

// PrintedType is a type as format_type prints it. An array prints the same whatever its
// dimensions.
func (d postgreSQL) PrintedType(name string) string {
	base, _, array := strings.Cut(name, "[")
	if printed, ok := postgreSQLPrintedTypes[base]; ok {
		base = printed
	} else {
		parts := strings.Split(strings.TrimPrefix(base, "public."), ".")
		for i, part := range parts {
			if !postgreSQLPlainTypes.MatchString(part) {
				parts[i] = d.Quote(part)
			}
		}
		base = strings.Join(parts, ".")
	}
	if array {
		base += "[]"
	}
	return base
}
