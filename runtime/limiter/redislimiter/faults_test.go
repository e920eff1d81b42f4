package redislimiter_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	base "github.com/tenancygen/tenancygen/runtime/limiter"
	"github.com/tenancygen/tenancygen/runtime/limiter/redislimiter"
)

// TestScriptFlush holds that a server that forgets the script, again and again, makes no
// call fail and counts none twice.
func TestScriptFlush(t *testing.T) {
	t.Parallel()
	for kind, open := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			server := testredis.New(t)
			l := limiter(t, open, server.Client(), redislimiter.Options{Timeout: patient})
			stop := make(chan struct{})
			var flushes int
			var wg sync.WaitGroup
			c := server.Client()
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						if err := c.ScriptFlush(context.WithoutCancel(t.Context())).Err(); err != nil {
							t.Error(err)
							return
						}
						flushes++
					}
				}
			})
			limit := runtime.Limit{Requests: 700, Window: time.Hour}
			allowed := 0
			for _, tenant := range []string{"a", "b", "c"} {
				allowed += rush(t, l, tenant, limit, 5)
			}
			close(stop)
			wg.Wait()
			if allowed != 3*limit.Requests {
				t.Errorf("%d calls were allowed, want %d", allowed, 3*limit.Requests)
			}
			if flushes < 3 {
				t.Errorf("the scripts were flushed %d times only", flushes)
			}
			errorsOf, err := c.InfoMap(t.Context(), "errorstats").Result()
			if err != nil || errorsOf["Errorstats"]["errorstat_NOSCRIPT"] == "" {
				t.Errorf("no call met a server without the script: %v, %v", errorsOf, err)
			}
		})
	}
}

// load has goroutines call without end, and looks at what they get.
type load struct {
	stop                    chan struct{}
	wg                      sync.WaitGroup
	allowed, denied, failed atomic.Int64
	longest                 atomic.Int64 // of the calls, in nanoseconds
}

func newLoad(l runtime.Limiter, limit runtime.Limit) *load {
	o := &load{stop: make(chan struct{})}
	for range 8 {
		o.wg.Go(func() {
			for {
				select {
				case <-o.stop:
					return
				default:
				}
				begin := time.Now()
				d, err := l.Allow(context.Background(), "tenant", limit)
				for took := int64(time.Since(begin)); ; {
					longest := o.longest.Load()
					if took <= longest || o.longest.CompareAndSwap(longest, took) {
						break
					}
				}
				switch {
				case err != nil:
					o.failed.Add(1)
				case d.Allowed:
					o.allowed.Add(1)
				default:
					o.denied.Add(1)
				}
				time.Sleep(100 * time.Microsecond) // else the machine has no time for the server
			}
		})
	}
	return o
}

func (o *load) end() {
	close(o.stop)
	o.wg.Wait()
}

// more waits until a number has grown by n.
func more(t *testing.T, what string, n int64, number func() int64) {
	t.Helper()
	begin := number()
	deadline := time.After(time.Minute)
	for number() < begin+n {
		select {
		case <-deadline:
			t.Fatalf("no more calls %s", what)
		case <-time.After(time.Millisecond):
		}
	}
}

// outcomes is a Recorder that counts answers without the server.
type outcomes struct {
	runtime.NoRecorder
	n atomic.Int64
}

func (o *outcomes) Count(context.Context, runtime.Counter, string, string) { o.n.Add(1) }

// lines counts the lines that are logged.
type lines struct{ n atomic.Int64 }

func (l *lines) Write(p []byte) (int, error) {
	l.n.Add(1)
	return len(p), nil
}

