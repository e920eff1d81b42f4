package redisstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

// cut is a connection to Redis that fails at will: all commands, or those of one name.
type cut struct {
	redis.Hook
	mu    sync.Mutex
	what  string
	fails int
}

var errCut = errors.New("the connection was cut")

func (c *cut) set(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.what = what
}

func (c *cut) failing(commands ...redis.Cmder) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, command := range commands {
		if c.what == "all" || c.what != "" && strings.HasPrefix(command.Name(), c.what) {
			c.fails++
			return true
		}
	}
	return false
}

func (c *cut) DialHook(next redis.DialHook) redis.DialHook { return next }

func (c *cut) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		if c.failing(command) {
			return errCut
		}
		return next(ctx, command)
	}
}

func (c *cut) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, commands []redis.Cmder) error {
		if c.failing(commands...) {
			return errCut
		}
		return next(ctx, commands)
	}
}

// W18: a suspend is no error where Redis takes none of its commands, or only the first
// or the last. It is effective at once in the process that did it, whatever Redis says
// afterwards, and in another one at once when the mark was taken, otherwise when the
// entry is not fresh any more, and not an hour later.
func TestSuspendWhileRedisFails(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	for _, what := range []string{"set", "eval", "all"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			b := newBelow(t, what)
			o := redisstore.Options{Prefix: prefix, Fresh: 10 * time.Minute}
			broken, hook := client(t, testredis.URL(t)), &cut{}
			broken.AddHook(hook)
			here, there := process(t, b, broken, o), process(t, b, c, o)
			cached(t, here, what)
			old, err := c.Get(ctx, here.Key(what)).Result()
			if err != nil {
				t.Fatal(err)
			}
			hook.set(what)
			suspend(t, here, what)
			if get(t, here, what).Check() == nil {
				t.Error("active where it was suspended")
			}
			hook.set("")
			here.Resume()
			if hook.fails == 0 {
				t.Fatal("nothing failed")
			}
			if what == "all" {
				// The control: Redis has the old entry, and that is what others believe.
				if get(t, there, what).Check() != nil || find(t, there, what).Check() != nil {
					t.Error("the entry was not left behind: this test sees nothing")
				}
				if err := c.PExpire(ctx, here.Key(what), 50*time.Minute).Err(); err != nil {
					t.Fatal(err)
				}
			}
			if get(t, there, what).Check() == nil || find(t, there, what).Check() == nil {
				t.Error("active elsewhere, beyond the bound")
			}
			// A replica without the change is promoted, or a snapshot restored.
			if err := c.Set(ctx, here.Key(what), old, time.Hour).Err(); err != nil {
				t.Fatal(err)
			}
			if get(t, here, what).Check() == nil || find(t, here, what).Check() == nil {
				t.Error("active where it was suspended, after Redis forgot it")
			}
			if get(t, there, what).Check() == nil {
				t.Error("who suspended it did not put it right")
			}
		})
	}
}

// A write of which nobody knows whether it happened counts as one that did.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	prefix, c := shared(t)
	b := newBelow(t, "a")
	lost := &lostAnswer{b}
	here, there := process(t, lost, c, redisstore.Options{Prefix: prefix}), process(t, b, c, redisstore.Options{Prefix: prefix})
	cached(t, there, "a")
	if _, err := here.SetStatus(t.Context(), "a", runtime.StatusSuspended); !errors.Is(err, errDown) {
		t.Fatal(err)
	}
	if get(t, here, "a").Check() == nil || get(t, there, "a").Check() == nil {
		t.Error("still active")
	}
}

// lostAnswer writes and does not say so.
type lostAnswer struct{ *below }

func (l *lostAnswer) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	_, err := l.below.SetStatus(ctx, id, to, from...)
	return runtime.Tenant{}, errors.Join(errDown, err)
}

// application is what one process has: a cache in memory over a cache in Redis.
func application(t *testing.T, b runtime.Store, url string, ttl time.Duration) *cachestore.Store {
	t.Helper()
	c := client(t, url)
	bus, err := redisstore.NewBus(c, redisstore.BusOptions{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	bus.Silence(100 * time.Millisecond)
	l2 := process(t, b, c, redisstore.Options{Timeout: 100 * time.Millisecond, Fresh: time.Second})
	l1, err := cachestore.New(l2, cachestore.Options{TTL: ttl, Bus: bus, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := l1.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l1.Close() })
	return l1
}

// Redis is killed, comes back, hangs, comes back and is flushed, while two processes
// read and change tenants: nobody gets an error, waits for long, or gets another tenant
// than they asked for or one that is older than what this process has written; and
// then a suspend is effective everywhere.
func TestRedisFailsUnderLoad(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	const tenants = 8
	b := newBelow(t)
	for i := range tenants {
		create(t, b, fmt.Sprint(i))
	}
	processes := []*cachestore.Store{application(t, b, server.URL(), time.Second), application(t, b, server.URL(), time.Second)}
	var written [2][tenants]atomic.Int64
	work := func(p int) error {
		s, i := processes[p], rand.IntN(tenants)
		id, began := fmt.Sprint(i), time.Now()
		atLeast := written[p][i].Load()
		var got runtime.Tenant
		var err error
		switch n := rand.IntN(50); {
		case n < 25:
			got, err = s.Get(t.Context(), id)
		case n < 49:
			got, err = s.GetByIdentifier(t.Context(), slug(id))
		default:
			patch, _ := runtime.NewMetadata(map[string]any{"k": rand.Int()})
			if got, err = s.MergeMetadata(t.Context(), id, patch); err == nil {
				for old := written[p][i].Load(); old < got.Version && !written[p][i].CompareAndSwap(old, got.Version); old = written[p][i].Load() {
				}
			}
		}
		if took := time.Since(began); err != nil || got.ID != id || got.Version < atLeast || took > 10*time.Second {
			return fmt.Errorf("%v of version %d after %v, want %d at least: %w", got, got.Version, took, atLeast, err)
		}
		return nil
	}
	stop, done := make(chan struct{}), make(chan struct{}, 1)
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			for {
				if err := work(n % 2); err != nil {
					t.Error(err)
					return
				}
				select {
				case <-stop:
					return
				case done <- struct{}{}:
				default:
				}
			}
		})
	}
	// load waits until so much has been done.
	load := func(phase string) {
		t.Helper()
		for range 100 {
			select {
			case <-done:
			case <-time.After(30 * time.Second):
				t.Fatalf("nothing goes on: %s", phase)
			}
		}
	}
	control := server.Client()
	load("before")
	server.Kill()
	load("killed")
	server.Restart()
	load("restarted")
	server.Suspend()
	load("hanging")
	server.Resume()
	load("resumed")
	for range 3 {
		if err := control.FlushAll(t.Context()).Err(); err != nil {
			t.Error(err)
		}
		load("flushed")
	}
	server.Kill()
	suspend(t, processes[0], "0")
	suspended := time.Now()
	if get(t, processes[0], "0").Check() == nil {
		t.Error("active where it was suspended")
	}
	load("killed again")
	for get(t, processes[1], "0").Check() == nil {
		// Redis is gone: the bound is the TTL of the cache in memory.
		if time.Since(suspended) > 10*time.Second {
			t.Fatal("active elsewhere")
		}
	}
	close(stop)
	wg.Wait()
}

