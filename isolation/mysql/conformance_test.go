package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest/generated/mysql/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// suite is MySQL for the conformance suite. The tenant column is of bytes: most
// collations take "ann" and "ANN", and "ann" and "ann ", for the same.
var suite = sqltest.Engine{
	Name:    "mysql",
	Line:    "concat(id, ' ', body)",
	Numbers: "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?) SELECT n FROM s",
	Slow:    "SELECT sleep(? / 30)",
	// Not an error behind the first row: where a SELECT is sent by Exec, the driver
	// (v1.10.1) then waits for more until the context ends.
	Fails: "SELECT (SELECT 1 UNION SELECT 2 + ?)",
	Tables: []sqltest.DDL{
		{Name: "plans", SQL: "CREATE TABLE plans (id INT PRIMARY KEY, name VARCHAR(100) NOT NULL)"},
		{Name: "notes", SQL: "CREATE TABLE notes (tenant_id VARBINARY(255) NOT NULL, id INT NOT NULL, body VARCHAR(100) NOT NULL, PRIMARY KEY (tenant_id, id))"},
		{Name: "notes_body", SQL: "CREATE INDEX notes_body ON notes (body)"},
		{Name: "links", SQL: `CREATE TABLE links (tenant_id VARBINARY(255) NOT NULL, id INT NOT NULL, note_id INT NOT NULL, PRIMARY KEY (tenant_id, id),
			CONSTRAINT links_note FOREIGN KEY (tenant_id, note_id) REFERENCES notes (tenant_id, id))`},
	},
	Poison: []string{
		"USE `{place}`", "USE mysql", "SET @x = 1", "SET autocommit = 0", "SET SESSION sql_mode = ''", "SET SESSION TRANSACTION READ ONLY",
		"SET SESSION foreign_key_checks = 0", "LOCK TABLES notes WRITE", "COMMIT", "BEGIN", "USE `{place}`; SELECT 1", "SET NAMES latin1",
		"CREATE TEMPORARY TABLE notes AS SELECT 'bob' AS tenant_id, 5 AS id, 'poisoned' AS body", "SET ROLE NONE",
	},
	New: func(t *testing.T) sqltest.Database { return database(t, testmysql.Database(t)) },
}

// alone is a suite on a server of each test's own, for databases whose names come from
// the ids of tenants.
func alone(settings ...string) sqltest.Engine {
	engine := suite
	engine.New = func(t *testing.T) sqltest.Database {
		return database(t, testmysql.DatabaseOn(t, testmysql.New(t, settings...)))
	}
	return engine
}

func database(t *testing.T, dsn string) sqltest.Database {
	t.Helper()
	connector, err := mysql.NewConnector(configOf(t, dsn))
	if err != nil {
		t.Fatal(err)
	}
	return sqltest.Database{Admin: testmysql.Open(t, dsn), Connector: connector, DSN: dsn}
}

func configOf(t *testing.T, dsn string) *mysql.Config {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("not a DSN")
	}
	config.Logger = &mysql.NopLogger{} // connections are cut on purpose
	return config
}

func newRowFilter(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	pool := sql.OpenDB(in.Connector)
	pool.SetMaxOpenConns(in.Conns)
	t.Cleanup(func() { _ = pool.Close() })
	p, err := NewRowFilter(pool, WithLayout(in.Layout))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newDatabaseOf(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	p, err := NewDatabase(configOf(t, in.DSN), in.Layout)
	if err != nil {
		t.Fatal(err)
	}
	p.DB().SetMaxOpenConns(in.Conns)
	return p
}

func newPrefixOf(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	p, err := NewPrefix(configOf(t, in.DSN), in.Layout)
	if err != nil {
		t.Fatal(err)
	}
	p.DB().SetMaxOpenConns(in.Conns)
	return p
}

// newHybridOf has a tenant in the strategy of tierOf.
func newHybridOf(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	h, err := NewHybrid(map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyPrefix: newPrefixOf(t, in), runtime.StrategyDatabase: newDatabaseOf(t, in),
	}, tierOf)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func tierOf(t runtime.Tenant) runtime.Strategy {
	if strings.Contains(t.ID, "o") {
		return runtime.StrategyPrefix // bob
	}
	return runtime.StrategyDatabase // ann
}

// place says where a tenant's tables are in a space.
func place(in sqltest.Instance, space namespace.Space, err error) (sqltest.Place, error) {
	return sqltest.Place{
		Name:  space.Schema,
		Table: space.Qualified,
		With:  func(fn func(*sql.DB) error) error { return fn(in.Admin) },
		Occupy: func(ctx context.Context) error {
			if space.Prefix == "" {
				if _, err := in.Admin.ExecContext(ctx, "CREATE DATABASE "+space.Quote(space.Schema)); err != nil {
					return err
				}
			}
			_, err := in.Admin.ExecContext(ctx, "CREATE TABLE "+space.Qualified("notes")+" (somebodys int)")
			return err
		},
		Occupied: func(ctx context.Context) (bool, error) {
			found, err := columns(ctx, in.Admin, space.Schema, space.Relation("notes"))
			return slices.ContainsFunc(found, func(c runtime.Column) bool { return c.Name == "somebodys" }), err
		},
	}, err
}

func databasePlace(in sqltest.Instance, _ sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	space, err := databaseSpace("", t)
	return place(in, space, err)
}

func prefixPlace(in sqltest.Instance, _ sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	config, err := mysql.ParseDSN(in.DSN)
	if err != nil {
		return sqltest.Place{}, err
	}
	space, err := prefixSpace(config.DBName, t)
	return place(in, space, err)
}

func hybridPlace(in sqltest.Instance, p sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	if tierOf(t) == runtime.StrategyPrefix {
		return prefixPlace(in, p, t)
	}
	return databasePlace(in, p, t)
}

// provider is one for the suite.
type provider struct {
	engine sqltest.Engine
	make   sqltest.NewProvider
	place  sqltest.PlaceFunc // nil where tenants share tables
}

func (p provider) options() []sqltest.Option {
	if p.place == nil {
		return nil
	}
	return []sqltest.Option{sqltest.Places(p.place)}
}

var providers = map[string]provider{
	"row":      {suite, newRowFilter, nil},
	"database": {alone(), newDatabaseOf, databasePlace},
	"prefix":   {suite, newPrefixOf, prefixPlace},
	"hybrid":   {alone(), newHybridOf, hybridPlace},
}

func TestRowFilter(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newRowFilter)
}

