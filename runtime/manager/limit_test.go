package manager_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
)

// fixedLimiter allows so many calls and says what it was asked.
type fixedLimiter struct {
	mu    sync.Mutex
	asked []runtime.Limit
	calls map[string]int
	fail  error
}

func (l *fixedLimiter) Allow(_ context.Context, id string, limit runtime.Limit) (runtime.Decision, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return runtime.Decision{}, l.fail
	}
	if l.calls == nil {
		l.calls = map[string]int{}
	}
	l.asked = append(l.asked, limit)
	if l.calls[id] >= limit.Requests {
		return runtime.Decision{RetryAfter: 7 * time.Second}, nil
	}
	l.calls[id]++
	return runtime.Decision{Allowed: true, Remaining: limit.Requests - l.calls[id]}, nil
}

func (l *fixedLimiter) Close() error { return nil }

func metadata(t *testing.T, text string) runtime.Metadata {
	t.Helper()
	return must[runtime.Metadata](t)(runtime.ParseMetadata([]byte(text)))
}

// TestRateLimit is P11, W1 and regression 24: at a limit of five, five of fifty calls at
// once are allowed, and each tenant has its own five.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	limit := runtime.Limit{Requests: 5, Window: time.Minute}
	e := newEnv(t, func(o *manager.Options) { o.Limiter, o.DefaultLimit = &fixedLimiter{}, limit })
	for _, identifier := range []string{"acme", "other"} {
		tenant := e.registered(t, identifier)
		errs := make(chan error, 50)
		for range cap(errs) {
			go func() { errs <- e.CheckRateLimit(t.Context(), tenant) }()
		}
		denied := 0
		for range cap(errs) {
			err := <-errs
			var limited *runtime.RateLimitError
			if err == nil {
				continue
			}
			if !errors.As(err, &limited) || limited.Limit != limit || limited.RetryAfter != 7*time.Second {
				t.Fatal(err)
			}
			denied++
		}
		if denied != 45 {
			t.Errorf("%d of 50 were denied", denied)
		}
	}
	if a, d := e.recorder.of("limiter_decisions/allowed"), e.recorder.of("limiter_decisions/denied"); a != 10 || d != 90 {
		t.Errorf("counted %d and %d", a, d)
	}
}

// TestRateLimitFails is regression 1: a limiter that fails allows nothing, and says so in
// the way of one that denies.
func TestRateLimitFails(t *testing.T) {
	t.Parallel()
	e := newEnv(t, func(o *manager.Options) {
		o.Limiter, o.DefaultLimit = &fixedLimiter{fail: errFault}, runtime.Limit{Requests: 5, Window: time.Minute}
	})
	err := e.CheckRateLimit(t.Context(), e.registered(t, "acme"))
	var limited *runtime.RateLimitError
	if !errors.Is(err, errFault) || !errors.As(err, &limited) || limited.RetryAfter <= 0 {
		t.Fatal(err)
	}
	if e.recorder.of("limiter_decisions/failed_closed") != 1 || e.recorder.of("limiter/error") != 1 {
		t.Error("not counted")
	}
}

