package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/url"
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

// strategy is a provider and what it needs in the database.
type strategy struct {
	provider isolationtest.NewProvider
	policies bool
	// hand is set where hand-written SQL is confined.
	hand bool
	// place returns a superuser's URL in the database of a tenant, and the table there;
	// nil where tenants share one.
	place func(b *behind, tenant runtime.Tenant) (dsn, table string, err error)
	// many is how many tenants are many.
	many int
}

// bare reports whether the load goes without predicates: something else than the SQL
// is there to keep tenants apart.
func (s strategy) bare() bool { return s.policies || s.place != nil }

var strategies = map[string]strategy{
	"row filter": {provider: newRowFilter, many: 50},
	"rls":        {provider: newRLS, policies: true, hand: true, many: 50},
	"schema":     {provider: newSchema, place: inPlace(schemaPlace), hand: true, many: 30},
	"prefix":     {provider: newPrefix, place: inPlace(prefixPlace), many: 30},
	"database":   {provider: newTenantDatabases, place: inDatabase, hand: true, many: 5},
}

// inPlace returns the table that the suite finds.
func inPlace(place isolationtest.PlaceFunc) func(*behind, runtime.Tenant) (string, string, error) {
	return func(b *behind, tenant runtime.Tenant) (dsn, table string, err error) {
		p, err := place(b.provided.(pgxdb.Isolation), tenant, b.superuser)
		if err != nil {
			return "", "", err
		}
		return b.superuser, p.Table("jobs"), nil
	}
}

// newTenantDatabases returns a provider whose tenants' pools lead where the pool leads,
// which is to PgBouncer.
func newTenantDatabases(t *testing.T, db isolationtest.Database) pgxdb.Provider {
	t.Helper()
	p, err := postgres.NewDatabase(db.Pool, db.Layout, postgres.WithAdmin(db.Admin))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func inDatabase(b *behind, tenant runtime.Tenant) (dsn, table string, err error) {
	tenants, err := b.provided.(*postgres.Database).DatabaseURL(tenant)
	if err != nil {
		return "", "", err
	}
	of, err := url.Parse(tenants)
	if err != nil {
		return "", "", err
	}
	at, err := url.Parse(b.superuser)
	if err != nil {
		return "", "", err
	}
	at.Path = of.Path
	return at.String(), "jobs", nil
}

// shared are the strategies whose tenants share a table.
func shared() map[string]strategy {
	list := maps.Clone(strategies)
	maps.DeleteFunc(list, func(_ string, s strategy) bool { return s.place != nil })
	return list
}

// behind is a database for the load, behind a PgBouncer whose three connections the
// eight of a pool share.
type behind struct {
	strategy
	superuser string
	admin     *pgxpool.Pool
	// dsn is that of the application's role through PgBouncer, and direct without.
	dsn, direct string
	layout      runtime.Layout
	provided    pgxdb.Provider
}

func newBehind(t *testing.T, s strategy, settings ...string) *behind {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	b := &behind{
		strategy: s, superuser: superuser, admin: newPool(t, superuser), layout: jobsLayout(role),
		dsn: testpg.Bouncer(t, roleURL, settings...), direct: roleURL,
	}
	if s.place != nil {
		return b
	}
	ddl := jobsTable + "; GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO " + role
	if s.policies {
		ddl += ";" + jobsPolicy
	}
	if _, err := b.admin.Exec(t.Context(), ddl); err != nil {
		t.Fatal(err)
	}
	return b
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

// open makes a provider on a pool of b, and the places of the tenants.
func (b *behind) open(t *testing.T, mode pgx.QueryExecMode, tenants []runtime.Tenant) pgxdb.Provider {
	t.Helper()
	p := b.provider(t, isolationtest.Database{Pool: b.pool(t, mode), Admin: b.admin, Layout: b.layout})
	b.provided = p
	if b.place == nil {
		return p
	}
	places := p.(interface {
		Initialize(context.Context, runtime.Tenant) error
		Destroy(context.Context, runtime.Tenant, runtime.Confirmation) (runtime.Removal, error)
		Close() error
	})
	t.Cleanup(func() { _ = places.Close() })
	for _, tenant := range tenants {
		if err := places.Initialize(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if _, err := places.Destroy(context.Background(), tenant, runtime.Confirmation(tenant.ID)); err != nil {
				t.Error(err)
			}
		})
	}
	return p
}

// stored reads what the database holds for the tenants. A row in the place of another
// tenant is marked.
func (b *behind) stored(t *testing.T, tenants []runtime.Tenant) []string {
	t.Helper()
	if b.place == nil {
		return storedJobs(t, b.superuser, "jobs", "", tenants)
	}
	var all []string
	for _, tenant := range tenants {
		dsn, table, err := b.place(b, tenant)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, storedJobs(t, dsn, table, tenant.ID, nil)...)
	}
	slices.Sort(all)
	return all
}

