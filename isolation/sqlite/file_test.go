package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/isolation/isolationtest/sqltest"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// testLayout is a layout of one table of tenants and a global one.
var testLayout = runtime.Layout{
	Engine: "sqlite", Fingerprint: "test",
	Tables: []runtime.Table{
		{Name: "plans", Class: runtime.ClassGlobal, Columns: []runtime.Column{{Name: "id"}, {Name: "name"}}},
		{Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Columns: []runtime.Column{{Name: "tenant_id"}, {Name: "plan_id"}}, Owned: "notes.tenant_id = $1"},
	},
	DDL: []runtime.DDL{
		{Text: runtime.Text{SQL: "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)"}, Shared: true, Creates: []string{"plans"}},
		{Text: runtime.Text{SQL: "CREATE TABLE notes (tenant_id TEXT, plan_id INTEGER REFERENCES plans ON DELETE CASCADE)",
			Slots: []runtime.Slot{{Start: 13, End: 18, Name: "notes"}}}, Creates: []string{"notes"}},
	},
	Statements: []runtime.Text{{SQL: "INSERT INTO notes VALUES (?, ?)", Slots: []runtime.Slot{{Start: 12, End: 17, Name: "notes"}}}},
}

// newTestFile returns a File with the tables of testLayout, its shared pool, and its
// directory.
func newTestFile(t *testing.T, opts ...Option) (*File, *sql.DB, string) {
	t.Helper()
	db := newDatabase(t)
	run(t, sqldb.DB(db.Admin), "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)")
	run(t, sqldb.DB(db.Admin), "INSERT INTO plans VALUES (1, 'free')")
	dir := filepath.Join(db.Dir, "tenants")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := NewFile(db.Admin, dir, testLayout, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Close() })
	return p, db.Admin, dir
}