// Case 54: by the Bus over Redis, a suspend is effective in another process when the
// message arrives, long before its cache expires, and so is all that was missed while
// Redis was away, when it is back.
func TestBus(t *testing.T) {
	t.Parallel()
	server := testredis.New(t)
	b := newBelow(t, "a", "b", "c")
	here, there := application(t, b, server.URL(), time.Hour), application(t, b, server.URL(), time.Hour)
	changed := make(chan string, 100)
	defer there.Watch(func(id string) { changed <- id })()
	await := func(want string) {
		t.Helper()
		for {
			select {
			case id := <-changed:
				if id == want {
					return
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("no message of %q", want)
			}
		}
	}
	get(t, there, "a")
	suspend(t, here, "a")
	await("a")
	if get(t, there, "a").Check() == nil {
		t.Error("active after the message")
	}
	for id, away := range map[string][2]func(){"b": {server.Kill, server.Restart}, "c": {server.Suspend, server.Resume}} {
		get(t, there, id)
		away[0]()
		suspend(t, here, id)
		if get(t, here, id).Check() == nil {
			t.Errorf("%s is active where it was suspended", id)
		}
		away[1]()
		await("")
		// Which of the two connections notices first, nobody knows; nor may the entry in
		// Redis be good, which is fresh for a second here.
		for began := time.Now(); get(t, there, id).Check() == nil; {
			if time.Since(began) > 30*time.Second {
				t.Fatalf("%s is active after Redis came back", id)
			}
			if _, err := there.GetMany(t.Context(), []string{id}); err != nil {
				t.Error(err)
			}
		}
	}
}

// A Bus does not hold up the start of a process whose Redis is down, and ends cleanly.
func TestBusWithoutRedis(t *testing.T) {
	t.Parallel()
	bus, err := redisstore.NewBus(client(t, "redis://127.0.0.1:1/0"), redisstore.BusOptions{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	stop := bus.Subscribe(func([]byte) { t.Error("a message from nowhere") })
	if err := bus.Publish(t.Context(), []byte("x")); err == nil {
		t.Error("it was sent")
	}
	stop()
}

// A tenant that cannot be read does not hide the others, no old entry is returned in its
// place, and its suspension is seen by everybody.
func TestCorruptTenants(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	prefix, c := shared(t)
	b := newBelow(t, "a", "b")
	o := redisstore.Options{Prefix: prefix}
	here, there := process(t, corrupt{b}, c, o), process(t, b, c, o)
	cached(t, there, "b")
	if err := c.PExpire(ctx, here.Key("b"), 30*time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if got, err := here.Get(ctx, "b"); !errors.Is(err, runtime.ErrCorruptTenant) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := here.GetMany(ctx, []string{"b", "a"}); !errors.Is(err, runtime.ErrCorruptTenant) || len(got) != 1 || got[0].ID != "a" {
		t.Errorf("%v, %v", got, err)
	}
	cached(t, there, "a")
	cached(t, there, "b")
	if got, err := here.SetStatusMany(ctx, []string{"a", "b"}, runtime.StatusSuspended); !errors.Is(err, runtime.ErrCorruptTenant) || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if get(t, there, "a").Check() == nil || get(t, there, "b").Check() == nil {
		t.Error("still active elsewhere")
	}
}

// corrupt is a store that cannot read tenant b.
type corrupt struct{ *below }

var errCorrupt = &runtime.CorruptError{ID: "b", Err: runtime.ErrMetadata}

func (c corrupt) Get(context.Context, string) (runtime.Tenant, error) {
	return runtime.Tenant{}, errCorrupt
}

func (c corrupt) GetMany(ctx context.Context, _ []string) ([]runtime.Tenant, error) {
	got, err := c.below.GetMany(ctx, []string{"a"})
	return got, errors.Join(err, errCorrupt)
}

func (c corrupt) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	got, err := c.below.SetStatusMany(ctx, ids, to)
	return got[:1], errors.Join(err, errCorrupt)
}