// TestLimitOfTenant is the last of W23: a limit in a tenant's metadata counts, and one
// that cannot be read never becomes no limit.
func TestLimitOfTenant(t *testing.T) {
	t.Parallel()
	usual := runtime.Limit{Requests: 3, Window: time.Second}
	for name, c := range map[string]struct {
		metadata  string
		want      runtime.Limit
		malformed bool
	}{
		"none of its own":   {`{"plan":"free"}`, usual, false},
		"another key":       {`{"x":"rate_limit"}`, usual, false},
		"its own":           {`{"rate_limit":{"requests":9,"window":"2m"}}`, runtime.Limit{Requests: 9, Window: 2 * time.Minute}, false},
		"no limit":          {`{"rate_limit":"none"}`, runtime.Limit{}, false},
		"null":              {`{"rate_limit":null}`, usual, true},
		"number":            {`{"rate_limit":9}`, usual, true},
		"no window":         {`{"rate_limit":{"requests":9}}`, usual, true},
		"no requests":       {`{"rate_limit":{"window":"1m"}}`, usual, true},
		"zero":              {`{"rate_limit":{"requests":0,"window":"1m"}}`, usual, true},
		"negative":          {`{"rate_limit":{"requests":-1,"window":"1m"}}`, usual, true},
		"window of a day":   {`{"rate_limit":{"requests":1,"window":"1d"}}`, usual, true},
		"negative window":   {`{"rate_limit":{"requests":1,"window":"-1m"}}`, usual, true},
		"another field":     {`{"rate_limit":{"requests":1,"window":"1m","burst":5}}`, usual, true},
		"requests in words": {`{"rate_limit":{"requests":"1","window":"1m"}}`, usual, true},
		"too many requests": {`{"rate_limit":{"requests":1e99,"window":"1m"}}`, usual, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limiter := &fixedLimiter{}
			e := newEnv(t, func(o *manager.Options) { o.Limiter, o.DefaultLimit = limiter, usual })
			tenant := e.registered(t, "acme")
			// Past the manager, which would refuse what is malformed.
			tenant.Metadata = metadata(t, c.metadata)
			for range 2 {
				if err := e.CheckRateLimit(t.Context(), tenant); err != nil {
					t.Fatal(err)
				}
			}
			if c.want.IsZero() != (len(limiter.asked) == 0) || len(limiter.asked) > 0 && limiter.asked[0] != c.want {
				t.Errorf("asked %v", limiter.asked)
			}
			if n := e.logs.count("cannot be read"); (n == 1) != c.malformed || n > 1 {
				t.Errorf("logged %d times", n)
			}
			if _, err := e.SetMetadata(t.Context(), tenant.ID, tenant.Metadata); (err != nil) != c.malformed {
				t.Errorf("set: %v", err)
			}
			if _, err := e.MergeMetadata(t.Context(), tenant.ID, tenant.Metadata); (err != nil) != c.malformed {
				t.Errorf("merged: %v", err)
			}
			bare := newEnv(t, func(o *manager.Options) { o.Limiter = &fixedLimiter{} })
			if err := bare.CheckRateLimit(t.Context(), tenant); (err != nil) != c.malformed {
				t.Errorf("without a default: %v", err)
			}
			without := newEnv(t)
			if err := without.CheckRateLimit(t.Context(), tenant); (err != nil) != (c.malformed || c.want == runtime.Limit{Requests: 9, Window: 2 * time.Minute}) {
				t.Errorf("without a limiter: %v", err)
			}
		})
	}
}

// TestLimitFunction sees that the application's own function wins, and that the zero
// Limit asks nobody.
func TestLimitFunction(t *testing.T) {
	t.Parallel()
	limiter := &fixedLimiter{}
	e := newEnv(t, func(o *manager.Options) {
		o.Limiter = limiter
		o.Limit = func(t runtime.Tenant) runtime.Limit {
			if t.Name == "free" {
				return runtime.Limit{Requests: 1, Window: time.Hour}
			}
			return runtime.Limit{}
		}
	})
	paying := runtime.Tenant{ID: "1", Name: "paying", Metadata: metadata(t, `{"rate_limit":"whatever"}`)}
	for range 3 {
		if err := e.CheckRateLimit(t.Context(), paying); err != nil {
			t.Fatal(err)
		}
	}
	free := runtime.Tenant{ID: "2", Name: "free"}
	if err := e.CheckRateLimit(t.Context(), free); err != nil {
		t.Fatal(err)
	}
	wantErr(t, e.CheckRateLimit(t.Context(), free), runtime.ErrRateLimited)
	wantErr(t, e.CheckRateLimit(t.Context(), runtime.Tenant{Name: "free"}), runtime.ErrNoTenant)
	if len(limiter.asked) != 2 {
		t.Errorf("asked %d times", len(limiter.asked))
	}
}
