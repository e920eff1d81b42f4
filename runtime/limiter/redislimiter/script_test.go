package redislimiter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter/redislimiter"
)

// TestScriptAgainstHistory compares random calls with what counting the history says, to
// the microsecond. It needs a server whose clock can be set, which a real one is not.
func TestScriptAgainstHistory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			server := miniredis.RunT(t)
			c := redis.NewClient(&redis.Options{Addr: server.Addr()})
			defer func() { _ = c.Close() }()
			l := limiter(t, redislimiter.New, c, redislimiter.Options{Timeout: patient})
			random := rand.New(rand.NewPCG(seed, 0))
			most := 1 + random.IntN(60)
			limit := runtime.Limit{Requests: 1 + random.IntN(most), Window: time.Second}
			now := time.Now().Truncate(time.Microsecond)
			var history []time.Time
			for step := range 700 {
				switch random.IntN(40) {
				case 0:
					limit.Requests = 1 + random.IntN(most)
				case 1: // nearly, exactly or more than a window
					now = now.Add(limit.Window + time.Duration(random.IntN(3)-1)*time.Microsecond)
				case 2, 3, 4:
					now = now.Add(time.Duration(random.Int64N(int64(limit.Window))))
				case 5: // the next moment at which something happens
					if len(history) > 0 {
						now = latest(now, history[random.IntN(len(history))].Add(limit.Window-time.Duration(random.IntN(2))*time.Microsecond))
					}
				default:
					now = now.Add(time.Duration(random.Int64N(int64(40 * time.Millisecond))).Truncate(time.Microsecond))
				}
				now = now.Truncate(time.Microsecond)
				server.SetTime(now)
				history = slices.DeleteFunc(history, func(at time.Time) bool { return now.Sub(at) >= limit.Window })
				want := runtime.Decision{Allowed: len(history) < limit.Requests}
				if want.Allowed {
					history = append(history, now)
					want.Remaining = limit.Requests - len(history)
				} else {
					want.RetryAfter = history[len(history)-limit.Requests].Add(limit.Window).Sub(now)
				}
				if got, err := l.Allow(t.Context(), "tenant", limit); err != nil || got != want {
					t.Fatalf("step %d: got %+v, want %+v with %d in the window: %v", step, got, want, len(history), err)
				}
			}
		})
	}
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// TestBatchAgainstHistory is the same for calls that come together, which are one for
// the script. Which of them come together, nobody knows, but all are of one moment.
func TestBatchAgainstHistory(t *testing.T) {
	t.Parallel()
	server := miniredis.RunT(t)
	c := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = c.Close() }()
	l := limiter(t, redislimiter.New, c, redislimiter.Options{Timeout: patient})
	random := rand.New(rand.NewPCG(1, 0))
	now := time.Now().Truncate(time.Microsecond)
	var history []time.Time
	for step := range 300 {
		now = now.Add(time.Duration(random.Int64N(int64(time.Second))).Truncate(time.Microsecond))
		server.SetTime(now)
		limit := runtime.Limit{Requests: 1 + random.IntN(100), Window: time.Second}
		history = slices.DeleteFunc(history, func(at time.Time) bool { return now.Sub(at) >= limit.Window })
		calls := 1 + random.IntN(60)
		var mu sync.Mutex
		var remaining []int
		var retry []time.Duration
		var wg sync.WaitGroup
		for range calls {
			wg.Go(func() {
				d, err := l.Allow(t.Context(), "tenant", limit)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				} else if d.Allowed {
					remaining = append(remaining, d.Remaining)
				} else {
					retry = append(retry, d.RetryAfter)
				}
			})
		}
		wg.Wait()
		room := max(0, min(calls, limit.Requests-len(history)))
		for range room {
			history = append(history, now)
		}
		var want []int
		for i := range room {
			want = append(want, limit.Requests-len(history)+i)
		}
		slices.Sort(remaining)
		if !slices.Equal(remaining, want) {
			t.Fatalf("step %d: %d of %d calls leave %v, want %v", step, len(remaining), calls, remaining, want)
		}
		for _, d := range retry {
			if want := history[len(history)-limit.Requests].Add(limit.Window).Sub(now); d != want {
				t.Fatalf("step %d: a call was told %v, want %v", step, d, want)
			}
		}
	}
}

// TestServersClockSetBack holds that an hour that the server's clock goes back costs
// nobody more than a window, and gives nobody more than the limit once more.
func TestServersClockSetBack(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := miniredis.RunT(t)
			c := redis.NewClient(&redis.Options{Addr: server.Addr()})
			defer func() { _ = c.Close() }()
			l := limiter(t, open, c, redislimiter.Options{Timeout: patient})
			limit := runtime.Limit{Requests: 10, Window: time.Minute}
			now := time.Now()
			for _, back := range []time.Duration{0, time.Hour, 30 * time.Second, 24 * time.Hour} {
				now = now.Add(-back)
				server.SetTime(now)
				allowed := 0
				var last runtime.Decision
				for range 30 {
					d, err := l.Allow(t.Context(), "tenant", limit)
					if err != nil {
						t.Fatal(err)
					}
					if d.Allowed {
						allowed++
					}
					last = d
				}
				if allowed > limit.Requests || last.Allowed || last.RetryAfter > limit.Window {
					t.Errorf("after the clock went back %v: %d calls were allowed, the next in %v", back, allowed, last.RetryAfter)
				}
				now = now.Add(limit.Window)
				server.SetTime(now)
				if d, err := l.Allow(t.Context(), "tenant", limit); err != nil || !d.Allowed {
					t.Errorf("a window after the clock went back %v: %+v, %v", back, d, err)
				}
			}
		})
	}
}
