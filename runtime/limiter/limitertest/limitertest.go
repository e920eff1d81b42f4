package limitertest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Config says what is tested.
type Config struct {
	// New returns a limiter that has seen none of the tenants in the suite. It is called
	// once.
	New func() (runtime.Limiter, error)
	// Peer returns another limiter that counts together with the first, as one of
	// another process does, or of one whose clock is wrong. Nil leaves that out.
	Peer func() (runtime.Limiter, error)
	// Exact says that no window has more calls than the limit, and that none is denied
	// below it. Without it, a window may have up to twice the limit, which nobody can use
	// at once.
	Exact bool
}

// Exercise runs the suite as subtests of t, side by side.
func Exercise(t *testing.T, c Config) {
	e, err := open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.close(); err != nil {
			t.Error(err)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(e.checks())) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := e.checks()[name](t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// Failures runs the suite and returns what each part of it found, by its name; nothing
// for a limiter that passes.
func Failures(ctx context.Context, c Config) map[string]error {
	e, err := open(c)
	if err != nil {
		return map[string]error{"open": err}
	}
	found := map[string]error{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range e.checks() {
		wg.Go(func() {
			if err := check(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				found[name] = err
			}
		})
	}
	wg.Wait()
	if err := e.close(); err != nil {
		found["close"] = err
	}
	return found
}

// exercise is a run of the suite.
type exercise struct {
	limiter, peer runtime.Limiter
	exact         bool
	tenants       atomic.Int64
}

func open(c Config) (*exercise, error) {
	l, err := c.New()
	if err != nil {
		return nil, err
	}
	e := &exercise{limiter: l, exact: c.Exact}
	if c.Peer != nil {
		if e.peer, err = c.Peer(); err != nil {
			return nil, errors.Join(err, l.Close())
		}
	}
	return e, nil
}

// close closes twice, as an application may.
func (e *exercise) close() error {
	err := errors.Join(e.limiter.Close(), e.limiter.Close())
	if e.peer != nil {
		err = errors.Join(err, e.peer.Close())
	}
	return err
}

// tenant returns an id that no other part of the suite uses.
func (e *exercise) tenant() string { return fmt.Sprintf("tenant-%d", e.tenants.Add(1)) }

func (e *exercise) checks() map[string]func(context.Context) error {
	checks := map[string]func(context.Context) error{
		"arguments":            e.arguments,
		"burst":                e.burst,
		"tenants apart":        e.apart,
		"windows apart":        e.windows,
		"a changed limit":      e.changed,
		"denied calls":         e.denied,
		"retry after":          e.retryAfter,
		"over the boundary":    e.boundary,
		"a context that ended": e.ended,
	}
	if e.exact {
		checks["a sliding window"] = e.sliding
	}
	if e.peer != nil {
		checks["two processes"] = e.processes
	}
	return checks
}

// call is one call and what came of it. It took effect between begin and end.
type call struct {
	begin, end time.Duration // since the first
	runtime.Decision
}

// caller makes calls of one tenant.
type caller struct {
	limiter runtime.Limiter
	tenant  string
	limit   runtime.Limit
	start   time.Time
}

func (e *exercise) caller(limit runtime.Limit) caller {
	return caller{e.limiter, e.tenant(), limit, time.Now()}
}

func (c caller) call(ctx context.Context) (call, error) {
	begin := time.Since(c.start)
	d, err := c.limiter.Allow(ctx, c.tenant, c.limit)
	out := call{begin, time.Since(c.start), d}
	switch {
	case err != nil:
		return out, err
	case d.Allowed && d.RetryAfter != 0:
		return out, fmt.Errorf("a call was allowed, and to be retried in %v", d.RetryAfter)
	case d.Allowed && (d.Remaining < 0 || d.Remaining >= c.limit.Requests):
		return out, fmt.Errorf("a call was allowed, and of %d there remain %d", c.limit.Requests, d.Remaining)
	case !d.Allowed && (d.RetryAfter <= 0 || d.RetryAfter > c.limit.Window):
		return out, fmt.Errorf("a call was denied, and to be retried in %v: the window is %v", d.RetryAfter, c.limit.Window)
	case !d.Allowed && d.Remaining != 0:
		return out, fmt.Errorf("a call was denied, and there remain %d", d.Remaining)
	}
	return out, nil
}

// calls makes n calls one after the other.
func (c caller) calls(ctx context.Context, n int) ([]call, error) {
	out := make([]call, 0, n)
	for range n {
		one, err := c.call(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// together has goroutines make calls at the same time, each until more says no.
func together(goroutines int, more func(made int) bool, call1 func(goroutine int) (call, error)) ([]call, error) {
	var (
		mu   sync.Mutex
		out  []call
		errs []error
		wg   sync.WaitGroup
	)
	begin := make(chan struct{})
	for g := range goroutines {
		wg.Go(func() {
			<-begin
			var mine []call
			for more(len(mine)) {
				one, err := call1(g)
				if err != nil {
					mu.Lock()
					errs = append(errs, err)
					mu.Unlock()
					return
				}
				mine = append(mine, one)
			}
			mu.Lock()
			defer mu.Unlock()
			out = append(out, mine...)
		})
	}
	close(begin)
	wg.Wait()
	slices.SortFunc(out, func(a, b call) int { return int(a.begin - b.begin) })
	if len(errs) > 0 {
		return nil, errs[0]
	}
	return out, nil
}

func allowed(calls []call) []call {
	return slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return !c.Allowed })
}

// wait returns after d, or when ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
