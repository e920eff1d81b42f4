package limitertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// boundary: 200 goroutines that do not stop for many windows get the limit in each, and
// not one call more.
func (e *exercise) boundary(ctx context.Context) error {
	const windows = 12
	c := e.caller(runtime.Limit{Requests: 40, Window: 250 * time.Millisecond})
	end := windows * c.limit.Window
	calls, err := together(200, func(int) bool { return time.Since(c.start) < end }, func(int) (call, error) {
		one, err := c.call(ctx)
		if err == nil && !one.Allowed {
			// Each comes again soon, so that there are always some at the boundary.
			err = wait(ctx, 10*time.Millisecond)
		}
		return one, err
	})
	if err != nil {
		return err
	}
	most := c.limit.Requests
	if !e.exact {
		most *= 2
	}
	if err := tooMany(calls, most, c.limit.Window); err != nil {
		return err
	}
	if e.exact {
		if err := wronglyDenied(calls, c.limit); err != nil {
			return err
		}
	}
	if n := len(allowed(calls)); n < windows/2*c.limit.Requests {
		return fmt.Errorf("only %d calls were allowed in %v: nobody can say that this was %d windows", n, end, windows)
	}
	return nil
}

// tooMany finds a window in which more calls were allowed than may be: all that began
// and ended in it happened in it. The calls are sorted by begin.
func tooMany(calls []call, most int, window time.Duration) error {
	in := allowed(calls)
	for i, first := range in {
		n := 0
		for _, c := range in[i:] {
			if c.begin >= first.begin+window {
				break
			}
			if c.end < first.begin+window {
				n++
			}
		}
		if n > most {
			return fmt.Errorf("%d calls were allowed in a window of %v from %v, and the limit is %d", n, window, first.begin, most)
		}
	}
	return nil
}

// wronglyDenied finds a call that was denied although fewer than the limit can have been
// in the window before it.
func wronglyDenied(calls []call, limit runtime.Limit) error {
	in := allowed(calls)
	for _, d := range calls {
		if d.Allowed {
			continue
		}
		n := 0
		for _, c := range in {
			if c.end > d.begin-limit.Window && c.begin < d.end {
				n++
			}
		}
		if n < limit.Requests {
			return fmt.Errorf("a call at %v was denied, and at most %d were allowed in the window before it, of %d", d.begin, n, limit.Requests)
		}
	}
	return nil
}

// sliding: the window begins with each call and not at a full one: who has used a half at
// its begin has that half back when it is over, and the other half later.
func (e *exercise) sliding(ctx context.Context) error {
	const half = 10
	// On a busy machine the halves may not come in time, so it is tried again.
	for range 5 {
		c := e.caller(runtime.Limit{Requests: 2 * half, Window: 500 * time.Millisecond})
		first, err := c.calls(ctx, half)
		if err != nil {
			return err
		}
		if err := wait(ctx, c.limit.Window*3/4-time.Since(c.start)); err != nil {
			return err
		}
		second, err := c.calls(ctx, half)
		if err != nil {
			return err
		}
		if n := len(allowed(first)) + len(allowed(second)); n != 2*half {
			return fmt.Errorf("%d of %d calls were allowed at the limit %d", n, 2*half, c.limit.Requests)
		}
		if err := wait(ctx, first[half-1].end+c.limit.Window-time.Since(c.start)); err != nil {
			return err
		}
		third, err := c.calls(ctx, 2*half)
		if err != nil {
			return err
		}
		if third[2*half-1].end >= second[0].begin+c.limit.Window {
			continue
		}
		if n := len(allowed(third)); n != half {
			return fmt.Errorf("when the first %d calls had left the window, %d were allowed", half, n)
		}
		return nil
	}
	return errors.New("this machine is too busy to time anything")
}
