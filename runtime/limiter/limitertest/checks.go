package limitertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// long is a window that does not move on while a check runs.
const long = time.Hour

// arguments: what is no limit allows, and what makes no sense is an error.
func (e *exercise) arguments(ctx context.Context) error {
	tenant := e.tenant()
	for range 10 {
		if d, err := e.limiter.Allow(ctx, tenant, runtime.Limit{}); err != nil || !d.Allowed {
			return fmt.Errorf("without a limit: %+v, %v", d, err)
		}
	}
	if d, err := e.limiter.Allow(ctx, "", runtime.Limit{Requests: 1, Window: long}); !errors.Is(err, runtime.ErrNoTenant) || d.Allowed {
		return fmt.Errorf("without a tenant: %+v, %v", d, err)
	}
	for _, window := range []time.Duration{0, -time.Second} {
		if d, err := e.limiter.Allow(ctx, tenant, runtime.Limit{Requests: 1, Window: window}); !errors.Is(err, runtime.ErrLimit) || d.Allowed {
			return fmt.Errorf("with the window %v: %+v, %v", window, d, err)
		}
	}
	// The shortest that there is.
	if d, err := e.limiter.Allow(ctx, tenant, runtime.Limit{Requests: 1, Window: 1}); err != nil || !d.Allowed {
		return fmt.Errorf("with a window of 1 ns: %+v, %v", d, err)
	}
	return nil
}

// burst: 200 goroutines at once get exactly the limit, and each remaining number once.
func (e *exercise) burst(ctx context.Context) error {
	for _, limit := range []int{1, 5, 150} {
		c := e.caller(runtime.Limit{Requests: limit, Window: long})
		if err := c.exactly(ctx, limit, func(int) caller { return c }); err != nil {
			return err
		}
	}
	return nil
}

// exactly has 200 goroutines make two calls each, of which so many must be allowed.
func (c caller) exactly(ctx context.Context, want int, who func(goroutine int) caller) error {
	calls, err := together(200, func(made int) bool { return made < 2 },
		func(g int) (call, error) { return who(g).call(ctx) })
	if err != nil {
		return err
	}
	var remaining []int
	for _, one := range allowed(calls) {
		remaining = append(remaining, one.Remaining)
	}
	slices.Sort(remaining)
	if len(remaining) != want {
		return fmt.Errorf("%d of %d calls were allowed at the limit %d in %v", len(remaining), len(calls), c.limit.Requests, c.limit.Window)
	}
	for i, n := range remaining {
		if n != i {
			return fmt.Errorf("the calls that were allowed leave %v, want each from 0 once", remaining)
		}
	}
	return nil
}

// apart: ids that look alike are different tenants.
func (e *exercise) apart(ctx context.Context) error {
	id := e.tenant()
	for _, other := range []string{
		id, "{" + id + "}", id + "}", "{" + id, "}{" + id, id + ":1", id + "%7D", id + "%257D", "T" + id[1:], id + " ", " " + id, id + "\n",
		id + "\x00", id + "\xff", id + "\ufffd", id + "*", id + "/", id + "é", id + "e\u0301",
	} {
		c := e.caller(runtime.Limit{Requests: 2, Window: long})
		c.tenant = other
		calls, err := c.calls(ctx, 4)
		if err != nil {
			return fmt.Errorf("tenant %q: %w", other, err)
		}
		if n := len(allowed(calls)); n != 2 {
			return fmt.Errorf("tenant %q was allowed %d of 4 calls at the limit 2", other, n)
		}
	}
	return nil
}

// windows: limits with other windows are counted apart, so that a tenant can have two.
func (e *exercise) windows(ctx context.Context) error {
	hour := e.caller(runtime.Limit{Requests: 3, Window: long})
	day := hour
	got := map[runtime.Limit]int{}
	day.limit = runtime.Limit{Requests: 4, Window: 24 * long}
	for _, c := range []caller{hour, day, hour, day} {
		calls, err := c.calls(ctx, c.limit.Requests/2+1)
		if err != nil {
			return err
		}
		got[c.limit] += len(allowed(calls))
	}
	for limit, n := range got {
		if n != limit.Requests {
			return fmt.Errorf("%d calls were allowed under %+v beside a limit with another window", n, limit)
		}
	}
	return nil
}

