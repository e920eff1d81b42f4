// Package pgstore keeps tenants in a table of PostgreSQL.
//
// Every operation is one network round trip, and leaves nothing on the connection, so
// that the store works behind PgBouncer in transaction mode and in every execution mode
// of pgx. (In a mode that describes statements, a connection's first use of one adds
// another.) Changes are made under READ COMMITTED, whatever the default of the database.
//
// The store needs SELECT, INSERT, UPDATE and DELETE on its two tables. What it holds are
// the names, secrets and status of all tenants, so its role should be another than the
// one that runs tenants' statements.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
)

// Options are what can be chosen about a store. The zero Options are good.
type Options struct {
	// Schema is that of the store's tables; empty is DefaultSchema. It is a plain name:
	// a-z, 0-9 and _, up to 63.
	Schema string
}

// Store is a runtime.Store on PostgreSQL. It is safe for concurrent use.
type Store struct {
	pool   *pgxpool.Pool
	schema string
	// describe says that pgx would send a single statement in two steps: see inOne.
	describe bool
	// createLock is the key of the lock that creates and deletes take one after the
	// other.
	createLock int64
	closed     atomic.Bool
}

var _ runtime.Store = (*Store)(nil)

// New returns a store on a pool, which stays the caller's to close. Init makes the
// tables. The error is for options that cannot be.
func New(pool *pgxpool.Pool, o Options) (*Store, error) {
	if pool == nil {
		return nil, errors.New("pgstore: there is no pool")
	}
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	if err := checkSchema(o.Schema); err != nil {
		return nil, err
	}
	return &Store{
		pool:       pool,
		schema:     o.Schema,
		describe:   pool.Config().ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec,
		createLock: lockKey("tenants of " + o.Schema),
	}, nil
}

// Close makes every other method return runtime.ErrStoreClosed. The pool stays open.
func (s *Store) Close() error {
	s.closed.Store(true)
	return nil
}

// open returns an error where nothing should be asked.
func (s *Store) open(ctx context.Context) error {
	if s.closed.Load() {
		return runtime.ErrStoreClosed
	}
	return ctx.Err()
}

// String names the store's table, and nothing of its pool, whose password it would be.
func (s *Store) String() string { return "pgstore on " + s.schema + ".tenants" }

// Format writes String, whatever the verb: package fmt would print the fields.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// sql puts the store's schema into a text of this package.
func (s *Store) sql(text string) string { return qualified(text, s.schema) }

// inOne returns the arguments of a statement with an option for pgx in front that keeps
// it in one step. pgx.QueryExecModeDescribeExec prepares the unnamed statement, waits,
// and executes it, and between the two a pooler may change the connection.
func (s *Store) inOne(args ...any) []any {
	if !s.describe {
		return args
	}
	return append([]any{pgx.QueryExecModeCacheDescribe}, args...)
}

// query runs a statement that only reads.
func (s *Store) query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	rows, err := s.pool.Query(ctx, s.sql(sql), s.inOne(args...)...)
	return rows, safe(err)
}

// exec is query for who needs no rows.
func (s *Store) exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := s.query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), safe(rows.Err())
}

// one reads the only value of the only row.
func (s *Store) one(ctx context.Context, into any, sql string, args ...any) error {
	rows, err := s.query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	rows.Next()
	if err := rows.Scan(into); err != nil {
		return safe(err)
	}
	rows.Close()
	return safe(rows.Err())
}

// safe returns an error without the parts that may repeat what is stored, such as
// PostgreSQL's detail "Failing row contains …". The codes stay.
func safe(err error) error {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return err
	}
	return &pgconn.PgError{
		Severity: pgErr.Severity, SeverityUnlocalized: pgErr.SeverityUnlocalized, Code: pgErr.Code, Message: pgErr.Message,
		SchemaName: pgErr.SchemaName, TableName: pgErr.TableName, ColumnName: pgErr.ColumnName, ConstraintName: pgErr.ConstraintName,
	}
}

// failed names the operation of an error.
func failed(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("pgstore: %s: %w", operation, err)
}
