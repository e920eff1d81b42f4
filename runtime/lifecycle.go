package runtime

import (
	"context"
	"log/slog"
)

// Namespaces is the part of an Isolation that makes and removes the places of tenants'
// data. Every Isolation is one, whatever its driver.
type Namespaces interface {
	Initialize(ctx context.Context, t Tenant) error
	Destroy(ctx context.Context, t Tenant, confirm Confirmation) (Removal, error)
	Verify(ctx context.Context, t Tenant) (Report, error)
	Close() error
}

// EventKind is what happens to a tenant.
type EventKind string

// The events in a tenant's life.
const (
	EventRegistered EventKind = "registered"
	EventActivated  EventKind = "activated"
	EventSuspended  EventKind = "suspended"
	EventUpdated    EventKind = "updated" // also renamed
	EventDeleted    EventKind = "deleted" // its record is kept
	EventDestroyed  EventKind = "destroyed"
)

// Event is something that happened to a tenant, or is about to.
type Event struct {
	Kind EventKind
	// Tenant is as it is after the event; before, as it is asked to become.
	Tenant Tenant
	// Removal is what was destroyed with it; only of EventDestroyed.
	Removal Removal
}

// LogValue is the event without what is secret about its tenant.
func (e Event) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(e.Kind)), slog.Any("tenant", e.Tenant), slog.Int64("rows", e.Removal.Rows()))
}