func TestDatabase(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, alone(), newDatabaseOf, sqltest.Places(databasePlace))
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newPrefixOf, sqltest.Places(prefixPlace))
}

func TestHybrid(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, alone(), newHybridOf, sqltest.Places(hybridPlace))
}

// TestSuiteCatches breaks each provider in every way and looks that the suite goes red.
func TestSuiteCatches(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"row", "database", "prefix"} {
		p := providers[name]
		for _, control := range sqltest.Controls {
			if control.In == sqltest.Placed && p.place == nil || control.In == sqltest.Shared && p.place != nil {
				continue
			}
			t.Run(name+"/"+control.Name, func(t *testing.T) {
				opts := append(p.options(), sqltest.Only(control.Checks...))
				caught(t, p.engine, func(t *testing.T, in sqltest.Instance) sqldb.Isolation { return control.Break(p.make(t, in)) }, control.Checks, opts)
			})
		}
	}
}

// caught fails t unless each of the checks finds something wrong with a provider.
func caught(t *testing.T, engine sqltest.Engine, broken sqltest.NewProvider, checks []string, opts []sqltest.Option) {
	t.Helper()
	var failed []string
	for _, f := range sqltest.Failures(t, engine, broken, opts...) {
		failed = append(failed, f.Check)
	}
	for _, check := range checks {
		if !slices.Contains(failed, check) {
			t.Errorf("the check %q has not seen it", check)
		}
	}
}

// TestGenerated runs the suite with the layout and the statements of a generated package.
func TestGenerated(t *testing.T) {
	t.Parallel()
	for name, p := range providers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sqltest.Exercise(t, p.engine, p.make, append(p.options(), sqltest.Generated(gen.Layout))...)
		})
	}
}

// TestGeneratedSuiteCatches takes the slots from one statement after the other, and the
// predicate where that alone keeps tenants apart.
func TestGeneratedSuiteCatches(t *testing.T) {
	t.Parallel()
	generated := func(p provider, check string) []sqltest.Option {
		return append(p.options(), sqltest.Generated(gen.Layout), sqltest.Only(check))
	}
	for _, name := range []string{"database", "prefix"} {
		p := providers[name]
		// A statement without slots has none to lose.
		intact := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
			return p.make(t, sqltest.WithoutSlots(t, in, "OnePlan"))
		}
		for _, f := range sqltest.Failures(t, p.engine, intact, generated(p, "own rows only")...) {
			t.Errorf("%s: %v", name, f)
		}
		for statement, check := range sqltest.NeedsSlots {
			t.Run(name+"/"+statement, func(t *testing.T) {
				caught(t, p.engine, func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
					return p.make(t, sqltest.WithoutSlots(t, in, statement))
				}, []string{check}, generated(p, check))
			})
		}
	}
	for _, control := range sqltest.Controls {
		if control.In != sqltest.Shared {
			continue
		}
		for _, check := range control.Checks {
			t.Run("row/"+control.Name+"/"+check, func(t *testing.T) {
				caught(t, suite, func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
					return control.Break(newRowFilter(t, in))
				}, []string{check}, generated(providers["row"], check))
			})
		}
	}
}
