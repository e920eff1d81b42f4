package gosrc

import (
	"strings"

	"github.com/tenancygen/tenancygen/generator/ir"
)

var (
	sqliteInteger = scalar(builtin("int64"), goType{path: sqlPath, name: "NullInt64"})
	sqliteReal    = scalar(builtin("float64"), goType{path: sqlPath, name: "NullFloat64"})
	sqliteBool    = scalar(builtin("bool"), goType{path: sqlPath, name: "NullBool"})
	sqliteTime    = scalar(goType{path: "time", name: "Time"}, goType{path: sqlPath, name: "NullTime"})
	sqliteText    = scalar(builtin("string"), goType{path: sqlPath, name: "NullString"})
	sqliteJSON    = fixed(goType{path: "encoding/json", name: "RawMessage"})
)

// sqliteMappings is sqlc's table for SQLite, in which any word can be a type; sqlc
// writes several as one.
var sqliteMappings = map[string]mapping{
	"int": sqliteInteger, "integer": sqliteInteger, "tinyint": sqliteInteger, "smallint": sqliteInteger,
	"mediumint": sqliteInteger, "bigint": sqliteInteger, "unsignedbigint": sqliteInteger,
	"int2": sqliteInteger, "int8": sqliteInteger,
	"blob": bytesMapping,
	"real": sqliteReal, "double": sqliteReal, "doubleprecision": sqliteReal, "float": sqliteReal, "numeric": sqliteReal,
	"boolean": sqliteBool, "bool": sqliteBool,
	"date": sqliteTime, "datetime": sqliteTime, "timestamp": sqliteTime,
	"json": sqliteJSON, "jsonb": sqliteJSON,
	"text": sqliteText, "clob": sqliteText,
}

// sqlitePrefixes are the types that have lengths, by how they begin.
var sqlitePrefixes = []struct {
	prefix string
	mapping
}{
	{"character", sqliteText}, {"varchar", sqliteText}, {"varyingcharacter", sqliteText}, {"nchar", sqliteText},
	{"nativecharacter", sqliteText}, {"nvarchar", sqliteText}, {"decimal", sqliteReal},
}

// sqlite is the type of a column of SQLite.
func (t *typer) sqlite(c *ir.Column) goType {
	name := strings.ToLower(sqlType(c))
	m, ok := sqliteMappings[name]
	for _, p := range sqlitePrefixes {
		if !ok && strings.HasPrefix(name, p.prefix) {
			m, ok = p.mapping, true
		}
	}
	switch {
	case !ok:
		return anyType
	case c.NotNull || c.IsArray:
		return m.notNull
	case m.pointer && t.pointers:
		return m.notNull.prefixed("*")
	}
	return m.null
}
