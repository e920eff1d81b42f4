package gosrc

import "github.com/dave/jennifer/jen"

// The packages that generated code imports.
const (
	pgxPath      = "github.com/jackc/pgx/v5"
	pgconnPath   = "github.com/jackc/pgx/v5/pgconn"
	pgtypePath   = "github.com/jackc/pgx/v5/pgtype"
	pgvectorPath = "github.com/pgvector/pgvector-go"
	sqlPath      = "database/sql"
	pqPath       = "github.com/lib/pq"
	pqtypePath   = "github.com/sqlc-dev/pqtype"
	uuidPath     = "github.com/google/uuid"
	mysqlPath    = "github.com/go-sql-driver/mysql"
	mysqltsvPath = "github.com/hexon/mysqltsv"
	runtimePath  = "github.com/tenancygen/tenancygen/runtime"
	pgxdbPath    = "github.com/tenancygen/tenancygen/runtime/pgxdb"
	sqldbPath    = "github.com/tenancygen/tenancygen/runtime/sqldb"
)

// importNames are the names of the packages that generated code imports whatever
// its driver is.
var importNames = map[string]string{
	"context":             "context",
	sqlPath:               "sql",
	"database/sql/driver": "driver",
	"errors":              "errors",
	"fmt":                 "fmt",
	"iter":                "iter",
	"net":                 "net",
	"net/netip":           "netip",
	"time":                "time",
	runtimePath:           "runtime",
}

// goType is a Go type. Two equal values are the same type.
type goType struct {
	prefix string // any of "*" and "[]"
	path   string // import path; empty for a builtin type or one of the package
	name   string
	wrap   rangeKind
}

// rangeKind says whether pgtype.Range or pgtype.Multirange is around the name.
type rangeKind int

const (
	noRange rangeKind = iota
	oneRange
	multiRange
)

// anyType is what has no better type.
var anyType = goType{name: "any"}

func builtin(name string) goType { return goType{name: name} }

func pgtype(name string) goType { return goType{path: pgtypePath, name: name} }

// prefixed returns the type with a "*" or "[]" in front.
func (t goType) prefixed(prefix string) goType {
	t.prefix = prefix + t.prefix
	return t
}

// String returns the type for messages.
func (t goType) String() string {
	if t.path == "" {
		return t.prefix + t.name
	}
	return t.prefix + t.path + "." + t.name
}

// code returns the type as it is written in a file that imports its package.
func (t goType) code() *jen.Statement {
	name := jen.Qual(t.path, t.name)
	switch t.wrap {
	case oneRange:
		name = jen.Qual(t.path, "Range").Types(name)
	case multiRange:
		name = jen.Qual(t.path, "Multirange").Types(jen.Qual(t.path, "Range").Types(name))
	}
	if t.prefix == "" {
		return name
	}
	return jen.Op(t.prefix).Add(name)
}