// TestFaults breaks the server under load, in each way and each mode, and mends it.
func TestFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]func(*testredis.Private) (mend func()){
		"killed": func(s *testredis.Private) func() {
			s.Kill()
			return s.Restart
		},
		"suspended": func(s *testredis.Private) func() {
			s.Suspend()
			return s.Resume
		},
		// The server accepts commands and answers none of those that write.
		"paused": func(s *testredis.Private) func() {
			c := s.Client()
			if err := c.Do(context.Background(), "CLIENT", "PAUSE", "100000", "WRITE").Err(); err != nil {
				panic(err)
			}
			return func() {
				if err := c.Do(context.Background(), "CLIENT", "UNPAUSE").Err(); err != nil {
					panic(err)
				}
			}
		},
	}
	for fault, do := range faults {
		for _, mode := range []base.Mode{base.FailClosed, base.FailOpen, base.FailLocal} {
			t.Run(fault+" "+mode.String(), func(t *testing.T) {
				t.Parallel()
				server := testredis.New(t)
				const timeout = 100 * time.Millisecond
				shared := limiter(t, redislimiter.New, client(t, server.URL(), true), redislimiter.Options{Timeout: timeout})
				recorder, log := &outcomes{}, &lines{}
				l := base.WithFallback(shared, base.FallbackOptions{Mode: mode, Recorder: recorder, Logger: slog.New(slog.NewTextHandler(log, nil))})
				limit := runtime.Limit{Requests: 1_000_000, Window: time.Hour}
				if mode == base.FailLocal {
					limit.Requests = 100 // which is used up, in both
				}
				o := newLoad(l, limit)
				defer func() { _ = l.Close() }()
				defer o.end()
				more(t, "were answered", 200, func() int64 { return o.allowed.Load() + o.denied.Load() })
				mend := do(server)
				// What was answered without the server: only an error is not counted.
				without := func() int64 { return recorder.n.Load() + o.failed.Load() }
				more(t, "were answered without the server", 200, without)
				allowed := o.allowed.Load()
				switch mode {
				case base.FailClosed:
					more(t, "failed", 100, o.failed.Load)
					if n := o.allowed.Load() - allowed; n > 0 {
						t.Errorf("%d calls were allowed", n)
					}
				case base.FailOpen:
					more(t, "were allowed", 100, o.allowed.Load)
				case base.FailLocal:
					more(t, "were denied", 100, o.denied.Load)
				}
				mend()
				// It is back when calls are answered that nobody counts as failures.
				deadline := time.Now().Add(time.Minute)
				for back := false; !back; {
					if time.Now().After(deadline) {
						t.Fatal("the server is back, and is not asked")
					}
					before := without()
					more(t, "were answered", 100, func() int64 { return o.allowed.Load() + o.denied.Load() + o.failed.Load() })
					back = without() == before
				}
				if mode != base.FailClosed && o.failed.Load() > 0 {
					t.Errorf("%d calls failed", o.failed.Load())
				}
				if n := log.n.Load(); n != 1 {
					t.Errorf("%d lines were logged, want one for the episode", n)
				}
				// A busy machine adds to the timeout, but not the seconds that a client
				// with its own timeouts takes.
				if longest := time.Duration(o.longest.Load()); longest > timeout+2*time.Second {
					t.Errorf("a call took %v with the timeout %v", longest, timeout)
				}
			})
		}
	}
}

// TestPatientClient holds that the timeout also binds a client that does not heed
// contexts, and that few goroutines wait for it.
func TestPatientClient(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	l := limiter(t, redislimiter.New, client(t, server.URL(), false), redislimiter.Options{Timeout: 50 * time.Millisecond})
	limit := runtime.Limit{Requests: 1000, Window: time.Hour}
	server.Suspend()
	for range 3 {
		begin := time.Now()
		if _, err := l.Allow(t.Context(), "tenant", limit); !errors.Is(err, redislimiter.ErrTimeout) {
			t.Errorf("the error is %v", err)
		}
		// The client waits for three seconds and then tries again.
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("a call took %v", took)
		}
	}
	server.Resume()
	if err := l.Close(); err != nil && !errors.Is(err, redislimiter.ErrTimeout) {
		t.Error(err)
	}
}

