package manager

import (
	"errors"
	"fmt"
)

// The errors of a Manager, beside those of its parts.
var (
	// ErrNotInitialized is returned before Initialize: nothing is let in that nobody
	// could take out again.
	ErrNotInitialized = errors.New("tenancy: the manager has not been initialized")
	// ErrClosed is returned after Close, and is the cause with which Close cancels the
	// contexts of Enter.
	ErrClosed = errors.New("tenancy: the manager is closed")
	// ErrRefused is returned, wrapped with the reason, where a hook refused an event.
	ErrRefused = errors.New("tenancy: a hook refused")
	// ErrNoNamespaces is returned where data shall be destroyed, and the manager was made
	// without Namespaces, so that it cannot know what there is.
	ErrNoNamespaces = errors.New("tenancy: the manager was made without namespaces")
	// ErrNoLimiter is returned for a tenant whose metadata asks for a limit, by a manager
	// that was made without a limiter.
	ErrNoLimiter = errors.New("tenancy: the tenant has a limit, and the manager has no limiter")
	// ErrMoved is returned by an update that would lead a tenant away from its data.
	ErrMoved = errors.New("tenancy: changing where a tenant's data is does not move the data")
	// ErrAudit is returned, wrapped with the reason, for an entry that was not written,
	// where AuditFail is AuditReturn. What the entry tells of has happened.
	ErrAudit = errors.New("tenancy: the audit entry was not written")
	// ErrUnfinished is what an *UnfinishedError is.
	ErrUnfinished = errors.New("tenancy: the step is not finished")
)

// UnfinishedError is a step in a tenant's life that stopped in the middle. Nothing is
// lost and nobody else can get what the tenant has: it keeps its id, its identifier and
// its status, provisioning or deleting. Resume goes on from there, and so does the same
// call.
type UnfinishedError struct {
	// ID is the tenant's.
	ID string
	// Err is what stopped it.
	Err error
}

// Error says how to go on.
func (e *UnfinishedError) Error() string {
	return fmt.Sprintf("%v, resume tenant %q: %v", ErrUnfinished, e.ID, e.Err)
}

// Is reports whether target is ErrUnfinished.
func (e *UnfinishedError) Is(target error) bool { return target == ErrUnfinished }

// Unwrap returns what stopped it.
func (e *UnfinishedError) Unwrap() error { return e.Err }
