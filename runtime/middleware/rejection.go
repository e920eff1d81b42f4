package middleware

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// Reason is why a request is turned away. It is the outcome under which it is counted.
type Reason string

// The reasons.
const (
	ReasonUnresolved Reason = "unresolved" // it does not say whose it is, or not as it should
	ReasonUnknown    Reason = "unknown"    // there is no such tenant
	ReasonInactive   Reason = "inactive"   // the tenant may not act
	ReasonForbidden  Reason = "forbidden"  // the tenant is not the caller's
	ReasonLimited    Reason = "limited"    // the tenant has made too many calls
	ReasonError      Reason = "error"      // nobody could find out
)

// Rejection is a request that is turned away. What it wraps is for logs and audit, and
// not for the caller.
type Rejection struct {
	Reason Reason
	Err    error
	// RetryAfter is when to come again; zero for never. It is whole seconds.
	RetryAfter time.Duration
}

// Error is the text of the error behind it.
func (r *Rejection) Error() string { return r.Err.Error() }

// Unwrap returns the error behind it.
func (r *Rejection) Unwrap() error { return r.Err }

// internal is a rejection for want of an answer.
func internal(err error) *Rejection { return &Rejection{Reason: ReasonError, Err: err} }

// Classify makes a rejection of an error. One that is not about a tenant's right to act
// has ReasonError.
func Classify(err error) *Rejection {
	var limited *runtime.RateLimitError
	switch {
	case errors.Is(err, runtime.ErrRateLimited):
		out := &Rejection{Reason: ReasonLimited, Err: err, RetryAfter: time.Second}
		if errors.As(err, &limited) {
			out.RetryAfter = max(time.Second, (limited.RetryAfter + time.Second - 1).Truncate(time.Second))
		}
		return out
	case errors.Is(err, resolver.ErrDisagreement), errors.Is(err, ErrForbidden):
		return &Rejection{Reason: ReasonForbidden, Err: err}
	case errors.Is(err, runtime.ErrUnresolved):
		return &Rejection{Reason: ReasonUnresolved, Err: err}
	case errors.Is(err, runtime.ErrTenantNotFound):
		return &Rejection{Reason: ReasonUnknown, Err: err}
	case errors.Is(err, runtime.ErrTenantInactive):
		return &Rejection{Reason: ReasonInactive, Err: err}
	}
	return internal(err)
}

// Hidden is the status of every request that is turned away for what its tenant is, or
// is not, unless Options.Reveal is set.
const Hidden = http.StatusNotFound

// Status returns the status that a caller gets. Without reveal it does not tell whether
// there is a tenant, what became of it, and whose it is.
func (r *Rejection) Status(reveal bool) int {
	switch r.Reason {
	case ReasonLimited:
		return http.StatusTooManyRequests
	case ReasonError:
		return http.StatusInternalServerError
	case ReasonUnresolved:
		if errors.Is(r.Err, resolver.ErrUnauthenticated) {
			return http.StatusUnauthorized
		}
	}
	if !reveal {
		return Hidden
	}
	switch r.Reason {
	case ReasonUnresolved:
		return http.StatusBadRequest
	case ReasonForbidden, ReasonInactive:
		return http.StatusForbidden
	}
	return http.StatusNotFound
}

// header sets the headers that go with a status.
func (r *Rejection) header(h http.Header, status int) {
	switch status {
	case http.StatusTooManyRequests:
		h.Set("Retry-After", strconv.FormatInt(int64(r.RetryAfter/time.Second), 10))
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	}
}
