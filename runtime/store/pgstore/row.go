package pgstore

import (
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime/store/internal/record"
)

// columns are those of a tenant in the order of into. A table that somebody changed may
// hold NULL where it should not; such a tenant is read, and found corrupt.
const columns = `id, coalesce(identifier, ''), coalesce(name, ''), coalesce(status, ''), coalesce(metadata::text, ''),
	coalesce(strategy, ''), coalesce(schema_name, ''), coalesce(database_url, ''), version, created_at, updated_at`

// into are the places that the columns are read into.
func into(r *record.Row) []any {
	return []any{&r.ID, &r.Identifier, &r.Name, &r.Status, &r.Metadata, &r.Strategy, &r.SchemaName, &r.DatabaseURL, &r.Version, &r.CreatedAt, &r.UpdatedAt}
}

// collect reads all rows.
func collect(rows pgx.Rows) (read []record.Row, err error) {
	defer rows.Close()
	for rows.Next() {
		var r record.Row
		if err := rows.Scan(into(&r)...); err != nil {
			return nil, safe(err)
		}
		read = append(read, r)
	}
	return read, safe(rows.Err())
}