// changed: a limit that is raised has room at once, and one that is lowered has not.
func (e *exercise) changed(ctx context.Context) error {
	c := e.caller(runtime.Limit{Window: long})
	for _, step := range []struct{ limit, allowed int }{{10, 10}, {5, 0}, {9, 0}, {1, 0}, {20, 10}, {1, 0}} {
		c.limit.Requests = step.limit
		calls, err := c.calls(ctx, 25)
		if err != nil {
			return err
		}
		if n := len(allowed(calls)); n != step.allowed && e.exact {
			return fmt.Errorf("after the limit became %d, %d of %d calls were allowed, want %d", step.limit, n, len(calls), step.allowed)
		} else if n > step.limit {
			return fmt.Errorf("after the limit became %d, %d calls were allowed", step.limit, n)
		}
	}
	return nil
}

// denied: calls that are denied do not count, so that somebody who keeps trying is let in
// when the time has come, and is told when that is.
func (e *exercise) denied(ctx context.Context) error {
	c := e.caller(runtime.Limit{Requests: 1, Window: 400 * time.Millisecond})
	first, err := c.call(ctx)
	if err != nil {
		return err
	}
	if !first.Allowed {
		return errors.New("the first call was denied")
	}
	var longest time.Duration
	for {
		one, err := c.call(ctx)
		longest = max(longest, one.end-one.begin)
		switch {
		case err != nil:
			return err
		case one.Allowed && one.end-first.begin < c.limit.Window:
			return fmt.Errorf("a second call was allowed within %v", one.end-first.begin)
		case one.Allowed:
			return nil
		case one.begin-first.end >= c.limit.Window:
			return fmt.Errorf("a call was denied %v after the only one that was allowed", one.begin-first.end)
		}
		// Servers count in microseconds, and who remembers an earlier answer does not know
		// when in that call it was given.
		slack := 2*time.Microsecond + longest
		earliest := first.begin + c.limit.Window - one.end - slack
		latest := first.end + c.limit.Window - one.begin + slack
		if one.RetryAfter < earliest || one.RetryAfter > latest {
			return fmt.Errorf("a call that would be allowed in %v to %v was told %v", earliest, latest, one.RetryAfter)
		}
		if err := wait(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// retryAfter: what is said of the next call is true to the moment.
func (e *exercise) retryAfter(ctx context.Context) error {
	c := e.caller(runtime.Limit{Requests: 3, Window: 600 * time.Millisecond})
	for range 3 {
		if _, err := c.call(ctx); err != nil {
			return err
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	for range 3 {
		told, err := c.call(ctx)
		if err != nil {
			return err
		}
		took := told.end - told.begin
		if told.Allowed {
			continue // a busy machine
		}
		// Just before it, if that can be hit, and just after.
		if err := wait(ctx, told.RetryAfter-10*time.Millisecond); err != nil {
			return err
		}
		early, err := c.call(ctx)
		if err != nil {
			return err
		}
		if early.Allowed {
			if early.end < told.begin+told.RetryAfter-took {
				return fmt.Errorf("a call was allowed %v after a denial that said %v", early.end-told.begin, told.RetryAfter)
			}
			continue
		}
		if err := wait(ctx, told.end+told.RetryAfter-time.Since(c.start)); err != nil {
			return err
		}
		late, err := c.call(ctx)
		if err != nil {
			return err
		}
		if !late.Allowed {
			return fmt.Errorf("a call was denied %v after a denial that said %v", late.begin-told.end, told.RetryAfter)
		}
	}
	return nil
}

// ended: a call whose caller has gone is not allowed, and does not hang.
func (e *exercise) ended(ctx context.Context) error {
	gone, cancel := context.WithCancel(ctx)
	cancel()
	// Local limiters need not look at the context.
	_, err := e.limiter.Allow(gone, e.tenant(), runtime.Limit{Requests: 1, Window: long})
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("the error is %w", err)
	}
	return nil
}

// processes: two processes get the limit together, whatever their clocks say.
func (e *exercise) processes(ctx context.Context) error {
	c := e.caller(runtime.Limit{Requests: 100, Window: long})
	other := c
	other.limiter = e.peer
	return c.exactly(ctx, 100, func(g int) caller {
		if g%2 == 0 {
			return other
		}
		return c
	})
}
