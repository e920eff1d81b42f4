package mysql

import (
	"context"
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// long is a table's name of 64 characters, the most that MySQL has, less its last one.
var long = strings.Repeat("a_table_with_a_long_name_", 3)[:63]

// longLayout has two tables whose names differ in the 64th character alone.
var longLayout = runtime.Layout{
	Engine: "mysql", Fingerprint: "test",
	Tables: []runtime.Table{
		{Name: long + "x", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}}},
		{Name: long + "y", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}}},
	},
	DDL: []runtime.DDL{makes(long + "x"), makes(long + "y")},
	Statements: []runtime.Text{
		{SQL: "INSERT INTO x VALUES (?)", Slots: []runtime.Slot{{Start: 12, End: 13, Name: long + "x"}}},
		{SQL: "INSERT INTO y VALUES (?)", Slots: []runtime.Slot{{Start: 12, End: 13, Name: long + "y"}}},
		{SQL: "SELECT count(*) FROM x", Slots: []runtime.Slot{{Start: 21, End: 22, Name: long + "x"}}},
		{SQL: "SELECT count(*) FROM y", Slots: []runtime.Slot{{Start: 21, End: 22, Name: long + "y"}}},
	},
}

func makes(name string) runtime.DDL {
	const create = "CREATE TABLE "
	return runtime.DDL{
		Text:    runtime.Text{SQL: create + "x (tenant_id VARBINARY(255))", Slots: []runtime.Slot{{Start: len(create), End: len(create) + 1, Name: name}}},
		Creates: []string{name},
	}
}

func newLong(t *testing.T, dsn string, opts ...Option) map[string]sqldb.Isolation {
	t.Helper()
	prefix, err := NewPrefix(configOf(t, dsn), longLayout, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = prefix.Close() })
	database, err := NewDatabase(configOf(t, dsn), longLayout, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close() })
	return map[string]sqldb.Isolation{"prefix": prefix, "database": database}
}

