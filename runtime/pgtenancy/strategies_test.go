package pgtenancy_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// TestEveryStrategy takes a tenant through its life under each strategy: its first rows
// are there, it is isolated, and it is gone in the end.
func TestEveryStrategy(t *testing.T) {
	t.Parallel()
	for name, environ := range map[string][]string{
		"row":      {"ISOLATION_STRATEGY=row"},
		"rls":      nil,
		"schema":   {"ISOLATION_STRATEGY=schema"},
		"prefix":   {"ISOLATION_STRATEGY=prefix"},
		"database": {"ISOLATION_STRATEGY=database"},
		"hybrid":   {"ISOLATION_STRATEGY=hybrid", "PREMIUM_TENANTS=acme"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDatabase(t)
			if name == "row" {
				// The predicates stand alone.
				if _, err := d.super.Exec(t.Context(), "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO app_user"); err != nil {
					t.Fatal(err)
				}
				d.load(t, "../../examples/schema.sql", "GRANT ALL ON ALL TABLES IN SCHEMA public TO app_user; INSERT INTO plans VALUES ('free', 'Free', 0, NULL)")
			}
			o, rows := options(), int64(0)
			if name != "prefix" { // which runs no SQL by hand
				o.Seed, rows = seed, 1
			}
			tenancy := d.open(t, o, environ...)
			tenant := acme
			tenant.ID = "" // names of databases belong to the whole server
			acmeTenant, err := tenancy.Register(t.Context(), tenant)
			if err != nil {
				t.Fatal(err)
			}
			row, err := gen.New(tenancy.Isolation).ForTenant(acmeTenant).GetTenant(t.Context())
			if rows == 1 && (err != nil || row.Name != acme.Name) || rows == 0 && !errors.Is(err, pgx.ErrNoRows) {
				t.Errorf("its first row is %q, %v", row.Name, err)
			}
			if report, err := tenancy.Isolation.Verify(t.Context(), acmeTenant); err != nil || !report.OK() {
				t.Errorf("%v, %v", err, report.Err())
			}
			wantOneSpelling(t, tenancy.Isolation, acmeTenant.ID)
			twin := manager.Registration{ID: strings.ToUpper(acmeTenant.ID), Identifier: runtime.MustIdentifier("twin"), Name: "Twin"}
			if _, err := tenancy.Register(t.Context(), twin); !errors.Is(err, runtime.ErrTenantID) {
				t.Errorf("the same id in upper case is registered: %v; want ErrTenantID", err)
			}
			if _, err := tenancy.Manager.Store().Get(t.Context(), twin.ID); !errors.Is(err, runtime.ErrTenantNotFound) {
				t.Errorf("the same id in upper case is stored: %v; want ErrTenantNotFound", err)
			}
			removal, err := tenancy.Manager.Delete(t.Context(), acmeTenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(acmeTenant.ID)})
			if err != nil || removal.Rows() != rows {
				t.Errorf("%d rows were removed: %v", removal.Rows(), err)
			}
		})
	}
}

// wantOneSpelling looks that what PostgreSQL takes for the tenant's id is no tenant's.
func wantOneSpelling(t *testing.T, isolation pgxdb.Isolation, id string) {
	t.Helper()
	for _, other := range []string{strings.ToUpper(id), "{" + id + "}", strings.ReplaceAll(id, "-", "")} {
		tenant := runtime.Tenant{ID: other}
		_, generated := gen.New(isolation).ForTenant(tenant).GetTenant(t.Context())
		_, written := isolation.For(tenant).Exec(t.Context(), "SELECT 1")
		_, verify := isolation.Verify(t.Context(), tenant)
		for what, err := range map[string]error{
			"generated code": generated, "SQL by hand": written, "Verify": verify, "Initialize": isolation.Initialize(t.Context(), tenant),
		} {
			if !errors.Is(err, runtime.ErrTenantID) {
				t.Errorf("%s of %s: %v; want ErrTenantID", what, other, err)
			}
		}
	}
}

