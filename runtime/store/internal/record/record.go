// Package record makes tenants of the rows of a table, in the same way for every store
// that has one.
package record

import (
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Row is a row of the table as it is.
type Row struct {
	ID, Identifier, Name, Status, Metadata, Strategy, SchemaName, DatabaseURL string
	Version                                                                   int64
	CreatedAt, UpdatedAt                                                      time.Time
}

// Of returns a tenant as a row.
func Of(t runtime.Tenant) Row {
	return Row{
		ID: t.ID, Identifier: t.Identifier.String(), Name: t.Name, Status: string(t.Status), Metadata: t.Metadata.JSON(),
		Strategy: string(t.Strategy), SchemaName: t.SchemaName, DatabaseURL: t.DatabaseURL,
		Version: t.Version, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// Tenant returns the row as a tenant. The error is a *runtime.CorruptError for one that
// a store does not write.
func (r *Row) Tenant() (runtime.Tenant, error) {
	corrupt := func(err error) (runtime.Tenant, error) {
		return runtime.Tenant{}, &runtime.CorruptError{ID: r.ID, Err: err}
	}
	identifier, err := runtime.ParseIdentifier(r.Identifier)
	if err != nil {
		return corrupt(err)
	}
	metadata, err := runtime.ParseMetadata([]byte(r.Metadata))
	if err != nil {
		return corrupt(err)
	}
	t := runtime.Tenant{
		ID: r.ID, Identifier: identifier, Name: r.Name, Status: runtime.Status(r.Status), Metadata: metadata,
		Strategy: runtime.Strategy(r.Strategy), SchemaName: r.SchemaName, DatabaseURL: r.DatabaseURL,
		Version: r.Version, CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if err := t.Validate(); err != nil {
		return corrupt(err)
	}
	if t.Version < 1 {
		return corrupt(fmt.Errorf("%w: its version is below 1", runtime.ErrInvalidTenant))
	}
	return t, nil
}

// Tenants returns the rows that can be read, and the error of the others.
func Tenants(rows []Row) (out []runtime.Tenant, err error) {
	for _, r := range rows {
		t, rowErr := r.Tenant()
		if rowErr != nil {
			err = errors.Join(err, rowErr)
			continue
		}
		out = append(out, t)
	}
	return out, err
}
