package pgxdb_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

var errOops = errors.New("oops")

// recorder is a DB, and the transaction that it begins, that writes down how a
// transaction went. What happens on a server is the conformance suite's matter.
type recorder struct {
	pgx.Tx
	calls     []string
	beginErr  error
	commitErr error
}

func (r *recorder) Begin(context.Context) (pgx.Tx, error) {
	r.calls = append(r.calls, "begin")
	return r, r.beginErr
}

func (r *recorder) Commit(ctx context.Context) error {
	r.calls = append(r.calls, "commit")
	return errors.Join(r.commitErr, ctx.Err())
}

func (r *recorder) Rollback(ctx context.Context) error {
	call := "rollback"
	if ctx.Err() != nil {
		call += " with a dead context"
	}
	if _, bounded := ctx.Deadline(); !bounded {
		call += " without a deadline"
	}
	r.calls = append(r.calls, call)
	return errors.New("rollback failed too")
}

// root hides that a recorder is a transaction.
type root struct{ pgxdb.DB }

func TestInTx(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		db    recorder
		fn    func(cancel func()) error
		want  error
		calls []string
	}{
		"commit":       {recorder{}, func(func()) error { return nil }, nil, []string{"begin", "commit"}},
		"error":        {recorder{}, func(func()) error { return errOops }, errOops, []string{"begin", "rollback"}},
		"begin fails":  {recorder{beginErr: errOops}, func(func()) error { return nil }, errOops, []string{"begin"}},
		"commit fails": {recorder{commitErr: errOops}, func(func()) error { return nil }, errOops, []string{"begin", "commit"}},
		"cancelled": {recorder{}, func(cancel func()) error {
			cancel()
			return nil
		}, context.Canceled, []string{"begin", "rollback"}},
		"cancelled with an error": {recorder{}, func(cancel func()) error {
			cancel()
			return errOops
		}, errOops, []string{"begin", "rollback"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := pgxdb.InTx(ctx, root{&tc.db}, func(pgxdb.DB) error { return tc.fn(cancel) })
			if !errors.Is(err, tc.want) {
				t.Errorf("InTx = %v, want %v", err, tc.want)
			}
			if tc.want == errOops && tc.db.commitErr == nil && err != errOops {
				t.Errorf("InTx = %v, want the error as it is", err)
			}
			if d := cmp.Diff(tc.calls, tc.db.calls); d != "" {
				t.Errorf("calls (-want +got):\n%s", d)
			}
		})
	}
}

func TestInTxPanic(t *testing.T) {
	t.Parallel()
	db := &recorder{}
	var got any
	func() {
		defer func() { got = recover() }()
		_ = pgxdb.InTx(t.Context(), db, func(pgxdb.DB) error { panic(errOops) })
	}()
	if got != errOops {
		t.Errorf("the panic became %v", got)
	}
	if d := cmp.Diff([]string{"begin", "rollback"}, db.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// t.FailNow and the like end the goroutine without a panic.
func TestInTxGoexit(t *testing.T) {
	t.Parallel()
	db := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = pgxdb.InTx(context.Background(), db, func(pgxdb.DB) error {
			exit()
			return nil
		})
	}()
	<-done
	if d := cmp.Diff([]string{"begin", "rollback"}, db.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}
