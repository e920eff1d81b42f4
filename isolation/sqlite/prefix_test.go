package sqlite

import (
	"errors"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// A provider that gives all tenants one prefix does not even make the second tenant.
func TestWrongPrefixIsCaught(t *testing.T) {
	t.Parallel()
	wrong := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
		one := func(runtime.Tenant) (namespace.Space, error) {
			return namespace.Space{Schema: "main", Prefix: "t_one__"}, nil
		}
		places, err := sqlspace.NewPlaces(in.Connector, engine, runtime.StrategyPrefix, in.Layout, nil, one, nil)
		if err != nil {
			t.Fatal(err)
		}
		return Prefix{Places: places}
	}
	failures := sqltest.Failures(t, suite, wrong, sqltest.Places(prefixPlace), sqltest.Only("own rows only"))
	if len(failures) != 1 {
		t.Errorf("failures are %v", failures)
	}
	db := newDatabase(t)
	run(t, sqldb.DB(db.Admin), "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)")
	p := wrong(t, sqltest.Instance{Database: db, Layout: testLayout})
	defer func() { _ = p.Close() }()
	initialize(t, p, "acme")
	if err := p.Initialize(t.Context(), runtime.Tenant{ID: "other"}); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("the second tenant: %v", err)
	}
}

// A slot that is missing, in a statement or in the DDL, is seen: also where a table of
// that name is there for all.
func TestMissingSlotIsCaught(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*runtime.Layout){
		"statements": func(l *runtime.Layout) {
			for i := range l.Statements {
				l.Statements[i].Slots = nil
			}
		},
		"DDL": func(l *runtime.Layout) {
			for i := range l.DDL {
				l.DDL[i].Slots = nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			broken := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
				damage(&in.Layout)
				return newPrefix(t, in)
			}
			if f := sqltest.Failures(t, suite, broken, sqltest.Places(prefixPlace), sqltest.Only("own rows only")); len(f) == 0 {
				t.Error("the suite has not seen it")
			}
		})
	}
}

// What is written by hand does not run as a tenant; on Global it runs, and leaves nothing
// on the connection for the next one.
func TestPrefixHandwritten(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	run(t, sqldb.DB(db.Admin), "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)")
	p, err := NewPrefix(db.Connector, testLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	p.DB().SetMaxOpenConns(1)
	initialize(t, p, "acme")
	acme := runtime.Tenant{ID: "acme"}
	for _, query := range []string{"SELECT * FROM t_acme__notes", "INSERT INTO notes VALUES (?, ?) ", "ATTACH ':memory:' AS x", "SAVEPOINT x", "ROLLBACK TO SAVEPOINT tenancy_1; SELECT 1", ""} {
		if _, err := p.For(acme).ExecContext(t.Context(), query); !errors.Is(err, ErrHandwritten) {
			t.Errorf("%q: error %v", query, err)
		}
	}
	run(t, p.Global(), "CREATE TEMP TABLE t_acme__notes (tenant_id, plan_id)")
	run(t, p.Global(), "PRAGMA query_only = on")
	run(t, p.For(acme), "INSERT INTO notes VALUES (?, ?)", "acme", nil)
	var n int
	if err := db.Admin.QueryRow("SELECT count(*) FROM t_acme__notes").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	// A text of the package's that names a tenant's table is nobody's on Global, and
	// without a handle nothing runs.
	if _, err := p.Global().ExecContext(t.Context(), "INSERT INTO notes VALUES (?, ?)", "x", nil); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("on Global: error %v", err)
	}
	if _, err := p.DB().ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, ErrNoHandle) {
		t.Errorf("on the pool: error %v", err)
	}
	if _, err := p.DB().Begin(); !errors.Is(err, ErrNoHandle) {
		t.Errorf("a transaction on the pool: error %v", err)
	}
}

// Destroy drops nothing that has another's name, whatever the record says.
func TestPrefixForgedRecord(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	run(t, sqldb.DB(db.Admin), "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)")
	p, err := NewPrefix(db.Connector, testLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	initialize(t, p, "acme", "victim")
	run(t, sqldb.DB(db.Admin), "UPDATE tenancy_namespaces SET objects = 't_victim__notes' WHERE tenant_id = 'acme'")
	if _, err := p.Destroy(t.Context(), runtime.Tenant{ID: "acme"}, "acme"); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("error %v", err)
	}
	var tables string
	if err := db.Admin.QueryRow("SELECT group_concat(name) FROM sqlite_schema WHERE name LIKE 't\\_%' ESCAPE '\\'").Scan(&tables); err != nil || strings.Count(tables, ",") != 1 {
		t.Errorf("the tables are %s, %v", tables, err)
	}
}

func TestHybridConstructor(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	row, err := NewRowFilter(db.Admin)
	if err != nil {
		t.Fatal(err)
	}
	file, err := NewFile(db.Admin, t.TempDir(), testLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	isRow := func(runtime.Tenant) runtime.Strategy { return runtime.StrategyRow }
	h, err := NewHybrid(map[runtime.Strategy]sqldb.Isolation{runtime.StrategyRow: row}, isRow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.For(runtime.Tenant{ID: "a", Strategy: runtime.StrategyDatabase}).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, ErrNoTier) {
		t.Errorf("a tier without a provider: %v", err)
	}
	if _, err := h.For(runtime.Tenant{}).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("no tenant: %v", err)
	}
	run(t, h.For(runtime.Tenant{ID: "a"}), "SELECT 1")
	for name, providers := range map[string]map[runtime.Strategy]sqldb.Isolation{
		"none":               nil,
		"nil":                {runtime.StrategyRow: nil},
		"a nil pointer":      {runtime.StrategyDatabase: (*File)(nil)},
		"another's name":     {runtime.StrategyRow: file},
		"rls":                {runtime.StrategyRLS: row},
		"one of another one": {runtime.StrategyRow: h},
	} {
		if _, err := NewHybrid(providers, isRow); !errors.Is(err, ErrTierProvider) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := NewHybrid(map[runtime.Strategy]sqldb.Isolation{runtime.StrategyRow: row}, nil); !errors.Is(err, ErrTierProvider) {
		t.Errorf("no tier: error %v", err)
	}
}
