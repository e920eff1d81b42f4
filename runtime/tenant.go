package runtime

import "errors"

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
}

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
