package redislimiter_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter/limitertest"
	"github.com/tenancygen/tenancygen/runtime/limiter/redislimiter"
)

func TestMain(m *testing.M) { testredis.Main(m, func() error { return goleak.Find() }) }

// patient is longer than a busy machine needs.
const patient = time.Minute

type newLimiter func(redis.UniversalClient, redislimiter.Options) (*redislimiter.Limiter, error)

var kinds = map[string]newLimiter{"exact": redislimiter.New, "gcra": redislimiter.NewGCRA}

// TestConformance runs the suite with a lone client, with one that heeds contexts, and
// with a cluster. The peer is a limiter with a client of its own.
func TestConformance(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		for setting, heeds := range map[string]bool{"": false, " with deadlines": true} {
			t.Run(kind+setting, func(t *testing.T) {
				t.Parallel()
				url, prefix := testredis.URL(t), testredis.Prefix(t)
				process := func() (runtime.Limiter, error) {
					return open(client(t, url, heeds), redislimiter.Options{Prefix: prefix, Timeout: patient})
				}
				limitertest.Exercise(t, limitertest.Config{New: process, Peer: process, Exact: kind == "exact"})
			})
		}
	}
}

func TestConformanceOfCluster(t *testing.T) {
	t.Parallel()
	var addresses []string
	for _, node := range testredis.Cluster(t) {
		addresses = append(addresses, node.Address())
	}
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			process := func() (runtime.Limiter, error) {
				c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: addresses, ContextTimeoutEnabled: true})
				t.Cleanup(func() { _ = c.Close() })
				return open(c, redislimiter.Options{Prefix: kind + ":", Timeout: patient})
			}
			limitertest.Exercise(t, limitertest.Config{New: process, Peer: process, Exact: kind == "exact"})
		})
	}
}

