package manager_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

func TestMain(m *testing.M) {
	testpg.Main(m, func() error { return goleak.Find() })
}

// TestOptions holds what New refuses. A limit without a limiter is W26: it must not mean
// that everything is allowed.
func TestOptions(t *testing.T) {
	t.Parallel()
	limit := runtime.Limit{Requests: 1, Window: time.Second}
	for name, c := range map[string]struct {
		change  func(*manager.Options)
		problem string
	}{
		"good":              {func(*manager.Options) {}, ""},
		"no store":          {func(o *manager.Options) { o.Store = nil }, "Store"},
		"limit, W26":        {func(o *manager.Options) { o.DefaultLimit = limit }, "Limiter"},
		"limits, W26":       {func(o *manager.Options) { o.Limit = func(runtime.Tenant) runtime.Limit { return limit } }, "Limiter"},
		"window":            {func(o *manager.Options) { o.DefaultLimit.Requests, o.Limiter = 1, &fixedLimiter{} }, "window"},
		"requests":          {func(o *manager.Options) { o.DefaultLimit.Requests = -1 }, "requests"},
		"audit":             {func(o *manager.Options) { o.AuditFail = 7 }, "AuditFail"},
		"quota":             {func(o *manager.Options) { o.MaxTenants = -1 }, "MaxTenants"},
		"fast recheck":      {func(o *manager.Options) { o.RecheckInterval = time.Millisecond }, "RecheckInterval"},
		"slow recheck":      {func(o *manager.Options) { o.RecheckInterval = time.Hour }, "RecheckInterval"},
		"negative drain":    {func(o *manager.Options) { o.DrainTimeout = -1 }, "DrainTimeout"},
		"long unwinding":    {func(o *manager.Options) { o.UnwindTimeout = 2 * time.Hour }, "UnwindTimeout"},
		"bounds of recheck": {func(o *manager.Options) { o.RecheckInterval = time.Second }, ""},
	} {
		o := manager.Options{Store: memstore.New(memstore.Options{})}
		c.change(&o)
		_, err := manager.New(o)
		if (err == nil) != (c.problem == "") || err != nil && !strings.Contains(err.Error(), c.problem) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := manager.New(manager.Options{MaxTenants: -1, DrainTimeout: -1, DefaultLimit: limit})
	if err == nil || len(strings.Split(err.Error(), "\n")) != 4 {
		t.Errorf("not all problems at once: %v", err)
	}
}

// TestInitializeOnce is P3, P4 and regression 26: Initialize can be called again, also
// after it failed, starts one loop, and warms the cache of a store that has one.
func TestInitializeOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &warmStore{faultyStore: faultyStore{Store: memstore.New(memstore.Options{})}}
		rounds, inits := 0, 0
		store.setFault(func(at string) error {
			switch at {
			case "before init":
				if inits++; inits == 1 {
					return errFault
				}
			case "before get many":
				rounds++
			}
			return nil
		})
		m, err := manager.New(manager.Options{Store: store, RecheckInterval: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		_, err = m.Register(t.Context(), acme("acme"))
		wantErr(t, err, manager.ErrNotInitialized)
		_, _, err = m.Enter(t.Context(), runtime.Tenant{ID: "x"})
		wantErr(t, err, manager.ErrNotInitialized)
		wantErr(t, m.CheckRateLimit(t.Context(), runtime.Tenant{ID: "x"}), manager.ErrNotInitialized)
		wantErr(t, m.Initialize(t.Context()), errFault)
		for range 3 {
			if err := m.Initialize(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if inits != 2 || store.warmed != 1 {
			t.Errorf("the store was made %d times and warmed %d times", inits, store.warmed)
		}
		tenant := must[runtime.Tenant](t)(m.Register(t.Context(), acme("acme")))
		_, leave, err := m.Enter(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
		time.Sleep(3*time.Minute + time.Second)
		synctest.Wait()
		if rounds != 3 {
			t.Errorf("%d rounds in three minutes", rounds)
		}
	})
}

// warmStore is a store with a cache. Warming it fails, which is no reason not to begin.
type warmStore struct {
	faultyStore
	warmed int
}

func (s *warmStore) Warm(context.Context) (int, error) {
	s.warmed++
	return 0, errFault
}

func (s *warmStore) CacheStats() runtime.CacheStats {
	return runtime.CacheStats{Entries: 1, Capacity: 2, Hits: 3, Misses: 1}
}

// closer is each part that a Manager closes.
type closer struct {
	runtime.Store
	runtime.Namespaces
	runtime.Limiter
	auditLog
	name  string
	close func(name string) error
}

func (c *closer) Close() error               { return c.close(c.name) }
func (c *closer) Init(context.Context) error { return nil }

// TestClose is P5 and P6: every part is closed, whatever happens to the others, once, and
// with or without Initialize (regression 26).
func TestClose(t *testing.T) {
	t.Parallel()
	for _, initialized := range []bool{false, true} {
		for bad, how := range map[string]func() error{
			"none":       func() error { return nil },
			"limiter":    func() error { return errFault },
			"namespaces": func() error { panic("the test's") },
			"audit":      func() error { return errFault },
			"store":      func() error { return errFault },
		} {
			var closed []string
			part := func(name string) *closer {
				return &closer{name: name, close: func(name string) error {
					closed = append(closed, name)
					if name == bad {
						return how()
					}
					return nil
				}}
			}
			m, err := manager.New(manager.Options{Store: part("store"), Namespaces: part("namespaces"), Limiter: part("limiter"), Audit: part("audit")})
			if err != nil {
				t.Fatal(err)
			}
			if initialized {
				if err := m.Initialize(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			err = m.Close()
			if got := strings.Join(closed, " "); got != "limiter namespaces audit store" || (err == nil) != (bad == "none") {
				t.Errorf("%s fails: closed %s, %v", bad, got, err)
			}
			if err := m.Close(); err != nil || len(closed) != 4 {
				t.Errorf("%s fails: closed once more: %v, %v", bad, err, closed)
			}
			wantErr(t, m.Initialize(t.Context()), manager.ErrClosed)
			_, err = m.Resume(t.Context(), "x")
			wantErr(t, err, manager.ErrClosed)
		}
	}
}

// TestCloseEndsWhatRuns sees that Close cancels a registration, which is undone, and only
// then closes the store; and that it cancels what was let in.
func TestCloseEndsWhatRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, closeEndsWhatRuns)
}

func closeEndsWhatRuns(t *testing.T) {
	e := newEnv(t)
	tenant := e.registered(t, "first")
	entered, leave, err := e.Enter(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	begun := make(chan struct{})
	blocking := &blockingPlaces{places: e.places, begun: begun}
	m := e.another(t, func(o *manager.Options) { o.Namespaces = blocking })
	result := make(chan error, 1)
	go func() {
		_, err := m.Register(t.Context(), acme("acme"))
		result <- err
	}()
	<-begun
	if err := errors.Join(m.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	wantErr(t, <-result, manager.ErrClosed)
	if e.store.late != 0 {
		t.Errorf("%d writes after the store was closed", e.store.late)
	}
	if n := must[int](t)(e.store.Count(t.Context())); n != 1 {
		t.Errorf("%d tenants", n)
	}
	<-entered.Done()
	wantErr(t, context.Cause(entered), manager.ErrClosed)
}

// blockingPlaces make a namespace until the context ends.
type blockingPlaces struct {
	*places
	begun chan struct{}
}

func (p *blockingPlaces) Initialize(ctx context.Context, _ runtime.Tenant) error {
	close(p.begun)
	<-ctx.Done()
	time.Sleep(time.Second) // what Close has to wait for
	return context.Cause(ctx)
}

// TestTwoManagers is regression 39: nothing is shared but the store.
func TestTwoManagers(t *testing.T) {
	t.Parallel()
	one, two := newEnv(t), newEnv(t)
	tenant := one.registered(t, "acme")
	_, err := two.Find(t.Context(), runtime.Reference{ID: tenant.ID})
	wantErr(t, err, runtime.ErrTenantNotFound)
	if err := one.Close(); err != nil {
		t.Fatal(err)
	}
	two.registered(t, "acme")
}

// TestMetrics is regression 36: the shape of the figures.
func TestMetrics(t *testing.T) {
	t.Parallel()
	e := newEnv(t)
	tenant := e.registered(t, "acme")
	other := e.registered(t, "other")
	if _, err := e.Suspend(t.Context(), other.ID, manager.SuspendOptions{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, leave, err := e.Enter(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	got := must[manager.Metrics](t)(e.Metrics(t.Context()))
	if got.Tenants["active"] != 1 || got.Tenants["suspended"] != 1 || len(got.Tenants) != 5 || got.Leases != 2 || got.Leased != 1 || got.Cache != nil {
		t.Errorf("%+v", got)
	}
	m := e.another(t, func(o *manager.Options) {
		o.Store = &warmStore{faultyStore: faultyStore{Store: memstore.New(memstore.Options{})}}
	})
	if got := must[manager.Metrics](t)(m.Metrics(t.Context())); got.Cache == nil || got.Cache.HitRate() != 0.75 || got.Cache.Capacity != 2 {
		t.Errorf("%+v", got.Cache)
	}
}
