package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/sqlitestore"
)

// TestInitRace makes a file and its tables from many handles at once.
func TestInitRace(t *testing.T) {
	t.Parallel()
	for range 3 {
		file := testsqlite.File(t)
		var wg sync.WaitGroup
		start := make(chan struct{})
		for range 6 {
			s := on(t, open(t, file, 1))
			wg.Go(func() {
				<-start
				if err := s.Init(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		create(t, on(t, open(t, file, 1)), "acme")
	}
}

// TestInitRefusesHandles calls Init on handles that are not set up for a store.
func TestInitRefusesHandles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ dsn, says string }{
		"memory":           {"file::memory:", "not memory"},
		"no busy timeout":  {"file:%s?_pragma=foreign_keys(1)", "busy_timeout"},
		"zero timeout":     {"file:%s?_pragma=busy_timeout(0)", "busy_timeout"},
		"another encoding": {"file:%s?_pragma=busy_timeout(1000)&_pragma=encoding('UTF-16')", "UTF-16"},
		"read only":        {"file:%s?mode=ro", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := c.dsn
			if strings.Contains(dsn, "%s") {
				dsn = fmt.Sprintf(dsn, testsqlite.File(t))
			}
			err := on(t, testsqlite.Open(t, dsn, 1)).Init(t.Context())
			if err == nil || c.says != "" && (!errors.Is(err, sqlitestore.ErrHandle) || !strings.Contains(err.Error(), c.says)) {
				t.Errorf("got %v", err)
			}
		})
	}
	dsn := fmt.Sprintf("file:%s?_pragma=busy_timeout(1000)&_pragma=synchronous(full)", testsqlite.File(t))
	if err := on(t, testsqlite.Open(t, dsn, 1)).Init(t.Context()); err != nil {
		t.Errorf("a handle that is set up: %v", err)
	}
}

// TestInitOfAnothersTable finds out that tables of these names are somebody else's.
func TestInitOfAnothersTable(t *testing.T) {
	t.Parallel()
	db := open(t, testsqlite.File(t), 1)
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE tenancy_forgotten_tenants (id INT)"); err != nil {
		t.Fatal(err)
	}
	if err := on(t, db).Init(t.Context()); err == nil || !strings.Contains(err.Error(), "not as they should be") {
		t.Errorf("got %v", err)
	}
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE type = 'table'").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d tables are there, want the one: %v", n, err)
	}
}

// TestDDL makes the tables in the user's own migration.
func TestDDL(t *testing.T) {
	t.Parallel()
	db := open(t, testsqlite.File(t), 1)
	for range 2 {
		if _, err := db.ExecContext(t.Context(), sqlitestore.DDL("app_")); err != nil {
			t.Fatal(err)
		}
	}
	s, err := sqlitestore.New(db, sqlitestore.Options{Prefix: "app_"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	create(t, s, "acme")
	var name string
	if err := db.QueryRowContext(t.Context(), "SELECT name FROM app_tenants").Scan(&name); err != nil || name != "acme" {
		t.Errorf("got %q, %v", name, err)
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	if _, err := sqlitestore.New(nil, sqlitestore.Options{}); err == nil {
		t.Error("a store without a handle")
	}
	db := open(t, testsqlite.File(t), 1)
	for prefix, ok := range map[string]bool{
		"": true, "tenancy_": true, "t": true, "_a1": true, strings.Repeat("a", 32): true,
		"Tenancy": false, "a b": false, `a"; DROP TABLE x; --`: false, "sqlite_x": false, "a.b": false, strings.Repeat("a", 33): false, "1a": false, "é": false, "a\n": false,
	} {
		_, err := sqlitestore.New(db, sqlitestore.Options{Prefix: prefix})
		if (err == nil) != ok {
			t.Errorf("%q: %v", prefix, err)
		}
		func() {
			defer func() {
				if (recover() == nil) != ok {
					t.Errorf("DDL(%q) panics, or does not", prefix)
				}
			}()
			sqlitestore.DDL(prefix)
		}()
	}
}

// TestCorruptMetadataCannotBeStored holds that the table refuses metadata that is NULL,
// empty, no JSON, or no object. Where somebody took the constraints away, a merge leaves
// what is there and says so: metadata that cannot be read is not empty metadata.
func TestCorruptMetadataCannotBeStored(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	made := create(t, s, "acme")
	for _, value := range []string{"NULL", "''", "'no JSON'", "'[1]'", "'null'", "'1'", `'{"a":}'`, `'{a:1}'`, "x'7b7d'"} {
		set := "UPDATE tenancy_tenants SET metadata = " + value
		if _, err := db.ExecContext(t.Context(), set); err == nil {
			t.Errorf("the table takes the metadata %s", value)
		}
		if err := unchecked(t.Context(), db, set); err != nil {
			continue // NULL, and bytes
		}
		var before, after string
		read := func(into *string) {
			t.Helper()
			if err := db.QueryRowContext(t.Context(), "SELECT metadata FROM tenancy_tenants").Scan(into); err != nil {
				t.Fatal(err)
			}
		}
		read(&before)
		if _, err := s.MergeMetadata(t.Context(), made.ID, metadata(t, `{"a":1}`)); !errors.Is(err, runtime.ErrCorruptTenant) || !errors.Is(err, runtime.ErrMetadata) {
			t.Errorf("merge into %s: %v", value, err)
		}
		if read(&after); before != after {
			t.Errorf("merge into %s changed it", value)
		}
	}
}

// TestErrorKeepsConnection holds that an error in the middle of a transaction leaves
// nothing open on the connection.
func TestErrorKeepsConnection(t *testing.T) {
	t.Parallel()
	db := open(t, testsqlite.File(t), 1)
	s := on(t, db)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	acme, bravo := create(t, s, "acme"), create(t, s, "bravo")
	bravo.Identifier = acme.Identifier
	for range 2 {
		if _, err := s.Update(t.Context(), bravo); !errors.Is(err, runtime.ErrTenantExists) {
			t.Errorf("got %v", err)
		}
		if _, err := db.ExecContext(t.Context(), "BEGIN; ROLLBACK"); err != nil {
			t.Errorf("a transaction is open: %v", err)
		}
	}
}

// TestWaiting holds that readers do not wait for a writer, that who waits for the lock of
// the file, or for a writer of the same store, ends with its context, and goes on when
// the lock is free.
func TestWaiting(t *testing.T) {
	t.Parallel()
	file := testsqlite.File(t)
	s, other := on(t, open(t, file, 4)), open(t, file, 1)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := create(t, s, "acme")
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), made.ID); err != nil {
		t.Errorf("a reader: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := s.SetStatus(ctx, made.ID, runtime.StatusSuspended); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a writer that waits: %v", err)
			}
		})
	}
	wg.Wait()
	done := make(chan error, 1)
	go func() {
		_, err := s.SetStatus(t.Context(), made.ID, runtime.StatusSuspended)
		done <- err
	}()
	if _, err := other.ExecContext(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("a writer that waited: %v", err)
	}
}

