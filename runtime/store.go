package runtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
)

// Store keeps tenants. Package runtime/store/storetest is the suite that every Store passes.
// A Store is safe for concurrent use, also by several processes on one database, and
// the tenants it returns are whole: id, identifier, name, a status that is not zero, and
// a version.
//
// Errors are wrapped, never repeat a secret, and are, as far as they are the caller's
// business: ErrTenantNotFound, ErrTenantExists, ErrStaleTenant, ErrTransition,
// ErrTenantQuota, ErrInvalidTenant, ErrMetadata, ErrCorruptTenant. An id or a text that
// no tenant can have, such as one with a NUL byte, is just not found.
//
// A tenant that is stored and cannot be read, such as one whose metadata somebody spoilt
// by hand, is a *CorruptError wherever it alone is asked for, and is never taken for one
// without metadata. Where many are asked for, the others are returned together with the
// errors of those that cannot be read, so that one row does not hide all.
type Store interface {
	// Init makes what the store needs, such as its tables, before anything else is
	// called. It can be called again, and by several processes at once.
	Init(ctx context.Context) error

	// Get returns the tenant with an id, whatever its status.
	Get(ctx context.Context, id string) (Tenant, error)
	// GetByIdentifier returns the tenant that has an identifier now. A deleted tenant
	// has none.
	GetByIdentifier(ctx context.Context, identifier Identifier) (Tenant, error)
	// GetMany returns the tenants with these ids in their order. An id that no tenant
	// has is left out, and one that is given twice is there twice.
	GetMany(ctx context.Context, ids []string) ([]Tenant, error)
	// Exists reports whether there is a tenant with an id, whatever its status.
	Exists(ctx context.Context, id string) (bool, error)
	// Count returns how many tenants have one of the statuses; of any, with none given.
	Count(ctx context.Context, statuses ...Status) (int, error)
	// List returns a page of tenants, the newest first.
	List(ctx context.Context, o ListOptions) (Page, error)
	// Search returns up to limit tenants that are not deleted and whose identifier or
	// name has text in it, whatever the case of ASCII letters; "%" and "_" are only
	// themselves. First comes the tenant whose identifier is text, then those whose
	// identifier begins with it, then the others; each group in order of identifiers. An
	// empty text finds nothing, a limit below 1 is 10, and one above MaxPage is that.
	Search(ctx context.Context, text string, limit int) ([]Tenant, error)

	// Create stores a new tenant and returns it with its version and times. With a
	// quota above zero it is ErrTenantQuota when so many tenants are not deleted
	// already, also when several are created at once. An id that was ever used, also by
	// a tenant that Delete forgot, and an identifier that a tenant has which is not
	// deleted, is ErrTenantExists. Of several reasons the first counts: id, identifier,
	// quota.
	Create(ctx context.Context, t Tenant, quota int) (Tenant, error)
	// Update stores everything about a tenant but its status and times, and returns
	// what is stored now. It is ErrStaleTenant when t.Version is not the stored one, and
	// ErrTenantExists when the identifier is another tenant's.
	Update(ctx context.Context, t Tenant) (Tenant, error)
	// SetStatus changes the status alone. Status.Change says what is legal; the same
	// status again is no change and not an error. With statuses in from, a tenant of
	// any other status, but for to itself, is ErrTransition: whoever goes on with what
	// others may have changed names what it builds on, and both are one step.
	SetStatus(ctx context.Context, id string, to Status, from ...Status) (Tenant, error)
	// SetStatusMany is SetStatus for many in one go. It returns those that have the
	// status now, in the order of ids; those that are not there, or that cannot change
	// so, are left as they are and left out.
	SetStatusMany(ctx context.Context, ids []string, to Status) ([]Tenant, error)
	// MergeMetadata puts the keys of patch over those that are stored, at once: of
	// patches that come at the same time none is lost.
	MergeMetadata(ctx context.Context, id string, patch Metadata) (Tenant, error)
	// Delete forgets a tenant, but for that its id was used: rows that it left behind
	// somewhere must not become another's. What it had elsewhere is not the store's
	// business.
	Delete(ctx context.Context, id string) error

	// Close closes what the store opened itself. It can be called twice; everything else
	// is ErrStoreClosed then.
	Close() error
}

// Watcher is a Store that hears of changes, also those that other processes make.
type Watcher interface {
	// Watch calls changed after a tenant may have changed, with its id; with an empty
	// id when that can be any. It is called from one goroutine at a time and does not
	// block for long. A message can be lost, so it makes things fast, and not safe.
	Watch(changed func(id string)) (stop func())
}

