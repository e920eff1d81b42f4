package sqlite

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"

	sqlite3driver "github.com/ncruces/go-sqlite3/driver"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest/generated/sqlite/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// suite is SQLite for the conformance suite.
var suite = sqltest.Engine{
	Name:    "sqlite",
	Line:    "id || ' ' || body",
	Numbers: "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ?) SELECT n FROM s",
	Slow:    "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ? * 100000000) SELECT count(*) FROM s",
	Fails:   "SELECT abs(CASE WHEN ? = 0 THEN -9223372036854775807 - 1 ELSE 0 END)",
	Tables: []sqltest.DDL{
		{Name: "plans", SQL: "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT NOT NULL)"},
		{Name: "notes", SQL: "CREATE TABLE notes (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (tenant_id, id))"},
		{Name: "notes_body", SQL: "CREATE INDEX notes_body ON notes (body)"},
		{Name: "links", SQL: `CREATE TABLE links (tenant_id TEXT NOT NULL, id INTEGER NOT NULL, note_id INTEGER NOT NULL,
			PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, note_id) REFERENCES notes)`},
	},
	Poison: []string{
		"SELECT * FROM {place}notes", "ATTACH DATABASE '{place}' AS other", "ATTACH DATABASE 'file:{place}?mode=rw' AS other", "DELETE FROM other.notes",
		"VACUUM INTO '{place}'", "PRAGMA query_only = on", "PRAGMA foreign_keys = off",
		"CREATE TEMP TABLE notes AS SELECT 'bob' AS tenant_id, 5 AS id, 'poisoned' AS body",
	},
	New: newDatabase,
}

