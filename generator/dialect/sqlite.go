package dialect

import (
	"slices"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// sqlite is SQLite from version 3.39 on.
type sqlite struct{ parse.Dialect }

// CanonicalType gives the names of a type that mean one thing in a STRICT table one
// name. Elsewhere a type is what Affinity makes of it.
func (sqlite) CanonicalType(sqlType string) string {
	switch sqlType {
	case "int":
		return "integer"
	case "": // a column without a type has one here: an empty one is not known
		return "any"
	}
	return sqlType
}

// Unfit goes by the affinity that SQLite gives to a column for its declared type
// (https://sqlite.org/datatype3.html#determination_of_column_affinity). A text is
// compared as it is where the affinity is TEXT, and an integer where it is INTEGER. With
// the other affinities of numbers, '1e2' and '100' become one.
func (d sqlite) Unfit(sqlType string) string {
	switch d.KeyType(sqlType) {
	case "":
		return "it has no type: values of several types stand in it beside each other"
	case "integer", "text":
		return ""
	case "blob":
		return "a text is never equal to a BLOB"
	case "real":
		return "it is not exact"
	}
	return "SQLite makes numbers of texts in it, and two ids may be one number"
}

// KeyType is the affinity; empty for a column without a type, and for one of any type.
func (sqlite) KeyType(sqlType string) string {
	t := strings.ToLower(sqlType)
	contains := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(t, p) })
	}
	switch {
	case t == "" || t == "any":
		return ""
	case contains("int"):
		return "integer"
	case contains("char", "clob", "text"):
		return "text"
	case contains("blob"):
		return "blob"
	case contains("real", "floa", "doub"):
		return "real"
	}
	return "numeric"
}

// IDForm has nothing to do for texts, which SQLite keeps whatever their length.
func (d sqlite) IDForm(sqlType string, _ int) IDForm {
	if d.IntegerID(sqlType) {
		return IDInteger
	}
	return IDText
}

// IntegerID knows that the affinity INTEGER goes before all others.
func (d sqlite) IntegerID(sqlType string) bool { return d.KeyType(sqlType) == "integer" }

func (sqlite) ChangesKeys() bool { return false }

func (sqlite) FitTypes() string { return "TEXT or INTEGER" }

// SetNotNull has no ALTER TABLE to advise.
func (sqlite) SetNotNull(table, column, _ string) string {
	return "declare " + table + "." + column + " NOT NULL: SQLite changes no column, so copy the rows into a table that is made anew"
}

func (sqlite) UnfitCollation(_, collation string) (why, help string) {
	if collation == "" || strings.EqualFold(collation, "binary") {
		return "", ""
	}
	return "which may take two ids for one", "leave COLLATE out: SQLite compares byte by byte then"
}

func (sqlite) UnfitEngine(string) string { return "" } // there are none to choose from

func (sqlite) Function(name string) FunctionClass { return sqliteFunctions[name] }

func (sqlite) Forbidden(name string) bool {
	name = strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])
	return sqliteForbidden[name] || strings.HasPrefix(name, "pragma_")
}

// SystemTable knows that SQLite keeps all names that begin with sqlite_ for itself.
func (sqlite) SystemTable(_, name string) bool { return sqliteSystem(name) }

func (sqlite) HidesTable(name string) bool { return sqliteSystem(name) }

func sqliteSystem(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_") || slices.Contains([]string{"dbstat", "bytecode", "tables_used", "fsdir", "completion"}, name)
}

// CastSuffix is empty: a value takes the affinity of the column that it is compared with
// or stored in.
func (sqlite) CastSuffix(string) string { return "" }

func (sqlite) TypesParameters() bool { return false }

// noParent is what the error of a look-up says that has found nothing. It is no path in
// JSON, which begins with a $. Package sqldb of the runtime knows the error by it.
const noParent = "the tenant has no row with this key"

// Failing raises an error that quotes noParent. Of NULL, which CASE gives otherwise,
// json_extract is NULL.
func (sqlite) Failing(condition string) string {
	return "json_extract('{}', CASE WHEN " + condition + " THEN '" + noParent + "' END) IS NULL"
}

func (sqlite) FailsAsViolation() bool { return false }

func (sqlite) FailsWhen(e *parse.Expr) *parse.Expr {
	call := nullTested(e)
	if call == nil || len(call.Args) != 2 || call.Args[0].Kind != parse.ConstExpr || call.Args[0].Text != "{}" || !call.Args[0].Quoted {
		return nil
	}
	return failingCase(call, "json_extract", 1, func(result *parse.Expr) bool { return result.Text == noParent && result.Quoted })
}

// SystemColumns are the names of the number of a row, where no column has them.
func (sqlite) SystemColumns() []string { return []string{"rowid", "oid", "_rowid_"} }

func (sqlite) QualifiesAssignments() bool { return false }

func (sqlite) ReadsTarget() bool { return true }

func (sqlite) AssignsInOrder() bool { return false }

func (sqlite) NamesDerived() bool { return false }

// FillsSerial is so for INTEGER PRIMARY KEY, of which NULL is the next number.
func (sqlite) FillsSerial() bool { return true }

// RejectsNull is so but for ON CONFLICT clauses, of a statement or in the schema, which
// the parser tells.
func (sqlite) RejectsNull() bool { return true }

// QualifiesTables is false: statements that name an attached file are refused.
func (sqlite) QualifiesTables() bool { return false }

// RefersBeside is false: a foreign key cannot name another file.
func (sqlite) RefersBeside() bool { return false }

func (sqlite) AliasesTarget(parse.Written) bool { return true }

func (sqlite) ReturnsByName() bool { return true }

// PrintedType is the type as it is: SQLite keeps what was written.
func (sqlite) PrintedType(sqlType string) string { return sqlType }

func (sqlite) SchemaDump() string { return "sqlite3 FILE .schema" }
