// Package sqlstore is a runtime.Store on database/sql, but for what differs from engine
// to engine: that is an Engine, which sqlitestore and mysqlstore have.
//
// A change is a transaction that locks the tenants it is about, reads them, decides in
// Go, and writes. So a merge is runtime.Metadata's own, which keeps every digit of a
// number; the JSON functions of these engines do not.
package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync/atomic"

	"github.com/tenancygen/tenancygen/runtime"
)

// DefaultPrefix begins the names of the tables where no other prefix is chosen. It is
// also what stands for the prefix in texts of SQL.
const DefaultPrefix = "tenancy_"

// prefixRule keeps names that need quotes, or that an engine would cut off.
var prefixRule = regexp.MustCompile(`\A[a-z_][a-z0-9_]{0,31}\z`)

// Prefix returns the prefix that was chosen, or the default. The error is for one that is
// no plain name.
func Prefix(chosen string) (string, error) {
	if chosen == "" {
		return DefaultPrefix, nil
	}
	if !prefixRule.MatchString(chosen) || strings.HasPrefix(chosen, "sqlite_") {
		return "", fmt.Errorf("the prefix %q is no plain name: a-z, 0-9 and _, up to 32", chosen)
	}
	return chosen, nil
}

// Prefixed puts a prefix into a text, which says tenancy_.
func Prefixed(text, prefix string) string { return strings.ReplaceAll(text, DefaultPrefix, prefix) }

// Engine is what differs. Its texts say tenancy_ for the prefix.
type Engine struct {
	// Name is that of the package, for errors.
	Name string
	// Write runs f in a transaction that is committed where f returns nil, and that sees
	// all that is committed when a statement begins. It may run f again.
	Write func(ctx context.Context, f func(Tx) error) error
	// Lock ends the SELECT of rows that are going to be changed; empty where Write
	// locks everything.
	Lock string
	// Alone lets no other transaction create or delete tenants until tx ends; nil where
	// Write does.
	Alone func(ctx context.Context, tx Tx) error
	// Now returns SQL for the microseconds since 1970.
	Now func() string
	// Taken returns the field of which an error says that another tenant has it, as in
	// a *runtime.ConflictError, or nothing; nil where that is always seen before.
	Taken func(error) string
	// Safe returns an error that repeats nothing of what is stored; nil where an
	// engine's errors never do.
	Safe func(error) error
}

// Tx is a transaction.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Store has the methods of runtime.Store but Init, which the packages of the engines add.
type Store struct {
	db     *sql.DB
	prefix string
	engine Engine
	closed atomic.Bool
}

// New returns a store on tables that begin with prefix. The handle stays the caller's.
func New(db *sql.DB, prefix string, engine Engine) *Store {
	return &Store{db: db, prefix: prefix, engine: engine}
}

// Close makes every other method return runtime.ErrStoreClosed. The handle stays open.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// Open returns an error where nothing should be asked.
func (s *Store) Open(ctx context.Context) error {
	if s.closed.Load() {
		return runtime.ErrStoreClosed
	}
	return ctx.Err()
}

// Table returns the name of the tenants' table.
func (s *Store) Table() string { return s.prefix + "tenants" }

// String names the engine and the table, and nothing of the handle, whose password it
// would be.
func (s *Store) String() string { return s.engine.Name + " on " + s.Table() }

// Format writes String, whatever the verb: package fmt would print the fields.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// SQL puts the store's prefix into a text.
func (s *Store) SQL(text string) string { return Prefixed(text, s.prefix) }

// Failed names the operation of an error.
func (s *Store) Failed(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %s: %w", s.engine.Name, operation, err)
}

// write runs a transaction.
func (s *Store) write(ctx context.Context, f func(Tx) error) error {
	if err := s.Open(ctx); err != nil {
		return err
	}
	return s.Safe(ctx, s.engine.Write(ctx, f))
}

// Safe returns an error that repeats nothing of what is stored. Where ctx has ended, it
// says so: drivers may only say that a statement was interrupted.
func (s *Store) Safe(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if s.engine.Safe != nil {
		err = s.engine.Safe(err)
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// query returns what scan reads of each row of a statement.
func query[T any](ctx context.Context, s *Store, tx Tx, text string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := tx.QueryContext(ctx, s.SQL(text), args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var out []T
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, value)
	}
	return out, rows.Err()
}
