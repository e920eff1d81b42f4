package runtime

import (
	"context"
	"time"
)

// Recorder is told what the run time does, for metrics. Packages runtime/otelrecorder and
// runtime/promrecorder have one each; NoRecorder drops everything. It is safe for
// concurrent use and does not block.
type Recorder interface {
	// Count adds one to a counter. The outcome is one of a few fixed words; the
	// tenant's id may be empty, and a Recorder leaves it out by default, since a label
	// for each tenant is more than most systems bear.
	Count(ctx context.Context, c Counter, outcome, tenantID string)
	// Observe adds a duration to a histogram.
	Observe(ctx context.Context, t Timer, outcome, tenantID string, d time.Duration)
}

// Counter is something that is counted, by its name without prefix and unit.
type Counter string

// The counters, with their outcomes.
const (
	// CountRequests are requests that reached the middleware: "ok", "unresolved",
	// "unknown", "inactive", "forbidden", "limited", "error", "revoked".
	CountRequests Counter = "requests"
	// CountCache are look-ups in a cache of tenants: "hit", "miss", "negative", "error"; of
	// a second cache below the first: "l2_hit", "l2_miss", "l2_error".
	CountCache Counter = "cache_lookups"
	// CountInvalidations are entries that a cache forgot before their time: "local",
	// "remote", "all".
	CountInvalidations Counter = "cache_invalidations"
	// CountLimiter are answers of a limiter: "allowed", "denied", "failed_open",
	// "failed_closed", "fallback".
	CountLimiter Counter = "limiter_decisions"
	// CountLifecycle are steps in tenants' lives: the names of events, and with
	// "_failed" behind them those that failed.
	CountLifecycle Counter = "lifecycle_events"
	// CountAudit are audit entries: "written", "failed".
	CountAudit Counter = "audit_entries"
)

// Counters are all counters.
func Counters() []Counter {
	return []Counter{CountRequests, CountCache, CountInvalidations, CountLimiter, CountLifecycle, CountAudit}
}

// Timer is something that takes time, by its name without prefix and unit.
type Timer string

// The timers. Their outcomes are "ok" and "error".
const (
	TimeResolve  Timer = "resolve"  // from a request to its tenant
	TimeLimiter  Timer = "limiter"  // one question to a limiter
	TimeRegister Timer = "register" // from a name to an active tenant
	TimeStore    Timer = "store"    // one call to a store behind its caches
)

// Timers are all timers.
func Timers() []Timer { return []Timer{TimeResolve, TimeLimiter, TimeRegister, TimeStore} }

// NoRecorder is a Recorder that drops everything.
type NoRecorder struct{}

// Count does nothing.
func (NoRecorder) Count(context.Context, Counter, string, string) {}

// Observe does nothing.
func (NoRecorder) Observe(context.Context, Timer, string, string, time.Duration) {}