func run(t *testing.T, db sqldb.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func scan(t *testing.T, db sqldb.DB, query string, args ...any) (s string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query, args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// Tenants whose ids are long, and alike, or the same but for case, have tables of their
// own, also where the names of the tables are as long as they can be. It is so whether
// the server keeps the case of names or folds it.
func TestLongNamesAndCase(t *testing.T) {
	t.Parallel()
	ids := []string{strings.Repeat("x", 254) + "1", strings.Repeat("x", 254) + "2", strings.Repeat("x", 64), strings.Repeat("x", 63),
		"Acme", "ACME", "acme", "acMe", "ÄCME", "äcme", "acme_", "acme "}
	for _, folded := range []string{"0", "1"} {
		server := testmysql.New(t, "--lower-case-table-names="+folded)
		for name, p := range newLong(t, testmysql.DatabaseOn(t, server)) {
			t.Run(name+", lower_case_table_names="+folded, func(t *testing.T) {
				for i, id := range ids {
					tenant := runtime.Tenant{ID: id}
					if err := p.Initialize(t.Context(), tenant); err != nil {
						t.Fatalf("%.20q: %v", id, err)
					}
					for range i + 1 {
						run(t, p.For(tenant), "INSERT INTO x VALUES (?)", id)
					}
				}
				for i, id := range ids {
					tenant := runtime.Tenant{ID: id}
					if x, y := scan(t, p.For(tenant), "SELECT count(*) FROM x"), scan(t, p.For(tenant), "SELECT count(*) FROM y"); x != strconv.Itoa(i+1) || y != "0" {
						t.Errorf("%.20q has %s and %s rows, want %d and none", id, x, y, i+1)
					}
					report, err := p.Verify(t.Context(), tenant)
					if err := errors.Join(err, report.Err()); err != nil {
						t.Errorf("%.20q: %v", id, err)
					}
				}
				for i, id := range ids {
					removal, err := p.Destroy(t.Context(), runtime.Tenant{ID: id}, runtime.Confirmation(id))
					if err != nil || removal.Rows() != int64(i+1) {
						t.Errorf("%.20q: removed %+v, %v", id, removal, err)
					}
				}
			})
		}
	}
}

// newOwn returns a Database on a server of the test's own, with one connection, and
// tenants that have been initialized.
func newOwn(t *testing.T, ids ...string) (Database, *sql.DB, string) {
	t.Helper()
	dsn := testmysql.DatabaseOn(t, testmysql.New(t))
	p, err := NewDatabase(configOf(t, dsn), longLayout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	p.DB().SetMaxOpenConns(1)
	for _, id := range ids {
		if err := p.Initialize(t.Context(), runtime.Tenant{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	return p, testmysql.Open(t, dsn), dsn
}

// A USE that somebody wrote, alone or in a transaction, is gone with its connection: the
// next tenant's hand-written SQL is in its own database, and the session's variables,
// settings and temporary tables are new.
func TestUseDoesNotStay(t *testing.T) {
	t.Parallel()
	p, _, _ := newOwn(t, "ann", "bob")
	ann, bob := p.For(runtime.Tenant{ID: "ann"}), p.For(runtime.Tenant{ID: "bob"})
	const state = "SELECT CONCAT_WS(' ', DATABASE(), COALESCE(@x, 'none'), @@autocommit + 0, @@sql_mode LIKE '%STRICT%')"
	if got := scan(t, ann, state); got != "tenant_ann none 1 1" {
		t.Errorf("ann's session is %s", got)
	}
	for _, poison := range []string{"USE tenant_ann", "SET @x = 'ann'", "SET autocommit = 0", "SET SESSION sql_mode = ''", "CREATE TEMPORARY TABLE tenant_bob.t (i int)"} {
		run(t, ann, poison)
		err := sqldb.InTx(t.Context(), ann, func(tx sqldb.DB) error {
			_, err := tx.ExecContext(t.Context(), poison)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := scan(t, bob, state); got != "tenant_bob none 1 1" {
			t.Errorf("after %q bob's session is %s", poison, got)
		}
		if _, err := bob.ExecContext(t.Context(), "SELECT * FROM t"); err == nil {
			t.Errorf("after %q bob has ann's temporary table", poison)
		}
		if got := scan(t, p.Global(), "SELECT COALESCE(@x, 'none')"); got != "none" {
			t.Errorf("after %q the global session has %s", poison, got)
		}
	}
	// Behind a USE in a transaction, generated SQL and hand-written SQL are in the tenant's
	// own database all the same.
	err := sqldb.InTx(t.Context(), ann, func(tx sqldb.DB) error {
		run(t, tx, "USE tenant_bob")
		if got := scan(t, tx, "SELECT DATABASE()"); got != "tenant_ann" {
			t.Errorf("the database is %s", got)
		}
		run(t, tx, "USE tenant_bob")
		run(t, tx, "INSERT INTO x VALUES (?)", "ann")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := scan(t, ann, "SELECT count(*) FROM x"), scan(t, bob, "SELECT count(*) FROM x"); a != "1" || b != "0" {
		t.Errorf("ann has %s rows, and bob %s", a, b)
	}
	// One statement at a time: what is behind a semicolon is not sent.
	if _, err := ann.ExecContext(t.Context(), "SELECT 1; USE tenant_bob"); err == nil {
		t.Error("two statements in one: no error")
	}
}

// An Initialize that was interrupted is taken up, and nothing that somebody else put
// there meanwhile is dropped.
func TestInterruptedInitialize(t *testing.T) {
	t.Parallel()
	p, admin, _ := newOwn(t, "other")
	enterHalf := func(id string) {
		run(t, sqldb.DB(admin), "INSERT INTO tenancy_namespaces (namespace, strategy, tenant_id, complete, fingerprint) VALUES (?, 'database', ?, FALSE, '')", "tenant_"+id, id)
	}
	for id, script := range map[string][]string{
		"recorded": nil,
		"made":     {"CREATE DATABASE tenant_made"},
		"unmarked": {"CREATE DATABASE tenant_unmarked", "CREATE TABLE tenant_unmarked.tenancy_marker (tenant_id VARBINARY(255) PRIMARY KEY)"},
		"half": {"CREATE DATABASE tenant_half", "CREATE TABLE tenant_half.tenancy_marker (tenant_id VARBINARY(255) PRIMARY KEY)",
			"INSERT INTO tenant_half.tenancy_marker VALUES ('half')", "CREATE TABLE tenant_half." + long + "x (i int)"},
	} {
		enterHalf(id)
		for _, statement := range script {
			run(t, sqldb.DB(admin), statement)
		}
		if report, err := p.Verify(t.Context(), runtime.Tenant{ID: id}); err != nil || report.OK() {
			t.Errorf("%s: Verify finds nothing, %v", id, err)
		}
		if err := p.Initialize(t.Context(), runtime.Tenant{ID: id}); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		run(t, p.For(runtime.Tenant{ID: id}), "INSERT INTO x VALUES (?)", id)
	}
	for id, script := range map[string][]string{
		"somebodys": {"CREATE DATABASE tenant_somebodys", "CREATE TABLE tenant_somebodys.precious (i int)"},
		"anothers": {"CREATE DATABASE tenant_anothers", "CREATE TABLE tenant_anothers.tenancy_marker (tenant_id VARBINARY(255) PRIMARY KEY)",
			"INSERT INTO tenant_anothers.tenancy_marker VALUES ('other')"},
	} {
		enterHalf(id)
		for _, statement := range script {
			run(t, sqldb.DB(admin), statement)
		}
		if err := p.Initialize(t.Context(), runtime.Tenant{ID: id}); !errors.Is(err, runtime.ErrForeignNamespace) {
			t.Errorf("%s: Initialize: %v", id, err)
		}
		if _, err := p.Destroy(t.Context(), runtime.Tenant{ID: id}, runtime.Confirmation(id)); !errors.Is(err, runtime.ErrForeignNamespace) {
			t.Errorf("%s: Destroy: %v", id, err)
		}
		scan(t, sqldb.DB(admin), "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?", "tenant_"+id)
	}
}

// An Initialize that fails leaves nothing, also where its context is over.
func TestInitializeFails(t *testing.T) {
	t.Parallel()
	dsn := testmysql.DatabaseOn(t, testmysql.New(t))
	oops := errors.New("oops")
	var seed func(context.Context) error
	for name, p := range newLong(t, dsn, WithSeed(func(ctx context.Context, _ *sql.Tx, _ runtime.Tenant) error { return seed(ctx) })) {
		ctx, cancel := context.WithCancel(t.Context())
		for _, seed = range []func(context.Context) error{
			func(context.Context) error { return oops },
			func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() },
		} {
			if err := p.Initialize(ctx, runtime.Tenant{ID: "acme"}); err == nil {
				t.Errorf("%s: no error", name)
			}
			admin := sqldb.DB(testmysql.Open(t, dsn))
			left := scan(t, admin, "SELECT (SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'tenant%') + (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_NAME LIKE 't\\_acme%') + (SELECT COUNT(*) FROM tenancy_namespaces)")
			if left != "0" {
				t.Errorf("%s: %s things are left", name, left)
			}
		}
		seed = func(context.Context) error { return nil }
		if err := p.Initialize(t.Context(), runtime.Tenant{ID: "acme"}); err != nil {
			t.Error(err)
		}
		if _, err := p.Destroy(t.Context(), runtime.Tenant{ID: "acme"}, "acme"); err != nil {
			t.Error(err)
		}
		cancel()
	}
}

// The application's user needs no right to make anything, and reaches no other database
// by hand where it has no rights there.
func TestWithAdmin(t *testing.T) {
	t.Parallel()
	dsn := testmysql.DatabaseOn(t, testmysql.New(t))
	name, userDSN := testmysql.User(t, dsn)
	admin := testmysql.Open(t, dsn)
	run(t, sqldb.DB(admin), "GRANT SELECT, INSERT, UPDATE, DELETE ON `tenant\\_%`.* TO "+name)
	run(t, sqldb.DB(admin), "CREATE DATABASE secret")
	p, err := NewDatabase(configOf(t, userDSN), longLayout, WithAdmin(configOf(t, dsn)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	acme := runtime.Tenant{ID: "acme"}
	if err := p.Initialize(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	run(t, p.For(acme), "INSERT INTO x VALUES (?)", "acme")
	report, err := p.Verify(t.Context(), acme)
	if err := errors.Join(err, report.Err()); err != nil {
		t.Error(err)
	}
	for _, query := range []string{"USE secret", "DROP DATABASE tenant_acme", "CREATE TABLE t (i int)", "UPDATE mysql.user SET User = 'x'"} {
		if _, err := p.For(acme).ExecContext(t.Context(), query); err == nil {
			t.Errorf("%s: no error", query)
		}
	}
	if _, err := p.Destroy(t.Context(), acme, "acme"); err != nil {
		t.Error(err)
	}
}

// Under Prefix nothing goes with a tenant that the layout does not make, whatever it is
// called.
func TestPrefixTakesNothingElse(t *testing.T) {
	t.Parallel()
	dsn := testmysql.Database(t)
	p := newLong(t, dsn)["prefix"]
	acme := runtime.Tenant{ID: "acme"}
	if err := p.Initialize(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	admin := sqldb.DB(testmysql.Open(t, dsn))
	run(t, admin, "CREATE TABLE t_acme__precious (i int)")
	run(t, admin, "CREATE TABLE t_acme (i int)")
	if _, err := p.Destroy(t.Context(), acme, "acme"); !errors.Is(err, runtime.ErrForeignNamespace) {
		t.Errorf("error %v", err)
	}
	run(t, p.For(acme), "INSERT INTO x VALUES (?)", "acme")
	if report, err := p.Verify(t.Context(), acme); err != nil || report.OK() {
		t.Errorf("Verify finds nothing, %v", err)
	}
	run(t, admin, "DROP TABLE t_acme__precious")
	if removal, err := p.Destroy(t.Context(), acme, "acme"); err != nil || removal.Rows() != 1 {
		t.Errorf("removed %+v, %v", removal, err)
	}
	run(t, admin, "INSERT INTO t_acme VALUES (1)")
}

// A tenant's table refers to a shared one in the shared database, wherever the tenant's
// own is. Without a slot there, it would mean one of the tenant's database; then nothing
// is left of the attempt.
func TestReferenceToShared(t *testing.T) {
	t.Parallel()
	dsn := testmysql.DatabaseOn(t, testmysql.New(t))
	admin := sqldb.DB(testmysql.Open(t, dsn))
	run(t, admin, "CREATE TABLE Plans (id INT PRIMARY KEY)")
	run(t, admin, "INSERT INTO Plans VALUES (1)")
	const create = "CREATE TABLE x (tenant_id VARBINARY(255), plan INT, CONSTRAINT f FOREIGN KEY (plan) REFERENCES plans (id))"
	const insert = "INSERT INTO x VALUES ('', ?)"
	at := func(in, name string) (start, end int) {
		start = strings.Index(in, " "+name+" ") + 1
		return start, start + len(name)
	}
	slot := func(in, name string, s runtime.Slot) runtime.Slot {
		s.Start, s.End = at(in, name)
		return s
	}
	layout := runtime.Layout{
		Engine: "mysql", Fingerprint: "test",
		Tables: []runtime.Table{
			{Name: "Plans", Class: runtime.ClassGlobal, Columns: []runtime.Column{{Name: "id"}}},
			{Name: "x", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}}},
		},
		Statements: []runtime.Text{{SQL: insert, Slots: []runtime.Slot{slot(insert, "x", runtime.Slot{Name: "x"})}}},
		DDL: []runtime.DDL{{Text: runtime.Text{SQL: create, Slots: []runtime.Slot{
			slot(create, "x", runtime.Slot{Name: "x"}),
			slot(create, "f", runtime.Slot{Name: "f", Kind: runtime.SlotName}),
			slot(create, "plans", runtime.Slot{Name: "Plans", Kind: runtime.SlotShared}),
		}}, Creates: []string{"x"}}},
	}
	makers := map[string]func(*mysql.Config, runtime.Layout, ...Option) (sqldb.Isolation, error){
		"prefix": func(c *mysql.Config, l runtime.Layout, o ...Option) (sqldb.Isolation, error) {
			return NewPrefix(c, l, o...)
		},
		"database": func(c *mysql.Config, l runtime.Layout, o ...Option) (sqldb.Isolation, error) {
			return NewDatabase(c, l, o...)
		},
	}
	for name, newProvider := range makers {
		p, err := newProvider(configOf(t, dsn), layout)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = p.Close() }()
		for _, id := range []string{"one", "two"} {
			tenant := runtime.Tenant{ID: id}
			if err := p.Initialize(t.Context(), tenant); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			run(t, p.For(tenant), insert, 1)
			var refused *mysql.MySQLError
			if _, err := p.For(tenant).ExecContext(t.Context(), insert, 2); !errors.As(err, &refused) || refused.Number != 1452 {
				t.Errorf("%s: a plan that is not there: %v", name, err)
			}
			report, err := p.Verify(t.Context(), tenant)
			if err := errors.Join(err, report.Err()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := admin.ExecContext(t.Context(), "DELETE FROM Plans"); err == nil {
			t.Errorf("%s: a plan that is in use can be deleted", name)
		}
		for _, id := range []string{"one", "two"} {
			if removal, err := p.Destroy(t.Context(), runtime.Tenant{ID: id}, runtime.Confirmation(id)); err != nil || removal.Rows() != 1 {
				t.Errorf("%s: removed %+v, %v", name, removal, err)
			}
		}
	}
	one := runtime.Tenant{ID: "one"}
	layout.DDL[0].Slots = layout.DDL[0].Slots[:2]
	database, err := NewDatabase(configOf(t, dsn), layout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = database.Close() }()
	if err := database.Initialize(t.Context(), one); err == nil {
		t.Error("without the slot: no error")
	}
	run(t, admin, "DROP TABLE Plans")
	if err := database.Initialize(t.Context(), one); !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), "no table Plans, which tenants share") {
		t.Errorf("without the shared table: %v", err)
	}
	if left := scan(t, admin, "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'tenan%'"); left != "0" {
		t.Errorf("%s databases are left", left)
	}
}

// A slot that is missing, in a statement or in the DDL, is seen.
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
			broken := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
				damage(&in.Layout)
				return newPrefixOf(t, in)
			}
			if f := sqltest.Failures(t, suite, broken, sqltest.Places(prefixPlace), sqltest.Only("own rows only")); len(f) == 0 {
				t.Error("the suite has not seen it")
			}
		})
	}
}

// A lock that another process holds is waited for, as long as the context lets it.
func TestLock(t *testing.T) {
	t.Parallel()
	p, _, _ := newOwn(t)
	acme := runtime.Tenant{ID: "acme"}
	err := locked(t.Context(), p.admin, "tenant_acme", func(*sql.Conn) error {
		short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := p.Initialize(short, acme); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		return p.Initialize(t.Context(), runtime.Tenant{ID: "other"})
	})
	if err := errors.Join(err, p.Initialize(t.Context(), acme)); err != nil {
		t.Error(err)
	}
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	config, bare := mysql.NewConfig(), mysql.NewConfig()
	config.DBName = "app"
	foreign, empty, noDDL := longLayout, longLayout, longLayout
	foreign.Engine, empty.Tables, noDDL.DDL = "postgresql", nil, nil
	db := sql.OpenDB(nil)
	defer func() { _ = db.Close() }()
	for name, tc := range map[string]struct {
		make func() error
		want error
	}{
		"no configuration": {func() error { _, err := NewDatabase(nil, longLayout); return err }, ErrNoPool},
		"no database":      {func() error { _, err := NewPrefix(bare, longLayout); return err }, ErrNoDatabase},
		"another database": {func() error { _, err := NewSchema(config, longLayout, WithAdmin(bare)); return err }, ErrNoDatabase},
		"PostgreSQL":       {func() error { _, err := NewDatabase(config, foreign); return err }, ErrLayout},
		"no tables":        {func() error { _, err := NewPrefix(config, empty); return err }, ErrNoLayout},
		"no DDL":           {func() error { _, err := NewPrefix(config, noDDL); return err }, ErrNoLayout},
		"row, no pool":     {func() error { _, err := NewRowFilter(nil); return err }, ErrNoPool},
		"row, PostgreSQL":  {func() error { _, err := NewRowFilter(db, WithLayout(foreign)); return err }, ErrLayout},
		"rls":              {func() error { _, err := NewRLS(db, longLayout); return err }, ErrNoRLS},
	} {
		if err := tc.make(); !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", name, err, tc.want)
		}
	}
	schema, err := NewSchema(config, longLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = schema.Close() }()
	if schema.Strategy() != runtime.StrategySchema {
		t.Errorf("the strategy is %s", schema.Strategy())
	}
	// What is stored with a tenant leads nowhere else.
	for want, tenant := range map[error]runtime.Tenant{
		runtime.ErrNamespaceName: {ID: "thief", SchemaName: "tenant_victim"},
		runtime.ErrUnsupported:   {ID: "thief", DatabaseURL: "root@tcp(elsewhere)/"},
	} {
		if _, err := schema.For(tenant).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, want) {
			t.Errorf("%+v: error %v, want %v", tenant, err, want)
		}
		if err := schema.Initialize(t.Context(), tenant); !errors.Is(err, want) {
			t.Errorf("%+v: Initialize: error %v, want %v", tenant, err, want)
		}
	}
	own := runtime.Tenant{ID: "acme", SchemaName: "tenant_acme"}
	if name, err := schema.SchemaName(own); err != nil || name != "tenant_acme" {
		t.Errorf("the database is %s, %v", name, err)
	}
	// Nobody's id is the shared database.
	config.DBName = "tenant_app"
	squat, err := NewDatabase(config, longLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = squat.Close() }()
	if _, err := squat.For(runtime.Tenant{ID: "app"}).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, runtime.ErrNamespaceName) {
		t.Errorf("the shared database as a tenant's: %v", err)
	}
}
