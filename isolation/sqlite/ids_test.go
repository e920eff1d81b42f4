package sqlite

import (
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
)

// TestIDsOfOneTenant: an id that the database takes for another one's is no tenant's, and
// destroying it destroys nothing.
func TestIDsOfOneTenant(t *testing.T) {
	t.Parallel()
	layout := testLayout
	layout.IDs = runtime.IDInteger
	db := testsqlite.Open(t, "file:"+testsqlite.File(t), 1)
	row, err := NewRowFilter(db, WithLayout(layout))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{" 1", "1e0", "01"} {
		tenant := runtime.Tenant{ID: id}
		_, statement := row.For(tenant).ExecContext(t.Context(), "SELECT 1")
		_, destroy := row.Destroy(t.Context(), tenant, runtime.Confirmation(id))
		_, verify := row.Verify(t.Context(), tenant)
		for what, err := range map[string]error{
			"a statement": statement, "Destroy": destroy, "Verify": verify, "Initialize": row.Initialize(t.Context(), tenant),
		} {
			if !errors.Is(err, runtime.ErrTenantID) {
				t.Errorf("%s of %q: %v; want ErrTenantID", what, id, err)
			}
		}
	}
	if _, err := row.For(runtime.Tenant{ID: "1"}).ExecContext(t.Context(), "SELECT 1"); err != nil {
		t.Errorf("a statement of tenant 1: %v", err)
	}
}
