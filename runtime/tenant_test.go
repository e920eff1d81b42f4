package runtime_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenancygen/tenancygen/runtime"
)

func TestTenantCheck(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tenant runtime.Tenant
		want   error
	}{
		"zero value":            {runtime.Tenant{}, runtime.ErrNoTenant},
		"identifier without id": {runtime.Tenant{Identifier: runtime.MustIdentifier("acme")}, runtime.ErrNoTenant},
		"id alone":              {runtime.Tenant{ID: "t1"}, nil},
		"active":                {runtime.Tenant{ID: "t1", Status: runtime.StatusActive}, nil},
		"suspended":             {runtime.Tenant{ID: "t1", Status: runtime.StatusSuspended}, runtime.ErrTenantInactive},
		"deleted":               {runtime.Tenant{ID: "t1", Status: runtime.StatusDeleted}, runtime.ErrTenantInactive},
		"unknown status":        {runtime.Tenant{ID: "t1", Status: "ACTIVE"}, runtime.ErrTenantInactive},
		"suspended without id":  {runtime.Tenant{Status: runtime.StatusSuspended}, runtime.ErrNoTenant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := tc.tenant.Check(); !errors.Is(err, tc.want) {
				t.Errorf("Check() = %v, want %v", err, tc.want)
			}
		})
	}
}

// Only the two statuses that mean active may act, whatever string a store puts
// in the field, and no message names the tenant.
func TestTenantCheckFailsClosed(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tenant := runtime.Tenant{
			ID:         rapid.StringMatching(`\d{12,20}`).Draw(t, "id"),
			Identifier: runtime.MustIdentifier(rapid.StringMatching(`t\d{12,20}`).Draw(t, "identifier")),
			Status:     runtime.Status(rapid.String().Draw(t, "status")),
		}
		err := tenant.Check()
		active := tenant.Status == "" || tenant.Status == runtime.StatusActive
		if (err == nil) != active {
			t.Fatalf("status %q: Check() = %v", tenant.Status, err)
		}
		if err != nil && (strings.Contains(err.Error(), tenant.ID) || strings.Contains(err.Error(), tenant.Identifier.String())) {
			t.Fatalf("the message names the tenant: %v", err)
		}
	})
}