// Warmer is a Store that can read tenants ahead.
type Warmer interface {
	// Warm reads tenants, so that the first requests find them, and returns how many.
	Warm(ctx context.Context) (int, error)
}

// Cached is a Store that keeps tenants in memory and counts how that goes.
type Cached interface{ CacheStats() CacheStats }

// CacheStats is what a cache did since it was made.
type CacheStats struct {
	// Entries is how many tenants it has now, and Capacity how many at most.
	Entries, Capacity int
	// Hits are look-ups that the cache answered, also with "no such tenant", and
	// Misses those for which it had to ask.
	Hits, Misses uint64
}

// HitRate is the share of look-ups that the cache answered, from 0 to 1.
func (s CacheStats) HitRate() float64 {
	if s.Hits+s.Misses == 0 {
		return 0
	}
	return float64(s.Hits) / float64(s.Hits+s.Misses)
}

// MaxPage is the most tenants that one page holds, and the most that Search returns.
const MaxPage = 1000

// ListOptions says which tenants List returns.
type ListOptions struct {
	// Statuses are those to return; none means all.
	Statuses []Status
	// After is the Next of the page before; empty begins with the newest. One that is no
	// page's is ErrCursor.
	After Cursor
	// Limit is how many tenants a page has: 100 when it is below 1, and MaxPage when it
	// is above that.
	Limit int
}

// Cursor is a place in a list. It stays good while tenants come and go: what was there
// all the time is returned once. It has no meaning to a caller.
type Cursor string

// Page is a part of a list.
type Page struct {
	Tenants []Tenant
	// Next leads to the next page; empty after the last.
	Next Cursor
}

// LogValue is the page without what is secret about its tenants.
func (p Page) LogValue() slog.Value {
	ids := make([]string, len(p.Tenants))
	for i, t := range p.Tenants {
		ids[i] = t.ID
	}
	return slog.GroupValue(slog.Any("tenants", ids), slog.Bool("more", p.Next != ""))
}

// The errors of a Store.
var (
	// ErrTenantNotFound is returned where no tenant has the id or identifier.
	ErrTenantNotFound = errors.New("tenancy: no such tenant")
	// ErrTenantExists is what a *ConflictError is.
	ErrTenantExists = errors.New("tenancy: the tenant exists already")
	// ErrStaleTenant is returned by an update of a version that is not stored any more.
	ErrStaleTenant = errors.New("tenancy: the tenant has changed since it was read")
	// ErrTenantQuota is what a *QuotaError is.
	ErrTenantQuota = errors.New("tenancy: the quota of tenants is used up")
	// ErrCursor is returned by List for a cursor that no list returned.
	ErrCursor = errors.New("tenancy: not a cursor of this list")
	// ErrCorruptTenant is what a *CorruptError is.
	ErrCorruptTenant = errors.New("tenancy: a stored tenant cannot be read")
	// ErrStoreClosed is returned by a Store after Close.
	ErrStoreClosed = errors.New("tenancy: the store is closed")
)

// CorruptError says which stored tenant cannot be read, and why.
type CorruptError struct {
	ID string
	// Err is the reason. It repeats nothing of what is stored.
	Err error
}

// Error names the tenant and the reason.
func (e *CorruptError) Error() string {
	return fmt.Sprintf("%v: %q: %v", ErrCorruptTenant, e.ID, e.Err)
}

// Is reports whether target is ErrCorruptTenant.
func (e *CorruptError) Is(target error) bool { return target == ErrCorruptTenant }

// Unwrap returns the reason.
func (e *CorruptError) Unwrap() error { return e.Err }

// ConflictError says which field of a tenant another tenant has already.
type ConflictError struct {
	// Field is "id" or "identifier".
	Field string
}

// Error names the field.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: its %s is taken", ErrTenantExists, e.Field)
}

// Is reports whether target is ErrTenantExists.
func (e *ConflictError) Is(target error) bool { return target == ErrTenantExists }

// QuotaError says how many tenants there may be.
type QuotaError struct{ Limit int }

// Error names the limit.
func (e *QuotaError) Error() string { return fmt.Sprintf("%v: %d", ErrTenantQuota, e.Limit) }

// Is reports whether target is ErrTenantQuota.
func (e *QuotaError) Is(target error) bool { return target == ErrTenantQuota }
