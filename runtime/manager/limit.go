package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter"
)

// LimitKey is the key of a tenant's metadata that holds its limit: "none", or an object
// such as {"requests": 100, "window": "1m"} with at least one request and a window above
// zero, as time.ParseDuration reads it. It counts where Options.Limit is not set.
const LimitKey = "rate_limit"

// CheckRateLimit counts a call of a tenant and returns nil if that is within its limit,
// and otherwise a *runtime.RateLimitError. A limiter that fails allows nothing: the error
// wraps its error and is a *runtime.RateLimitError, too, with a short RetryAfter.
// limiter.WithFallback decides otherwise.
func (m *Manager) CheckRateLimit(ctx context.Context, t runtime.Tenant) error {
	if err := m.ready(); err != nil {
		return err
	}
	if t.ID == "" {
		return runtime.ErrNoTenant
	}
	limit, err := m.limitOf(ctx, t)
	if err != nil || limit.IsZero() {
		return err
	}
	if m.o.Limiter == nil {
		return ErrNoLimiter
	}
	begun := time.Now()
	decision, err := m.o.Limiter.Allow(ctx, t.ID, limit)
	if err != nil {
		m.recorder.Observe(ctx, runtime.TimeLimiter, "error", t.ID, time.Since(begun))
		if ctx.Err() != nil {
			return err // nobody waits for an answer any more
		}
		if !errors.Is(err, limiter.ErrUnavailable) { // which limiter.WithFallback has counted
			m.recorder.Count(ctx, runtime.CountLimiter, "failed_closed", t.ID)
		}
		return fmt.Errorf("%w, since nobody could count it: %w", &runtime.RateLimitError{Limit: limit, RetryAfter: time.Second}, err)
	}
	m.recorder.Observe(ctx, runtime.TimeLimiter, "ok", t.ID, time.Since(begun))
	outcome := "allowed"
	if !decision.Allowed {
		outcome = "denied"
	}
	m.recorder.Count(ctx, runtime.CountLimiter, outcome, t.ID)
	return decision.Err(limit)
}

func (m *Manager) limitOf(ctx context.Context, t runtime.Tenant) (runtime.Limit, error) {
	if m.o.Limit != nil {
		return m.o.Limit(t), nil
	}
	return m.limits.read(ctx, t)
}

// limitReader reads limits from metadata.
type limitReader struct {
	fallback runtime.Limit
	log      *slog.Logger

	mu sync.Mutex
	// told are the tenants whose limit could not be read and of whom that was logged.
	told map[string]struct{}
}

// maxTold bounds told. Beyond it nothing more is logged, until a restart: a thousand
// lines have said it.
const maxTold = 1000

// read returns a tenant's limit. One that cannot be read is the fallback, and an error
// where there is none: it must not become no limit at all.
func (r *limitReader) read(ctx context.Context, t runtime.Tenant) (runtime.Limit, error) {
	limit, ok, err := limitIn(t.Metadata)
	switch {
	case err == nil && ok:
		return limit, nil
	case err == nil:
		return r.fallback, nil
	}
	if r.first(t.ID) {
		r.log.LogAttrs(ctx, slog.LevelError, "tenancy: a tenant's rate limit cannot be read", slog.Any("tenant", t), slog.Any("error", err))
	}
	if r.fallback.IsZero() {
		return runtime.Limit{}, err
	}
	return r.fallback, nil
}

// first reports whether nothing was logged of a tenant yet.
func (r *limitReader) first(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.told[id]; ok || len(r.told) >= maxTold {
		return false
	}
	if r.told == nil {
		r.told = map[string]struct{}{}
	}
	r.told[id] = struct{}{}
	return true
}

// limitIn returns the limit in metadata, and whether there is one. The error is
// runtime.ErrMetadata.
func limitIn(metadata runtime.Metadata) (limit runtime.Limit, ok bool, err error) {
	// Most tenants have none, and this is asked for every request.
	if !strings.Contains(metadata.JSON(), `"`+LimitKey+`"`) {
		return runtime.Limit{}, false, nil
	}
	var raw json.RawMessage
	if ok, err := metadata.Get(LimitKey, &raw); err != nil || !ok {
		return runtime.Limit{}, ok, err
	}
	if string(raw) == `"none"` {
		return runtime.Limit{}, true, nil
	}
	malformed := fmt.Errorf(`%w: %q needs "none" or {"requests": n, "window": "1m"}`, runtime.ErrMetadata, LimitKey)
	var value struct {
		Requests int    `json:"requests"`
		Window   string `json:"window"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(raw)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return runtime.Limit{}, true, malformed
	}
	window, err := time.ParseDuration(value.Window)
	if err != nil || window <= 0 || value.Requests < 1 {
		return runtime.Limit{}, true, malformed
	}
	return runtime.Limit{Requests: value.Requests, Window: window}, true, nil
}

// checkLimit refuses metadata whose limit could not be read later.
func (m *Manager) checkLimit(metadata runtime.Metadata) error {
	if m.o.Limit != nil {
		return nil
	}
	_, _, err := limitIn(metadata)
	return err
}
