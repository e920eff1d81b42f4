package sqlitestore_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/sqlitestore"
)

// turns is a store whose calls go to stores on handles of their own, one after the other.
// SQLite's locks belong to an open file, so that it sees in them what it sees in processes.
type turns struct {
	runtime.Store
	each []*sqlitestore.Store
	n    atomic.Int64
}

func newTurns(t *testing.T, file string, handles int) *turns {
	t.Helper()
	s := &turns{}
	for range handles {
		s.each = append(s.each, on(t, open(t, file, 2)))
	}
	s.Store = s.each[0]
	return s
}

func (s *turns) next() *sqlitestore.Store { return s.each[int(s.n.Add(1))%len(s.each)] }

func (s *turns) Init(ctx context.Context) error { return s.next().Init(ctx) }

func (s *turns) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	return s.next().Create(ctx, t, quota)
}

func (s *turns) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	return s.next().Update(ctx, t)
}

func (s *turns) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return s.next().SetStatus(ctx, id, to, from...)
}

func (s *turns) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return s.next().MergeMetadata(ctx, id, patch)
}

func (s *turns) Delete(ctx context.Context, id string) error { return s.next().Delete(ctx, id) }

// TestMergesAcrossHandles merges keys from many goroutines, on several connections of
// several handles on one file. None is lost, and none is an error.
func TestMergesAcrossHandles(t *testing.T) {
	t.Parallel()
	const handles, conns, writers, keys = 4, 3, 6, 10
	file := testsqlite.File(t)
	first := on(t, open(t, file, conns))
	if err := first.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := create(t, first, "acme")
	var wg sync.WaitGroup
	start := make(chan struct{})
	for handle := range handles {
		s := on(t, open(t, file, conns))
		for writer := range writers {
			wg.Go(func() {
				<-start
				for key := range keys {
					patch := metadata(t, fmt.Sprintf(`{"key-%d-%d-%d":%d}`, handle, writer, key, key))
					if _, err := s.MergeMetadata(t.Context(), made.ID, patch); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	close(start)
	wg.Wait()
	merged(t, first, made.ID, handles*writers*keys)
}

// merged fails t unless a tenant has this many keys and changes.
func merged(t *testing.T, s runtime.Store, id string, keys int) {
	t.Helper()
	got, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Metadata.Keys()); n != keys || got.Version != int64(keys+1) {
		t.Errorf("%d keys of %d are left, and the version is %d", n, keys, got.Version)
	}
}

// TestMergesWithoutLockAreLost is the control of the test above: a merge that reads,
// decides and writes without the lock loses what others merged meanwhile; and one that
// takes the lock only when it writes fails.
func TestMergesWithoutLockAreLost(t *testing.T) {
	t.Parallel()
	s, db := newStore(t)
	db.SetMaxOpenConns(8)
	made := create(t, s, "acme")
	const writers = 8
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
	got, err := s.Get(t.Context(), made.ID)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Metadata.Keys()); n != 1 {
		t.Errorf("%d keys of %d are left where 1 was expected: this control controls nothing", n, writers)
	}
	if err := lateLock(t, s, db, made.ID); err == nil {
		t.Error("a transaction that locks after it read went through: BEGIN IMMEDIATE is for nothing")
	}
}

// lateLock merges in a transaction that takes the lock when it writes, while another
// merges.
func lateLock(t *testing.T, s *sqlitestore.Store, db *sql.DB, id string) error {
	t.Helper()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	var text string
	if err := tx.QueryRowContext(t.Context(), "SELECT metadata FROM tenancy_tenants WHERE id = ?", id).Scan(&text); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MergeMetadata(t.Context(), id, metadata(t, `{"meanwhile":1}`)); err != nil {
		t.Fatal(err)
	}
	_, err = tx.ExecContext(t.Context(), "UPDATE tenancy_tenants SET metadata = ? WHERE id = ?", text, id)
	return errors.Join(err, tx.Commit())
}

// processFile names the file for a process of TestMergesAcrossProcesses, and processName
// what its keys begin with.
const (
	processFile = "SQLITESTORE_TEST_FILE"
	processName = "SQLITESTORE_TEST_NAME"
	processKeys = 40
)

// TestMergesAcrossProcesses merges keys from several processes.
func TestMergesAcrossProcesses(t *testing.T) {
	if file := os.Getenv(processFile); file != "" {
		mergeAsProcess(t, file, os.Getenv(processName))
		return
	}
	t.Parallel()
	file := testsqlite.File(t)
	s := on(t, open(t, file, 2))
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	made := create(t, s, "acme")
	var wait []func() error
	var begin []func() error
	for _, name := range []string{"a", "b"} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestMergesAcrossProcesses$")
		cmd.Env = append(os.Environ(), processFile+"="+file, processName+"="+name)
		cmd.Stderr = os.Stderr
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		if line, err := lines.ReadString('\n'); line != "ready\n" {
			t.Fatalf("the process says %q: %v", line, err)
		}
		begin = append(begin, in.Close)
		wait = append(wait, cmd.Wait)
	}
	for _, f := range append(begin, wait...) {
		if err := f(); err != nil {
			t.Error(err)
		}
	}
	merged(t, s, made.ID, 2*processKeys)
}

// mergeAsProcess merges when the test says so, by closing standard input.
func mergeAsProcess(t *testing.T, file, name string) {
	s := on(t, open(t, file, 2))
	if _, err := s.Get(t.Context(), "id-acme"); err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	_, _ = os.Stdin.Read(make([]byte, 1))
	for key := range processKeys {
		if _, err := s.MergeMetadata(t.Context(), "id-acme", metadata(t, fmt.Sprintf(`{"%s-%d":1}`, name, key))); err != nil {
			t.Error(err)
		}
	}
}
