package redisstore_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/redisstore"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{})
	// A pool that cannot connect tries again in a goroutine, which sees a second after
	// the client was closed that it was.
	ignored := goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial")
	testredis.Main(m, func() error { return goleak.Find(ignored) })
}

// silent is where the client prints that it cannot connect.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

var quiet = slog.New(slog.DiscardHandler)

// below is the store below, which all processes of a test share. It counts reads, and
// holds them up.
type below struct {
	runtime.Store
	mu    sync.Mutex
	reads int
	// after is called after the answer is fixed and before it is returned.
	after func(ctx context.Context) error
}

func (b *below) answered(ctx context.Context) error {
	b.mu.Lock()
	b.reads++
	after := b.after
	b.mu.Unlock()
	if after == nil {
		return nil
	}
	return after(ctx)
}

func (b *below) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.reads
}

func (b *below) hold(after func(ctx context.Context) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.after = after
}

func (b *below) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	t, err := b.Store.Get(ctx, id)
	return t, errors.Join(err, b.answered(ctx))
}

func (b *below) GetByIdentifier(ctx context.Context, i runtime.Identifier) (runtime.Tenant, error) {
	t, err := b.Store.GetByIdentifier(ctx, i)
	return t, errors.Join(err, b.answered(ctx))
}

func (b *below) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	t, err := b.Store.GetMany(ctx, ids)
	return t, errors.Join(err, b.answered(ctx))
}

// Close leaves the store to the other processes.
func (b *below) Close() error { return nil }

func newBelow(t testing.TB, ids ...string) *below {
	b := &below{Store: memstore.New(memstore.Options{})}
	for _, id := range ids {
		create(t, b, id)
	}
	return b
}

func tenant(id string) runtime.Tenant {
	return runtime.Tenant{ID: id, Identifier: slug(id), Name: id, Status: runtime.StatusActive}
}

func slug(id string) runtime.Identifier { return runtime.MustIdentifier("slug-" + id) }

func create(t testing.TB, s runtime.Store, id string) {
	t.Helper()
	if _, err := s.Create(t.Context(), tenant(id), 0); err != nil {
		t.Fatal(err)
	}
}

// client returns a client of a Redis as applications should make it.
func client(t testing.TB, url string) *redis.Client {
	t.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal("not a URL")
	}
	o.ContextTimeoutEnabled = true
	o.DialerRetries = 1 // each attempt that fails is printed
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// process returns a store as one process has it.
func process(t testing.TB, b runtime.Store, c redis.UniversalClient, o redisstore.Options) *redisstore.Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet
	}
	if o.Timeout == 0 {
		o.Timeout = 5e9 // a slow machine is no failure of Redis
	}
	s, err := redisstore.New(b, c, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// shared returns a prefix of the test's own on the Redis of all tests, and a client.
func shared(t testing.TB) (string, *redis.Client) {
	t.Helper()
	return strings.TrimSuffix(testredis.Prefix(t), ":"), client(t, testredis.URL(t))
}

func get(t testing.TB, s runtime.Store, id string) runtime.Tenant {
	t.Helper()
	got, err := s.Get(t.Context(), id)
	if err != nil || got.ID != id {
		t.Fatalf("Get(%s) = %v, %v", id, got, err)
	}
	return got
}

func find(t testing.TB, s runtime.Store, id string) runtime.Tenant {
	t.Helper()
	got, err := s.GetByIdentifier(t.Context(), slug(id))
	if err != nil || got.Identifier != slug(id) {
		t.Fatalf("GetByIdentifier(slug-%s) = %v, %v", id, got, err)
	}
	return got
}

func suspend(t testing.TB, s runtime.Store, id string) {
	t.Helper()
	if _, err := s.SetStatus(t.Context(), id, runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
}

// cached makes sure that Redis answers for a tenant, by id and identifier.
func cached(t testing.TB, s *redisstore.Store, id string) {
	t.Helper()
	before := s.Stats().Hits
	for range 3 {
		get(t, s, id)
		find(t, s, id)
	}
	if s.Stats().Hits < before+2 {
		t.Fatalf("Redis does not answer for %s: %+v", id, s.Stats())
	}
}

// errDown is what a store returns that is down.
var errDown = errors.New("the store is down")