func client(t testing.TB, url string, heeds bool) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal("the URL of the server is none")
	}
	o.ContextTimeoutEnabled = heeds
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func limiter(t testing.TB, open newLimiter, c redis.UniversalClient, o redislimiter.Options) *redislimiter.Limiter {
	t.Helper()
	l, err := open(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// rush has 200 goroutines make n calls each, and returns how many were allowed.
func rush(t testing.TB, l runtime.Limiter, tenant string, limit runtime.Limit, n int) int {
	t.Helper()
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			for range n {
				d, err := l.Allow(context.Background(), tenant, limit)
				if err != nil {
					t.Error(err)
					return
				}
				if d.Allowed {
					allowed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	return int(allowed.Load())
}

// TestClockOfTheProcess holds that the clock of a process does not matter (attack case
// 69): one that lives in the year 2000 counts with one that lives now.
func TestClockOfTheProcess(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			url, prefix := testredis.URL(t), testredis.Prefix(t)
			limit := runtime.Limit{Requests: 500, Window: time.Hour}
			now := limiter(t, open, client(t, url, false), redislimiter.Options{Prefix: prefix, Timeout: patient})
			allowed := rush(t, now, "tenant", limit, 1)
			synctest.Test(t, func(t *testing.T) {
				if year := time.Now().Year(); year != 2000 {
					t.Fatalf("the clock says %d", year)
				}
				c := client(t, url, true)
				past := limiter(t, open, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
				allowed += rush(t, past, "tenant", limit, 1)
			})
			allowed += rush(t, now, "tenant", limit, 1)
			if allowed != limit.Requests {
				t.Errorf("%d calls were allowed at the limit %d", allowed, limit.Requests)
			}
		})
	}
}

// TestSameMicrosecond holds that calls of one microsecond each count (P12).
func TestSameMicrosecond(t *testing.T) {
	t.Parallel()
	c, prefix := testredis.Client(t), testredis.Prefix(t)
	l := limiter(t, redislimiter.New, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
	limit := runtime.Limit{Requests: 1000, Window: time.Hour}
	for {
		allowed := rush(t, l, "tenant", limit, 1)
		times, err := c.LRange(t.Context(), prefix+"{tenant}:3600000000", 0, -1).Result()
		if err != nil {
			t.Fatal(err)
		}
		if len(times) > limit.Requests || allowed != min(200, limit.Requests) {
			t.Fatalf("%d calls were allowed, and there are %d times", allowed, len(times))
		}
		seen := map[string]bool{}
		for _, at := range times {
			seen[at] = true
		}
		if len(seen) < len(times) {
			return // some were of one microsecond
		}
		if len(times) == limit.Requests {
			t.Fatal("no two calls were of one microsecond, so nothing was seen")
		}
	}
}

// TestKeys holds what the keys look like, that they vanish, and what a tenant needs.
func TestKeys(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c, prefix := testredis.Client(t), testredis.Prefix(t)
			l := limiter(t, open, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
			limit := runtime.Limit{Requests: 1000, Window: time.Hour}
			rush(t, l, "a}b", limit, 6)
			keys, err := c.Keys(t.Context(), prefix+"*").Result()
			if err != nil {
				t.Fatal(err)
			}
			want := prefix + "{a%7Db}:3600000000"
			bytes := int64(11_000)
			if kind == "gcra" {
				want, bytes = prefix+"{a%7Db}:gcra:3600000000", 150
			}
			if len(keys) != 1 || keys[0] != want {
				t.Fatalf("the keys are %q, want %q", keys, want)
			}
			if n, err := c.MemoryUsage(t.Context(), want, 0).Result(); err != nil || n > bytes {
				t.Errorf("a tenant at the limit needs %d bytes, want at most %d: %v", n, bytes, err)
			}
			if left, err := c.PTTL(t.Context(), want).Result(); err != nil || left < time.Minute || left > 2*time.Hour+time.Second {
				t.Errorf("the key vanishes in %v: %v", left, err)
			}
		})
	}
}

// TestListOutlivesItsTimes holds that the expiry, which few calls set, is never less than
// a window away when a call has been allowed.
func TestListOutlivesItsTimes(t *testing.T) {
	t.Parallel()
	c, prefix := testredis.Client(t), testredis.Prefix(t)
	l := limiter(t, redislimiter.New, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
	limit := runtime.Limit{Requests: 30, Window: 100 * time.Millisecond}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := range 500 {
		<-tick.C
		before := time.Now()
		d, err := l.Allow(t.Context(), "tenant", limit)
		if err != nil {
			t.Fatal(err)
		}
		left, err := c.PTTL(t.Context(), prefix+"{tenant}:100000").Result()
		if err != nil {
			t.Fatal(err)
		}
		if d.Allowed && left+time.Since(before) < limit.Window {
			t.Fatalf("after call %d the list vanishes in %v", i, left)
		}
	}
}

// TestClockSetBack holds that a server whose clock was set back, or whose replica with
// another clock took over, does not deny everything until the clock has caught up.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	limit := runtime.Limit{Requests: 3, Window: time.Minute}
	later := fmt.Sprint(time.Now().Add(time.Hour).UnixMicro())
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c, prefix := testredis.Client(t), testredis.Prefix(t)
			l := limiter(t, open, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
			var err error
			if kind == "exact" {
				err = c.RPush(t.Context(), prefix+"{tenant}:60000000", later, later, later).Err()
			} else {
				err = c.Set(t.Context(), prefix+"{tenant}:gcra:60000000", later, time.Hour).Err()
			}
			if err != nil {
				t.Fatal(err)
			}
			d, err := l.Allow(t.Context(), "tenant", limit)
			if err != nil {
				t.Fatal(err)
			}
			if !d.Allowed && d.RetryAfter > limit.Window {
				t.Errorf("the next call is in %v", d.RetryAfter)
			}
		})
	}
}

func TestPrefix(t *testing.T) {
	t.Parallel()
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer func() { _ = c.Close() }()
	for _, prefix := range []string{"{", "}", "a{b}"} {
		if _, err := redislimiter.New(c, redislimiter.Options{Prefix: prefix}); err == nil || !strings.Contains(err.Error(), "braces") {
			t.Errorf("prefix %q: %v", prefix, err)
		}
	}
}

// TestForeignValue holds that a key that somebody else has written is an error for its
// tenant, and not for those who are asked about in the same command.
func TestForeignValue(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c, prefix := testredis.Client(t), testredis.Prefix(t)
			l := limiter(t, open, c, redislimiter.Options{Prefix: prefix, Timeout: patient})
			limit := runtime.Limit{Requests: 1000, Window: time.Hour}
			for _, key := range []string{"{foreign}:3600000000", "{foreign}:gcra:3600000000"} {
				if err := c.HSet(t.Context(), prefix+key, "somebody", "else").Err(); err != nil {
					t.Fatal(err)
				}
			}
			var wg sync.WaitGroup
			for i := range 200 {
				wg.Go(func() {
					tenant := fmt.Sprint("tenant ", i)
					if i%2 == 0 {
						tenant = "foreign"
					}
					d, err := l.Allow(t.Context(), tenant, limit)
					if tenant == "foreign" && (err == nil || d.Allowed || !strings.Contains(err.Error(), "WRONGTYPE")) {
						t.Errorf("of a foreign value: %+v, %v", d, err)
					}
					if tenant != "foreign" && (err != nil || !d.Allowed) {
						t.Errorf("beside a foreign value: %+v, %v", d, err)
					}
				})
			}
			wg.Wait()
		})
	}
}
