package pgxdb

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// cleanupTimeout bounds what InTx does after the caller's context has ended.
const cleanupTimeout = 5 * time.Second

// InTx runs fn in a transaction begun on db and commits it when fn returns nil.
//
// When fn returns an error, the transaction is rolled back and that error is
// returned as it is. When fn panics or ends its goroutine, the transaction is
// rolled back and the panic goes on. The rollback does not use ctx but a
// context of its own that ends after five seconds, so that a cancelled request
// still leaves a clean connection; when even that fails, pgx closes the
// connection, and the server rolls back.
//
// The DB that fn is given is the transaction, and acts as the same tenant as
// db. It must not be used after fn has returned. Given to InTx again, it makes
// a nested transaction, which is a savepoint. A nil error means that the
// transaction, or the savepoint, is complete: fn that swallows the error of a
// statement gets an error from the commit.
func InTx(ctx context.Context, db DB, fn func(DB) error) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	// Deferred, so that it runs on a panic and on runtime.Goexit too.
	commit := false
	defer func() {
		if !commit {
			rollback(ctx, tx)
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	commit = true
	if _, nested := db.(pgx.Tx); nested {
		return release(ctx, tx)
	}
	return tx.Commit(ctx)
}

func rollback(ctx context.Context, tx pgx.Tx) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	// The caller has an error, or a panic, that says more than this one. A
	// connection that could not be rolled back is closed by pgx.
	_ = tx.Rollback(ctx)
}

// release commits a nested transaction. A savepoint that was not released must
// not become part of the outer transaction, since the caller is told that it
// failed. A release cannot be rolled back once pgx has given it up, so where
// the transaction could still be committed, the connection is closed.
func release(ctx context.Context, tx pgx.Tx) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	err := tx.Commit(ctx)
	// Closed means that fn ended the transaction itself, and the connection may
	// be in other hands by now.
	if err == nil || errors.Is(err, pgx.ErrTxClosed) {
		return err
	}
	const inTransaction = 'T'
	if conn := tx.Conn(); conn != nil && !conn.IsClosed() && conn.PgConn().TxStatus() == inTransaction {
		_ = conn.Close(ctx)
	}
	return err
}
