package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// cleanupTimeout bounds what InTx does to a savepoint after the caller's context
// has ended.
const cleanupTimeout = 5 * time.Second

// ErrNested is returned by the BeginTx of the DB that InTx gives to its function:
// a transaction within a transaction is a savepoint, and InTx makes those.
var ErrNested = errors.New("tenancy: a transaction has begun already: call InTx with its DB, which makes a savepoint")

// InTx runs fn in a transaction begun on db and commits it when fn returns nil.
//
// When fn returns an error, the transaction is rolled back and that error is
// returned as it is. When fn panics or ends its goroutine, the transaction is
// rolled back and the panic goes on. When ctx ends, database/sql rolls back.
//
// The DB that fn is given is the transaction, and acts as the same tenant as
// db. It must not be used after fn has returned. Given to InTx again, it makes
// a nested transaction, which is a savepoint. A nil error means that the
// transaction, or the savepoint, is complete: fn that swallows the error of a
// statement gets an error from the commit.
func InTx(ctx context.Context, db DB, fn func(DB) error) error {
	if outer, nested := db.(*txDB); nested {
		return outer.savepoint(ctx, fn)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// Deferred, so that it runs on a panic and on runtime.Goexit too. The caller has
	// an error, or a panic, that says more than that of the rollback. A connection
	// that could not be rolled back does not go back to its pool.
	commit := false
	defer func() {
		if !commit {
			_ = tx.Rollback()
		}
	}()
	state := &txState{}
	if err := fn(&txDB{Tx: tx, state: state}); err != nil {
		return err
	}
	if err := errors.Join(ctx.Err(), state.failed); err != nil {
		return err
	}
	commit = true
	return tx.Commit()
}

// txDB is a transaction as a DB.
type txDB struct {
	*sql.Tx
	state *txState
	depth int // of savepoints
}

// txState is what all levels of a transaction share. A transaction is used by one
// goroutine at a time.
type txState struct {
	// failed is set when a savepoint could neither be released nor rolled back: its
	// statements must not be committed, since the caller was told that they failed.
	failed error
}

var _ DB = (*txDB)(nil)

// BeginTx returns ErrNested.
func (t *txDB) BeginTx(context.Context, *sql.TxOptions) (*sql.Tx, error) { return nil, ErrNested }

// savepoint runs fn in a savepoint.
func (t *txDB) savepoint(ctx context.Context, fn func(DB) error) error {
	inner := &txDB{Tx: t.Tx, state: t.state, depth: t.depth + 1}
	name := fmt.Sprintf("tenancy_%d", inner.depth)
	if _, err := t.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	released := false
	defer func() {
		if released {
			return
		}
		// Not with ctx, which may be what ended fn.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
		defer cancel()
		for _, end := range []string{"ROLLBACK TO SAVEPOINT ", "RELEASE SAVEPOINT "} {
			if _, err := t.ExecContext(ctx, end+name); err != nil {
				t.state.failed = errors.Join(t.state.failed, fmt.Errorf("tenancy: a savepoint could not be rolled back: %w", err))
				return
			}
		}
	}()
	if err := fn(inner); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "RELEASE SAVEPOINT "+name); err != nil {
		return err
	}
	released = true
	return nil
}