// load runs a file, and then SQL, as a superuser.
func (d *database) load(t *testing.T, path, sql string) {
	t.Helper()
	for _, text := range []string{readFile(t, path), sql} {
		if _, err := d.super.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHybridStoresTheTier has a tenant stay where its data is when its tier changes, which
// is why the manager alone refuses to register one under hybrid isolation.
func TestHybridStoresTheTier(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	premium := d.open(t, options(), "ISOLATION_STRATEGY=hybrid", "PREMIUM_TENANTS=acme")
	for name, want := range map[string]runtime.Strategy{"acme": runtime.StrategySchema, "beta-co": runtime.StrategyRLS} {
		tenant, err := premium.Register(t.Context(), manager.Registration{Identifier: runtime.MustIdentifier(name), Name: name})
		if err != nil || tenant.Strategy != want {
			t.Errorf("%s has the strategy %q, want %q (%v)", name, tenant.Strategy, want, err)
		}
	}
	_, err := premium.Manager.Register(t.Context(), manager.Registration{Identifier: runtime.MustIdentifier("gamma"), Name: "gamma"})
	if !errors.Is(err, manager.ErrRefused) || !strings.Contains(err.Error(), "Tenancy.Register") {
		t.Errorf("a tenant without a tier: %v", err)
	}
	if _, err := premium.Register(t.Context(), manager.Registration{Identifier: runtime.MustIdentifier("gamma"), Name: "gamma", Strategy: runtime.StrategyPrefix}); err == nil {
		t.Error("a tier that there is not is accepted")
	}
}

// TestSeedAgain goes on with a registration whose first rows failed.
func TestSeedAgain(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	o := options()
	fails := true
	o.Seed = func(ctx context.Context, tx pgx.Tx, tenant runtime.Tenant) error {
		if err := seed(ctx, tx, tenant); err != nil || !fails {
			return err
		}
		return errors.New("not yet")
	}
	tenancy := d.open(t, o)
	if _, err := tenancy.Register(t.Context(), acme); !errors.Is(err, manager.ErrUnfinished) {
		t.Fatalf("%v", err)
	}
	var rows int
	if err := d.super.QueryRow(t.Context(), "SELECT count(*) FROM tenants").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows of a seed that failed, %v", rows, err)
	}
	fails = false
	for range 2 { // the second finds it complete
		if tenant, err := tenancy.Register(t.Context(), acme); err != nil || tenant.Status != runtime.StatusActive {
			t.Fatalf("%v, %v", tenant, err)
		}
	}
	if err := d.super.QueryRow(t.Context(), "SELECT count(*) FROM tenants").Scan(&rows); err != nil || rows != 1 {
		t.Errorf("%d rows, %v", rows, err)
	}
}

// TestFence is attack case 58 over two processes: a suspension in one waits for the
// transaction of the other, and then none commits. The control takes the fence away.
func TestFence(t *testing.T) {
	t.Parallel()
	for _, fenced := range []bool{true, false} {
		d := newDatabase(t)
		o := options()
		o.Seed, o.Fence = seed, fenced
		here, there := d.open(t, o), d.open(t, o)
		tenant, err := here.Register(t.Context(), acme)
		if err != nil {
			t.Fatal(err)
		}
		handle := there.Isolation.For(tenant)
		tx, err := handle.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const write = "UPDATE tenants SET name = name || '!'"
		if _, err := tx.Exec(t.Context(), write); err != nil {
			t.Fatal(err)
		}
		suspended := make(chan error, 1)
		go func() {
			_, err := here.Manager.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{})
			suspended <- err
		}()
		waited := d.waits(t, suspended)
		if waited != fenced {
			t.Errorf("fenced %v: the suspension waited %v", fenced, waited)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-suspended; err != nil {
			t.Error(err)
		}
		// The other process has the tenant in its hands as it was.
		late := handle.InTx(t.Context(), func(db pgxdb.DB) error {
			_, err := db.Exec(t.Context(), write)
			return err
		})
		if fenced != errors.Is(late, runtime.ErrTenantInactive) {
			t.Errorf("fenced %v: a write after the suspension: %v", fenced, late)
		}
	}
}

// waits reports whether somebody waits for a lock, or done is sent to before.
func (d *database) waits(t *testing.T, done chan error) bool {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for time.Now().Before(deadline) {
		var waiting bool
		if err := d.super.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-done:
			done <- err
			return false
		default:
		}
		if waiting {
			return true
		}
	}
	t.Fatal("nobody waits, and nobody is done")
	return false
}

// TestCacheTimes is regression 25: the times of the cache in memory and of that in Redis
// are two, and both take effect. It is regression 22, too: they come from the environment.
func TestCacheTimes(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	environ := withRedis(t, "CACHE_TTL=2s", "CACHE_NEGATIVE_TTL=1s", "CACHE_REDIS_TTL=1000s", "CACHE_REDIS_FRESH=1s", "CACHE_SIZE=10")
	tenancy := d.open(t, options(), environ...)
	if _, err := tenancy.Register(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	name := func() string {
		t.Helper()
		tenant, err := tenancy.Manager.Find(t.Context(), runtime.Reference{ID: acme.ID})
		if err != nil {
			t.Fatal(err)
		}
		return tenant.Name
	}
	name()
	prefix := strings.TrimPrefix(environ[1], "REDIS_PREFIX=")
	left, err := tenancy.Redis.TTL(t.Context(), prefix+":t:"+acme.ID).Result()
	if err != nil || left > 1000*time.Second || left < 900*time.Second {
		t.Errorf("Redis keeps the tenant for %v, %v", left, err)
	}
	// Behind the back of both.
	begun := time.Now()
	if _, err := d.super.Exec(t.Context(), "UPDATE tenancy.tenants SET name = 'changed'"); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != acme.Name && time.Since(begun) < time.Second {
		t.Errorf("nothing is kept in memory: %q", got)
	}
	for name() != "changed" {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("what is in memory does not expire")
		}
		if _, err := d.super.Exec(t.Context(), "SELECT pg_sleep(0.1)"); err != nil {
			t.Fatal(err)
		}
	}
	metrics, err := tenancy.Manager.Metrics(t.Context())
	if err != nil || metrics.Cache.Capacity != 10 {
		t.Errorf("the size is %d, %v", metrics.Cache.Capacity, err)
	}
}
