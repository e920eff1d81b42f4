package sqlitestore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/sqlitestore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open returns a handle on a file.
func open(t *testing.T, file string, conns int) *sql.DB {
	t.Helper()
	return testsqlite.Open(t, "file:"+file, conns)
}

// on returns a store on a handle.
func on(t *testing.T, db *sql.DB) *sqlitestore.Store {
	t.Helper()
	s, err := sqlitestore.New(db, sqlitestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newStore returns a store in a file of its own, with its tables, and the handle.
func newStore(t *testing.T) (*sqlitestore.Store, *sql.DB) {
	t.Helper()
	db := open(t, testsqlite.File(t), 2)
	s := on(t, db)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, db
}

// create stores an active tenant of a name.
func create(t *testing.T, s runtime.Store, name string) runtime.Tenant {
	t.Helper()
	made, err := s.Create(t.Context(), runtime.Tenant{ID: "id-" + name, Identifier: runtime.MustIdentifier(name), Name: name, Status: runtime.StatusActive}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// metadata parses a constant.
func metadata(t *testing.T, text string) runtime.Metadata {
	t.Helper()
	m, err := runtime.ParseMetadata([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// unchecked runs a statement that the constraints of the table would not let through.
func unchecked(ctx context.Context, db *sql.DB, text string, args ...any) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "PRAGMA ignore_check_constraints = ON"); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, text, args...)
	_, checked := conn.ExecContext(ctx, "PRAGMA ignore_check_constraints = OFF")
	return errors.Join(err, checked)
}

// stores makes stores whose tables begin with prefixes of their own, on one handle.
func stores(db *sql.DB, prefix func() string) storetest.NewStore {
	return func(t *testing.T) runtime.Store {
		t.Helper()
		s, err := sqlitestore.New(db, sqlitestore.Options{Prefix: prefix()})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// hands reach behind a store of a handle.
func hands(db *sql.DB) []storetest.Option {
	table := func(s runtime.Store) string { return s.(*sqlitestore.Store).Table() }
	return []storetest.Option{
		storetest.SameTime(func(ctx context.Context, s runtime.Store) error {
			_, err := db.ExecContext(ctx, "UPDATE "+table(s)+" SET created_at = 1700000000000000")
			return err
		}),
		storetest.Corrupt(func(ctx context.Context, s runtime.Store, id string, d storetest.Damage) error {
			set := map[storetest.Damage]string{storetest.DamageStatus: "status = 'nice'", storetest.DamageMetadata: "metadata = '[1]'"}[d]
			return unchecked(ctx, db, fmt.Sprintf("UPDATE %s SET %s WHERE id = ?", table(s), set), id)
		}),
	}
}
