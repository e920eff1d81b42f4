package sqlitestore

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/runtime/store/internal/sqlstore"
)

//go:embed schema.sql
var ddl string

// DDL returns the statements that make what a store with this prefix needs, for those who
// run them in their own migrations. They can be run again. Empty is DefaultPrefix. It
// panics where New would return an error.
func DDL(prefix string) string {
	prefix, err := sqlstore.Prefix(prefix)
	if err != nil {
		panic(err)
	}
	return sqlstore.Prefixed(ddl, prefix)
}

// ErrHandle is returned by Init, wrapped with what has to be set, for a handle on which a
// store would lose tenants or fail under load.
var ErrHandle = errors.New("sqlitestore: the handle is not set up for a store")

// Init looks at how the handle is set up, puts the file into WAL mode, and makes the
// tables where something of them is missing. Several processes can call it at once.
func (s *Store) Init(ctx context.Context) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	err := s.check(ctx)
	if err == nil {
		err = s.make(ctx)
	}
	if err != nil {
		return s.Failed("Init", s.Safe(ctx, err))
	}
	return nil
}

// check returns ErrHandle where the handle is not set up for a store.
func (s *Store) check(ctx context.Context) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	var strict bool
	var version, encoding string
	var timeout int
	// STRICT tables came with 3.37.
	if err := conn.QueryRowContext(ctx, `SELECT sqlite_version(), CAST(substr(v, 1, instr(v, '.') - 1) AS INTEGER) > 3
		OR CAST(substr(v, instr(v, '.') + 1) AS INTEGER) >= 37 FROM (SELECT sqlite_version() AS v)`).Scan(&version, &strict); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA encoding").Scan(&encoding); err != nil {
		return err
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&timeout); err != nil {
		return err
	}
	switch {
	case !strict:
		return fmt.Errorf("%w: SQLite is %s, and 3.37 is needed", ErrHandle, version)
	case encoding != "UTF-8":
		return fmt.Errorf("%w: the file's encoding is %s, and UTF-8 is needed", ErrHandle, encoding)
	case timeout == 0:
		return fmt.Errorf("%w: writers would not wait for each other: set a busy timeout, such as _pragma=busy_timeout(10000) before every other _pragma", ErrHandle)
	}
	return writeAhead(ctx, conn)
}

// writeAhead puts the file into WAL mode, where readers and the writer do not wait for
// each other. The mode stays with the file.
func writeAhead(ctx context.Context, conn *sql.Conn) error {
	var err error
	// SQLite does not wait for others who change the mode as well.
	for range 20 {
		var mode string
		if err = conn.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err == nil {
			if mode != "wal" {
				return fmt.Errorf("%w: its journal mode is %q and cannot be WAL: it has to be a file on a local disk, which others can write, and not memory", ErrHandle, mode)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return fmt.Errorf("%w: its journal mode is not WAL: %w", ErrHandle, err)
}

// make makes the tables and indexes.
func (s *Store) make(ctx context.Context) error {
	return s.write(ctx, func(tx sqlstore.Tx) error {
		if _, err := tx.ExecContext(ctx, s.SQL(ddl)); err != nil {
			return err
		}
		return s.Fits(ctx, tx)
	})
}
