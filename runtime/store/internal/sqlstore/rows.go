package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// columns are those of a tenant in the order of scan. A table that somebody changed may
// hold NULL where it should not; such a tenant is read, and found corrupt. Times are
// microseconds since 1970, which neither a driver nor a session's time zone changes.
const columns = `id, coalesce(identifier, ''), coalesce(name, ''), coalesce(status, ''), coalesce(metadata, ''),
	coalesce(strategy, ''), coalesce(schema_name, ''), coalesce(database_url, ''), version, created_at, updated_at`

// selectSQL reads whole tenants.
const selectSQL = "SELECT " + columns + " FROM tenancy_tenants WHERE "

// atOnce is for how many ids one statement asks. Engines bound the number of parameters.
const atOnce = 500

// scanRow reads a row of columns.
func scanRow(rows *sql.Rows) (r record.Row, err error) {
	var created, updated int64
	err = rows.Scan(&r.ID, &r.Identifier, &r.Name, &r.Status, &r.Metadata, &r.Strategy, &r.SchemaName, &r.DatabaseURL, &r.Version, &created, &updated)
	r.CreatedAt, r.UpdatedAt = time.UnixMicro(created).UTC(), time.UnixMicro(updated).UTC()
	return r, err
}

// rows reads tenants outside of transactions.
func (s *Store) rows(ctx context.Context, text string, args ...any) ([]record.Row, error) {
	if err := s.Open(ctx); err != nil {
		return nil, err
	}
	read, err := query(ctx, s, s.db, text, args, scanRow)
	return read, s.Safe(ctx, err)
}

// one reads the only value of the only row.
func one[T any](ctx context.Context, s *Store, tx Tx, text string, args ...any) (value T, err error) {
	values, err := query(ctx, s, tx, text, args, func(rows *sql.Rows) (v T, err error) {
		return v, rows.Scan(&v)
	})
	if err != nil || len(values) != 1 {
		return value, errOr(err, sql.ErrNoRows)
	}
	return values[0], nil
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// in returns places for n arguments.
func in(n int) string { return "(?" + strings.Repeat(", ?", n-1) + ")" }

// Fits returns an error where tables of the store's names are somebody else's.
func (s *Store) Fits(ctx context.Context, tx Tx) error {
	for _, text := range []string{
		"SELECT " + columns + ", live_identifier, folded_name FROM tenancy_tenants WHERE 1 = 0",
		"SELECT id, forgotten_at FROM tenancy_forgotten_tenants WHERE 1 = 0",
	} {
		if _, err := query(ctx, s, tx, text, nil, func(*sql.Rows) (struct{}, error) { return struct{}{}, nil }); err != nil {
			return fmt.Errorf("the tables are not as they should be: %w", err)
		}
	}
	return nil
}

// anys returns values as arguments.
func anys[T any](values []T) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// askable are the ids that a tenant could have, once each. The others, an engine may
// refuse.
func askable(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if runtime.ValidID(id) && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

// texts returns statuses as text that an engine can take.
func texts(statuses []runtime.Status) []string {
	out := make([]string, len(statuses))
	for i, status := range statuses {
		if status.Valid() {
			out[i] = string(status)
		}
	}
	return out
}
