package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

var errOops = errors.New("oops")

// recorder is a driver that writes down how a transaction went, and fails where it is
// told to. What happens on a server is the conformance suite's matter.
type recorder struct {
	mu    sync.Mutex
	calls []string
	fails []string // calls that return errOops
}

func (r *recorder) call(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, name)
	if slices.Contains(r.fails, name) {
		return errOops
	}
	return nil
}

func (r *recorder) Connect(context.Context) (driver.Conn, error) { return r, nil }
func (r *recorder) Driver() driver.Driver                        { return nil }
func (r *recorder) Prepare(string) (driver.Stmt, error)          { return nil, errOops }
func (r *recorder) Close() error                                 { return nil }
func (r *recorder) Begin() (driver.Tx, error)                    { return r, r.call("BEGIN") }
func (r *recorder) Commit() error                                { return r.call("COMMIT") }
func (r *recorder) Rollback() error                              { return r.call("ROLLBACK") }

func (r *recorder) ExecContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	if _, bounded := ctx.Deadline(); bounded {
		query += " within a time"
	}
	return driver.RowsAffected(0), r.call(query)
}

func open(t *testing.T, r *recorder) *sql.DB {
	t.Helper()
	db := sql.OpenDB(r)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// nothing, oops and so on are what runs in a transaction.
func nothing(context.Context, sqldb.DB) error { return nil }
func oops(context.Context, sqldb.DB) error    { return errOops }

func inner(fn func(context.Context, sqldb.DB) error) func(context.Context, sqldb.DB) error {
	return func(ctx context.Context, tx sqldb.DB) error {
		return sqldb.InTx(ctx, tx, func(tx sqldb.DB) error { return fn(ctx, tx) })
	}
}

// swallowed drops the error of what it runs.
func swallowed(fn func(context.Context, sqldb.DB) error) func(context.Context, sqldb.DB) error {
	return func(ctx context.Context, tx sqldb.DB) error {
		_ = fn(ctx, tx)
		return nil
	}
}

const (
	to      = "ROLLBACK TO SAVEPOINT tenancy_1 within a time"
	release = "RELEASE SAVEPOINT tenancy_1 within a time"
)

func TestInTx(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fails []string
		fn    func(context.Context, sqldb.DB) error
		want  error
		calls []string
	}{
		"commit":       {nil, nothing, nil, []string{"BEGIN", "COMMIT"}},
		"error":        {nil, oops, errOops, []string{"BEGIN", "ROLLBACK"}},
		"begin fails":  {[]string{"BEGIN"}, nothing, errOops, []string{"BEGIN"}},
		"commit fails": {[]string{"COMMIT"}, nothing, errOops, []string{"BEGIN", "COMMIT"}},
		"savepoint": {nil, inner(nothing), nil, []string{
			"BEGIN", "SAVEPOINT tenancy_1", "RELEASE SAVEPOINT tenancy_1", "COMMIT",
		}},
		"two deep": {nil, inner(inner(nothing)), nil, []string{
			"BEGIN", "SAVEPOINT tenancy_1", "SAVEPOINT tenancy_2", "RELEASE SAVEPOINT tenancy_2", "RELEASE SAVEPOINT tenancy_1", "COMMIT",
		}},
		"savepoint rolled back": {nil, swallowed(inner(oops)), nil, []string{
			"BEGIN", "SAVEPOINT tenancy_1", to, release, "COMMIT",
		}},
		"savepoint fails": {[]string{"SAVEPOINT tenancy_1"}, swallowed(inner(nothing)), nil, []string{
			"BEGIN", "SAVEPOINT tenancy_1", "COMMIT",
		}},
		"release fails": {[]string{"RELEASE SAVEPOINT tenancy_1"}, swallowed(inner(nothing)), nil, []string{
			"BEGIN", "SAVEPOINT tenancy_1", "RELEASE SAVEPOINT tenancy_1", to, release, "COMMIT",
		}},
		// What the caller was told has failed must not be committed.
		"savepoint cannot be rolled back": {[]string{to}, swallowed(inner(oops)), errOops, []string{
			"BEGIN", "SAVEPOINT tenancy_1", to, "ROLLBACK",
		}},
		"nor after its release failed": {[]string{"RELEASE SAVEPOINT tenancy_1", to}, swallowed(inner(nothing)), errOops, []string{
			"BEGIN", "SAVEPOINT tenancy_1", "RELEASE SAVEPOINT tenancy_1", to, "ROLLBACK",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{fails: tc.fails}
			err := sqldb.InTx(t.Context(), open(t, r), func(tx sqldb.DB) error { return tc.fn(t.Context(), tx) })
			if !errors.Is(err, tc.want) {
				t.Errorf("InTx = %v, want %v", err, tc.want)
			}
			if name == "error" && err != errOops {
				t.Errorf("InTx = %v, want the error as it is", err)
			}
			if d := cmp.Diff(tc.calls, r.calls); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

// A context that ends in the function is an error, also where the function has not
// noticed.
func TestInTxCancelled(t *testing.T) {
	t.Parallel()
	for name, nested := range map[string]bool{"transaction": false, "savepoint": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			outer, cancelOuter := context.WithCancel(t.Context())
			defer cancelOuter()
			short, cancel := context.WithCancel(outer)
			fn := func(sqldb.DB) error {
				cancel()
				return nil
			}
			var err error
			if nested {
				err = sqldb.InTx(outer, open(t, r), func(tx sqldb.DB) error { return sqldb.InTx(short, tx, fn) })
			} else {
				err = sqldb.InTx(short, open(t, r), fn)
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("InTx = %v, want context.Canceled", err)
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			if slices.Contains(r.calls, "COMMIT") {
				t.Errorf("calls are %v", r.calls)
			}
		})
	}
}

func TestInTxPanic(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	db := open(t, r)
	var got any
	func() {
		defer func() { got = recover() }()
		_ = sqldb.InTx(t.Context(), db, func(sqldb.DB) error { panic(errOops) })
	}()
	if got != errOops {
		t.Errorf("the panic became %v", got)
	}
	if d := cmp.Diff([]string{"BEGIN", "ROLLBACK"}, r.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// t.FailNow and the like end the goroutine without a panic.
func TestInTxGoexit(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	db := open(t, r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = sqldb.InTx(context.Background(), db, func(sqldb.DB) error {
			exit()
			return nil
		})
	}()
	<-done
	if d := cmp.Diff([]string{"BEGIN", "ROLLBACK"}, r.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