// TestClockSetBack holds that a change is never older than the one before.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	made := create(t, s, "acme")
	ahead := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	if _, err := db.ExecContext(t.Context(), "UPDATE tenancy_tenants SET updated_at = ?", ahead.UnixMicro()); err != nil {
		t.Fatal(err)
	}
	merged, err := s.MergeMetadata(t.Context(), made.ID, metadata(t, `{"a":1}`))
	if err != nil || !merged.UpdatedAt.Equal(ahead) {
		t.Errorf("merge: updated at %v, want %v: %v", merged.UpdatedAt, ahead, err)
	}
	suspended, err := s.SetStatus(t.Context(), made.ID, runtime.StatusSuspended)
	if err != nil || !suspended.UpdatedAt.Equal(ahead) {
		t.Errorf("status: updated at %v, want %v: %v", suspended.UpdatedAt, ahead, err)
	}
	if got, err := s.Get(t.Context(), made.ID); err != nil || got != suspended {
		t.Errorf("got %v, want %v: %v", got, suspended, err)
	}
}

// TestManyIDs asks for more tenants than one statement does.
func TestManyIDs(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	if _, err := db.ExecContext(t.Context(), `INSERT INTO tenancy_tenants (id, identifier, name, folded_name, status, created_at, updated_at)
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
		SELECT 'id-' || i, 'tenant-' || i, 'T', 't', 'active', i, i FROM n`); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for i := range 1201 {
		ids = append(ids, fmt.Sprintf("id-%d", 1201-i))
	}
	for name, call := range map[string]func() ([]runtime.Tenant, error){
		"GetMany":       func() ([]runtime.Tenant, error) { return s.GetMany(t.Context(), ids) },
		"SetStatusMany": func() ([]runtime.Tenant, error) { return s.SetStatusMany(t.Context(), ids, runtime.StatusSuspended) },
	} {
		got, err := call()
		if err != nil || len(got) != len(ids) {
			t.Fatalf("%s: %d tenants: %v", name, len(got), err)
		}
		for i, id := range ids {
			if got[i].ID != id {
				t.Fatalf("%s: %s is where %s should be", name, got[i].ID, id)
			}
		}
	}
	if n, err := s.Count(t.Context(), runtime.StatusSuspended); n != len(ids) || err != nil {
		t.Errorf("%d are suspended: %v", n, err)
	}
}

// TestListUsesIndex holds that a page is read from an index, whatever is before it.
func TestListUsesIndex(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	made := create(t, s, "acme")
	for name, where := range map[string]string{
		"all": "1 = 1", "behind": "1 = 1 AND created_at <= 5 AND (created_at < 5 OR id < 'x')",
		"one": "status IN ('active') AND created_at <= 5 AND (created_at < 5 OR id < 'x')",
	} {
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT * FROM "+s.Table()+" WHERE "+where+" ORDER BY created_at DESC, id DESC LIMIT 10")
		if err != nil {
			t.Fatal(err)
		}
		var plan strings.Builder
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan.WriteString(detail + "\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan.String(), "TEMP B-TREE") || !strings.Contains(plan.String(), "USING INDEX") {
			t.Errorf("%s of %s:\n%s", name, made.ID, plan.String())
		}
	}
}
