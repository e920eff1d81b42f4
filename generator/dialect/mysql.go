package dialect

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tenancygen/tenancygen/generator/parse"
)

// mySQL is MySQL from version 8.0.19 and MariaDB from version 10.11 on.
type mySQL struct{ parse.Dialect }

// CanonicalType has nothing to do: the parser gives types one name each.
func (mySQL) CanonicalType(sqlType string) string { return sqlType }

// mySQLFitTypes keep any two ids apart: a varchar where its collation does, and integers
// where the id is sent as one, since compared with a number every text is one.
var mySQLFitTypes = strings.Fields("varbinary varchar tinyint smallint mediumint int bigint")

// mySQLLargest are the largest values of the integers that do not hold every id.
var mySQLLargest = map[string]IDForm{
	"tinyint": "127", "tinyint unsigned": "255", "smallint": "32767", "smallint unsigned": "65535",
	"mediumint": "8388607", "mediumint unsigned": "16777215", "int": "2147483647", "int unsigned": "4294967295",
}

// IDForm knows that outside of the strict mode what does not fit a column is changed until
// it does, and may be another tenant's then: VARBINARY(3) makes 'acm' of 'acme', TINYINT 127
// of 300, and a character set that does not have a character, be it that of the column or
// of the connection, '?' of it. VARCHAR(3) makes 'acm' of 'acm ' in strict mode, too. All
// character sets of connections have ASCII.
func (d mySQL) IDForm(sqlType string, length int) IDForm {
	switch largest := mySQLLargest[sqlType]; {
	case largest != "":
		return IDIntegerTo + largest
	case d.IntegerID(sqlType):
		return IDInteger
	}
	return IDASCII + IDForm(strconv.Itoa(length))
}

func (mySQL) IntegerID(sqlType string) bool {
	return strings.HasSuffix(strings.TrimSuffix(sqlType, " unsigned"), "int")
}

var mySQLUnfitTypes = map[string]string{
	"char": "it drops trailing blanks", "binary": "it pads what is shorter with zeros",
	"text": "a key holds only the beginning of it", "blob": "a key holds only the beginning of it",
	"float": "it is not exact", "double": "it is not exact", "real": "it is not exact",
	"bit": "it is not known to keep any two ids apart", "enum": "an id that is not listed may be stored as an empty one",
	"set": "an id that is not listed may be stored as an empty one", "json": "it has no equality of bytes",
}

func (mySQL) Unfit(sqlType string) string {
	base := strings.TrimSuffix(sqlType, " unsigned")
	switch {
	case slices.Contains(mySQLFitTypes, base):
		return ""
	case mySQLUnfitTypes[base] != "":
		return mySQLUnfitTypes[base]
	}
	return "it is not known to keep any two ids apart"
}

// KeyType takes all integers for one type, and all texts. What refers to a number as a
// text would be converted. MySQL checks the types of the foreign keys that it enforces, and
// there are some that it only reads.
func (m mySQL) KeyType(sqlType string) string {
	switch {
	case m.IntegerID(sqlType):
		return "int"
	case slices.Contains([]string{"varchar", "char", "text"}, sqlType):
		return "text"
	}
	return sqlType
}

// ChangesKeys: without the strict mode VARBINARY(3) cuts, and in any mode VARCHAR(3) cuts
// blanks off, DECIMAL rounds, CHAR drops blanks and BINARY pads.
func (mySQL) ChangesKeys() bool { return true }

func (mySQL) FitTypes() string { return "BIGINT, VARBINARY, or VARCHAR with an exact collation," }

func (mySQL) SetNotNull(table, column, sqlType string) string {
	return "ALTER TABLE " + table + " MODIFY " + column + " " + sqlType + " NOT NULL, with the rest of its definition"
}

// mySQLExactCollations compare byte by byte and do not pad: for the others, even of
// those that end in _bin, 'a' and 'a ' are one id.
var mySQLExactCollations = strings.Fields("binary utf8mb4_0900_bin utf8mb4_nopad_bin utf8mb3_nopad_bin utf8_nopad_bin ascii_nopad_bin latin1_nopad_bin")

