package gosrc

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/tenancygen/tenancygen/generator/ir"
)

// driver says how generated code talks to the database: what differs between
// pgx/v5 and database/sql, and between databases. What they have in common is in the
// code that asks.
type driver struct {
	// handlePath is the package of the runtime with DB, Provider and InTx.
	handlePath string
	// exec, query and queryRow are the methods of a handle.
	exec, query, queryRow string
	// noRowsPath is the package of ErrNoRows.
	noRowsPath string
	// result is the type that :execresult returns, and resultName what it is called
	// in words.
	result     goType
	resultName string
	// rows, row and tx are the driver's types of several rows, of one row, and of a
	// transaction.
	rows, row, tx goType
	// prepares is set where a handle prepares statements, and emit_prepared_queries
	// has an effect.
	prepares bool
	// fails is set where RowsAffected and the Close of rows return errors.
	fails bool
	// lastID is set where a result has a method LastInsertId.
	lastID bool
	// arrayPath is the package whose function Array goes around a slice, both where
	// it is sent and where it is scanned; empty where the driver takes slices.
	arrayPath string
	// typeOf is the Go type of a column that no override is about.
	typeOf func(*typer, *ir.Column) goType
	// positional is set where a statement has ? for its parameters, one value for
	// each, and where a slice takes as many as it has values.
	positional bool
	// loads is set where rows are copied by LOAD DATA.
	loads bool
	// newID is set where the last id of a result is that of a new row.
	newID bool
	// pointers is set where emit_pointers_for_null_types has an effect.
	pointers bool
	// imports are the names of the packages that only this driver's code imports.
	imports map[string]string
}

// drivers are the drivers by engine and sql_package.
var drivers = map[string]map[string]*driver{
	"postgresql": {"pgx/v5": pgxDriver, "database/sql": sqlDriver},
	"mysql": {"database/sql": overSQL(driver{
		typeOf: (*typer).mysql, newID: true, loads: true,
	})},
	"sqlite": {"database/sql": overSQL(driver{
		typeOf: (*typer).sqlite, newID: true, pointers: true,
	})},
}

// overSQL is what the driver of another database than PostgreSQL has of database/sql.
func overSQL(own driver) *driver {
	d := *sqlDriver
	d.typeOf, d.newID, d.pointers, d.loads = own.typeOf, own.newID, own.pointers, own.loads
	d.positional, d.arrayPath = true, ""
	d.imports = map[string]string{"encoding/json": "json", "strings": "strings", "io": "io", "sync/atomic": "atomic",
		sqldbPath: "sqldb", mysqlPath: "mysql", mysqltsvPath: "mysqltsv"}
	return &d
}

var (
	pgxDriver = &driver{
		handlePath: pgxdbPath,
		exec:       "Exec", query: "Query", queryRow: "QueryRow",
		noRowsPath: pgxPath,
		result:     goType{path: pgconnPath, name: "CommandTag"}, resultName: "command tag",
		rows: goType{path: pgxPath, name: "Rows"}, row: goType{path: pgxPath, name: "Row"},
		tx:       goType{path: pgxPath, name: "Tx"},
		typeOf:   func(t *typer, c *ir.Column) goType { return t.postgres(c, pgMappings) },
		pointers: true,
		imports: map[string]string{
			pgxPath:      "pgx",
			pgconnPath:   "pgconn",
			pgtypePath:   "pgtype",
			pgvectorPath: "pgvector",
			pgxdbPath:    "pgxdb",
		},
	}
	sqlDriver = &driver{
		handlePath: sqldbPath,
		exec:       "ExecContext", query: "QueryContext", queryRow: "QueryRowContext",
		noRowsPath: sqlPath,
		result:     goType{path: sqlPath, name: "Result"}, resultName: "result",
		rows: goType{prefix: "*", path: sqlPath, name: "Rows"}, row: goType{prefix: "*", path: sqlPath, name: "Row"},
		tx:       goType{prefix: "*", path: sqlPath, name: "Tx"},
		prepares: true,
		fails:    true, lastID: true,
		arrayPath: pqPath,
		typeOf:    func(t *typer, c *ir.Column) goType { return t.postgres(c, stdMappings) },
		imports: map[string]string{
			"encoding/json": "json",
			pqPath:          "pq",
			pqtypePath:      "pqtype",
			uuidPath:        "uuid",
			sqldbPath:       "sqldb",
		},
	}
)

// noRows is the error of a query that finds no row.
func (d *driver) noRows() *jen.Statement { return jen.Qual(d.noRowsPath, "ErrNoRows") }

// noRowsName is that error as the documentation calls it.
func (d *driver) noRowsName() string { return d.importName(d.noRowsPath) + ".ErrNoRows" }

// importName returns the name under which generated code imports a package; empty
// for one that it does not know.
func (d *driver) importName(path string) string {
	if name, ok := d.imports[path]; ok {
		return name
	}
	return importNames[path]
}

// value returns an argument of a statement as the driver takes it.
func (d *driver) value(t goType, value *jen.Statement) *jen.Statement {
	if d.wraps(t) {
		return jen.Qual(d.arrayPath, "Array").Call(value)
	}
	return value
}

// target returns the destination of a scan.
func (d *driver) target(t goType, variable *jen.Statement) *jen.Statement {
	return d.value(t, jen.Op("&").Add(variable))
}

// wraps reports whether a value of the type has to be in an Array.
func (d *driver) wraps(t goType) bool {
	written := t.String()
	return d.arrayPath != "" && strings.HasPrefix(written, "[]") && written != "[]byte"
}
