package places_test

import (
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"testing"

	sqlite3driver "github.com/ncruces/go-sqlite3/driver"

	"github.com/tenancygen/tenancygen/internal/places/sqlite/gen"
	_ "github.com/tenancygen/tenancygen/internal/testsqlite" // compiles SQLite once for all
	"github.com/tenancygen/tenancygen/isolation/sqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

var sqliteEngine = engine{
	"sqlite", gen.Layout, onSQLite,
	[]runtime.Strategy{runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategyDatabase, runtime.StrategyHybrid},
	sqliteProvider,
}

// sqliteProvider returns a provider on a new file, with the tables that it takes for
// shared.
func sqliteProvider(t *testing.T, strategy runtime.Strategy, layout runtime.Layout) (sqldb.Isolation, *sql.DB) {
	t.Helper()
	dir := t.TempDir()
	dsn := url.URL{Scheme: "file", Path: filepath.Join(dir, "app.db"), RawQuery: "_txlock=immediate&_pragma=foreign_keys(on)"}
	connector, err := new(sqlite3driver.SQLite).OpenConnector(dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	shared := sql.OpenDB(connector)
	t.Cleanup(func() { _ = shared.Close() })
	row, rowErr := sqlite.NewRowFilter(shared, sqlite.WithLayout(layout))
	prefix, prefixErr := sqlite.NewPrefix(connector, layout)
	file, fileErr := sqlite.NewFile(shared, dir, layout)
	hybrid, hybridErr := sqlite.NewHybrid(map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyPrefix: prefix, runtime.StrategyDatabase: file,
	}, tier)
	if err := errors.Join(rowErr, prefixErr, fileErr, hybridErr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hybrid.Close() })
	return map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyRow: row, runtime.StrategyPrefix: prefix, runtime.StrategyDatabase: file, runtime.StrategyHybrid: hybrid,
	}[strategy], shared
}
