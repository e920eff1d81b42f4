// Package sqlitestore keeps tenants in a table of SQLite, in a file.
//
// Several connections, handles and processes can use the file. A change holds the write
// lock of the file from before it reads (BEGIN IMMEDIATE), so none is lost, and whoever
// comes meanwhile waits, as long as the busy timeout of the connection says. The file has
// to be on a local disk.
//
// The package links no driver. It is tested with github.com/ncruces/go-sqlite3.
package sqlitestore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"time"

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

// Store is a runtime.Store on SQLite. It is safe for concurrent use.
type Store struct {
	*sqlstore.Store
	db *sql.DB
	// writer holds a token while nobody writes. SQLite has one writer at a time, and
	// lets the others ask again and again: those of one store wait in line.
	writer chan struct{}
}

var _ runtime.Store = (*Store)(nil)

// New returns a store on a handle, which stays the caller's to close. Init makes the
// tables, and says what is wrong with the handle. The error is for options that cannot be.
func New(db *sql.DB, o Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlitestore: there is no handle")
	}
	prefix, err := sqlstore.Prefix(o.Prefix)
	if err != nil {
		return nil, fmt.Errorf("sqlitestore: %w", err)
	}
	s := &Store{db: db, writer: make(chan struct{}, 1)}
	s.writer <- struct{}{}
	s.Store = sqlstore.New(db, prefix, sqlstore.Engine{Name: "sqlitestore", Write: s.write, Now: now})
	return s, nil
}

// now is the time of this machine, which all processes on the file share; SQLite's own
// is one of milliseconds.
func now() string { return strconv.FormatInt(time.Now().UnixMicro(), 10) }

// write runs f as the only one who writes.
func (s *Store) write(ctx context.Context, f func(sqlstore.Tx) error) error {
	select {
	case <-s.writer:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.writer <- struct{}{} }()
	// database/sql has no word for IMMEDIATE, and drivers have different ones.
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	// A transaction that reads first and locks later could find that others wrote
	// between the two, and would have to fail.
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			rollback(ctx, conn)
		}
	}()
	if err := f(conn); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	committed = err == nil
	return err
}

// rollback ends the transaction that an error left open. Where that fails, the connection
// is closed.
func rollback(ctx context.Context, conn *sql.Conn) {
	if _, err := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); err != nil {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
}
