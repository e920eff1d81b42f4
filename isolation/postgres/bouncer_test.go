package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// behind is a database with the table of the load, behind a PgBouncer whose three
// connections the eight of a pool share.
type behind struct {
	admin *pgx.Conn
	// dsn is that of the application's role through PgBouncer, and direct without.
	dsn, direct string
}

func newBehind(t *testing.T, policies bool, settings ...string) *behind {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	admin, err := pgx.Connect(t.Context(), superuser)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	ddl := jobsTable + "; GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO " + role
	if policies {
		ddl += ";" + jobsPolicy
	}
	if _, err := admin.Exec(t.Context(), ddl); err != nil {
		t.Fatal(err)
	}
	return &behind{admin: admin, dsn: testpg.Bouncer(t, roleURL, settings...), direct: roleURL}
}

// pool returns a pool whose connections are PgBouncer's.
func (b *behind) pool(t *testing.T, mode pgx.QueryExecMode, change ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(b.dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	config.ConnConfig.DefaultQueryExecMode = mode
	for _, c := range change {
		c(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// unnamed are the modes that need no named prepared statement of the server's.
var unnamed = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

// shared are the providers for tables that tenants share.
var shared = map[string]struct {
	policies bool
	provider func(*testing.T, *pgxpool.Pool) pgxdb.Provider
}{
	"row filter": {false, func(t *testing.T, pool *pgxpool.Pool) pgxdb.Provider {
		return newRowFilter(t, isolationtest.Database{Pool: pool, Admin: pool})
	}},
	"rls": {true, func(t *testing.T, pool *pgxpool.Pool) pgxdb.Provider {
		return newRLS(t, isolationtest.Database{Pool: pool})
	}},
}

// TestBehindPgBouncer runs the load where transactions of one connection go to
// different connections of the server, in each mode that can work there.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	modes := unnamed
	var settings []string
	if testpg.BouncerPrepares(t) {
		modes = append(slices.Clone(modes), pgx.QueryExecModeCacheStatement)
		settings = []string{"max_prepared_statements=50"}
	}
	for name, p := range shared {
		for _, mode := range modes {
			for _, tenants := range []int{2, 50} {
				t.Run(fmt.Sprintf("%s/%s/%d tenants", name, mode, tenants), func(t *testing.T) {
					t.Parallel()
					b := newBehind(t, p.policies, settings...)
					provider := p.provider(t, b.pool(t, mode))
					o := load{tenants: manyTenants(tenants), workers: 8, turns: 40, bare: p.policies, handle: provider.For}.run(t.Context())
					b.wantRight(t, o)
					if len(o.failures) > 0 {
						t.Errorf("errors, such as: %v", o.failures[0])
					}
				})
			}
		}
	}
}

// wantRight fails t for wrong rows, and for writes that were lost.
func (b *behind) wantRight(t *testing.T, o *outcome) {
	t.Helper()
	t.Log(o)
	for _, err := range o.wrong[:min(3, len(o.wrong))] {
		t.Error(err)
	}
	if d := cmp.Diff(o.stored, storedJobs(t, b.admin), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("stored rows (-acknowledged +stored):\n%s", d)
	}
	if o.turns == 0 {
		t.Error("no turn went well")
	}
}

// TestTwoClientsOnOneBackend has two clients of PgBouncer, each with a tenant, take
// turns on one connection of the server, and looks at it after each turn.
func TestTwoClientsOnOneBackend(t *testing.T) {
	t.Parallel()
	for name, p := range shared {
		for _, mode := range unnamed {
			t.Run(name+"/"+mode.String(), func(t *testing.T) {
				t.Parallel()
				b := newBehind(t, p.policies, "default_pool_size=1")
				tenants := manyTenants(2)
				clients := map[string]pgxdb.Provider{}
				for _, tenant := range tenants {
					clients[tenant.ID] = p.provider(t, b.pool(t, mode))
				}
				o := load{tenants: tenants, workers: 1, turns: 150, bare: p.policies, handle: func(tenant runtime.Tenant) pgxdb.Handle {
					return clients[tenant.ID].For(tenant)
				}, after: func(ctx context.Context) error {
					return oneCleanBackend(ctx, p.policies, clients)
				}}.run(t.Context())
				b.wantRight(t, o)
				if len(o.failures) > 0 {
					t.Errorf("errors, such as: %v", o.failures[0])
				}
			})
		}
	}
}

// oneCleanBackend asks every client for the server's process, which has to be the
// same, and for what has been left there.
func oneCleanBackend(ctx context.Context, policies bool, clients map[string]pgxdb.Provider) error {
	var processes []int
	for id, client := range clients {
		var process, visible int
		var tenant string
		err := client.Global().QueryRow(ctx, `SELECT pg_backend_pid(), coalesce(current_setting('app.current_tenant', true), ''), count(*) FROM jobs`).
			Scan(&process, &tenant, &visible)
		switch {
		case err != nil:
			return err
		case tenant != "":
			return fmt.Errorf("%w: the client of %s finds a tenant set", errWrong, id)
		case policies && visible > 0:
			return fmt.Errorf("%w: the client of %s sees %d rows without a tenant", errWrong, id, visible)
		}
		processes = append(processes, process)
	}
	if len(slices.Compact(processes)) != 1 {
		return fmt.Errorf("the clients have processes %v", processes)
	}
	return nil
}

// In the mode that names prepared statements, a PgBouncer that does not know them
// has to be noticed: by an error that says so, and never by a wrong row.
func TestStatementCacheBehindPgBouncer(t *testing.T) {
	t.Parallel()
	var settings []string
	if testpg.BouncerPrepares(t) {
		settings = []string{"max_prepared_statements=0"}
	}
	for name, p := range shared {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehind(t, p.policies, settings...)
			provider := p.provider(t, b.pool(t, pgx.QueryExecModeCacheStatement))
			o := load{tenants: manyTenants(2), workers: 8, turns: 40, bare: p.policies, handle: provider.For}.run(t.Context())
			b.wantRight(t, o)
			codes := o.codes()
			if !slices.ContainsFunc(o.failures, func(err error) bool { return errors.Is(err, postgres.ErrPreparedElsewhere) }) {
				t.Errorf("no error says what to do: %v", o.failures)
			}
			for code := range codes {
				if code != "26000" && code != "42P05" { // it is not there, or is there already
					t.Errorf("an error that does not say what is wrong: %s", code)
				}
			}
		})
	}
}

// poolHandle is pgx without anything around it.
type poolHandle struct {
	*pgxpool.Pool
}

func (d poolHandle) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, d, fn)
}

