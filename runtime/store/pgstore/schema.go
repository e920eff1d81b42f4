package pgstore

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/binary"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// DefaultSchema is the schema of the store's tables where none is chosen.
const DefaultSchema = "tenancy"

//go:embed schema.sql
var ddl string

// DDL returns the statements that make what a store with this schema needs, for those who
// run them in their own migrations. They can be run again, and belong in one transaction.
// The schema is quoted where it has to be; empty is DefaultSchema. It panics where New
// would return an error.
func DDL(schema string) string {
	if schema == "" {
		schema = DefaultSchema
	}
	if err := checkSchema(schema); err != nil {
		panic(err)
	}
	return qualified(ddl, schema)
}

// schemaRule keeps names that need quotes or would be cut out, so that the schema can
// stand in texts and in string constants.
var schemaRule = regexp.MustCompile(`\A[a-z_][a-z0-9_]{0,62}\z`)

func checkSchema(schema string) error {
	if !schemaRule.MatchString(schema) || strings.HasPrefix(schema, "pg_") {
		return fmt.Errorf("pgstore: the schema %q is no plain name: a-z, 0-9 and _, up to 63", schema)
	}
	return nil
}

// qualified puts a schema into a text of this package, which says tenancy.
func qualified(text, schema string) string {
	text = strings.ReplaceAll(text, "CREATE SCHEMA IF NOT EXISTS tenancy;", "CREATE SCHEMA IF NOT EXISTS "+quote(schema)+";")
	return strings.ReplaceAll(text, "tenancy.", quote(schema)+".")
}

// quote quotes names that are key words, such as "user".
func quote(schema string) string {
	if schema == DefaultSchema {
		return schema
	}
	return pgx.Identifier{schema}.Sanitize()
}

// found reports whether everything of the schema is there.
const found = `SELECT
	pg_catalog.count(*) FILTER (WHERE c.relname IN ('tenants', 'forgotten_tenants') AND c.relkind IN ('r', 'p', 'v')) = 2
	AND EXISTS (SELECT FROM pg_catalog.pg_proc p WHERE p.pronamespace = n.oid AND p.proname = 'fence')
	FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid
	WHERE n.nspname = $1 GROUP BY n.oid`

// Init makes the store's schema, tables and indexes where something of them is missing.
// Where all is there, a role that may not create can call it as well. Several processes
// can call it at once, also beside a provider that makes the same schema.
func (s *Store) Init(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	err := pgx.BeginTxFunc(ctx, s.pool, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, func(tx pgx.Tx) error {
		ready, err := s.found(ctx, tx)
		if ready || err != nil {
			return err
		}
		// IF NOT EXISTS does not wait for another transaction that makes the same. The
		// lock is the one under which isolation/postgres makes its registry.
		if _, err := tx.Exec(ctx, "SELECT pg_catalog.pg_advisory_xact_lock($1::bigint)", lockKey("namespace "+DefaultSchema+".namespaces")); err != nil {
			return err
		}
		if ready, err = s.found(ctx, tx); ready || err != nil {
			return err
		}
		text := s.sql(ddl)
		if exists, err := s.schemaExists(ctx, tx); err != nil {
			return err
		} else if exists {
			// It asks for the right to create schemas before it looks for this one.
			text = strings.Replace(text, s.sql("CREATE SCHEMA IF NOT EXISTS tenancy;"), "", 1)
		}
		// The simple protocol takes several statements at once.
		_, err = tx.Exec(ctx, text, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return fmt.Errorf("pgstore: Init: %w", safe(err))
	}
	// A table of the same name that is somebody else's is found out here.
	if _, err := s.exec(ctx, "SELECT "+columns+" FROM tenancy.tenants WHERE false"); err != nil {
		return fmt.Errorf("pgstore: Init: the tables are not as they should be: %w", err)
	}
	return nil
}

func (s *Store) found(ctx context.Context, tx pgx.Tx) (bool, error) {
	rows, err := tx.Query(ctx, found, s.inOne(s.schema)...)
	if err != nil {
		return false, err
	}
	ready, err := pgx.CollectRows(rows, pgx.RowTo[bool])
	return len(ready) == 1 && ready[0], err
}

func (s *Store) schemaExists(ctx context.Context, tx pgx.Tx) (exists bool, err error) {
	err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", s.inOne(s.schema)...).Scan(&exists)
	return exists, err
}

// lockKey returns the key of an advisory lock. The keys are shared by all that use the
// database, so they are hashes of names that are nobody else's.
func lockKey(name string) int64 {
	sum := sha256.Sum256([]byte("tenancygen " + name))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits
}
