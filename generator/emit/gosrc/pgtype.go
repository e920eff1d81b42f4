package gosrc

// mapping says which Go type a type of PostgreSQL or SQLite has.
type mapping struct {
	notNull goType
	null    goType
	// pointer is set where emit_pointers_for_null_types makes the nullable type a
	// pointer to the other.
	pointer bool
}

// scalar maps to a Go type where there is no NULL, and otherwise to its nullable
// type or to a pointer.
func scalar(notNull, null goType) mapping {
	return mapping{notNull: notNull, null: null, pointer: true}
}

// fixed maps to a type that has its own NULL.
func fixed(t goType) mapping { return mapping{notNull: t, null: t} }

func rangeOf(name string) mapping {
	return fixed(goType{path: pgtypePath, name: name, wrap: oneRange})
}

func multirangeOf(name string) mapping {
	return fixed(goType{path: pgtypePath, name: name, wrap: multiRange})
}

// nullable maps to a type of another package that has no nullable form but its
// pointer.
func nullable(path, name string) mapping {
	t := goType{path: path, name: name}
	return mapping{notNull: t, null: t.prefixed("*")}
}

var (
	int2Mapping   = scalar(builtin("int16"), pgtype("Int2"))
	int4Mapping   = scalar(builtin("int32"), pgtype("Int4"))
	int8Mapping   = scalar(builtin("int64"), pgtype("Int8"))
	float4Mapping = scalar(builtin("float32"), pgtype("Float4"))
	float8Mapping = scalar(builtin("float64"), pgtype("Float8"))
	boolMapping   = scalar(builtin("bool"), pgtype("Bool"))
	textMapping   = scalar(builtin("string"), pgtype("Text"))
	bytesMapping  = fixed(goType{prefix: "[]", name: "byte"})
)

// pgMappings is sqlc's table for pgx/v5, by the name that sqlc gives a type.
// Enums are looked up apart; what is in neither is any.
var pgMappings = map[string]mapping{
	"serial": int4Mapping, "serial4": int4Mapping, "pg_catalog.serial4": int4Mapping,
	"bigserial": int8Mapping, "serial8": int8Mapping, "pg_catalog.serial8": int8Mapping,
	"smallserial": int2Mapping, "serial2": int2Mapping, "pg_catalog.serial2": int2Mapping,
	"integer": int4Mapping, "int": int4Mapping, "int4": int4Mapping, "pg_catalog.int4": int4Mapping,
	"bigint": int8Mapping, "int8": int8Mapping, "pg_catalog.int8": int8Mapping,
	"smallint": int2Mapping, "int2": int2Mapping, "pg_catalog.int2": int2Mapping,
	"float": float8Mapping, "double precision": float8Mapping, "float8": float8Mapping, "pg_catalog.float8": float8Mapping,
	"real": float4Mapping, "float4": float4Mapping, "pg_catalog.float4": float4Mapping,
	"numeric": fixed(pgtype("Numeric")), "pg_catalog.numeric": fixed(pgtype("Numeric")), "money": fixed(pgtype("Numeric")),
	"boolean": boolMapping, "bool": boolMapping, "pg_catalog.bool": boolMapping,

	"json": bytesMapping, "pg_catalog.json": bytesMapping,
	"jsonb": bytesMapping, "pg_catalog.jsonb": bytesMapping,
	"bytea": bytesMapping, "blob": bytesMapping, "pg_catalog.bytea": bytesMapping,

	"date":            fixed(pgtype("Date")),
	"pg_catalog.time": fixed(pgtype("Time")),
	// pgx has no type for time with time zone.
	"pg_catalog.timetz":    scalar(goType{path: "time", name: "Time"}, goType{path: sqlPath, name: "NullTime"}),
	"pg_catalog.timestamp": fixed(pgtype("Timestamp")), "timestamp": fixed(pgtype("Timestamp")),
	"pg_catalog.timestamptz": fixed(pgtype("Timestamptz")), "timestamptz": fixed(pgtype("Timestamptz")),
	"interval": fixed(pgtype("Interval")), "pg_catalog.interval": fixed(pgtype("Interval")),

	"text": textMapping, "pg_catalog.varchar": textMapping, "pg_catalog.bpchar": textMapping,
	"string": textMapping, "citext": textMapping, "name": textMapping,
	"ltree": textMapping, "lquery": textMapping, "ltxtquery": textMapping,
	"uuid":   fixed(pgtype("UUID")),
	"hstore": fixed(pgtype("Hstore")),

	"inet":     nullable("net/netip", "Addr"),
	"cidr":     nullable("net/netip", "Prefix"),
	"macaddr":  fixed(goType{path: "net", name: "HardwareAddr"}),
	"macaddr8": fixed(goType{path: "net", name: "HardwareAddr"}),

	"daterange": rangeOf("Date"), "datemultirange": multirangeOf("Date"),
	"tsrange": rangeOf("Timestamp"), "tsmultirange": multirangeOf("Timestamp"),
	"tstzrange": rangeOf("Timestamptz"), "tstzmultirange": multirangeOf("Timestamptz"),
	"numrange": rangeOf("Numeric"), "nummultirange": multirangeOf("Numeric"),
	"int4range": rangeOf("Int4"), "int4multirange": multirangeOf("Int4"),
	"int8range": rangeOf("Int8"), "int8multirange": multirangeOf("Int8"),

	"bit": fixed(pgtype("Bits")), "varbit": fixed(pgtype("Bits")),
	"pg_catalog.bit": fixed(pgtype("Bits")), "pg_catalog.varbit": fixed(pgtype("Bits")),
	"cid": fixed(pgtype("Uint32")), "oid": fixed(pgtype("Uint32")), "xid": fixed(pgtype("Uint32")),
	"tid": fixed(pgtype("TID")), "xid8": fixed(pgtype("Uint64")),

	"box": fixed(pgtype("Box")), "circle": fixed(pgtype("Circle")), "line": fixed(pgtype("Line")),
	"lseg": fixed(pgtype("Lseg")), "path": fixed(pgtype("Path")), "point": fixed(pgtype("Point")),
	"polygon": fixed(pgtype("Polygon")),

	"void": fixed(anyType), "any": fixed(anyType),
}

// vectorType is the type of the pgvector extension. With pointers for NULL sqlc
// makes it a pointer wherever it stands.
var vectorType = goType{path: pgvectorPath, name: "Vector"}
