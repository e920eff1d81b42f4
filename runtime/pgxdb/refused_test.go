package pgxdb_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// A tenant that may not act reaches no database, whatever the handle is, and one
// that may gets the handle itself.
func TestAs(t *testing.T) {
	t.Parallel()
	inner := &recorder{}
	if db := pgxdb.As(runtime.Tenant{ID: "7"}, runtime.IDInteger, inner); db != pgxdb.DB(inner) {
		t.Errorf("the handle became %T", db)
	}
	for tenant, want := range map[runtime.Tenant]error{
		{}: runtime.ErrNoTenant,
		{ID: "7", Status: runtime.StatusSuspended}: runtime.ErrTenantInactive,
		{ID: " 7"}: runtime.ErrTenantID,
	} {
		db := pgxdb.As(tenant, runtime.IDInteger, inner)
		_, exec := db.Exec(t.Context(), "SELECT 1")
		_, query := db.Query(t.Context(), "SELECT 1")
		row := db.QueryRow(t.Context(), "SELECT 1").Scan()
		batch := db.SendBatch(t.Context(), &pgx.Batch{}).Close()
		_, copied := db.CopyFrom(t.Context(), nil, nil, nil)
		_, begin := db.Begin(t.Context())
		for _, err := range []error{exec, query, row, batch, copied, begin} {
			if !errors.Is(err, want) {
				t.Errorf("%+v: error is %v, want %v", tenant, err, want)
			}
		}
	}
	if len(inner.calls) > 0 {
		t.Errorf("the handle was used: %v", inner.calls)
	}
}
