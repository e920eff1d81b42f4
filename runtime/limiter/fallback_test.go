package limiter_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter"
)

// flaky is a limiter that fails when it is told to.
type flaky struct {
	mu    sync.Mutex
	err   error
	slow  chan struct{} // waited for, when it is not nil
	asked int
	runtime.Limiter
}

func (f *flaky) Allow(ctx context.Context, tenantID string, l runtime.Limit) (runtime.Decision, error) {
	f.mu.Lock()
	err, slow := f.err, f.slow
	f.asked++
	f.mu.Unlock()
	if slow != nil {
		select {
		case <-slow:
		case <-ctx.Done():
			return runtime.Decision{}, ctx.Err()
		}
	}
	if err != nil {
		return runtime.Decision{}, err
	}
	return f.Limiter.Allow(ctx, tenantID, l)
}

func (f *flaky) set(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// counted is a Recorder.
type counted struct {
	runtime.NoRecorder
	mu       sync.Mutex
	outcomes map[string]int
}

func (c *counted) Count(_ context.Context, counter runtime.Counter, outcome, _ string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outcomes == nil {
		c.outcomes = map[string]int{}
	}
	c.outcomes[string(counter)+" "+outcome]++
}

var errBroken = errors.New("the server is away")

// rig is a limiter with a fallback and everything that sees what it does.
type rig struct {
	runtime.Limiter
	flaky   *flaky
	counted *counted
	log     *bytes.Buffer
}

func newRig(o limiter.FallbackOptions) rig {
	r := rig{flaky: &flaky{Limiter: limiter.NewLocal(limiter.LocalOptions{})}, counted: &counted{}, log: &bytes.Buffer{}}
	o.Recorder, o.Logger = r.counted, slog.New(slog.NewTextHandler(r.log, nil))
	r.Limiter = limiter.WithFallback(r.flaky, o)
	return r
}

func TestFallbackModes(t *testing.T) {
	t.Parallel()
	limit := runtime.Limit{Requests: 6, Window: time.Hour}
	for name, tc := range map[string]struct {
		options limiter.FallbackOptions
		allowed int
		err     bool
		outcome string
	}{
		"closed":             {limiter.FallbackOptions{}, 0, true, ""},
		"open":               {limiter.FallbackOptions{Mode: limiter.FailOpen}, 100, false, "failed_open"},
		"local":              {limiter.FallbackOptions{Mode: limiter.FailLocal}, 6, false, "fallback"},
		"local, one of 3":    {limiter.FallbackOptions{Mode: limiter.FailLocal, Processes: 3}, 2, false, "fallback"},
		"local, one of many": {limiter.FallbackOptions{Mode: limiter.FailLocal, Processes: 50}, 1, false, "fallback"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(tc.options)
			r.flaky.set(errBroken)
			allowed := 0
			for range 100 {
				d, err := r.Allow(t.Context(), "tenant", limit)
				if tc.err != (err != nil) || err != nil && !(errors.Is(err, limiter.ErrUnavailable) && errors.Is(err, errBroken)) {
					t.Fatalf("the error is %v", err)
				}
				if d.Allowed {
					allowed++
				}
			}
			if allowed != tc.allowed {
				t.Errorf("%d calls were allowed, want %d", allowed, tc.allowed)
			}
			want := map[string]int{}
			if tc.outcome != "" {
				want["limiter_decisions "+tc.outcome] = 100
			}
			if !maps.Equal(r.counted.outcomes, want) {
				t.Errorf("counted %v", r.counted.outcomes)
			}
			if n := strings.Count(r.log.String(), "\n"); n != 1 || !strings.Contains(r.log.String(), "level=WARN") {
				t.Errorf("logged %s", r.log)
			}
		})
	}
}

// TestEpisodes holds that failures that come and go are one warning, and one note when
// there have been none for a while.
func TestEpisodes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(limiter.FallbackOptions{Mode: limiter.FailOpen})
		call := func() {
			t.Helper()
			if _, err := r.Allow(t.Context(), "tenant", runtime.Limit{Requests: 1000, Window: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
		for range 50 {
			r.flaky.set(errBroken)
			call()
			r.flaky.set(nil)
			call()
			time.Sleep(time.Second)
		}
		if n := strings.Count(r.log.String(), "\n"); n != 1 {
			t.Errorf("logged %s", r.log)
		}
		time.Sleep(10 * time.Second)
		call()
		call()
		lines := strings.Split(r.log.String(), "\n")
		if len(lines) != 3 || !strings.Contains(lines[1], "level=INFO") || !strings.Contains(lines[1], "failures=50") {
			t.Errorf("logged %s", r.log)
		}
		r.flaky.set(errBroken)
		call()
		if n := strings.Count(r.log.String(), "\n"); n != 3 {
			t.Errorf("the next episode: logged %s", r.log)
		}
	})
}

