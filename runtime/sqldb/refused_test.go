package sqldb_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// A tenant that may not act reaches no database, whatever the handle is, and one
// that may gets the handle itself.
func TestAs(t *testing.T) {
	t.Parallel()
	inner := new(sql.DB) // panics when it is used
	if db := sqldb.As(runtime.Tenant{ID: "7"}, runtime.IDInteger, inner); db != sqldb.DB(inner) {
		t.Errorf("the handle became %T", db)
	}
	for tenant, want := range map[runtime.Tenant]error{
		{}: runtime.ErrNoTenant,
		{ID: "7", Status: runtime.StatusSuspended}: runtime.ErrTenantInactive,
		{ID: " 7"}: runtime.ErrTenantID,
	} {
		db := sqldb.As(tenant, runtime.IDInteger, inner)
		_, exec := db.ExecContext(t.Context(), "SELECT 1")
		_, query := db.QueryContext(t.Context(), "SELECT 1")
		row := db.QueryRowContext(t.Context(), "SELECT 1").Scan()
		_, prepare := db.PrepareContext(t.Context(), "SELECT 1")
		_, begin := db.BeginTx(t.Context(), nil)
		for _, err := range []error{exec, query, row, prepare, begin} {
			if !errors.Is(err, want) {
				t.Errorf("%+v: error is %v, want %v", tenant, err, want)
			}
		}
	}
}
