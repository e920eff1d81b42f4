package runtime

import (
	"errors"
	"fmt"
	"log/slog"
)

// Status is where a tenant is in its life.
type Status string

// The statuses. The zero Status counts as active, so that a Tenant made from an
// id alone can act.
const (
	StatusActive    Status = "active"
	StatusSuspended Status = "suspended"
	StatusDeleted   Status = "deleted"
)

// The errors that a handle returns before anything reaches the database.
var (
	// ErrNoTenant is returned where a tenant is needed and its id is empty.
	ErrNoTenant = errors.New("tenancy: no tenant")
	// ErrTenantInactive is returned for a tenant that is not active.
	ErrTenantInactive = errors.New("tenancy: tenant is not active")
)

// ErrTenantConflict is returned by an upsert whose key is taken by a row of
// another tenant. It says no more than that on purpose.
var ErrTenantConflict = errors.New("tenancy: the key is not available to this tenant")

// Tenant is one customer of the application.
type Tenant struct {
	// ID is opaque and never changes. Its text form is what the database
	// compares with the tenant column.
	ID string
	// Identifier is the renamable slug; nothing in the database depends on it.
	Identifier string
	// Status is where the tenant is in its life; zero means active.
	Status Status

	// What is stored about the tenant's isolation. Each wins over what a provider
	// would choose; empty leaves the choice to the provider.

	// Strategy is the tenant's tier under a hybrid provider.
	Strategy Strategy
	// SchemaName is the name of the tenant's schema, without quotes.
	SchemaName string
	// DatabaseURL leads to the tenant's database. It may hold a password, so nothing
	// prints it.
	DatabaseURL string
}

// String returns the tenant for logs: id, identifier and status, and nothing
// secret.
func (t Tenant) String() string {
	status := t.Status
	if status == "" {
		status = StatusActive
	}
	return fmt.Sprintf("tenant %q (%s, %s)", t.ID, t.Identifier, status)
}

// GoString keeps %#v from printing what String leaves out.
func (t Tenant) GoString() string { return "runtime.Tenant{" + t.String() + "}" }

// LogValue is String for log/slog.
func (t Tenant) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Check returns ErrNoTenant for an empty id, ErrTenantInactive for a tenant
// that is suspended or deleted, and nil for one that may act.
func (t Tenant) Check() error {
	switch {
	case t.ID == "":
		return ErrNoTenant
	case t.Status != "" && t.Status != StatusActive:
		return ErrTenantInactive
	}
	return nil
}