// TestNobodyWaitsForADeadServer holds that after ten failures one call at a time waits
// for a server that does not answer.
func TestNobodyWaitsForADeadServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(limiter.FallbackOptions{Mode: limiter.FailLocal})
		limit := runtime.Limit{Requests: 1000, Window: time.Hour}
		call := func() {
			if d, err := r.Allow(t.Context(), "tenant", limit); err != nil || !d.Allowed {
				t.Errorf("got %+v, %v", d, err)
			}
		}
		r.flaky.set(errBroken)
		for range 10 {
			call()
		}
		r.flaky.slow = make(chan struct{})
		go call() // waits for the server
		synctest.Wait()
		asked := r.flaky.asked
		for range 100 {
			call()
		}
		if r.flaky.asked != asked || asked != 11 {
			t.Errorf("the server was asked %d times, and %d times while one call waited", asked, r.flaky.asked-asked)
		}
		// It is back: the call that waits says so, and all ask again.
		r.flaky.set(nil)
		close(r.flaky.slow)
		synctest.Wait()
		call() // the one that waited has failed; this one is let through
		asked = r.flaky.asked
		for range 100 {
			call()
		}
		if n := r.flaky.asked - asked; n != 100 {
			t.Errorf("of 100 calls %d asked the server", n)
		}
	})
}

// TestCallerHasGone holds that a context that ends is no failure of the limiter, in no
// mode.
func TestCallerHasGone(t *testing.T) {
	t.Parallel()
	for _, mode := range []limiter.Mode{limiter.FailClosed, limiter.FailOpen, limiter.FailLocal} {
		r := newRig(limiter.FallbackOptions{Mode: mode})
		r.flaky.slow = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		d, err := r.Allow(ctx, "tenant", runtime.Limit{Requests: 1, Window: time.Hour})
		if !errors.Is(err, context.Canceled) || d.Allowed || len(r.counted.outcomes) != 0 || r.log.Len() != 0 {
			t.Errorf("%v: got %+v, %v, counted %v, logged %s", mode, d, err, r.counted.outcomes, r.log)
		}
	}
}

func TestModeText(t *testing.T) {
	t.Parallel()
	for _, mode := range []limiter.Mode{limiter.FailClosed, limiter.FailOpen, limiter.FailLocal} {
		text, err := mode.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var back limiter.Mode
		if err := back.UnmarshalText(text); err != nil || back != mode {
			t.Errorf("%q became %v: %v", text, back, err)
		}
	}
	var m limiter.Mode
	if err := m.UnmarshalText([]byte("perhaps")); err == nil {
		t.Error("perhaps is a mode")
	}
}

// TestDenyCache holds that the server is not asked again before the time has come, and
// then is.
func TestDenyCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &flaky{Limiter: limiter.NewLocal(limiter.LocalOptions{})}
		l := limiter.WithDenyCache(server, 0)
		limit := runtime.Limit{Requests: 1, Window: time.Minute}
		allow := func(tenant string, limit runtime.Limit, want runtime.Decision, asked int) {
			t.Helper()
			d, err := l.Allow(t.Context(), tenant, limit)
			if err != nil || d != want || server.asked != asked {
				t.Errorf("got %+v, %v after %d questions, want %+v after %d", d, err, server.asked, want, asked)
			}
		}
		allow("tenant", limit, runtime.Decision{Allowed: true}, 1)
		time.Sleep(10 * time.Second)
		allow("tenant", limit, runtime.Decision{RetryAfter: 50 * time.Second}, 2)
		time.Sleep(20 * time.Second)
		allow("tenant", limit, runtime.Decision{RetryAfter: 30 * time.Second}, 2)
		// Another tenant, and another limit, are other questions.
		allow("other", limit, runtime.Decision{Allowed: true}, 3)
		allow("tenant", runtime.Limit{Requests: 2, Window: time.Minute}, runtime.Decision{Allowed: true}, 4)
		// What cannot be asked is not remembered.
		server.set(errBroken)
		if _, err := l.Allow(t.Context(), "third", limit); !errors.Is(err, errBroken) {
			t.Errorf("the error is %v", err)
		}
		server.set(nil)
		allow("third", limit, runtime.Decision{Allowed: true}, 6)
		// The second call at the limit of 2 is still in the window.
		time.Sleep(60 * time.Second)
		allow("tenant", limit, runtime.Decision{Allowed: true}, 7)
	})
}
