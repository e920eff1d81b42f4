package gosrc

import "github.com/tenancygen/tenancygen/generator/ir"

// mysqlMapping says which Go type a type of MySQL has.
type mysqlMapping struct {
	notNull goType
	// unsigned is the type where the column is UNSIGNED; zero where that makes no
	// difference.
	unsigned goType
	null     goType
}

// mysqlNull maps to a Go type where there is no NULL, and otherwise to a type of
// database/sql, which has none for single unsigned or short numbers.
func mysqlNull(notNull, unsigned, sqlName string) mysqlMapping {
	m := mysqlMapping{notNull: builtin(notNull), null: goType{path: sqlPath, name: sqlName}}
	if unsigned != "" {
		m.unsigned = builtin(unsigned)
	}
	return m
}

var (
	mysqlBool    = mysqlNull("bool", "", "NullBool")
	mysqlTinyint = mysqlNull("int8", "uint8", "NullInt16")
	mysqlInt     = mysqlNull("int32", "uint32", "NullInt32")
	mysqlBigint  = mysqlNull("int64", "uint64", "NullInt64")
	mysqlFloat   = mysqlNull("float64", "", "NullFloat64")
	mysqlText    = mysqlNull("string", "", "NullString")
	mysqlBytes   = mysqlMapping{notNull: goType{prefix: "[]", name: "byte"}, null: goType{path: sqlPath, name: "NullString"}}
	mysqlTime    = mysqlMapping{notNull: goType{path: "time", name: "Time"}, null: goType{path: sqlPath, name: "NullTime"}}
	mysqlJSON    = goType{path: "encoding/json", name: "RawMessage"}
)

// mysqlMappings is sqlc's table for MySQL. Enums and sets have names of their own.
var mysqlMappings = map[string]mysqlMapping{
	"varchar": mysqlText, "text": mysqlText, "char": mysqlText,
	"tinytext": mysqlText, "mediumtext": mysqlText, "longtext": mysqlText,
	"tinyint": mysqlTinyint,
	"year":    mysqlNull("int16", "", "NullInt16"), "smallint": mysqlNull("int16", "uint16", "NullInt16"),
	"int": mysqlInt, "integer": mysqlInt, "mediumint": mysqlInt,
	// The last two are what CAST converts to.
	"bigint": mysqlBigint, "bigint unsigned": mysqlBigint, "bigint signed": mysqlBigint,
	"blob": mysqlBytes, "binary": mysqlBytes, "varbinary": mysqlBytes,
	"tinyblob": mysqlBytes, "mediumblob": mysqlBytes, "longblob": mysqlBytes,
	"double": mysqlFloat, "double precision": mysqlFloat, "real": mysqlFloat, "float": mysqlFloat,
	// Go has no decimal type.
	"decimal": mysqlText, "dec": mysqlText, "fixed": mysqlText,
	"enum": {notNull: builtin("string"), null: builtin("string")},
	"date": mysqlTime, "timestamp": mysqlTime, "datetime": mysqlTime, "time": mysqlTime,
	"boolean": mysqlBool, "bool": mysqlBool,
	"json": {notNull: mysqlJSON, null: mysqlJSON},
}

// mysql is the type of a column of MySQL.
func (t *typer) mysql(c *ir.Column) goType {
	notNull := c.NotNull || c.IsArray
	name := sqlType(c)
	m, ok := mysqlMappings[name]
	switch {
	case name == "tinyint" && c.Length == 1:
		m = mysqlBool
	case !ok:
		if enum, ok := t.enum(name, notNull); ok {
			return enum
		}
		return anyType
	}
	switch {
	case !notNull:
		return m.null
	case c.Unsigned && m.unsigned != goType{}:
		return m.unsigned
	}
	return m.notNull
}
