package config

import (
	"maps"
	"slices"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// postgresql is the engine that sqlc takes where none is given, and the one that is
// chosen where a project has several.
const postgresql = "postgresql"

// engine is what the configuration has to know of a database.
type engine struct {
	title string // as people write it
	// sqlPackage is the sql_package of a project that is not one of sqlc's, and
	// sqlPackages are those that there are.
	sqlPackage  string
	sqlPackages []string
	// sqlDrivers are the values of sql_driver that are for this database.
	sqlDrivers []string
	// policies is set where it has row-level security, and types where it types what
	// sqlc cannot.
	policies, types bool
}

// engines are the databases by the names that sqlc has for them.
var engines = map[string]*engine{
	postgresql: {
		title: "PostgreSQL", sqlPackage: pgx5, sqlPackages: []string{pgx5, pgx4, databaseSQL},
		// None of them changes what is generated: database/sql has the types of lib/pq.
		sqlDrivers: []string{"github.com/lib/pq", "github.com/jackc/pgx/v5"},
		policies:   true, types: true,
	},
	"mysql": {
		title: "MySQL", sqlPackage: databaseSQL, sqlPackages: []string{databaseSQL},
		sqlDrivers: []string{"github.com/go-sql-driver/mysql"},
	},
	"sqlite": {title: "SQLite", sqlPackage: databaseSQL, sqlPackages: []string{databaseSQL}},
}

// engineNames are the names of the engines, sorted.
var engineNames = slices.Sorted(maps.Keys(engines))

// knownDrivers are the values of sql_driver that sqlc knows.
var knownDrivers = []string{
	"github.com/jackc/pgx/v4", "github.com/jackc/pgx/v5", "github.com/lib/pq", "github.com/go-sql-driver/mysql",
}

// engine reads the name of an engine.
func (rd *reader) engine(e entry, to *string, at *source.Span) {
	if s, ok := rd.str(e); ok && rd.oneOf(e, s, engineNames) {
		*to, *at = s, rd.span(e.value)
	}
}

// database is the engine of the configuration; the usual one where its name is no
// good, which is reported.
func (p *parser) database() *engine {
	if known := engines[p.config.Engine]; known != nil {
		return known
	}
	return engines[postgresql]
}

// checkEngine reports what is asked of a database that it does not have.
func (p *parser) checkEngine() {
	known := p.database()
	if e, ok := p.given["rls"]; ok && !known.policies {
		p.errorf(diag.OptionUnsupported, p.span(e.key), "%s has no row-level security", known.title).
			WithHelp("remove \"rls\": the generated statements hold the tenant, and providers with a place for each tenant hold it by the place")
	}
	if p.config.Analysis.DatabaseURI != "" && !known.types {
		p.report.Warnf(diag.OptionUnsupported, p.config.Analysis.DatabaseSpan, "statements are not typed by %s, but by the schema files", known.title).
			WithHelp("nothing has to be done about it; `analyzer: {database: false}` in %s says so, too", p.file.Path)
		p.config.Analysis.DatabaseURI = ""
	}
}