// TestFailOver holds that a replica that takes over goes on with the counts that it has,
// and that calls to a master that has become a replica fail and are not allowed.
func TestFailOver(t *testing.T) {
	t.Parallel()
	master := testredis.New(t)
	replica := master.Replica()
	limit := runtime.Limit{Requests: 100, Window: time.Hour}
	l := limiter(t, redislimiter.New, master.Client(), redislimiter.Options{Timeout: patient})
	if n := rush(t, l, "tenant", limit, 1); n != limit.Requests {
		t.Fatalf("%d calls were allowed", n)
	}
	// Replicas lag; this one has seen everything.
	if n, err := master.Client().Wait(t.Context(), 1, time.Minute).Result(); err != nil || n != 1 {
		t.Fatalf("%d replicas know of it: %v", n, err)
	}
	// A replica takes no writes, so the limiter does not know.
	o := client(t, replica.URL(), true)
	readOnly := limiter(t, redislimiter.New, o, redislimiter.Options{Timeout: 500 * time.Millisecond})
	if d, err := readOnly.Allow(t.Context(), "another", limit); err == nil || d.Allowed {
		t.Errorf("a replica answered %+v, %v", d, err)
	}
	master.Kill()
	replica.Promote()
	after := limiter(t, redislimiter.New, replica.Client(), redislimiter.Options{Timeout: patient})
	if n := rush(t, after, "tenant", limit, 1); n != 0 {
		t.Errorf("after the fail-over %d calls were allowed above the limit", n)
	}
	if n := rush(t, after, "another", limit, 1); n != limit.Requests {
		t.Errorf("after the fail-over another tenant was allowed %d calls", n)
	}
}

// TestFailOverUnderLoad holds that calls go on, with the counts that there were, when the
// client is sent to the replica that took over, and that none is allowed in between.
func TestFailOverUnderLoad(t *testing.T) {
	t.Parallel()
	master := testredis.New(t)
	replica := master.Replica()
	// As a name does, or Sentinel, this says who is master.
	var address atomic.Value
	address.Store(master.Address())
	c := redis.NewClient(&redis.Options{
		ContextTimeoutEnabled: true,
		Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, address.Load().(string))
		},
	})
	defer func() { _ = c.Close() }()
	shared := limiter(t, redislimiter.New, c, redislimiter.Options{Timeout: patient})
	log := &lines{}
	l := base.WithFallback(shared, base.FallbackOptions{Logger: slog.New(slog.NewTextHandler(log, nil))})
	limit := runtime.Limit{Requests: 300, Window: time.Hour}
	o := newLoad(l, limit)
	more(t, "were denied", 500, o.denied.Load)
	if n, err := master.Client().Wait(t.Context(), 1, time.Minute).Result(); err != nil || n != 1 {
		t.Fatalf("%d replicas know of it: %v", n, err)
	}
	failed := o.failed.Load()
	master.Kill()
	more(t, "failed", 20, o.failed.Load)
	replica.Promote()
	address.Store(replica.Address())
	more(t, "were denied", 500, o.denied.Load)
	o.end()
	if n := o.allowed.Load(); n != int64(limit.Requests) {
		t.Errorf("%d calls were allowed at the limit %d", n, limit.Requests)
	}
	if failed != 0 || log.n.Load() != 1 {
		t.Errorf("%d calls failed before the master was killed, and %d lines were logged", failed, log.n.Load())
	}
}

// TestFlush holds that a server that is emptied under load makes no call fail, and that
// each tenant gets the limit at most once more.
func TestFlush(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	l := limiter(t, redislimiter.New, server.Client(), redislimiter.Options{Timeout: patient})
	limit := runtime.Limit{Requests: 50, Window: time.Hour}
	o := newLoad(l, limit)
	more(t, "were denied", 100, o.denied.Load)
	const flushes = 5
	for range flushes {
		if err := server.Client().FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		more(t, "were denied", 1000, o.denied.Load)
	}
	o.end()
	if n := o.failed.Load(); n != 0 {
		t.Errorf("%d calls failed", n)
	}
	if n := o.allowed.Load(); n != int64((flushes+1)*limit.Requests) {
		t.Errorf("%d calls were allowed in %d times the limit %d", n, flushes+1, limit.Requests)
	}
}

// TestClosedClient holds that the limiter says when its client is closed.
func TestClosedClient(t *testing.T) {
	t.Parallel()
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	l := limiter(t, redislimiter.New, c, redislimiter.Options{})
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err := l.Allow(t.Context(), "tenant", runtime.Limit{Requests: 1, Window: time.Second}); !errors.Is(err, redis.ErrClosed) || d.Allowed {
		t.Errorf("got %+v, %v", d, err)
	}
}
