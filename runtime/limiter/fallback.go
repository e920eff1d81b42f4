package limiter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Mode is what follows when a limiter cannot be asked.
type Mode int

// The modes. The zero Mode is FailClosed.
const (
	// FailClosed returns the error, so that the call is not made.
	FailClosed Mode = iota
	// FailOpen allows the call.
	FailOpen
	// FailLocal asks a limiter of this process.
	FailLocal
)

var modes = []string{FailClosed: "closed", FailOpen: "open", FailLocal: "local"}

// String returns "closed", "open" or "local", the words of the configuration.
func (m Mode) String() string {
	if m < 0 || int(m) >= len(modes) {
		return fmt.Sprintf("Mode(%d)", int(m))
	}
	return modes[m]
}

// MarshalText returns what String returns.
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText knows what String returns.
func (m *Mode) UnmarshalText(text []byte) error {
	for mode, name := range modes {
		if name == string(text) {
			*m = Mode(mode)
			return nil
		}
	}
	return errors.New("tenancy: what follows a limiter's failure is closed, open or local")
}

// ErrUnavailable is what the errors of FailClosed wrap, beside the limiter's own.
var ErrUnavailable = errors.New("tenancy: the rate limiter cannot be asked")

// FallbackOptions are the options of WithFallback. The zero value fails closed.
type FallbackOptions struct {
	Mode Mode
	// Local is asked in mode FailLocal; nil means a NewLocal of its own. What it
	// allows, nobody else knows of.
	Local runtime.Limiter
	// Processes is how many processes share the limits. In mode FailLocal each has its
	// part of them, and at least one call; zero means one.
	Processes int
	// Logger gets a warning when failures begin, and a note with their number when they
	// are over; nil means slog.Default().
	Logger *slog.Logger
	// Recorder counts each answer that was given without the limiter, as "failed_open"
	// or "fallback" of runtime.CountLimiter. An error is left to who gets it: the manager
	// counts it as "failed_closed". Nil drops them.
	Recorder runtime.Recorder
}

const (
	// tolerated is how many failures in a row are still followed by a question.
	tolerated = 10
	// calm is how long there has to be no failure until failures are over.
	calm = 10 * time.Second
)

// WithFallback returns a limiter that asks next, and gives the answer that the mode says
// when that fails. After ten failures in a row one call at a time tries whether next is
// back, and the others do not wait for it. A context that ends is the caller's doing and
// no failure: its error is returned in every mode. Close closes next.
func WithFallback(next runtime.Limiter, o FallbackOptions) runtime.Limiter {
	f := &fallback{next: next, options: o}
	if o.Local == nil && o.Mode == FailLocal {
		f.options.Local = NewLocal(LocalOptions{})
	}
	if o.Logger == nil {
		f.options.Logger = slog.Default()
	}
	if o.Recorder == nil {
		f.options.Recorder = runtime.NoRecorder{}
	}
	return f
}

type fallback struct {
	next    runtime.Limiter
	options FallbackOptions

	failing atomic.Bool // an episode has begun and is not over
	away    atomic.Bool // too many failures in a row: ask one at a time
	asking  atomic.Bool // somebody does

	mu      sync.Mutex
	inARow  int
	episode struct {
		first, last time.Time
		failures    int
		err         error // the latest
	}
}

// Allow is that of runtime.Limiter.
func (f *fallback) Allow(ctx context.Context, tenantID string, l runtime.Limit) (runtime.Decision, error) {
	if l.IsZero() {
		return runtime.Decision{Allowed: true}, nil
	}
	if tenantID == "" {
		return runtime.Decision{}, runtime.ErrNoTenant
	}
	if err := l.Validate(); err != nil {
		return runtime.Decision{}, err
	}
	if f.away.Load() {
		if !f.asking.CompareAndSwap(false, true) {
			return f.instead(ctx, tenantID, l, f.failed(nil))
		}
		defer f.asking.Store(false)
	}
	d, err := f.next.Allow(ctx, tenantID, l)
	if err == nil {
		if f.failing.Load() {
			f.succeeded()
		}
		return d, nil
	}
	if ctx.Err() != nil {
		return runtime.Decision{}, err
	}
	return f.instead(ctx, tenantID, l, f.failed(err))
}

// instead answers without next.
func (f *fallback) instead(ctx context.Context, tenantID string, l runtime.Limit, err error) (runtime.Decision, error) {
	count := func(outcome string) { f.options.Recorder.Count(ctx, runtime.CountLimiter, outcome, tenantID) }
	switch f.options.Mode {
	case FailOpen:
		count("failed_open")
		return runtime.Decision{Allowed: true}, nil
	case FailLocal:
		count("fallback")
		if f.options.Processes > 1 {
			l.Requests = max(1, l.Requests/f.options.Processes)
		}
		return f.options.Local.Allow(ctx, tenantID, l)
	default:
		return runtime.Decision{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}

// failed notes a failure, or a call that did not ask because of earlier ones when err is
// nil, and returns the latest error.
func (f *fallback) failed(err error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	first := !f.failing.Load()
	if first {
		f.episode.first, f.episode.failures = now, 0
		f.failing.Store(true)
	}
	f.episode.last = now
	f.episode.failures++
	if err != nil {
		f.episode.err = err
		if f.inARow++; f.inARow >= tolerated {
			f.away.Store(true)
		}
	}
	if first {
		f.options.Logger.Warn("tenancy: the rate limiter fails", "mode", f.options.Mode.String(), "error", f.episode.err)
	}
	return f.episode.err
}

// succeeded notes that next has answered while failures were not over.
func (f *fallback) succeeded() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inARow = 0
	f.away.Store(false)
	if !f.failing.Load() || time.Since(f.episode.last) < calm {
		return
	}
	f.failing.Store(false)
	f.options.Logger.Info("tenancy: the rate limiter answers again", "mode", f.options.Mode.String(),
		"failures", f.episode.failures, "duration", f.episode.last.Sub(f.episode.first))
}

// Close closes next, and what WithFallback made itself.
func (f *fallback) Close() error { return f.next.Close() }