// unnamed are the modes that need no named prepared statement of the server's.
var unnamed = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

// bouncerTurns is how long the load runs in each mode.
var bouncerTurns = flag.Int("bouncer.turns", 15, "turns of each worker behind PgBouncer")

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
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBehind(t, s, settings...)
			for _, mode := range modes {
				for _, n := range []int{2, s.many} {
					t.Run(fmt.Sprintf("%s/%d tenants", mode, n), func(t *testing.T) {
						tenants := manyTenants(n)
						o := load{tenants: tenants, workers: 8, turns: *bouncerTurns, bare: s.bare(), hand: s.hand, handle: b.open(t, mode, tenants).For}.run(t.Context())
						b.wantRight(t, o, tenants)
						if len(o.failures) > 0 {
							t.Errorf("errors, such as: %v", o.failures[0])
						}
					})
				}
			}
		})
	}
}

// wantRight fails t for wrong rows, and for writes that were lost.
func (b *behind) wantRight(t *testing.T, o *outcome, tenants []runtime.Tenant) {
	t.Helper()
	t.Log(o)
	for _, err := range o.wrong[:min(3, len(o.wrong))] {
		t.Error(err)
	}
	if d := cmp.Diff(o.stored, b.stored(t, tenants), cmpopts.EquateEmpty()); d != "" {
		t.Errorf("stored rows (-acknowledged +stored):\n%s", d)
	}
}

