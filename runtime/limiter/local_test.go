package limiter_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	goruntime "runtime"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/limiter"
	"github.com/tenancygen/tenancygen/runtime/limiter/limitertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func local() (runtime.Limiter, error) { return limiter.NewLocal(limiter.LocalOptions{}), nil }

func TestLocal(t *testing.T) {
	t.Parallel()
	limitertest.Exercise(t, limitertest.Config{New: local, Exact: true})
}

// TestDenyCacheIsExact holds that what is remembered changes no answer.
func TestDenyCacheIsExact(t *testing.T) {
	t.Parallel()
	limitertest.Exercise(t, limitertest.Config{Exact: true, New: func() (runtime.Limiter, error) {
		return limiter.WithDenyCache(limiter.NewLocal(limiter.LocalOptions{}), 0), nil
	}})
}

func TestFallbackIsExact(t *testing.T) {
	t.Parallel()
	limitertest.Exercise(t, limitertest.Config{Exact: true, New: func() (runtime.Limiter, error) {
		return limiter.WithFallback(limiter.NewLocal(limiter.LocalOptions{}), limiter.FallbackOptions{}), nil
	}})
}

// TestLocalAgainstHistory compares random calls, with a clock of its own, with what
// counting the history says.
func TestLocalAgainstHistory(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			l := limiter.NewLocal(limiter.LocalOptions{})
			start := time.Now()
			limit := runtime.Limit{Requests: 1 + random.IntN(40), Window: time.Second}
			var history []time.Duration
			for range 2000 {
				if random.IntN(100) == 0 {
					limit.Requests = 1 + random.IntN(40)
				}
				if random.IntN(3) == 0 {
					time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
				}
				now := time.Since(start)
				for len(history) > 0 && history[0] <= now-limit.Window {
					history = history[1:]
				}
				want := runtime.Decision{Allowed: len(history) < limit.Requests}
				if want.Allowed {
					history = append(history, now)
					want.Remaining = limit.Requests - len(history)
				} else {
					want.RetryAfter = history[len(history)-limit.Requests] + limit.Window - now
				}
				if got, err := l.Allow(t.Context(), "tenant", limit); err != nil || got != want {
					t.Fatalf("seed %d at %v: got %+v, want %+v: %v", seed, now, got, want, err)
				}
			}
		})
	}
}

// heap returns the bytes that are in use.
func heap() uint64 {
	goruntime.GC()
	var stats goruntime.MemStats
	goruntime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestMadeUpTenants holds that a million ids do not fill the memory, and that a tenant at
// its limit is not forgotten because of them (attack case 60).
func TestMadeUpTenants(t *testing.T) {
	const ids, bound = 1_000_000, 4 << 20
	limit := runtime.Limit{Requests: 10, Window: time.Hour}
	for name, l := range map[string]runtime.Limiter{
		"local":  limiter.NewLocal(limiter.LocalOptions{MaxTenants: 10_000}),
		"denied": limiter.WithDenyCache(deny{}, 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			for range 12 {
				if _, err := l.Allow(t.Context(), "busy", limit); err != nil {
					t.Fatal(err)
				}
			}
			for i := range ids {
				if _, err := l.Allow(t.Context(), fmt.Sprint("made up ", i), limit); err != nil {
					t.Fatal(err)
				}
			}
			if grown := int64(heap()) - int64(before); grown > bound {
				t.Errorf("the heap grew by %d kB", grown>>10)
			}
			if d, err := l.Allow(t.Context(), "busy", limit); err != nil || d.Allowed {
				t.Errorf("the busy tenant was forgotten: %+v, %v", d, err)
			}
			goruntime.KeepAlive(l)
		})
	}
}

// deny denies everything.
type deny struct{}

func (deny) Allow(context.Context, string, runtime.Limit) (runtime.Decision, error) {
	return runtime.Decision{RetryAfter: time.Hour}, nil
}
func (deny) Close() error { return nil }

// TestIdleTenantsAreForgotten holds that tenants whose window is over make room first.
func TestIdleTenantsAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		before := heap()
		l := limiter.NewLocal(limiter.LocalOptions{MaxTenants: 1 << 20})
		limit := runtime.Limit{Requests: 1000, Window: time.Minute}
		for i := range 100_000 {
			if i%1000 == 0 {
				time.Sleep(10 * time.Second)
			}
			if _, err := l.Allow(t.Context(), fmt.Sprint("tenant ", i), limit); err != nil {
				t.Fatal(err)
			}
		}
		// Some 7,000 have called in the last minute.
		if grown := int64(heap()) - int64(before); grown > 8<<20 {
			t.Errorf("the heap grew by %d kB", grown>>10)
		}
		goruntime.KeepAlive(l)
	})
}

func TestNoAllocations(t *testing.T) {
	limit := runtime.Limit{Requests: 1 << 10, Window: time.Millisecond}
	for name, l := range map[string]runtime.Limiter{
		"local":         limiter.NewLocal(limiter.LocalOptions{}),
		"with fallback": limiter.WithFallback(limiter.NewLocal(limiter.LocalOptions{}), limiter.FallbackOptions{}),
		"denied":        limiter.WithDenyCache(deny{}, 0),
	} {
		for range 1 << 12 {
			_, _ = l.Allow(t.Context(), "tenant", limit) // grows to the limit
		}
		if n := testing.AllocsPerRun(1000, func() { _, _ = l.Allow(context.Background(), "tenant", limit) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkLocal(b *testing.B) {
	limit := runtime.Limit{Requests: 1000, Window: time.Millisecond}
	tenants := make([]string, 1024)
	for i := range tenants {
		tenants[i] = fmt.Sprint("tenant-", i)
	}
	for name, l := range map[string]runtime.Limiter{
		"local":  limiter.NewLocal(limiter.LocalOptions{}),
		"denied": limiter.WithDenyCache(deny{}, 0),
	} {
		b.Run(name+"/one", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = l.Allow(context.Background(), tenants[0], limit)
			}
		})
		b.Run(name+"/1024", func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				_, _ = l.Allow(context.Background(), tenants[i&1023], limit)
				i++
			}
		})
		b.Run(name+"/parallel", func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				i := 0
				for pb.Next() {
					_, _ = l.Allow(context.Background(), tenants[i&1023], limit)
					i++
				}
			})
		})
	}
}
