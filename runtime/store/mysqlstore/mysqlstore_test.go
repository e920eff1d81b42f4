package mysqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/mysqlstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// TestMergesAcrossHandles merges keys from many goroutines, on several connections of
// several handles. None is lost, and none is an error.
func TestMergesAcrossHandles(t *testing.T) {
	t.Parallel()
	const handles, writers, keys = 3, 6, 8
	dsn := testmysql.Database(t)
	first := on(t, open(t, dsn))
	if err := first.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := create(t, first, "acme")
	var wg sync.WaitGroup
	for handle := range handles {
		s := on(t, open(t, dsn))
		for writer := range writers {
			wg.Go(func() {
				for key := range keys {
					patch := metadata(t, fmt.Sprintf(`{"key-%d-%d-%d":%d}`, handle, writer, key, key))
					if _, err := s.MergeMetadata(t.Context(), made.ID, patch); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	got, err := first.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Metadata.Keys()); n != handles*writers*keys || got.Version != handles*writers*keys+1 {
		t.Errorf("%d keys of %d are left, and the version is %d", n, handles*writers*keys, got.Version)
	}
}

// TestMergesWithoutLockAreLost is the control of the test above.
func TestMergesWithoutLockAreLost(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	made := create(t, s, "acme")
	const writers = 6
	var read, done sync.WaitGroup
	read.Add(writers)
	for i := range writers {
		done.Go(func() {
			got, err := s.Get(t.Context(), made.ID)
			read.Done()
			if err != nil {
				t.Error(err)
				return
			}
			text := got.Metadata.Merge(metadata(t, fmt.Sprintf(`{"key-%d":1}`, i))).JSON()
			read.Wait()
			if _, err := db.ExecContext(t.Context(), "UPDATE tenancy_tenants SET metadata = ? WHERE id = ?", text, made.ID); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	if got, err := s.Get(t.Context(), made.ID); err != nil || len(got.Metadata.Keys()) != 1 {
		t.Errorf("keys %v are left where one was expected: this control controls nothing: %v", got.Metadata.Keys(), err)
	}
}

// altered is a store whose table somebody changed after Init.
type altered struct {
	*mysqlstore.Store
	db  *sql.DB
	sql string
}

func (s altered) Init(ctx context.Context) error {
	if err := s.Store.Init(ctx); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, s.SQL(s.sql))
	return err
}

// TestCollationsOfText is the control of the columns of bytes: with every collation of
// text, ids that are different are one.
func TestCollationsOfText(t *testing.T) {
	t.Parallel()
	for _, collation := range []string{"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"} {
		t.Run(collation, func(t *testing.T) {
			t.Parallel()
			db := open(t, testmysql.Database(t))
			failures := storetest.Failures(t, func(t *testing.T) runtime.Store {
				return altered{Store: on(t, db), db: db, sql: "ALTER TABLE tenancy_tenants MODIFY id VARCHAR(255) COLLATE " + collation + " NOT NULL"}
			}, storetest.Only("ids are bytes"))
			if len(failures) != 1 {
				t.Error("the check of ids sees nothing")
			}
		})
	}
}

// waits returns when a session waits for a lock in a statement with a text, or done has
// something. The server looks anew when nobody has asked for a tenth of a second, so only
// one test may ask.
func waits(t *testing.T, db *sql.DB, text string, done <-chan error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var n int
		if err := db.QueryRowContext(ctx, `SELECT count(*) + SLEEP(0.12) FROM information_schema.innodb_trx
			WHERE trx_state = 'LOCK WAIT' AND instr(trx_query, ?) > 0 AND trx_mysql_thread_id <> CONNECTION_ID()`, text).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
}

// TestDeadlock makes a change the victim of a deadlock. It is made again; without that,
// it is an error.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	for name, once := range map[string]bool{"made again": false, "made once": true} {
		t.Run(name, func(t *testing.T) {
			db := open(t, testmysql.Database(t))
			prefix := map[bool]string{false: "again_", true: "once_"}[once]
			s, err := mysqlstore.New(db, mysqlstore.Options{Prefix: prefix})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Init(t.Context()); err != nil {
				t.Fatal(err)
			}
			if once {
				mysqlstore.OneAttempt(s)
			}
			acme, bravo := create(t, s, "acme"), create(t, s, "bravo")
			tx, err := db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = tx.Rollback() }()
			run := func(text string, args ...any) {
				t.Helper()
				if _, err := tx.ExecContext(t.Context(), s.SQL(text), args...); err != nil {
					t.Fatal(err)
				}
			}
			// Who has changed more rows is not the victim.
			for i := range 50 {
				run("INSERT INTO tenancy_forgotten_tenants (id, forgotten_at) VALUES (?, 0)", fmt.Sprint(i))
			}
			run("UPDATE tenancy_tenants SET name = 'B' WHERE id = ?", bravo.ID)
			done := make(chan error, 1)
			go func() {
				_, err := s.SetStatusMany(t.Context(), []string{bravo.ID, acme.ID}, runtime.StatusSuspended)
				done <- err
			}()
			waits(t, db, s.Table(), done)
			run("UPDATE tenancy_tenants SET name = 'A' WHERE id = ?", acme.ID)
			if err := tx.Commit(); err != nil {
				t.Fatal(err)
			}
			var e *mysql.MySQLError
			if err := <-done; once && (!errors.As(err, &e) || e.Number != 1213) || !once && err != nil {
				t.Errorf("got %v", err)
			}
			if n, err := s.Count(t.Context(), runtime.StatusSuspended); (n == 2) == once || err != nil {
				t.Errorf("%d are suspended: %v", n, err)
			}
		})
	}
}

// TestWaiting holds that readers do not wait for who changes a tenant, and that who waits
// ends with its context.
func TestWaiting(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	made := create(t, s, "acme")
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "UPDATE tenancy_tenants SET status = 'suspended'"); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Get(t.Context(), made.ID); err != nil || got != made {
		t.Errorf("a reader: %v, %v", got, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.SetStatus(ctx, made.ID, runtime.StatusSuspended); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a writer that waits: %v", err)
	}
}

// TestErrorsRepeatNoRow provokes an error of the server that has a value in it.
func TestErrorsRepeatNoRow(t *testing.T) {
	t.Parallel()
	const password = "hunter2-in-a-row"
	s, db := newStore(t)
	made := create(t, s, "acme")
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE tenancy_tenants MODIFY database_url INT NOT NULL DEFAULT 0"); err == nil {
		t.Fatal("the empty text became a number: the test needs another way")
	}
	if _, err := db.ExecContext(t.Context(), "ALTER TABLE tenancy_tenants DROP COLUMN database_url, ADD COLUMN database_url INT"); err != nil {
		t.Fatal(err)
	}
	shows := func(err error) bool {
		var e *mysql.MySQLError
		if !errors.As(err, &e) || e.Number != 1366 {
			t.Fatalf("got %v, want an incorrect value", err)
		}
		text, jsonErr := json.Marshal(e)
		return jsonErr != nil || strings.Contains(string(text), password) || strings.Contains(fmt.Sprintf("%+v", err), password)
	}
	made.DatabaseURL = password
	if _, err := s.Update(t.Context(), made); shows(err) {
		t.Errorf("the error has the value in it: %+v", err)
	}
	other := made
	other.ID, other.Identifier = "other", runtime.MustIdentifier("other")
	if _, err := s.Create(t.Context(), other, 0); shows(err) {
		t.Errorf("the error has the value in it: %+v", err)
	}
	// The control: the server's own error has.
	if _, err := db.ExecContext(t.Context(), "UPDATE tenancy_tenants SET database_url = ?", password); !shows(err) {
		t.Errorf("the server's error has no value in it: this test proves nothing: %v", err)
	}
}

// TestErrorKeepsConnection holds that an error in the middle of a transaction leaves
// nothing open on the connection.
func TestErrorKeepsConnection(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	db.SetMaxOpenConns(1)
	acme, bravo := create(t, s, "acme"), create(t, s, "bravo")
	session := func() (id, open int) {
		t.Helper()
		if err := db.QueryRowContext(t.Context(), "SELECT CONNECTION_ID(), @@in_transaction").Scan(&id, &open); err != nil {
			t.Fatal(err)
		}
		return id, open
	}
	if !testmysql.IsMariaDB(t, testmysql.URL(t)) {
		t.Skip("MySQL does not tell whether a transaction is open")
	}
	before, _ := session()
	bravo.Identifier = acme.Identifier
	if _, err := s.Update(t.Context(), bravo); !errors.Is(err, runtime.ErrTenantExists) {
		t.Errorf("got %v", err)
	}
	if after, open := session(); after != before || open != 0 {
		t.Errorf("connection %d became %d, with %d open transactions", before, after, open)
	}
}

// TestManyIDs asks for more tenants than one statement does.
func TestManyIDs(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	const n = 1201
	var ids []string
	values := strings.Repeat(", (?, ?, 'T', 't', 'active', '{}', '', '', 1, 1)", n)[2:]
	var args []any
	for i := range n {
		ids = append(ids, fmt.Sprintf("id-%d", n-i))
		args = append(args, ids[i], fmt.Sprintf("tenant-%d", i))
	}
	if _, err := db.ExecContext(t.Context(), `INSERT INTO tenancy_tenants
		(id, identifier, name, folded_name, status, metadata, schema_name, database_url, created_at, updated_at) VALUES `+values, args...); err != nil {
		t.Fatal(err)
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
	listUsesIndex(t, s, db)
}

// listUsesIndex holds that a page is read from an index, whatever is before it.
func listUsesIndex(t *testing.T, s *mysqlstore.Store, db *sql.DB) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), "ANALYZE TABLE "+s.Table()); err != nil {
		t.Fatal(err)
	}
	for name, where := range map[string]string{
		"all": "1 = 1", "behind": "1 = 1 AND created_at <= 5 AND (created_at < 5 OR id < 'x')",
		"one": "status IN ('suspended') AND created_at <= 5 AND (created_at < 5 OR id < 'x')",
	} {
		var plan string
		if err := db.QueryRowContext(t.Context(), "EXPLAIN FORMAT=JSON SELECT * FROM "+s.Table()+" WHERE "+where+" ORDER BY created_at DESC, id DESC LIMIT 10").Scan(&plan); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(plan, `"filesort"`) || strings.Contains(plan, `"using_filesort": true`) || !strings.Contains(plan, "_created") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
}