func run(t *testing.T, db sqldb.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func initialize(t *testing.T, p sqldb.Isolation, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if err := p.Initialize(t.Context(), runtime.Tenant{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
}

// namesIn returns the names in a directory.
func namesIn(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// What an id, a name or anything stored says never becomes a part of a path as it is.
func TestPathTraversal(t *testing.T) {
	t.Parallel()
	p, _, dir := newTestFile(t)
	for _, id := range []string{"../../etc/passwd", "..", ".", "/", "/etc/passwd", "a/b", `a\b`, "a\x00b", "C:", "a?mode=memory", "a#b", "a%2fb", "%2e%2e%2f", "file:x", ":memory:", "A", "CON", "nul.db", strings.Repeat("../", 80)} {
		tenant := runtime.Tenant{ID: id}
		dsn, err := p.DatabaseURL(tenant)
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(dsn)
		if err != nil || filepath.Dir(u.Path) != dir || strings.Trim(filepath.Base(u.Path), "abcdefghijklmnopqrstuvwxyz0123456789_") != "." {
			t.Errorf("the file of %q is %s", id, dsn)
		}
		initialize(t, p, id)
		run(t, p.For(tenant), "INSERT INTO notes VALUES (?, NULL)", id)
	}
	for _, name := range namesIn(t, filepath.Dir(dir)) {
		if name != "tenants" && !strings.HasPrefix(name, "app.db") {
			t.Errorf("beside the directory is %s", name)
		}
	}
	// An identifier that somebody put together without ParseIdentifier has no part in it.
	var slug runtime.Identifier
	if err := slug.UnmarshalText([]byte("../../victim")); err == nil {
		t.Error("a slug may have slashes")
	}
	// Neither has a stored URL.
	other, err := p.DatabaseURL(runtime.Tenant{ID: "A"})
	if err != nil {
		t.Fatal(err)
	}
	for _, stored := range []string{other, "file:///etc/passwd", ":memory:"} {
		thief := runtime.Tenant{ID: "thief", DatabaseURL: stored}
		if _, err := p.For(thief).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, runtime.ErrNamespaceName) {
			t.Errorf("stored URL %s: error %v", stored, err)
		}
		if err := p.Initialize(t.Context(), thief); !errors.Is(err, runtime.ErrNamespaceName) {
			t.Errorf("stored URL %s: Initialize: error %v", stored, err)
		}
	}
}

// A directory whose name has what a URI gives a meaning to is taken as it is.
func TestDirectoryName(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	dir := filepath.Join(db.Dir, "a?mode=memory&x=#1%20ü")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	run(t, sqldb.DB(db.Admin), "CREATE TABLE plans (id INTEGER PRIMARY KEY, name TEXT)")
	p, err := NewFile(db.Admin, dir, testLayout)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = p.Close() }()
	initialize(t, p, "acme")
	run(t, p.For(runtime.Tenant{ID: "acme"}), "INSERT INTO notes VALUES ('acme', NULL)")
	if names := namesIn(t, dir); len(names) == 0 || names[0] != "tenant_acme.db" {
		t.Errorf("the directory has %v", names)
	}
}

// No statement on a tenant's connection reaches another file: not by ATTACH in any
// spelling, nor by what uses it.
func TestAttach(t *testing.T) {
	t.Parallel()
	p, _, dir := newTestFile(t)
	initialize(t, p, "acme", "victim")
	victim := filepath.Join(dir, "tenant_victim.db")
	out := filepath.Join(dir, "out.db")
	db := p.For(runtime.Tenant{ID: "acme"})
	for _, query := range []string{
		"ATTACH '" + victim + "' AS v", "ATTACH DATABASE 'file:" + victim + "?mode=ro' AS v", "attach ':memory:' as v", "ATTACH '' AS v",
		"VACUUM INTO '" + out + "'", "VACUUM",
	} {
		if _, err := db.ExecContext(t.Context(), query); err == nil {
			t.Errorf("%s: no error", query)
		}
		err := sqldb.InTx(t.Context(), db, func(tx sqldb.DB) error {
			_, err := tx.ExecContext(t.Context(), "COMMIT; "+query)
			return err
		})
		if err == nil {
			t.Errorf("%s in a transaction: no error", query)
		}
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a copy was written: %v", err)
	}
	report, err := p.Verify(t.Context(), runtime.Tenant{ID: "acme"})
	if err := errors.Join(err, report.Err()); err != nil {
		t.Error(err)
	}
}

// Destroy leaves none of the files that SQLite keeps beside a database, and a file of
// the same name that is made later has nothing of the old one.
func TestDestroyRemovesWAL(t *testing.T) {
	t.Parallel()
	p, _, dir := newTestFile(t)
	acme := runtime.Tenant{ID: "acme"}
	initialize(t, p, "acme", "acme_2")
	run(t, p.For(acme), "INSERT INTO notes VALUES ('acme', NULL)")
	if names := namesIn(t, dir); len(names) != 4 { // with the log and the shared memory of the one that is open
		t.Fatalf("the directory has %v", names)
	}
	removal, err := p.Destroy(t.Context(), acme, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if removal.Rows() != 1 || removal.Namespace != "tenant_acme.db" {
		t.Errorf("removed %+v", removal)
	}
	if names := namesIn(t, dir); len(names) != 1 || names[0] != "tenant_acme_2.db" {
		t.Errorf("the directory has %v", names)
	}
	// What a crash leaves is not taken for that of the next file.
	for _, side := range sideFiles(filepath.Join(dir, "tenant_acme.db")) {
		if err := os.WriteFile(side, []byte("stale"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "tenant_acme.db.making"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	initialize(t, p, "acme")
	var n int
	if err := p.For(acme).QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A file that another process has open is not removed under it.
func TestDestroyInUse(t *testing.T) {
	t.Parallel()
	p, _, dir := newTestFile(t)
	initialize(t, p, "acme")
	path := filepath.Join(dir, "tenant_acme.db")
	other, err := openOwn(path, "rw")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	run(t, sqldb.DB(other), "INSERT INTO notes VALUES ('acme', NULL)")
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := p.Destroy(short, runtime.Tenant{ID: "acme"}, "acme"); err == nil {
		t.Error("no error")
	}
	run(t, p.For(runtime.Tenant{ID: "acme"}), "INSERT INTO notes VALUES ('acme', NULL)")
	var n int
	if err := other.QueryRow("SELECT count(*) FROM notes").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A transaction of this process comes to its end before the file goes, and what comes
// after it is refused.
func TestDestroyWaits(t *testing.T) {
	t.Parallel()
	p, _, _ := newTestFile(t)
	acme := runtime.Tenant{ID: "acme"}
	initialize(t, p, "acme")
	tx, err := p.For(acme).BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec("INSERT INTO notes VALUES ('acme', NULL)"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		removal, err := p.Destroy(t.Context(), acme, "acme")
		if err == nil && removal.Rows() != 1 {
			err = errors.New("the row of the transaction was not counted")
		}
		done <- err
	}()
	for {
		if _, err := p.For(acme).ExecContext(t.Context(), "SELECT 1"); errors.Is(err, runtime.ErrNotInitialized) {
			break
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// A file that is marked as another's, no database, a link or a directory is nobody's
// to use.
func TestForeignFile(t *testing.T) {
	t.Parallel()
	p, shared, dir := newTestFile(t)
	initialize(t, p, "acme", "victim", "gone")
	victim := filepath.Join(dir, "tenant_victim.db")
	path := filepath.Join(dir, "tenant_thief.db")
	thief := runtime.Tenant{ID: "thief"}
	// As if the registry were the thief's, too.
	run(t, sqldb.DB(shared), "INSERT INTO tenancy_namespaces (namespace, strategy, tenant_id, objects, fingerprint) VALUES ('tenant_thief.db', 'database', 'thief', '', '')")
	for name, place := range map[string]func() error{
		"symbolic link": func() error { return os.Symlink(victim, path) },
		"hard link":     func() error { return os.Link(victim, path) },
		"copy": func() error {
			data, err := os.ReadFile(victim)
			return errors.Join(err, os.WriteFile(path, data, 0o600))
		},
		"text":      func() error { return os.WriteFile(path, []byte("no database"), 0o600) },
		"empty":     func() error { return os.WriteFile(path, nil, 0o600) },
		"directory": func() error { return os.Mkdir(path, 0o700) },
	} {
		if err := place(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.For(thief).ExecContext(t.Context(), "INSERT INTO notes VALUES ('thief', NULL)"); err == nil {
			t.Errorf("%s: a statement: no error", name)
		}
		if err := p.Initialize(t.Context(), thief); !errors.Is(err, runtime.ErrForeignNamespace) {
			t.Errorf("%s: Initialize: %v", name, err)
		}
		if _, err := p.Destroy(t.Context(), thief, "thief"); !errors.Is(err, runtime.ErrForeignNamespace) {
			t.Errorf("%s: Destroy: %v", name, err)
		}
		if report, err := p.Verify(t.Context(), thief); err == nil && report.OK() {
			t.Errorf("%s: Verify finds nothing", name)
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	var n int
	if err := p.For(runtime.Tenant{ID: "victim"}).QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil || n != 0 {
		t.Errorf("the victim has %d rows, %v", n, err)
	}
	// A file that is gone is not made anew by itself, with none of the rows.
	if err := os.Remove(filepath.Join(dir, "tenant_gone.db")); err != nil {
		t.Fatal(err)
	}
	if err := p.Initialize(t.Context(), runtime.Tenant{ID: "gone"}); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("a file that is gone: Initialize: %v", err)
	}
}

// However many tenants there are, no more connections are open than was said, and
// nobody waits for ever.
func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	const tenants, most = 12, 3
	p, _, _ := newTestFile(t, WithMaxConns(most), WithMaxFiles(2), WithFileConns(2))
	var ids []string
	for i := range tenants {
		ids = append(ids, "tenant"+string(rune('a'+i)))
	}
	initialize(t, p, ids...)
	var wg sync.WaitGroup
	for _, id := range ids {
		for range 2 {
			wg.Go(func() {
				tenant := runtime.Tenant{ID: id}
				for range 10 {
					err := sqldb.InTx(t.Context(), p.For(tenant), func(tx sqldb.DB) error {
						_, err := tx.ExecContext(t.Context(), "INSERT INTO notes VALUES (?, NULL)", id)
						return err
					})
					if err != nil {
						t.Error(err)
					}
					if n := len(p.files.slots); n > most {
						t.Errorf("%d connections are open", n)
					}
				}
			})
		}
	}
	wg.Wait()
	for _, id := range ids {
		var n int
		if err := p.For(runtime.Tenant{ID: id}).QueryRowContext(t.Context(), "SELECT count(*) FROM notes WHERE tenant_id = ?", id).Scan(&n); err != nil || n != 20 {
			t.Errorf("%s has %d rows, %v", id, n, err)
		}
	}
	// One that waits gives up with its context.
	var held []*sql.Tx
	for _, id := range ids[:most] {
		tx, err := p.For(runtime.Tenant{ID: id}).BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, tx)
	}
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.For(runtime.Tenant{ID: ids[5]}).ExecContext(short, "SELECT 1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
	for _, tx := range held {
		if err := tx.Rollback(); err != nil {
			t.Error(err)
		}
	}
	run(t, p.For(runtime.Tenant{ID: ids[5]}), "SELECT 1")
}

// A file that was made, and not recorded before the process ended, is the tenant's.
func TestInterruptedInitialize(t *testing.T) {
	t.Parallel()
	p, shared, dir := newTestFile(t)
	acme := runtime.Tenant{ID: "acme"}
	initialize(t, p, "acme")
	run(t, p.For(acme), "INSERT INTO notes VALUES ('acme', 1)")
	run(t, sqldb.DB(shared), "DELETE FROM tenancy_namespaces")
	if report, err := p.Verify(t.Context(), acme); err != nil || report.OK() {
		t.Errorf("Verify finds nothing, %v", err)
	}
	initialize(t, p, "acme")
	report, err := p.Verify(t.Context(), acme)
	if err := errors.Join(err, report.Err()); err != nil {
		t.Error(err)
	}
	run(t, sqldb.DB(shared), "DELETE FROM tenancy_namespaces")
	if removal, err := p.Destroy(t.Context(), acme, "acme"); err != nil || removal.Rows() != 1 {
		t.Errorf("removed %+v, %v", removal, err)
	}
	if names := namesIn(t, dir); len(names) > 0 {
		t.Errorf("the directory has %v", names)
	}
}

// Global tables are copied, again on demand, and a row of the tenant's that refers to
// one that is gone stops that.
func TestCopyGlobals(t *testing.T) {
	t.Parallel()
	p, shared, _ := newTestFile(t)
	acme := runtime.Tenant{ID: "acme"}
	initialize(t, p, "acme")
	run(t, p.For(acme), "INSERT INTO notes VALUES ('acme', 1)")
	run(t, sqldb.DB(shared), "INSERT INTO plans VALUES (2, 'pro')")
	run(t, sqldb.DB(shared), "UPDATE plans SET name = 'gratis' WHERE id = 1")
	if err := p.CopyGlobals(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	var names string
	var rows int
	if err := p.For(acme).QueryRowContext(t.Context(), "SELECT group_concat(name), (SELECT count(*) FROM notes) FROM plans").Scan(&names, &rows); err != nil {
		t.Fatal(err)
	}
	if names != "gratis,pro" || rows != 1 {
		t.Errorf("plans are %s, and %d rows refer to them", names, rows)
	}
	run(t, sqldb.DB(shared), "DELETE FROM plans WHERE id = 1")
	if err := p.CopyGlobals(t.Context(), acme); err == nil {
		t.Error("a plan that is referred to is gone: no error")
	}
	if err := p.For(acme).QueryRowContext(t.Context(), "SELECT count(*) FROM notes JOIN plans ON plans.id = plan_id").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
	if err := p.CopyGlobals(t.Context(), runtime.Tenant{ID: "nobody"}); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("a tenant without a file: %v", err)
	}
}

// An Initialize that fails leaves nothing, and can be called again.
func TestInitializeFails(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	fail := true
	p, _, dir := newTestFile(t, WithSeed(func(ctx context.Context, tx *sql.Tx, tenant runtime.Tenant) error {
		if fail {
			return oops
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO notes VALUES (?, 1)", tenant.ID)
		return err
	}))
	if err := p.Initialize(t.Context(), runtime.Tenant{ID: "acme"}); !errors.Is(err, oops) {
		t.Errorf("error %v", err)
	}
	if names := namesIn(t, dir); len(names) > 0 {
		t.Errorf("the directory has %v", names)
	}
	fail = false
	initialize(t, p, "acme")
	var n int
	if err := p.For(runtime.Tenant{ID: "acme"}).QueryRowContext(t.Context(), "SELECT count(*) FROM notes").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.For(runtime.Tenant{ID: "acme"}).ExecContext(t.Context(), "SELECT 1"); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestConstructors(t *testing.T) {
	t.Parallel()
	db := newDatabase(t)
	foreign, empty, bare := testLayout, testLayout, testLayout
	foreign.Engine, empty.Tables, bare.DDL = "postgresql", nil, nil
	for name, tc := range map[string]struct {
		make func() error
		want error
	}{
		"file, no pool":        {func() error { _, err := NewFile(nil, "x", testLayout); return err }, ErrNoPool},
		"file, no directory":   {func() error { _, err := NewFile(db.Admin, "", testLayout); return err }, ErrNoDirectory},
		"file, PostgreSQL":     {func() error { _, err := NewFile(db.Admin, "x", foreign); return err }, ErrLayout},
		"file, no tables":      {func() error { _, err := NewFile(db.Admin, "x", empty); return err }, ErrNoLayout},
		"file, no DDL":         {func() error { _, err := NewFile(db.Admin, "x", bare); return err }, ErrNoLayout},
		"file, no connections": {func() error { _, err := NewFile(db.Admin, "x", testLayout, WithMaxConns(0)); return err }, ErrLimit},
		"file, mode": {func() error {
			_, err := NewFile(db.Admin, "x", testLayout, WithParams(url.Values{"mode": {"rwc"}}))
			return err
		}, ErrParam},
		"row, no pool":    {func() error { _, err := NewRowFilter(nil); return err }, ErrNoPool},
		"row, PostgreSQL": {func() error { _, err := NewRowFilter(db.Admin, WithLayout(foreign)); return err }, ErrLayout},
		"rls":             {func() error { _, err := NewRLS(db.Admin, testLayout); return err }, ErrNoRLS},
		"schema":          {func() error { _, err := NewSchema(db.Admin, testLayout); return err }, ErrNoSchema},
	} {
		if err := tc.make(); !errors.Is(err, tc.want) {
			t.Errorf("%s: error %v, want %v", name, err, tc.want)
		}
	}
}

// A provider whose tenants share a file, without the look at whose it is, is seen by
// the suite; and with that look, it does not even begin.
func TestSharedFileIsCaught(t *testing.T) {
	t.Parallel()
	shared := func(t *testing.T, in sqltest.Instance) sqldb.Isolation {
		p := newFile(t, in).(*File)
		p.files.dsn = func(string) string { return p.dsn("tenant_ann.db") }
		return p
	}
	failures := sqltest.Failures(t, suite, shared, sqltest.Places(filePlace), sqltest.Only("own rows only"))
	if len(failures) != 1 || !errors.Is(failures[0].Err, runtime.ErrForeignNamespace) {
		t.Errorf("failures are %v", failures)
	}
}
