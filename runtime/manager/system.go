package manager

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// SystemTenant stands in audit entries for the tenant where somebody acts for no tenant
// or for all of them. No tenant can have it as its id.
const SystemTenant = "tenancy:system"

// ErrNoReason is returned by System without a reason.
var ErrNoReason = errors.New("tenancy: acting beyond one tenant needs a reason")

// System writes down that somebody acts beyond one tenant, and why, and returns the
// context to do it with: it carries no tenant that a handle would accept, whatever ctx
// carries. It is for what has no tenant's handle, such as the queries of
// InsecureAllTenants in a generated package. If the entry cannot be written the error is
// ErrAudit, whatever Options.AuditFail says: what nobody can look up later does not happen.
func (m *Manager) System(ctx context.Context, reason string) (context.Context, error) {
	nobody := runtime.NewContext(ctx, runtime.Tenant{})
	if err := m.ready(); err != nil {
		return nobody, err
	}
	if strings.TrimSpace(reason) == "" {
		return nobody, ErrNoReason
	}
	metadata, err := runtime.NewMetadata(map[string]any{"reason": reason})
	if err != nil {
		return nobody, fmt.Errorf("%w: %w", ErrAudit, err)
	}
	err = m.write(ctx, runtime.AuditEntry{
		TenantID: SystemTenant, UserID: m.actor(ctx), Action: "system.enter", Resource: "tenants", Metadata: metadata, At: time.Now().UTC(),
	})
	if err != nil {
		return nobody, fmt.Errorf("%w: %w", ErrAudit, err)
	}
	return nobody, nil
}
