package runtime

import (
	"errors"
	"fmt"
	"slices"
)

// Status is where a tenant is in its life.
type Status string

// The statuses, and the ways between them:
//
//	provisioning → active ⇄ suspended
//	provisioning, active, suspended → deleting → deleted
//	active, suspended → deleted
//
// A tenant that is deleting is on the way to lose its data; one that keeps it is
// deleted at once.
//
// The zero Status counts as active, so that a Tenant made from an id alone can act. A
// store never holds it.
const (
	// StatusProvisioning is a tenant whose place is being made, or was not finished.
	StatusProvisioning Status = "provisioning"
	// StatusActive is the one status in which a tenant can act.
	StatusActive Status = "active"
	// StatusSuspended is a tenant that is shut out and keeps everything.
	StatusSuspended Status = "suspended"
	// StatusDeleting is a tenant whose data is being destroyed; it never becomes active
	// again.
	StatusDeleting Status = "deleting"
	// StatusDeleted is a tenant that is gone but for its record. Its identifier is free.
	StatusDeleted Status = "deleted"
)

// Statuses are all statuses, in the order of a tenant's life.
func Statuses() []Status {
	return []Status{StatusProvisioning, StatusActive, StatusSuspended, StatusDeleting, StatusDeleted}
}

// ways are the statuses that can follow each.
var ways = map[Status][]Status{
	StatusProvisioning: {StatusActive, StatusDeleting},
	StatusActive:       {StatusSuspended, StatusDeleting, StatusDeleted},
	StatusSuspended:    {StatusActive, StatusDeleting, StatusDeleted},
	StatusDeleting:     {StatusDeleted},
	StatusDeleted:      {},
}

// Valid reports whether s is one of the statuses.
func (s Status) Valid() bool { return slices.Contains(Statuses(), s) }

// Change returns nil where a tenant of status s can become one of status to, or is
// already, and a *TransitionError otherwise.
func (s Status) Change(to Status) error {
	if s.Valid() && (s == to || slices.Contains(ways[s], to)) {
		return nil
	}
	return &TransitionError{From: s, To: to}
}

// Before returns the statuses from which a tenant can become s, with s itself.
func (s Status) Before() []Status {
	var out []Status
	for _, from := range Statuses() {
		if from.Change(s) == nil {
			out = append(out, from)
		}
	}
	return out
}

// ErrTransition is what a *TransitionError is.
var ErrTransition = errors.New("tenancy: the tenant's status cannot change so")

// TransitionError is a change of status that there is no way for.
type TransitionError struct{ From, To Status }

// Error names both statuses.
func (e *TransitionError) Error() string {
	return fmt.Sprintf("%v: from %q to %q", ErrTransition, e.From, e.To)
}

// Is reports whether target is ErrTransition.
func (e *TransitionError) Is(target error) bool { return target == ErrTransition }
