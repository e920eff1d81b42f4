package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

// Callers of several providers that make one tenant at once make it once, and none of
// them takes it away from another (W4).
func TestNamespaceRace(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		var seeds atomic.Int32
		seed := postgres.WithSeed(func(ctx context.Context, tx pgx.Tx, tenant runtime.Tenant) error {
			seeds.Add(1)
			_, err := tx.Exec(ctx, bare(addNote), tenant.ID, 1, "of "+tenant.ID)
			return err
		})
		var providers []spaces
		for range 3 {
			providers = append(providers, s.open(t, s.app, s.layout, seed, postgres.WithAdmin(newPool(t, s.admin.Config().ConnString()))))
		}
		for round := range 5 {
			tenant := runtime.Tenant{ID: fmt.Sprintf("racer %d", round)}
			errs := make([]error, 12)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() {
					p := providers[i%len(providers)]
					if errs[i] = p.Initialize(ctx, tenant); errs[i] == nil {
						// What has been reported to be there is there.
						_, errs[i] = readNotes(ctx, p.For(tenant))
					}
				})
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			s.wantNotes(t, tenant)
			s.wantVerified(t, tenant)
		}
		if n := seeds.Load(); n != 5 {
			t.Errorf("%d seeds for 5 tenants", n)
		}
	})
}

// The first tenants of a database make the registry at once, each in a transaction.
func TestRegistryRace(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		s.run(t, "DROP SCHEMA tenancy CASCADE")
		errs := make([]error, 6)
		var wg sync.WaitGroup
		for i := range errs {
			wg.Go(func() { errs[i] = s.Initialize(t.Context(), runtime.Tenant{ID: fmt.Sprint("tenant ", i)}) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
	})
}

// killer ends its own connection before the statement of a number.
type killer struct {
	with *pgxpool.Pool
	at   int
	seen int
	hit  bool
}

func (k *killer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	k.seen++
	if k.seen == k.at {
		k.hit = true
		// Waits until it is gone, so that the statement does not come before it.
		_, _ = k.with.Exec(context.WithoutCancel(ctx), "SELECT pg_terminate_backend($1, 5000)", int64(conn.PgConn().PID()))
	}
	return ctx
}

func (*killer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// killed is a pool whose connection is ended before a statement.
func killed(t *testing.T, s *shop, at int) (*pgxpool.Pool, *killer) {
	t.Helper()
	config, err := pgxpool.ParseConfig(s.admin.Config().ConnString())
	if err != nil {
		t.Fatal(err)
	}
	k := &killer{with: s.admin, at: at}
	config.MaxConns = 1
	config.ConnConfig.Tracer = k
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool, k
}

// A backend that is killed before any statement of Initialize or Destroy leaves all
// or nothing, and the next call does it (case 63).
func TestNamespaceCrash(t *testing.T) {
	t.Parallel()
	everyShop(t, func(t *testing.T, s *shop) {
		ctx := t.Context()
		s.initialize(t, bob)
		absent := s.relations(t)
		s.initialize(t, ann)
		present := s.relations(t)
		destroy := func(p spaces) error {
			_, err := p.Destroy(ctx, ann, runtime.Confirmation(ann.ID))
			return err
		}
		if err := destroy(s.Isolation.(spaces)); err != nil {
			t.Fatal(err)
		}
		steps := 0
		for name, tc := range map[string]struct {
			call          func(spaces) error
			before, after []string
			undo          func() error
		}{
			"Initialize": {func(p spaces) error { return p.Initialize(ctx, ann) }, absent, present, func() error { return destroy(s.Isolation.(spaces)) }},
			"Destroy":    {destroy, present, absent, func() error { return s.Initialize(ctx, ann) }},
		} {
			if name == "Destroy" {
				if err := s.Initialize(ctx, ann); err != nil {
					t.Fatal(err)
				}
			}
			for at := 1; ; at++ {
				pool, k := killed(t, s, at)
				p := s.open(t, s.app, s.layout, postgres.WithAdmin(pool))
				err := tc.call(p)
				if !k.hit {
					if err != nil {
						t.Fatalf("%s: not killed: %v", name, err)
					}
					break
				}
				steps++
				if err == nil {
					t.Errorf("%s, killed before statement %d: no error", name, at)
				}
				if diff := cmp.Diff(tc.before, s.relations(t)); diff != "" {
					t.Errorf("%s, killed before statement %d (-before +after):\n%s", name, at, diff)
				}
				if err := tc.call(s.Isolation.(spaces)); err != nil {
					t.Errorf("%s, again after statement %d: %v", name, at, err)
				}
				if diff := cmp.Diff(tc.after, s.relations(t)); diff != "" {
					t.Errorf("%s, again after statement %d (-want +got):\n%s", name, at, diff)
				}
				if err := tc.undo(); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(tc.after, s.relations(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if name == "Initialize" {
				if err := tc.undo(); err != nil {
					t.Fatal(err)
				}
			} else if err := destroyed(ctx, s, ann); err != nil {
				t.Fatal(err)
			}
		}
		if steps < 15 {
			t.Errorf("killed %d times only", steps)
		}
		s.wantNotes(t, bob)
		s.wantVerified(t, bob)
	})
}

func destroyed(ctx context.Context, s *shop, tenant runtime.Tenant) error {
	_, err := s.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID))
	return err
}
