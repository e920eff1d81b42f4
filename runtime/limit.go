package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Limit is how many calls a tenant has in a window of time. The zero Limit is none: it
// allows everything.
type Limit struct {
	// Requests is how many calls; zero or less means that there is no limit.
	Requests int
	// Window is the length of time; it slides, it does not begin at full minutes.
	Window time.Duration
}

// IsZero reports whether there is no limit.
func (l Limit) IsZero() bool { return l.Requests <= 0 }

// ErrLimit is what the errors of Validate wrap.
var ErrLimit = errors.New("tenancy: not a limit")

// Validate returns an ErrLimit for a number of requests without a window.
func (l Limit) Validate() error {
	if !l.IsZero() && l.Window <= 0 {
		return fmt.Errorf("%w: %d requests need a window", ErrLimit, l.Requests)
	}
	return nil
}

// Limiter counts the calls of tenants. Package runtime/limiter/limitertest is the suite
// that every Limiter passes. It is safe for concurrent use.
type Limiter interface {
	// Allow counts one call of the tenant with this id and says whether it is within
	// the limit; a call that is not does not count. Checking and counting is one step,
	// whoever else calls. A limit of no requests allows the call and counts nothing. An
	// error says that nobody knows; what follows from it is the caller's choice (see
	// limiter.WithFallback).
	Allow(ctx context.Context, tenantID string, l Limit) (Decision, error)

	// Close closes what the limiter opened itself. It can be called twice.
	Close() error
}

// Decision is the answer to one call.
type Decision struct {
	Allowed bool
	// Remaining is how many more calls would be allowed now.
	Remaining int
	// RetryAfter is when a call will be allowed again, if nobody else takes it; zero
	// when this one was.
	RetryAfter time.Duration
}

// Err returns nil for a call that was allowed and a *RateLimitError otherwise.
func (d Decision) Err(l Limit) error {
	if d.Allowed {
		return nil
	}
	return &RateLimitError{Limit: l, RetryAfter: d.RetryAfter}
}

// ErrRateLimited is what a *RateLimitError is.
var ErrRateLimited = errors.New("tenancy: the tenant has made too many calls")

// RateLimitError is a call that was above the limit.
type RateLimitError struct {
	Limit      Limit
	RetryAfter time.Duration
}

// Error names the limit and when to come again.
func (e *RateLimitError) Error() string {
	return fmt.Sprintf("%v: %d in %v, the next in %v", ErrRateLimited, e.Limit.Requests, e.Limit.Window, e.RetryAfter)
}

// Is reports whether target is ErrRateLimited.
func (e *RateLimitError) Is(target error) bool { return target == ErrRateLimited }