func (mySQL) UnfitCollation(sqlType, collation string) (why, help string) {
	if sqlType != "varchar" || slices.Contains(mySQLExactCollations, collation) {
		return "", ""
	}
	help = "give it COLLATE utf8mb4_0900_bin (MySQL) or utf8mb4_nopad_bin (MariaDB), or make it VARBINARY or BIGINT"
	if collation == "" {
		return "the server's default, which takes ids that differ in case, accents or trailing blanks for one", help
	}
	return "which takes ids that differ in case, accents or trailing blanks for one", help
}

// UnfitEngine takes InnoDB alone. Of the others some have transactions (NDB, RocksDB), and
// none is known to hold foreign keys as InnoDB does: most read over them.
func (mySQL) UnfitEngine(engine string) string {
	if engine == "innodb" {
		return ""
	}
	return "is not known to have both transactions and foreign keys, by which rows belong to tenants"
}

func (mySQL) Function(name string) FunctionClass { return mySQLFunctions[name] }

func (mySQL) Forbidden(name string) bool {
	return mySQLForbidden[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]
}

// SystemTable knows them by their schemas, which the parser refuses in a query.
func (mySQL) SystemTable(schema, _ string) bool {
	return slices.Contains([]string{"information_schema", "mysql", "performance_schema", "sys"}, strings.ToLower(schema))
}

func (mySQL) HidesTable(string) bool { return false }

// CastSuffix is empty: what a value is compared with or stored in says how it is read.
func (mySQL) CastSuffix(string) string { return "" }

func (mySQL) TypesParameters() bool { return false }

// Failing raises an error of the class "data exception": e to the power of 1000 is no
// DOUBLE. Of NULL, which CASE gives otherwise, EXP is NULL.
func (mySQL) Failing(condition string) string {
	return "EXP(CASE WHEN " + condition + " THEN 1000 END) IS NULL"
}

func (mySQL) FailsAsViolation() bool { return false }

func (mySQL) FailsWhen(e *parse.Expr) *parse.Expr {
	return failingCase(nullTested(e), "exp", 0, func(result *parse.Expr) bool { return result.Text == "1000" && !result.Quoted })
}

// failingCase is the condition of a call of a function, one of whose arguments is the last
// and CASE WHEN condition THEN result END, where it raises an error of the constant
// result; nil for anything else.
func failingCase(call *parse.Expr, function string, last int, fails func(result *parse.Expr) bool) *parse.Expr {
	if call == nil || call.Kind != parse.FuncExpr || call.Name != function || call.Over || len(call.Args) != last+1 {
		return nil
	}
	choice := call.Args[last]
	if choice.Kind != parse.OtherExpr || choice.Name != "CaseExpr" || len(choice.Args) != 1 || choice.Args[0].Name != "CaseWhen" || len(choice.Args[0].Args) != 2 {
		return nil // also CASE x WHEN … and ELSE are arguments
	}
	result := choice.Args[0].Args[1]
	if result.Kind != parse.ConstExpr || result.Null || !fails(result) {
		return nil
	}
	return choice.Args[0].Args[0]
}

func (mySQL) SystemColumns() []string { return nil }

func (mySQL) QualifiesAssignments() bool { return true }

// ReadsTarget is true of MariaDB. To MySQL it is error 1093, but where the optimizer may
// not merge the subquery of FROM into what is around it: it has DISTINCT.
func (mySQL) ReadsTarget() bool { return false }

// AssignsInOrder is so of statements on one table; on several, no order is certain.
func (mySQL) AssignsInOrder() bool { return true }

// NamesDerived is true of MySQL and not of MariaDB.
func (mySQL) NamesDerived() bool { return false }

func (mySQL) FillsSerial() bool { return true }

// RejectsNull is false without the strict mode of SQL, which a session may leave.
func (mySQL) RejectsNull() bool { return false }

// QualifiesTables is false: statements that name a database are refused.
func (mySQL) QualifiesTables() bool { return false }

// RefersBeside is true: a foreign key means a table of its own table's database, whatever
// the current one is.
func (mySQL) RefersBeside() bool { return true }

// AliasesTarget is false for an INSERT, and for a DELETE from one table, which takes an
// alias in MySQL, and in MariaDB from version 11.6 on.
func (mySQL) AliasesTarget(written parse.Written) bool { return written == parse.Updated }

func (mySQL) ReturnsByName() bool { return false }

func (mySQL) PrintedType(sqlType string) string { return sqlType }

func (mySQL) SchemaDump() string { return "mysqldump --no-data" }