// TestTwoClientsOnOneBackend has two clients of PgBouncer, each with a tenant, take
// turns on one connection of the server, and looks at it after each turn.
func TestTwoClientsOnOneBackend(t *testing.T) {
	t.Parallel()
	for name, s := range shared() {
		for _, mode := range unnamed {
			t.Run(name+"/"+mode.String(), func(t *testing.T) {
				t.Parallel()
				b, tenants := newBehind(t, s, "default_pool_size=1"), manyTenants(2)
				clients := map[string]pgxdb.Provider{}
				for _, tenant := range tenants {
					clients[tenant.ID] = b.open(t, mode, nil)
				}
				o := load{tenants: tenants, workers: 1, turns: 100, bare: s.bare(), handle: func(tenant runtime.Tenant) pgxdb.Handle {
					return clients[tenant.ID].For(tenant)
				}, after: func(ctx context.Context) error {
					return oneCleanBackend(ctx, s.policies, clients)
				}}.run(t.Context())
				b.wantRight(t, o, tenants)
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
	for name, s := range strategies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, tenants := newBehind(t, s, settings...), manyTenants(2)
			provider := b.open(t, pgx.QueryExecModeCacheStatement, tenants)
			o := load{tenants: tenants, workers: 8, turns: 40, bare: s.bare(), handle: provider.For}.run(t.Context())
			b.wantRight(t, o, tenants)
			codes := o.codes()
			if !slices.ContainsFunc(o.failures, func(err error) bool { return errors.Is(err, postgres.ErrPreparedElsewhere) }) {
				t.Errorf("none of %d errors says what to do: %v", len(o.failures), o.codes())
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

// sessionPool has a hook that sets the tenant of the context for the session when a connection is
// taken from the pool.
func sessionPool(config *pgxpool.Config) {
	config.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
		tenant, _ := runtime.FromContext(ctx)
		_, err := conn.Exec(ctx, "SELECT set_config('app.current_tenant', $1, false)", tenant.ID)
		return err == nil, err
	}
}

// pathPool sets the search_path of the session to the tenant's schema in that place.
func pathPool(b *behind) func(*pgxpool.Config) {
	return func(config *pgxpool.Config) {
		config.PrepareConn = func(ctx context.Context, conn *pgx.Conn) (bool, error) {
			tenant, _ := runtime.FromContext(ctx)
			schema, err := b.provided.(pgxdb.Isolation).SchemaName(tenant)
			if err != nil {
				return false, err
			}
			_, err = conn.Exec(ctx, "SELECT set_config('search_path', $1, false)", schema)
			return err == nil, err
		}
	}
}

// TestPgBouncerLoadFindsMistakes is the negative control: a tenant, or a tenant's
// schema, that is set for the session, which is right without PgBouncer, and the mode
// of pgx that prepares a statement on one connection and runs it on another.
func TestPgBouncerLoadFindsMistakes(t *testing.T) {
	t.Parallel()
	tenants := manyTenants(2)
	run := func(t *testing.T, b *behind, mode pgx.QueryExecMode, change ...func(*pgxpool.Config)) *outcome {
		t.Helper()
		pool := b.pool(t, mode, change...)
		o := load{tenants: tenants, workers: 8, turns: 40, bare: b.bare(), handle: func(runtime.Tenant) pgxdb.Handle {
			return poolHandle{pool}
		}}.run(t.Context())
		t.Log(o)
		return o
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run("setting of the session/"+mode.String(), func(t *testing.T) {
			t.Parallel()
			if o := run(t, newBehind(t, strategies["rls"]), mode, sessionPool); o.foreign() == 0 {
				t.Error("the mistake was not found")
			}
		})
	}
	t.Run("setting of the session/without PgBouncer", func(t *testing.T) {
		t.Parallel()
		b := newBehind(t, strategies["rls"])
		b.dsn = b.direct
		b.wantRight(t, run(t, b, pgx.QueryExecModeExec, sessionPool), tenants)
	})
	t.Run("search_path of the session", func(t *testing.T) {
		t.Parallel()
		b := newBehind(t, strategies["schema"])
		b.open(t, pgx.QueryExecModeExec, tenants)
		if o := run(t, b, pgx.QueryExecModeExec, pathPool(b)); o.foreign() == 0 {
			t.Error("the mistake was not found")
		}
	})
	t.Run("tenant left on the backend", func(t *testing.T) {
		t.Parallel()
		b := newBehind(t, strategies["rls"], "default_pool_size=1")
		pool := b.pool(t, pgx.QueryExecModeExec, sessionPool)
		looks := newRowFilter(t, isolationtest.Database{Pool: b.pool(t, pgx.QueryExecModeExec), Admin: b.admin})
		o := load{tenants: tenants, workers: 1, turns: 5, bare: true, handle: func(runtime.Tenant) pgxdb.Handle {
			return poolHandle{pool}
		}, after: func(ctx context.Context) error {
			return oneCleanBackend(ctx, true, map[string]pgxdb.Provider{"nobody": looks})
		}}.run(t.Context())
		if len(o.wrong) != 5 {
			t.Errorf("the mistake was not found: %v", o)
		}
	})
	t.Run("described on another connection", func(t *testing.T) {
		t.Parallel()
		if o := run(t, newBehind(t, strategies["row filter"]), pgx.QueryExecModeDescribeExec); len(o.wrong)+len(o.failures) == 0 {
			t.Error("the mistake was not found")
		}
	})
}
