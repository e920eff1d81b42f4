package pgstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// columns are those of a tenant in the order of scan. A table that somebody changed may
// hold NULL where it should not; such a tenant is read, and found corrupt.
const columns = `id, coalesce(identifier, ''), coalesce(name, ''), coalesce(status, ''), coalesce(metadata::text, ''),
	coalesce(strategy, ''), coalesce(schema_name, ''), coalesce(database_url, ''), version, created_at, updated_at`

// row is a row of the table as it is.
type row struct {
	id, identifier, name, status, metadata, strategy, schemaName, databaseURL string
	version                                                                   int64
	createdAt, updatedAt                                                      time.Time
}

// into are the places that the columns are read into.
func (r *row) into() []any {
	return []any{&r.id, &r.identifier, &r.name, &r.status, &r.metadata, &r.strategy, &r.schemaName, &r.databaseURL, &r.version, &r.createdAt, &r.updatedAt}
}

// tenant returns the row as a tenant. The error is a *runtime.CorruptError for one that
// a store does not write.
func (r *row) tenant() (runtime.Tenant, error) {
	corrupt := func(err error) (runtime.Tenant, error) {
		return runtime.Tenant{}, &runtime.CorruptError{ID: r.id, Err: err}
	}
	identifier, err := runtime.ParseIdentifier(r.identifier)
	if err != nil {
		return corrupt(err)
	}
	metadata, err := runtime.ParseMetadata([]byte(r.metadata))
	if err != nil {
		return corrupt(err)
	}
	t := runtime.Tenant{
		ID: r.id, Identifier: identifier, Name: r.name, Status: runtime.Status(r.status), Metadata: metadata,
		Strategy: runtime.Strategy(r.strategy), SchemaName: r.schemaName, DatabaseURL: r.databaseURL,
		Version: r.version, CreatedAt: r.createdAt.UTC(), UpdatedAt: r.updatedAt.UTC(),
	}
	if err := t.Validate(); err != nil {
		return corrupt(err)
	}
	if t.Version < 1 {
		return corrupt(fmt.Errorf("%w: its version is below 1", runtime.ErrInvalidTenant))
	}
	return t, nil
}

// collect reads all rows. It returns the tenants that can be read, the error of those
// that cannot, and, as err, one that ends everything.
func collect(rows pgx.Rows) (read []row, err error) {
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(r.into()...); err != nil {
			return nil, safe(err)
		}
		read = append(read, r)
	}
	return read, safe(rows.Err())
}

// tenants returns the rows that can be read, and the error of the others.
func tenants(rows []row) (out []runtime.Tenant, err error) {
	for _, r := range rows {
		t, rowErr := r.tenant()
		if rowErr != nil {
			err = errors.Join(err, rowErr)
			continue
		}
		out = append(out, t)
	}
	return out, err
}