func newDatabase(t *testing.T) sqltest.Database {
	t.Helper()
	dir := t.TempDir()
	dsn := fileURL(filepath.Join(dir, "app.db"), url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(10000)", "journal_mode(wal)", "foreign_keys(on)"}})
	connector, err := new(sqlite3driver.SQLite).OpenConnector(dsn)
	if err != nil {
		t.Fatal(err)
	}
	admin := sql.OpenDB(connector)
	t.Cleanup(func() { _ = admin.Close() })
	return sqltest.Database{Admin: admin, Connector: connector, Dir: dir}
}

func poolOf(t *testing.T, in sqltest.Instance) *sql.DB {
	t.Helper()
	pool := sql.OpenDB(in.Connector)
	pool.SetMaxOpenConns(in.Conns)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

func newRowFilter(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	p, err := NewRowFilter(poolOf(t, in), WithLayout(in.Layout))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func newFile(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	p, err := NewFile(poolOf(t, in), in.Dir, in.Layout, WithFileConns(in.Conns))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// filePlace says where a tenant's tables are under File.
func filePlace(in sqltest.Instance, _ sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	name, err := namespace.Database(t.ID)
	path := filepath.Join(in.Dir, name+".db")
	return sqltest.Place{
		Name:  path,
		Table: func(name string) string { return name },
		With: func(fn func(*sql.DB) error) error {
			pool, err := openOwn(path, "rw")
			if err != nil {
				return err
			}
			defer func() { _ = pool.Close() }()
			return fn(pool)
		},
		Occupy: func(context.Context) error { return os.WriteFile(path, []byte("somebody's"), 0o600) },
		Occupied: func(context.Context) (bool, error) {
			data, err := os.ReadFile(path)
			return string(data) == "somebody's", err
		},
	}, err
}

func newPrefix(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	p, err := NewPrefix(in.Connector, in.Layout)
	if err != nil {
		t.Fatal(err)
	}
	p.DB().SetMaxOpenConns(in.Conns)
	return p
}

// prefixPlace says where a tenant's tables are under Prefix.
func prefixPlace(in sqltest.Instance, _ sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	space, err := prefixSpace(t)
	return sqltest.Place{
		Name:  space.Prefix,
		Table: func(name string) string { return namespace.Quote(space.Relation(name)) },
		With:  func(fn func(*sql.DB) error) error { return fn(in.Admin) },
		Occupy: func(ctx context.Context) error {
			_, err := in.Admin.ExecContext(ctx, "CREATE TABLE "+namespace.Quote(space.Relation("notes"))+" (somebodys int)")
			return err
		},
		Occupied: func(ctx context.Context) (there bool, err error) {
			err = in.Admin.QueryRowContext(ctx, "SELECT count(*) = 1 FROM pragma_table_info(?) WHERE name = 'somebodys'", space.Relation("notes")).Scan(&there)
			return there, err
		},
	}, err
}

// newHybrid has Ann and a few others in each strategy.
func newHybrid(t *testing.T, in sqltest.Instance) sqldb.Isolation {
	t.Helper()
	h, err := NewHybrid(map[runtime.Strategy]sqldb.Isolation{
		runtime.StrategyPrefix: newPrefix(t, in), runtime.StrategyDatabase: newFile(t, in),
	}, tierOf)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func tierOf(t runtime.Tenant) runtime.Strategy {
	if len(t.ID)%2 == 1 {
		return runtime.StrategyPrefix // ann and bob
	}
	return runtime.StrategyDatabase
}

func hybridPlace(in sqltest.Instance, p sqldb.Isolation, t runtime.Tenant) (sqltest.Place, error) {
	if tierOf(t) == runtime.StrategyPrefix {
		return prefixPlace(in, p, t)
	}
	return filePlace(in, p, t)
}

// provider is one for the suite.
type provider struct {
	make  sqltest.NewProvider
	place sqltest.PlaceFunc // nil where tenants share tables
}

func (p provider) options() []sqltest.Option {
	if p.place == nil {
		return nil
	}
	return []sqltest.Option{sqltest.Places(p.place)}
}

var providers = map[string]provider{
	"row":    {newRowFilter, nil},
	"file":   {newFile, filePlace},
	"prefix": {newPrefix, prefixPlace},
	"hybrid": {newHybrid, hybridPlace},
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newPrefix, sqltest.Places(prefixPlace))
}

func TestHybrid(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newHybrid, sqltest.Places(hybridPlace))
}

func TestRowFilter(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newRowFilter)
}

func TestFile(t *testing.T) {
	t.Parallel()
	sqltest.Exercise(t, suite, newFile, sqltest.Places(filePlace))
}

// TestSuiteCatches breaks each provider in every way and looks that the suite goes red.
func TestSuiteCatches(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"row", "file", "prefix"} {
		p := providers[name]
		for _, control := range sqltest.Controls {
			if control.In == sqltest.Placed && p.place == nil || control.In == sqltest.Shared && p.place != nil {
				continue
			}
			t.Run(name+"/"+control.Name, func(t *testing.T) {
				t.Parallel()
				opts := append(p.options(), sqltest.Only(control.Checks...))
				caught(t, func(t *testing.T, in sqltest.Instance) sqldb.Isolation { return control.Break(p.make(t, in)) }, control.Checks, opts)
			})
		}
	}
}

// caught fails t unless each of the checks finds something wrong with a provider.
func caught(t *testing.T, broken sqltest.NewProvider, checks []string, opts []sqltest.Option) {
	t.Helper()
	var failed []string
	for _, f := range sqltest.Failures(t, suite, broken, opts...) {
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
			sqltest.Exercise(t, suite, p.make, append(p.options(), sqltest.Generated(gen.Layout))...)
		})
	}
}

// TestGeneratedSuiteCatches takes the slots from one statement after the other, where they
// say which table is the tenant's, and the predicate where that alone keeps tenants apart.
func TestGeneratedSuiteCatches(t *testing.T) {
	t.Parallel()
	generated := func(p provider, check string) []sqltest.Option {
		return append(p.options(), sqltest.Generated(gen.Layout), sqltest.Only(check))
	}
	// A statement without slots has none to lose.
	intact := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
		return newPrefix(t, sqltest.WithoutSlots(t, in, "OnePlan"))
	}
	for _, f := range sqltest.Failures(t, suite, intact, generated(providers["prefix"], "own rows only")...) {
		t.Error(f)
	}
	for statement, check := range sqltest.NeedsSlots {
		t.Run("prefix/"+statement, func(t *testing.T) {
			t.Parallel()
			caught(t, func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
				return newPrefix(t, sqltest.WithoutSlots(t, in, statement))
			}, []string{check}, generated(providers["prefix"], check))
		})
	}
	for _, control := range sqltest.Controls {
		if control.In != sqltest.Shared {
			continue
		}
		for _, check := range control.Checks {
			t.Run("row/"+control.Name+"/"+check, func(t *testing.T) {
				t.Parallel()
				caught(t, func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
					return control.Break(newRowFilter(t, in))
				}, []string{check}, generated(providers["row"], check))
			})
		}
	}
}
