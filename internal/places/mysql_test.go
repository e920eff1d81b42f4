package places_test

import (
	"database/sql"
	"errors"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/places/mysql/gen"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/isolation/mysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

var mysqlEngine = engine{
	"mysql", gen.Layout, onMySQL,
	[]runtime.Strategy{runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategySchema, runtime.StrategyDatabase, runtime.StrategyHybrid},
	mysqlProvider,
}

// mysqlProvider returns a provider on a new database, and on a server of its own where the
// names of databases come from the ids of tenants.
func mysqlProvider(t *testing.T, strategy runtime.Strategy, layout runtime.Layout) (sqldb.Isolation, *sql.DB) {
	t.Helper()
	dsn := ""
	if strategy == runtime.StrategyRow || strategy == runtime.StrategyPrefix {
		dsn = testmysql.Database(t)
	} else {
		dsn = testmysql.DatabaseOn(t, testmysql.New(t))
	}
	config, err := mysqldriver.ParseDSN(dsn)
	if err != nil {
		t.Fatal("not a DSN")
	}
	shared := testmysql.Open(t, dsn)
	row, rowErr := mysql.NewRowFilter(shared, mysql.WithLayout(layout))
	prefix, prefixErr := mysql.NewPrefix(config, layout)
	schema, schemaErr := mysql.NewSchema(config, layout)
	database, databaseErr := mysql.NewDatabase(config, layout)
	hybrid, hybridErr := mysql.NewHybrid(map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyPrefix: prefix, runtime.StrategySchema: schema, runtime.StrategyDatabase: database,
	}, tier)
	if err := errors.Join(rowErr, prefixErr, schemaErr, databaseErr, hybridErr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hybrid.Close() })
	return map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyRow: row, runtime.StrategyPrefix: prefix, runtime.StrategySchema: schema,
		runtime.StrategyDatabase: database, runtime.StrategyHybrid: hybrid,
	}[strategy], shared
}
