package mysql

import (
	"database/sql"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// RowFilter is the provider for SQL that carries the tenant's predicate itself, as
// all generated SQL does. Its handles are the pool, but for a tenant that may not act.
// Nothing but the SQL keeps tenants apart, so hand-written SQL on a handle of RowFilter
// is not isolated.
//
// Make it with NewRowFilter; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type RowFilter struct{ *sqlspace.Rows }

var _ sqldb.Isolation = RowFilter{}

// NewRowFilter returns a provider on pool, which stays the caller's to close. It
// does no I/O. A nil pool is ErrNoPool.
func NewRowFilter(pool *sql.DB, opts ...Option) (RowFilter, error) {
	o, err := newOptions(opts)
	if err != nil {
		return RowFilter{}, err
	}
	rows, err := sqlspace.NewRows(pool, engine, o.layout, o.filter)
	return RowFilter{rows}, err
}

// NewRLS returns ErrNoRLS. It is there so that who looks for it finds out at once, and
// what to do.
func NewRLS(*sql.DB, runtime.Layout, ...Option) (sqldb.Isolation, error) { return nil, ErrNoRLS }
