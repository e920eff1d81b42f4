package gosrc

// null maps to a Go type where there is no NULL, and otherwise to a type of
// database/sql.
func null(notNull, sqlName string) mapping {
	return mapping{notNull: builtin(notNull), null: goType{path: sqlPath, name: sqlName}}
}

// pqType is a type that has its own NULL, of the package that sqlc made for lib/pq.
func pqType(name string) mapping { return fixed(goType{path: pqtypePath, name: name}) }

var (
	stdInt2   = null("int16", "NullInt16")
	stdInt4   = null("int32", "NullInt32")
	stdInt8   = null("int64", "NullInt64")
	stdFloat4 = null("float32", "NullFloat64")
	stdFloat8 = null("float64", "NullFloat64")
	stdBool   = null("bool", "NullBool")
	stdText   = null("string", "NullString")
	stdTime   = mapping{notNull: goType{path: "time", name: "Time"}, null: goType{path: sqlPath, name: "NullTime"}}
	stdJSON   = mapping{notNull: goType{path: "encoding/json", name: "RawMessage"}, null: goType{path: pqtypePath, name: "NullRawMessage"}}
	stdUUID   = mapping{notNull: goType{path: uuidPath, name: "UUID"}, null: goType{path: uuidPath, name: "NullUUID"}}
	untyped   = fixed(anyType)
)

// stdMappings is sqlc's table for database/sql, which is lib/pq's whatever driver
// is behind it. The types that are untyped here are those that no enum can hide.
var stdMappings = map[string]mapping{
	"serial": stdInt4, "serial4": stdInt4, "pg_catalog.serial4": stdInt4,
	"bigserial": stdInt8, "serial8": stdInt8, "pg_catalog.serial8": stdInt8,
	"smallserial": stdInt2, "serial2": stdInt2, "pg_catalog.serial2": stdInt2,
	"integer": stdInt4, "int": stdInt4, "int4": stdInt4, "pg_catalog.int4": stdInt4,
	"bigint": stdInt8, "int8": stdInt8, "pg_catalog.int8": stdInt8,
	"smallint": stdInt2, "int2": stdInt2, "pg_catalog.int2": stdInt2,
	"float": stdFloat8, "double precision": stdFloat8, "float8": stdFloat8, "pg_catalog.float8": stdFloat8,
	"real": stdFloat4, "float4": stdFloat4, "pg_catalog.float4": stdFloat4,
	// Go has no decimal type.
	"numeric": stdText, "pg_catalog.numeric": stdText, "money": stdText,
	"boolean": stdBool, "bool": stdBool, "pg_catalog.bool": stdBool,

	"json": stdJSON, "pg_catalog.json": stdJSON,
	"jsonb": stdJSON, "pg_catalog.jsonb": stdJSON,
	"bytea": bytesMapping, "blob": bytesMapping, "pg_catalog.bytea": bytesMapping,

	"date":            stdTime,
	"pg_catalog.time": stdTime, "pg_catalog.timetz": stdTime,
	"pg_catalog.timestamp": stdTime, "timestamp": stdTime,
	"pg_catalog.timestamptz": stdTime, "timestamptz": stdTime,
	"interval": stdInt8, "pg_catalog.interval": stdInt8,

	"text": stdText, "pg_catalog.varchar": stdText, "pg_catalog.bpchar": stdText,
	"string": stdText, "citext": stdText, "name": stdText,
	"ltree": stdText, "lquery": stdText, "ltxtquery": stdText,
	"uuid": stdUUID,

	"inet": pqType("Inet"), "cidr": pqType("CIDR"),
	"macaddr": pqType("Macaddr"), "macaddr8": pqType("Macaddr"),

	"hstore": untyped, "vector": untyped,
	"daterange": untyped, "datemultirange": untyped, "tsrange": untyped, "tsmultirange": untyped,
	"tstzrange": untyped, "tstzmultirange": untyped, "numrange": untyped, "nummultirange": untyped,
	"int4range": untyped, "int4multirange": untyped, "int8range": untyped, "int8multirange": untyped,
	"bit": untyped, "varbit": untyped, "pg_catalog.bit": untyped, "pg_catalog.varbit": untyped,
	"cid": untyped, "oid": untyped, "xid": untyped, "tid": untyped, "xid8": untyped,
	"box": untyped, "circle": untyped, "line": untyped, "lseg": untyped, "path": untyped,
	"point": untyped, "polygon": untyped,
	"void": untyped, "any": untyped,
}
