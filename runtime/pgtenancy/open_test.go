package pgtenancy_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

var acme = manager.Registration{ID: "aaaaaaaa-0000-4000-8000-000000000001", Identifier: runtime.MustIdentifier("acme"), Name: "Acme"}

// seed makes the tenant's own row.
func seed(ctx context.Context, tx pgx.Tx, t runtime.Tenant) error {
	_, err := tx.Exec(ctx, "INSERT INTO tenants (id, slug, name, plan_code) VALUES ($1, $2, $3, 'free') ON CONFLICT (id) DO NOTHING", t.ID, t.Identifier.String(), t.Name)
	return err
}

// withRedis are the variables for the Redis of the tests.
func withRedis(t *testing.T, more ...string) []string {
	t.Helper()
	return append([]string{"REDIS_URL=" + testredis.URL(t), "REDIS_PREFIX=" + strings.TrimSuffix(testredis.Prefix(t), ":")}, more...)
}

// TestP1Wiring is promise P1: one call connects resolver, store, isolation, limiter and
// manager, and each does its part in a request.
func TestP1Wiring(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	o := options()
	o.Seed, o.Membership = seed, middleware.InsecureAnyone
	tenancy := d.open(t, o, withRedis(t, "RESOLVERS=header", "RATE_LIMITER=exact", "RATE_LIMIT=2", "AUDIT=postgres", "EXCLUDED_PATHS=/health")...)
	if _, err := tenancy.Register(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	queries := gen.New(tenancy.Isolation)
	handler := tenancy.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tenant, ok := runtime.FromContext(r.Context())
		if !ok {
			return // an excluded path
		}
		row, err := queries.ForTenant(tenant).GetTenant(r.Context())
		if err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, row.Name)
	}))
	get := func(path, header string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if header != "" {
			r.Header.Set("X-Tenant-ID", header)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for _, want := range []int{200, 200, 429} {
		if status, body := get("/", "acme"); status != want || status == 200 && body != "Acme" {
			t.Errorf("status %d %s, want %d", status, body, want)
		}
	}
	for path, want := range map[string]int{"/": 404, "/health": 200, "/healthcare": 404} {
		if status, _ := get(path, ""); status != want {
			t.Errorf("%s without a tenant: status %d, want %d", path, status, want)
		}
	}
	if head, err := tenancy.Trail.Verify(t.Context(), acme.ID); err != nil || head.Seq != 1 {
		t.Errorf("the trail has %d entries: %v", head.Seq, err)
	}
	text := fmt.Sprintf("%v %+v %#v", tenancy, tenancy, tenancy)
	if !strings.Contains(text, "pgtenancy") || len(text) > 200 {
		t.Errorf("it is printed as %s", text)
	}
}

// TestP2Given is promise P2: a resolver and a provider can be given; the resolver is
// required where it is named, and never ignored where it is not.
func TestP2Given(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	custom := resolver.Func(func(*http.Request) (runtime.Reference, error) { return runtime.Reference{ID: acme.ID}, nil })
	o := options()
	o.Membership = middleware.InsecureAnyone
	if _, err := pgtenancy.Open(t.Context(), d.config(t, "RESOLVERS=custom"), o); err == nil || !strings.Contains(err.Error(), "Resolver is required") {
		t.Errorf("no resolver where one is named: %v", err)
	}
	o.Resolver = custom
	if _, err := pgtenancy.Open(t.Context(), d.config(t, "RESOLVERS=header"), o); err == nil || !strings.Contains(err.Error(), "would not be asked") {
		t.Errorf("a resolver that would not be asked: %v", err)
	}
	o.Membership = nil
	if _, err := pgtenancy.Open(t.Context(), d.config(t, "RESOLVERS=custom"), o); err == nil || !strings.Contains(err.Error(), "Membership") {
		t.Errorf("nobody checks who belongs to whom: %v", err)
	}
	o.Membership, o.Isolation = middleware.InsecureAnyone, &given{}
	tenancy := d.open(t, o, "RESOLVERS=custom")
	if tenancy.Isolation != o.Isolation {
		t.Error("the provider that was given is not used")
	}
	if _, err := tenancy.Register(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	tenancy.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusOK {
		t.Errorf("the resolver that was given: status %d", w.Code)
	}
}

// given is a provider that does nothing but close.
type given struct {
	pgxdb.Isolation
	closed int
	fail   func() error
}

func (g *given) Initialize(context.Context, runtime.Tenant) error { return nil }

func (g *given) Close() error {
	g.closed++
	if g.fail != nil {
		return g.fail()
	}
	return nil
}

// TestP3Open is promise P3, and weakness W20: when Open returns, the tables are there, the
// cache is warm, and what it was warmed with comes from it.
func TestP3Open(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	redis := withRedis(t, "RATE_LIMITER=exact", "RATE_LIMIT=5")
	first := d.open(t, options(), redis...)
	if _, err := first.Register(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	second := d.open(t, options(), redis...)
	metrics, err := second.Manager.Metrics(t.Context())
	if err != nil || metrics.Cache == nil || metrics.Cache.Entries != 1 {
		t.Fatalf("the cache is cold: %+v, %v", metrics.Cache, err)
	}
	tenant, err := second.Manager.Find(t.Context(), runtime.Reference{Identifier: acme.Identifier})
	if err != nil {
		t.Fatal(err)
	}
	if metrics, err = second.Manager.Metrics(t.Context()); err != nil || metrics.Cache.Hits != 1 || metrics.Cache.Misses != 0 {
		t.Errorf("the cache was not asked: %+v, %v", metrics.Cache, err)
	}
	for range 5 {
		if err := second.Manager.CheckRateLimit(t.Context(), tenant); err != nil {
			t.Error(err)
		}
	}
	if err := first.Manager.CheckRateLimit(t.Context(), tenant); !errors.Is(err, runtime.ErrRateLimited) {
		t.Errorf("two processes do not count together: %v", err)
	}
}

// TestP4Again is promise P4: to initialize again, and to open beside what is open, makes
// nothing twice.
func TestP4Again(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	tenancy := d.open(t, options(), "AUDIT=postgres")
	for range 3 {
		if err := tenancy.Manager.Initialize(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	failed := make(chan error, 4)
	for range cap(failed) {
		go func() {
			other, err := pgtenancy.Open(t.Context(), d.config(t, "AUDIT=postgres"), options())
			if err == nil {
				err = other.Close()
			}
			failed <- err
		}()
	}
	for range cap(failed) {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// TestP5Close is promise P5: everything is closed, also behind a part that fails or
// panics, and a second time nothing happens.
func TestP5Close(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	broken := errors.New("broken")
	for name, fail := range map[string]func() error{"error": func() error { return broken }, "panic": func() error { panic(broken) }} {
		o := options()
		g := &given{fail: fail}
		o.Isolation = g
		tenancy, err := pgtenancy.Open(t.Context(), d.config(t, withRedis(t, "RATE_LIMITER=gcra")...), o)
		if err != nil {
			t.Fatal(err)
		}
		if d.connections(t) == 0 {
			t.Error("there is nothing to close")
		}
		err = tenancy.Close()
		if err == nil || !strings.Contains(err.Error(), "broken") {
			t.Errorf("%s: Close says %v", name, err)
		}
		d.gone(t, "Close with "+name)
		if err := tenancy.Redis.Ping(t.Context()).Err(); err == nil {
			t.Errorf("%s: Redis is open", name)
		}
		if again := tenancy.Close(); again == nil || again.Error() != err.Error() || g.closed != 1 {
			t.Errorf("%s: a second Close says %v, the provider was closed %d times", name, again, g.closed)
		}
		if _, err := tenancy.Manager.Find(t.Context(), runtime.Reference{ID: acme.ID}); !errors.Is(err, manager.ErrClosed) {
			t.Errorf("%s: after Close, Find says %v", name, err)
		}
	}
}

// TestP6Scope is promise P6: what was opened is closed when the work is over, also when
// that fails, as Go does it, and when Open itself fails in the middle, at any point of it.
func TestP6Scope(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	work := func() (err error) {
		tenancy, err := pgtenancy.Open(t.Context(), d.config(t), options())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, tenancy.Close()) }()
		return errors.New("the work failed")
	}
	if err := work(); err == nil || err.Error() != "the work failed" {
		t.Errorf("%v", err)
	}
	d.gone(t, "failed work")

	pools := 0
	for name, test := range map[string]struct {
		change  func(*pgtenancy.Options)
		environ []string
		want    string
	}{
		"the second pool": {func(o *pgtenancy.Options) {
			o.PoolConfig = func(*pgxpool.Config) error {
				if pools++; pools%2 == 0 {
					return errors.New("no second pool")
				}
				return nil
			}
		}, nil, "no second pool"},
		"the keys":       {nil, []string{"ENCRYPTION_KEYS=aHVudGVyMg=="}, "TENANCY_ENCRYPTION_KEYS, key 1"},
		"the layout":     {func(o *pgtenancy.Options) { o.Layout.DDL = nil }, []string{"ISOLATION_STRATEGY=database"}, "DDL"},
		"the last step":  {nil, []string{"RESOLVERS=jwt", "JWT_KEYS=aHVudGVyMg==", "JWT_AUDIENCE=a", "JWT_ISSUER=i"}, "resolver jwt"},
		"a foreign step": {func(o *pgtenancy.Options) { o.Membership = middleware.InsecureAnyone }, []string{"RESOLVERS=header", "HEADER_NAME=Host"}, "resolver header"},
	} {
		o := options()
		if test.change != nil {
			test.change(&o)
		}
		_, err := pgtenancy.Open(t.Context(), d.config(t, withRedis(t, test.environ...)...), o)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		secret(t, err.Error())
		d.gone(t, "failing at "+name)
	}
}

// TestErrorsShowNoSecret is weakness W30 for what Open says of URLs that lead nowhere.
func TestErrorsShowNoSecret(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	for _, password := range []string{"hunter2", "hunter%402", "p@hunter2", "1hunter:2", "%zzhunter", "hunter%2F2"} {
		for _, environ := range [][]string{
			{"TENANCY_DATABASE_URL=postgres://web:" + password + "@127.0.0.1:1/app"},
			{"TENANCY_DATABASE_URL=postgres://web:" + password + "@127.0.0.1:1/app?sslmode=hunter"},
			{d.environ[0], "TENANCY_DATABASE_ADMIN_URL=postgres://root:" + password + "@127.0.0.1:1/app"},
			{d.environ[0], "TENANCY_REDIS_URL=redis://:" + password + "@127.0.0.1:1/x/hunter"},
			{d.environ[0], "TENANCY_JWT_KEYS=" + password, "TENANCY_RESOLVERS=jwt", "TENANCY_JWT_AUDIENCE=a", "TENANCY_JWT_ISSUER=i"},
			{d.environ[0], "TENANCY_ENCRYPTION_KEYS=" + password},
		} {
			cfg, err := config.Parse(environ)
			if err == nil {
				_, err = pgtenancy.Open(t.Context(), cfg, options())
			}
			if err == nil {
				t.Errorf("%s is accepted", environ)
				continue
			}
			secret(t, fmt.Sprintf("%v %+v %#v", err, err, err))
		}
	}
}

// TestNoResolver has a program without resolvers serve requests all the same.
func TestNoResolver(t *testing.T) {
	t.Parallel()
	tenancy := newDatabase(t).open(t, options())
	w := httptest.NewRecorder()
	tenancy.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request was let in") })).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d", w.Code)
	}
}
