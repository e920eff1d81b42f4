package mysqlstore

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

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

// ErrHandle is returned by Init, wrapped with what has to be set, for a server or a handle
// on which a store would keep something else than it was given.
var ErrHandle = errors.New("mysqlstore: the handle is not set up for a store")

// Init looks at the server and at how the handle is set up, and makes the store's tables
// where something of them is missing. Where all is there, a user who may not create can
// call it as well. Several processes can call it at once.
func (s *Store) Init(ctx context.Context) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{s.check, s.make, s.transactional} {
		if err := step(ctx); err != nil {
			return s.Failed("Init", s.Safe(ctx, err))
		}
	}
	return s.Failed("Init", s.Safe(ctx, s.Fits(ctx, s.db)))
}

// check returns ErrHandle where the handle is not set up for a store.
func (s *Store) check(ctx context.Context) error {
	var version, mode, client, connection, results string
	var autocommit bool
	if err := s.db.QueryRowContext(ctx, `SELECT VERSION(), @@SESSION.sql_mode, @@SESSION.autocommit, @@SESSION.character_set_client,
		@@SESSION.character_set_connection, coalesce(@@SESSION.character_set_results, '')`).Scan(&version, &mode, &autocommit, &client, &connection, &results); err != nil {
		return err
	}
	modes := strings.Split(strings.ToUpper(mode), ",")
	switch {
	case !known(version):
		return fmt.Errorf("%w: the server is %s; MySQL 8.0.16 or MariaDB 10.11 is needed", ErrHandle, version)
	case !slices.Contains(modes, "STRICT_TRANS_TABLES") && !slices.Contains(modes, "STRICT_ALL_TABLES"):
		return fmt.Errorf("%w: without STRICT_TRANS_TABLES in sql_mode, values that do not fit are cut off", ErrHandle)
	case slices.Contains(modes, "EMPTY_STRING_IS_NULL"):
		return fmt.Errorf("%w: with EMPTY_STRING_IS_NULL in sql_mode, empty texts are lost", ErrHandle)
	case !autocommit:
		return fmt.Errorf("%w: with autocommit off, a connection reads for ever what it read first", ErrHandle)
	case client != "utf8mb4" || connection != "utf8mb4" || results != "utf8mb4":
		return fmt.Errorf("%w: the connection's character sets are %s, %s and %s, and all have to be utf8mb4", ErrHandle, client, connection, results)
	}
	return nil
}

// known reports whether a server is one that the store is made for. Others that speak the
// protocol give older versions of MySQL.
func known(version string) bool {
	var major, minor, patch int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch); err != nil {
		return false
	}
	least := []int{8, 0, 16} // CHECK constraints
	if strings.Contains(version, "MariaDB") {
		least = []int{10, 11, 0}
	}
	return slices.Compare([]int{major, minor, patch}, least) >= 0
}

// make makes what is missing of the tables. CREATE TABLE IF NOT EXISTS asks for the right
// to create before it looks whether the table is there.
func (s *Store) make(ctx context.Context) error {
	var tables, lock int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (?, ?)",
		s.Table(), s.SQL("tenancy_forgotten_tenants")).Scan(&tables); err != nil {
		return err
	}
	if tables == 2 {
		if err := s.db.QueryRowContext(ctx, s.SQL("SELECT count(*) FROM tenancy_forgotten_tenants WHERE id = ''")).Scan(&lock); err != nil || lock == 1 {
			return err
		}
	}
	for _, statement := range statements(s.SQL(ddl)) {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// statements are the statements of the DDL: each ends a line with a semicolon.
func statements(text string) []string {
	return slices.DeleteFunc(strings.SplitAfter(text, ";\n"), func(s string) bool { return strings.TrimSpace(s) == "" })
}

// transactional returns an error where a table is of an engine without transactions, such
// as one that the server took in place of InnoDB.
func (s *Store) transactional(ctx context.Context) error {
	var n int
	err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (?, ?) AND engine = 'InnoDB'",
		s.Table(), s.SQL("tenancy_forgotten_tenants")).Scan(&n)
	if err == nil && n != 2 {
		return errors.New("mysqlstore: the tables are not of InnoDB")
	}
	return err
}
