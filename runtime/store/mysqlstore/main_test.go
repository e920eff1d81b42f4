package mysqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/go-sql-driver/mysql"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/mysqlstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestMain(m *testing.M) {
	testmysql.Main(m, func() error { return goleak.Find() })
}

// open returns a handle on a DSN.
func open(t *testing.T, dsn string, change ...func(*mysql.Config)) *sql.DB {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal("not a DSN")
	}
	for _, f := range change {
		f(config)
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(8)
	db.SetMaxIdleConns(8)
	return db
}

// on returns a store on a handle.
func on(t *testing.T, db *sql.DB) *mysqlstore.Store {
	t.Helper()
	s, err := mysqlstore.New(db, mysqlstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newStore returns a store in a database of its own, with its tables, and the handle.
func newStore(t *testing.T, change ...func(*mysql.Config)) (*mysqlstore.Store, *sql.DB) {
	t.Helper()
	db := open(t, testmysql.Database(t), change...)
	s := on(t, db)
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, db
}

// stores makes stores whose tables begin with prefixes of their own, on one handle.
func stores(db *sql.DB) storetest.NewStore {
	var n atomic.Int32
	return func(t *testing.T) runtime.Store {
		t.Helper()
		s, err := mysqlstore.New(db, mysqlstore.Options{Prefix: fmt.Sprintf("store_%d_", n.Add(1))})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
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

// unchecked runs a statement that a constraint of a table would not let through.
func unchecked(ctx context.Context, db *sql.DB, table, constraint, text string, args ...any) error {
	// MySQL knows DROP CHECK, MariaDB DROP CONSTRAINT, and both this.
	_, err := db.ExecContext(ctx, "ALTER TABLE "+table+" DROP CONSTRAINT "+constraint)
	var e *mysql.MySQLError
	if err != nil && !errors.As(err, &e) {
		return err // but for one that is gone
	}
	_, err = db.ExecContext(ctx, text, args...)
	return err
}

// hands reach behind a store of a handle.
func hands(db *sql.DB) []storetest.Option {
	table := func(s runtime.Store) string { return s.(*mysqlstore.Store).Table() }
	return []storetest.Option{
		storetest.SameTime(func(ctx context.Context, s runtime.Store) error {
			_, err := db.ExecContext(ctx, "UPDATE "+table(s)+" SET created_at = 1700000000000000")
			return err
		}),
		storetest.Corrupt(func(ctx context.Context, s runtime.Store, id string, d storetest.Damage) error {
			set := map[storetest.Damage]string{storetest.DamageStatus: "status = 'nice'", storetest.DamageMetadata: "metadata = '[1]'"}[d]
			return unchecked(ctx, db, table(s), table(s)+"_"+string(d), fmt.Sprintf("UPDATE %s SET %s WHERE id = ?", table(s), set), id)
		}),
	}
}
