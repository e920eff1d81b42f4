package dialect

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// postgreSQL is PostgreSQL from version 13 on.
type postgreSQL struct{ parse.Dialect }

// fitTypes are types whose equality, and whose cast from a parameter, keep any two
// ids of their form apart.
var fitTypes = strings.Fields("uuid smallint integer bigint text varchar")

// unfitTypes say of common other types why they are not among them.
var unfitTypes = map[string]string{
	"bpchar": "its comparison ignores trailing blanks", "character": "its comparison ignores trailing blanks",
	"char": "it holds one byte", "name": "it cuts ids off at 63 bytes", "citext": "its comparison ignores case",
	"bit": "its cast cuts ids off", "varbit": "its cast cuts ids off", "boolean": "it has two values",
	"real": "it is not exact", "double precision": "it is not exact",
	"json": "it has no equality", "xml": "it has no equality",
	"numeric": "1 and 1.0 are one id of it", "bytea": `a and \x61 are one id of it`,
}

func (postgreSQL) Unfit(sqlType string) string {
	switch why := unfitTypes[sqlType]; {
	case slices.Contains(fitTypes, sqlType):
		return ""
	case why != "":
		return why
	case strings.HasSuffix(sqlType, "]"):
		return "an array is not one tenant"
	}
	return "it is not known to keep any two ids apart, as a domain or a type of an extension may not"
}

// IDForm knows that a UUID is read with upper case and braces and without hyphens, an
// integer with blanks, a sign, leading zeros and underscores, and that varchar(3) makes
// 'abc' of 'abc '.
func (postgreSQL) IDForm(sqlType string, _ int) IDForm {
	switch sqlType {
	case "uuid":
		return IDUUID
	case "smallint", "integer", "bigint":
		return IDInteger
	case "varchar":
		return IDUnpadded
	}
	return IDText
}

// IntegerID is false: a text that is no integer cannot be cast to one.
func (postgreSQL) IntegerID(string) bool { return false }

// KeyType trusts PostgreSQL, which takes no foreign key between types that it would have
// to convert with a loss.
func (postgreSQL) KeyType(string) string { return "" }

func (postgreSQL) ChangesKeys() bool { return false }

func (postgreSQL) FitTypes() string { return "uuid, bigint or text" }

func (postgreSQL) SetNotNull(table, column, _ string) string {
	return "ALTER TABLE " + table + " ALTER COLUMN " + column + " SET NOT NULL"
}

// exactCollations compare byte by byte. Those of CREATE COLLATION may be
// nondeterministic.
var exactCollations = strings.Fields("default C POSIX ucs_basic")

func (postgreSQL) UnfitCollation(_, collation string) (why, help string) {
	if collation == "" || slices.Contains(exactCollations, collation) {
		return "", ""
	}
	return "which may take two ids for one", "leave COLLATE out, or use COLLATE \"C\""
}

// typeNames are PostgreSQL's internal names of types and what SQL calls them. It
// leaves bpchar alone: character alone means character(1).
var typeNames = map[string]string{
	"int2": "smallint", "int4": "integer", "int": "integer", "int8": "bigint",
	"float4": "real", "float8": "double precision", "bool": "boolean",
}

// CanonicalType gives a type one name whatever way it was written. Modifiers are
// gone already: a cast to varchar(36) would cut a longer value off, and two
// tenants' ids could become the same.
func (postgreSQL) CanonicalType(t string) string {
	base := strings.TrimRight(t, "[]")
	suffix := t[len(base):]
	if name, ok := typeNames[strings.ToLower(base)]; ok {
		return name + suffix
	}
	return t
}

func (postgreSQL) UnfitEngine(string) string { return "" } // there are none to choose from

func (postgreSQL) Function(name string) FunctionClass { return builtinFunctions[name] }

// Forbidden knows a function in whatever schema.
func (postgreSQL) Forbidden(name string) bool {
	return forbiddenFunctions[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]
}

func (postgreSQL) SystemTable(schema, name string) bool {
	return schema == "pg_catalog" || schema == "information_schema" || schema == "" && strings.HasPrefix(name, "pg_")
}

// HidesTable knows that pg_catalog is searched first.
func (postgreSQL) HidesTable(name string) bool { return strings.HasPrefix(name, "pg_") }

func (d postgreSQL) CastSuffix(sqlType string) string { return "::" + d.castType(sqlType) }

// castType writes a type so that it can follow a cast. The catalog's names are
// safe as they are, but for those of user-defined types.
func (d postgreSQL) castType(t string) string {
	base := strings.TrimRight(t, "[]")
	if standardTypes[base] {
		return t
	}
	parts := strings.Split(base, ".")
	for i, p := range parts {
		if !standardTypes[p] {
			parts[i] = d.Quote(p)
		}
	}
	return strings.Join(parts, ".") + t[len(base):]
}

// standardTypes are keywords that name types.
var standardTypes = map[string]bool{
	"smallint": true, "integer": true, "bigint": true, "real": true, "boolean": true, "numeric": true,
	"double precision": true, "varchar": true, "text": true, "uuid": true,
}

func (postgreSQL) TypesParameters() bool { return true }

// Failing uses a domain whose check refuses the empty text, and takes the NULL that
// CASE gives otherwise, of which the condition is true.
func (postgreSQL) Failing(condition string) string {
	return "(CASE WHEN " + condition + " THEN '' END)::information_schema.yes_or_no IS NULL"
}

func (postgreSQL) FailsAsViolation() bool { return true }

func (postgreSQL) FailsWhen(e *parse.Expr) *parse.Expr {
	cast := nullTested(e)
	if cast == nil || cast.Kind != parse.CastExpr || cast.Name != "information_schema.yes_or_no" {
		return nil
	}
	choice := cast.Args[0]
	if choice.Name != "CaseExpr" || len(choice.Args) != 1 || choice.Args[0].Name != "CaseWhen" || len(choice.Args[0].Args) != 2 {
		return nil // also CASE x WHEN … and ELSE are arguments
	}
	text := choice.Args[0].Args[1]
	if text.Kind != parse.ConstExpr || !text.Quoted || text.Text != "" {
		return nil
	}
	return choice.Args[0].Args[0]
}

// nullTested is x of x IS NULL; nil for anything else.
func nullTested(e *parse.Expr) *parse.Expr {
	if e == nil || e.Kind != parse.OtherExpr || e.Name != "NullTest" || !e.Null || len(e.Args) != 1 {
		return nil
	}
	return e.Args[0]
}

// SystemColumns are of every table, and of no view or subquery.
func (postgreSQL) SystemColumns() []string {
	return []string{"ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"}
}

func (postgreSQL) QualifiesAssignments() bool { return false }

func (postgreSQL) ReadsTarget() bool { return true }

func (postgreSQL) AssignsInOrder() bool { return false }

func (postgreSQL) NamesDerived() bool { return true }

func (postgreSQL) FillsSerial() bool { return false }

// RejectsNull is so in PostgreSQL without exception.
func (postgreSQL) RejectsNull() bool { return true }

func (postgreSQL) QualifiesTables() bool { return true }

// RefersBeside is false: search_path says where a table is.
func (postgreSQL) RefersBeside() bool { return false }

func (postgreSQL) AliasesTarget(parse.Written) bool { return true }

func (postgreSQL) ReturnsByName() bool { return false }

func (postgreSQL) SchemaDump() string { return "pg_dump --schema-only" }
