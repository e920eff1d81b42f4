// Package mysqlstore keeps tenants in a table of MySQL or MariaDB, of InnoDB.
//
// A change is a transaction that locks the tenant, reads it, and writes, under READ
// COMMITTED whatever the default of the server; one that ends in a deadlock is made
// again. Neither clientFoundRows, parseTime, loc nor the session's time zone changes what
// the store does.
//
// The store needs SELECT, INSERT, UPDATE and DELETE on its two tables. What it holds are
// the names, secrets and status of all tenants, so its user should be another than the
// one that runs tenants' statements.
package mysqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/sqlstore"
)

// Options are what can be chosen about a store. The zero Options are good.
type Options struct {
	// Prefix begins the names of the store's tables; empty is DefaultPrefix. It is a
	// plain name: a-z, 0-9 and _, up to 32.
	Prefix string
}

// DefaultPrefix begins the names of the store's tables where no other is chosen.
const DefaultPrefix = sqlstore.DefaultPrefix

// Store is a runtime.Store on MySQL. It is safe for concurrent use.
type Store struct {
	*sqlstore.Store
	db *sql.DB
	// attempts are how often a transaction is made that ends in deadlocks.
	attempts int
}

var _ runtime.Store = (*Store)(nil)

// New returns a store on a handle of github.com/go-sql-driver/mysql with a database, which
// stays the caller's to close. Init makes the tables, and says what is wrong with the
// handle. The error is for options that cannot be.
func New(db *sql.DB, o Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("mysqlstore: there is no handle")
	}
	prefix, err := sqlstore.Prefix(o.Prefix)
	if err != nil {
		return nil, fmt.Errorf("mysqlstore: %w", err)
	}
	s := &Store{db: db, attempts: 20}
	s.Store = sqlstore.New(db, prefix, sqlstore.Engine{
		Name: "mysqlstore", Write: s.write, Lock: " FOR UPDATE", Alone: s.alone, Now: func() string { return now }, Taken: s.taken, Safe: safe,
	})
	return s, nil
}

// now is the time of the server, which all processes share.
const now = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01 00:00:00', UTC_TIMESTAMP(6))"

// write runs f in a transaction, and again where the server ended it.
func (s *Store) write(ctx context.Context, f func(sqlstore.Tx) error) (err error) {
	for range s.attempts {
		if err = s.once(ctx, f); !deadlocked(err) {
			return err
		}
	}
	return err
}

// once runs f in a transaction. A stricter level would lock more than the rows that it
// reads, and under REPEATABLE READ what it saw first is what it sees later, also behind a
// lock that it waited for.
func (s *Store) once(ctx context.Context, f func(sqlstore.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing, after a commit
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// alone waits until no other transaction creates or deletes.
func (s *Store) alone(ctx context.Context, tx sqlstore.Tx) error {
	result, err := tx.ExecContext(ctx, s.SQL("UPDATE tenancy_forgotten_tenants SET forgotten_at = forgotten_at + 1 WHERE id = ''"))
	if err != nil {
		return err
	}
	// It is another number each time, so the row counts with clientFoundRows and without.
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, fmt.Errorf("the row with an empty id is not in %s: call Init", s.SQL("tenancy_forgotten_tenants")))
	}
	return nil
}