// sessionPool sets the tenant of the context for the session when a connection is
// taken from the pool.
func sessionPool(config *pgxpool.Config) {
	config.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		tenant, _ := runtime.FromContext(ctx)
		_, err := conn.Exec(ctx, "SELECT set_config('app.current_tenant', $1, false)", tenant.ID)
		return err == nil, err
	}
}

// TestPgBouncerLoadFindsMistakes is the negative control: a tenant that is set for
// the session, which is right without PgBouncer, and the mode of pgx that prepares a
// statement on one connection and runs it on another.
func TestPgBouncerLoadFindsMistakes(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, b *behind, mode pgx.QueryExecMode, policies bool, change ...func(*pgxpool.Config)) *outcome {
		t.Helper()
		pool := b.pool(t, mode, change...)
		o := load{tenants: manyTenants(2), workers: 8, turns: 40, bare: policies, handle: func(runtime.Tenant) pgxdb.Handle {
			return poolHandle{pool}
		}}.run(t.Context())
		t.Log(o)
		return o
	}
	for _, mode := range unnamed {
		t.Run("setting of the session/"+mode.String(), func(t *testing.T) {
			t.Parallel()
			if o := run(t, newBehind(t, true), mode, true, sessionPool); o.foreign() == 0 {
				t.Error("the mistake was not found")
			}
		})
	}
	t.Run("setting of the session/without PgBouncer", func(t *testing.T) {
		t.Parallel()
		b := newBehind(t, true)
		b.dsn = b.direct
		b.wantRight(t, run(t, b, pgx.QueryExecModeExec, true, sessionPool))
	})
	t.Run("described on another connection", func(t *testing.T) {
		t.Parallel()
		if o := run(t, newBehind(t, false), pgx.QueryExecModeDescribeExec, false); len(o.wrong) == 0 {
			t.Error("the mistake was not found")
		}
	})
}
