package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// estate is a shared database and the tenants that have databases of their own. Names
// of databases are the whole server's, so that every test has tenants of its own.
type estate struct {
	admin, app *pgxpool.Pool
	adminURL   string
	layout     runtime.Layout
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	e := &estate{admin: newPool(t, superuser), app: newPool(t, roleURL), adminURL: superuser, layout: ledgerLayout(role)}
	e.layout.Fingerprint = "1"
	for line := range strings.Lines(ledger) {
		if !strings.HasPrefix(line, "CREATE") {
			continue
		}
		e.layout.DDL = append(e.layout.DDL, runtime.DDL{
			Text:    runtime.Text{SQL: strings.TrimSuffix(strings.TrimSpace(line), ";") + " -- as it was written"},
			Shared:  strings.HasPrefix(line, "CREATE TABLE plans"),
			Creates: []string{strings.Fields(line)[2]},
		})
	}
	e.run(t, e.admin, "CREATE TABLE plans (code text PRIMARY KEY); INSERT INTO plans VALUES ('free'), ('paid'); GRANT SELECT ON plans TO "+role)
	return e
}

func (e *estate) run(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// provider returns a provider as an application has it: its own role for statements,
// and another for databases.
func (e *estate) provider(t *testing.T, opts ...postgres.Option) *postgres.Database {
	t.Helper()
	d, err := postgres.NewDatabase(e.app, e.layout, append([]postgres.Option{postgres.WithAdmin(e.admin)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// tenant returns a new tenant, whose database is dropped when the test ends.
func (e *estate) tenant(t *testing.T) runtime.Tenant {
	t.Helper()
	tenant := runtime.Tenant{ID: uuid.NewString()}
	t.Cleanup(func() { e.dropDatabase(databaseOf(tenant)) })
	return tenant
}

func databaseOf(t runtime.Tenant) string { return "tenant_" + strings.ReplaceAll(t.ID, "-", "_") }

func (e *estate) dropDatabase(name string) {
	conn, err := pgx.Connect(context.Background(), e.adminURL)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(context.Background()) }()
	_, _ = conn.Exec(context.Background(), "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
}

// databases counts the databases with the tenant's name, and its records.
func (e *estate) databases(t *testing.T, tenant runtime.Tenant) (databases, records int) {
	t.Helper()
	err := e.admin.QueryRow(t.Context(), "SELECT count(*) FROM pg_database WHERE datname = $1", databaseOf(tenant)).Scan(&databases)
	if err != nil {
		t.Fatal(err)
	}
	err = e.admin.QueryRow(t.Context(), "SELECT count(*) FROM tenancy.namespaces WHERE tenant_id = $1", tenant.ID).Scan(&records)
	if err != nil && !strings.Contains(err.Error(), "42P01") {
		t.Fatal(err)
	}
	return databases, records
}

func seedTenant(ctx context.Context, tx pgx.Tx, t runtime.Tenant) error {
	_, err := tx.Exec(ctx, "INSERT INTO tenants VALUES (current_setting('app.current_tenant')::uuid, 'paid')")
	return err
}

// complete fails the test where the tenant does not have a whole database.
func complete(t *testing.T, d *postgres.Database, tenant runtime.Tenant) {
	t.Helper()
	var plans, tenants int
	err := d.For(tenant).InTx(t.Context(), func(db pgxdb.DB) error {
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM plans").Scan(&plans); err != nil {
			return err
		}
		return db.QueryRow(t.Context(), "SELECT count(*) FROM tenants WHERE id = $1", tenant.ID).Scan(&tenants)
	})
	if err != nil || plans != 2 || tenants != 1 {
		t.Errorf("%d plans and %d tenants: %v", plans, tenants, err)
	}
	for _, sql := range []string{
		"INSERT INTO accounts VALUES ($1, 7, 'x')",
		"INSERT INTO entries VALUES (7, $1, 7)",
		"DELETE FROM entries WHERE tenant_id = $1",
		"DELETE FROM accounts WHERE tenant_id = $1",
	} {
		if _, err := d.For(tenant).Exec(t.Context(), sql, tenant.ID); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestDatabaseLife(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	d := e.provider(t, postgres.WithSeed(seedTenant))
	tenant, other := e.tenant(t), e.tenant(t)
	ctx := t.Context()

	if _, err := d.For(tenant).Exec(ctx, "SELECT 1"); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("before Initialize: %v", err)
	}
	for range 2 {
		if err := d.Initialize(ctx, tenant); err != nil {
			t.Fatal(err)
		}
	}
	complete(t, d, tenant)
	if err := d.Initialize(ctx, other); err != nil {
		t.Fatal(err)
	}
	if databases, records := e.databases(t, tenant); databases != 1 || records != 1 {
		t.Errorf("%d databases, %d records", databases, records)
	}
	if _, err := d.For(tenant).Exec(ctx, "INSERT INTO plans VALUES ('mine')"); err == nil {
		t.Error("the copy of a global table can be written")
	}
	var shared int
	if err := d.Global().QueryRow(ctx, "SELECT count(*) FROM plans").Scan(&shared); err != nil || shared != 2 {
		t.Errorf("%d plans in the shared database, %v", shared, err)
	}
	for _, confirm := range []runtime.Confirmation{"", "yes", runtime.Confirmation(other.ID)} {
		if removal, err := d.Destroy(ctx, tenant, confirm); !errors.Is(err, runtime.ErrNotConfirmed) || len(removal.Tables) != 0 {
			t.Errorf("confirmed with %q: %v", confirm, err)
		}
	}
	complete(t, d, tenant)
	e.run(t, e.inside(t, tenant), "CREATE TABLE by_hand (); INSERT INTO accounts VALUES ('"+tenant.ID+"', 1, 'cash')")
	removal, err := d.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID))
	if err != nil {
		t.Fatal(err)
	}
	want := runtime.Removal{Namespace: databaseOf(tenant), Tables: []runtime.RemovedTable{
		{Name: "accounts", Rows: 1}, {Name: "by_hand"}, {Name: "entries"}, {Name: "lines"}, {Name: "tenants", Rows: 1},
	}}
	if diff := cmp.Diff(want, removal); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if databases, records := e.databases(t, tenant); databases != 0 || records != 0 {
		t.Errorf("%d databases, %d records", databases, records)
	}
	if _, err := d.For(tenant).Exec(ctx, "SELECT 1"); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("after Destroy: %v", err)
	}
	if removal, err := d.Destroy(ctx, tenant, runtime.Confirmation(tenant.ID)); err != nil || !cmp.Equal(removal, runtime.Removal{}) {
		t.Errorf("again: %+v, %v", removal, err)
	}
	complete(t, d, other)
	if err := d.Initialize(ctx, tenant); err != nil {
		t.Error(err)
	}
	complete(t, d, tenant)
}

// Racing callers, on two providers, make one database.
func TestDatabaseInitializeRaces(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	var seeded atomic.Int64
	seed := postgres.WithSeed(func(ctx context.Context, tx pgx.Tx, t runtime.Tenant) error {
		seeded.Add(1)
		return seedTenant(ctx, tx, t)
	})
	providers := []*postgres.Database{e.provider(t, seed), e.provider(t, seed)}
	tenant := e.tenant(t)
	var g errgroup.Group
	start := make(chan struct{})
	for i := range 8 {
		g.Go(func() error {
			<-start
			return providers[i%2].Initialize(t.Context(), tenant)
		})
	}
	close(start)
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if seeded.Load() != 1 {
		t.Errorf("seeded %d times", seeded.Load())
	}
	complete(t, providers[0], tenant)
	// Destroy races, too.
	for i := range 4 {
		g.Go(func() error {
			_, err := providers[i%2].Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if databases, records := e.databases(t, tenant); databases != 0 || records != 0 {
		t.Errorf("%d databases, %d records", databases, records)
	}
}

// mortal is a tracer whose process dies at a statement: from then on nothing more is
// sent, and connections end without a farewell.
type mortal struct {
	left  atomic.Int64 // statements until death
	after bool         // the last one is still executed, and nobody hears of it
}

func (m *mortal) TraceQueryStart(ctx context.Context, conn *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	left := m.left.Add(-1)
	if left < 0 || left == 0 && !m.after {
		_ = conn.PgConn().Conn().Close()
	}
	return ctx
}

func (m *mortal) TraceQueryEnd(_ context.Context, conn *pgx.Conn, _ pgx.TraceQueryEndData) {
	if m.left.Load() <= 0 {
		_ = conn.PgConn().Conn().Close()
	}
}

// provider returns a provider that lives for some statements.
func (m *mortal) provider(t *testing.T, e *estate, opts ...postgres.Option) *postgres.Database {
	t.Helper()
	config := e.admin.Config()
	config.ConnConfig.Tracer = m
	admin, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	return e.provider(t, append(opts, postgres.WithAdmin(admin))...)
}

// Whatever step the process dies at, the next call makes one whole database, or
// removes the whole of it.
func TestDatabaseSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"before a statement": false, "after a statement": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			sound := e.provider(t, postgres.WithSeed(seedTenant))
			deaths := 0
			// To die after a statement is to die before the next, but for the very end.
			step := int64(1)
			if after {
				step = 2
			}
			for ; ; step += 2 {
				tenant := e.tenant(t)
				m := &mortal{after: after}
				m.left.Store(step)
				err := m.provider(t, e, postgres.WithSeed(seedTenant)).Initialize(t.Context(), tenant)
				if err := sound.Initialize(t.Context(), tenant); err != nil {
					t.Fatalf("Initialize died at statement %d, and then: %v", step, err)
				}
				if databases, records := e.databases(t, tenant); databases != 1 || records != 1 {
					t.Fatalf("Initialize died at statement %d: %d databases, %d records", step, databases, records)
				}
				complete(t, sound, tenant)

				m.left.Store(step)
				_, destroyErr := m.provider(t, e).Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
				if _, err := sound.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID)); err != nil {
					t.Fatalf("Destroy died at statement %d, and then: %v", step, err)
				}
				if databases, records := e.databases(t, tenant); databases != 0 || records != 0 {
					t.Fatalf("Destroy died at statement %d: %d databases, %d records", step, databases, records)
				}
				if err == nil && destroyErr == nil {
					break // it lived long enough
				}
				deaths++
			}
			t.Logf("%d deaths", deaths)
			if deaths < 8 {
				t.Errorf("only %d deaths", deaths)
			}
		})
	}
}

// What fails takes back what it has made, and nothing else.
func TestDatabaseInitializeFails(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	tenant := e.tenant(t)
	errSeed := errors.New("no seed today")
	d := e.provider(t, postgres.WithSeed(func(context.Context, pgx.Tx, runtime.Tenant) error { return errSeed }))
	if err := d.Initialize(t.Context(), tenant); !errors.Is(err, errSeed) {
		t.Errorf("%v", err)
	}
	if databases, records := e.databases(t, tenant); databases != 0 || records != 0 {
		t.Errorf("%d databases, %d records", databases, records)
	}
	sound := e.provider(t, postgres.WithSeed(seedTenant))
	if err := sound.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Errorf("a complete tenant is seeded again: %v", err)
	}
	complete(t, sound, tenant)

	// A cancelled caller.
	ctx, cancel := context.WithCancel(t.Context())
	late := e.tenant(t)
	d = e.provider(t, postgres.WithSeed(func(context.Context, pgx.Tx, runtime.Tenant) error {
		cancel()
		return nil
	}))
	if err := d.Initialize(ctx, late); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := sound.Initialize(t.Context(), late); err != nil {
		t.Error(err)
	}
	complete(t, sound, late)
}

// A database that is not recorded as the tenant's, or says that it is another's, is
// neither taken nor dropped.
func TestDatabaseLeavesForeignOnesAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		initialize bool   // before
		shared     string // run in the shared database
		inside     string // run in the tenant's
		create     bool   // the database is made by hand
	}{
		"nobody recorded it":                  {create: true, inside: "CREATE TABLE theirs (); "},
		"nobody recorded it, and it is empty": {create: true},
		"another's record":                    {initialize: true, shared: "UPDATE tenancy.namespaces SET tenant_id = 'other' WHERE tenant_id = '{id}'"},
		"another's marker":                    {initialize: true, inside: "UPDATE tenancy.identity SET tenant_id = 'other'"},
		"another application's":               {initialize: true, inside: "UPDATE tenancy.identity SET recorded_in = 'other'"},
		"no marker, but something":            {initialize: true, inside: "DROP SCHEMA tenancy CASCADE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			d := e.provider(t, postgres.WithSeed(seedTenant))
			tenant := e.tenant(t)
			if tc.initialize {
				if err := d.Initialize(t.Context(), tenant); err != nil {
					t.Fatal(err)
				}
			}
			if tc.create {
				e.run(t, e.admin, "CREATE DATABASE "+databaseOf(tenant))
			}
			if tc.shared != "" {
				e.run(t, e.admin, strings.ReplaceAll(tc.shared, "{id}", tenant.ID))
			}
			if tc.inside != "" {
				e.run(t, e.inside(t, tenant), tc.inside)
			}
			if err := d.Initialize(t.Context(), tenant); !errors.Is(err, runtime.ErrForeignNamespace) {
				t.Errorf("Initialize: %v", err)
			}
			if _, err := d.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID)); !errors.Is(err, runtime.ErrForeignNamespace) {
				t.Errorf("Destroy: %v", err)
			}
			if databases, _ := e.databases(t, tenant); databases != 1 {
				t.Errorf("%d databases", databases)
			}
		})
	}
}

// inside returns a superuser's pool in the tenant's database.
func (e *estate) inside(t *testing.T, tenant runtime.Tenant) *pgxpool.Pool {
	t.Helper()
	config := e.admin.Config()
	config.ConnConfig.Database = databaseOf(tenant)
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// A database that is recorded and gone is not made anew in silence.
func TestDatabaseThatIsLost(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	d := e.provider(t)
	tenant := e.tenant(t)
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	e.dropDatabase(databaseOf(tenant))
	if err := d.Initialize(t.Context(), tenant); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("Initialize: %v", err)
	}
	if _, err := d.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID)); err != nil {
		t.Errorf("Destroy: %v", err)
	}
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Errorf("Initialize: %v", err)
	}
}

func TestDatabaseCopyGlobals(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	const more = `
		CREATE TYPE mood AS ENUM ('sad', 'happy');
		CREATE TABLE countries (code text PRIMARY KEY, name text);
		CREATE TABLE words (word text);
		INSERT INTO words VALUES ('migrated');
		CREATE TABLE regions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text UNIQUE);
		INSERT INTO regions (name) VALUES ('north'), ('south');
		CREATE TABLE cities (country text REFERENCES countries, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		    serial int GENERATED BY DEFAULT AS IDENTITY, "na""me" text, mood mood, upper text GENERATED ALWAYS AS (upper(country)) STORED, j json)`
	e.run(t, e.admin, more)
	e.layout.DDL = append(e.layout.DDL, runtime.DDL{Text: runtime.Text{SQL: more}, Shared: true})
	for _, name := range []string{"countries", "words", "regions", "cities"} {
		e.layout.Tables = append(e.layout.Tables, runtime.Table{Name: name, Class: runtime.ClassGlobal})
	}
	e.run(t, e.admin, `
		INSERT INTO countries VALUES ('de', 'Germany'), ('fr', E'Fran\\ce\t\n');
		INSERT INTO cities (country, "na""me", mood, j) VALUES ('de', 'Berlin', 'happy', '{}'), ('fr', NULL, NULL, NULL);
		INSERT INTO words VALUES ('a'), ('a'), (NULL)`)
	d := e.provider(t)
	tenant := e.tenant(t)
	if err := d.CopyGlobals(t.Context(), tenant); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("before Initialize: %v", err)
	}
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	inside := e.inside(t, tenant)
	same := func() {
		t.Helper()
		for _, sql := range []string{"SELECT c::text FROM countries c ORDER BY 1", "SELECT c::text FROM cities c ORDER BY 1", "SELECT w::text FROM words w ORDER BY 1", "SELECT r::text FROM regions r ORDER BY 1", "SELECT p::text FROM plans p ORDER BY 1"} {
			var all [2][]string
			for i, pool := range []*pgxpool.Pool{e.admin, inside} {
				rows, _ := pool.Query(t.Context(), sql)
				got, err := pgx.CollectRows(rows, pgx.RowTo[string])
				if err != nil {
					t.Fatal(err)
				}
				all[i] = got
			}
			if diff := cmp.Diff(all[0], all[1]); diff != "" {
				t.Errorf("%s: -shared +tenant's:\n%s", sql, diff)
			}
		}
	}
	same()
	e.run(t, inside, "INSERT INTO tenants VALUES ('"+tenant.ID+"', 'free')")
	e.run(t, e.admin, `
		DELETE FROM cities WHERE country = 'fr'; DELETE FROM countries WHERE code = 'fr';
		INSERT INTO countries VALUES ('it', 'Italy'); UPDATE countries SET name = 'Deutschland' WHERE code = 'de';
		INSERT INTO cities (country) VALUES ('it'); UPDATE cities SET country = 'it', mood = 'sad';
		DELETE FROM words WHERE word = 'a'; INSERT INTO words VALUES ('b'), ('b');
		DELETE FROM regions; INSERT INTO regions (name) VALUES ('north'), ('west');
		INSERT INTO plans VALUES ('gold')`)
	if err := d.CopyGlobals(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	same()
	// What a tenant refers to stays, and so does all the rest.
	e.run(t, e.admin, "DELETE FROM plans WHERE code = 'free'; DELETE FROM words")
	if err := d.CopyGlobals(t.Context(), tenant); err == nil || !strings.Contains(err.Error(), "23503") {
		t.Errorf("a plan that is in use is deleted: %v", err)
	}
	var words, plans int
	if err := inside.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM words), (SELECT count(*) FROM plans)").Scan(&words, &plans); err != nil || words != 4 || plans != 3 {
		t.Errorf("%d words, %d plans, %v", words, plans, err)
	}
}

func TestDatabaseNames(t *testing.T) {
	t.Parallel()
	pool := func(dsn string) *pgxpool.Pool { return newPool(t, dsn) }
	const master = "postgres://app:sesame@127.0.0.1:1/shared?sslmode=disable"
	for name, tc := range map[string]struct {
		master string
		opts   []postgres.Option
		tenant runtime.Tenant
		want   string
	}{
		"master's URL":      {master, nil, runtime.Tenant{ID: "acme"}, "postgres://app:sesame@127.0.0.1:1/tenant_acme?sslmode=disable"},
		"parameter":         {"postgres://127.0.0.1:1?user=app&dbname=shared&sslmode=disable", nil, runtime.Tenant{ID: "acme"}, "postgres://127.0.0.1:1/tenant_acme?sslmode=disable&user=app"},
		"keywords":          {"host=127.0.0.1 port=1 dbname=shared sslmode=disable", nil, runtime.Tenant{ID: "acme"}, "host=127.0.0.1 port=1 dbname=shared sslmode=disable dbname=tenant_acme"},
		"template":          {master, []postgres.Option{postgres.WithURLTemplate("postgres://web@tenants.internal/{database}")}, runtime.Tenant{ID: "acme"}, "postgres://web@tenants.internal/tenant_acme"},
		"stored":            {master, []postgres.Option{postgres.WithURLTemplate("postgres://web@tenants.internal/{database}")}, runtime.Tenant{ID: "acme", DatabaseURL: "postgres://far/away"}, "postgres://far/away"},
		"id that is hashed": {master, nil, runtime.Tenant{ID: "Acme"}, "postgres://app:sesame@127.0.0.1:1/tenant_acme_g4bwzwhzorwtguby?sslmode=disable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := postgres.NewDatabase(pool(tc.master), anyDDL, tc.opts...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.DatabaseURL(tc.tenant)
			if err != nil || got != tc.want {
				t.Errorf("%q, %v, want %q", got, err, tc.want)
			}
			if _, err := d.DatabaseURL(runtime.Tenant{}); !errors.Is(err, runtime.ErrNoTenant) {
				t.Errorf("without an id: %v", err)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNewDatabase(t *testing.T) {
	t.Parallel()
	pool := unreachable(t)
	for name, tc := range map[string]struct {
		pool   *pgxpool.Pool
		layout runtime.Layout
		opt    postgres.Option
		want   error
	}{
		"defaults":                {pool, anyDDL, postgres.WithMaxPools(1), nil},
		"no pool":                 {nil, anyDDL, postgres.WithMaxPools(1), postgres.ErrNoPool},
		"no layout":               {pool, runtime.Layout{}, postgres.WithMaxPools(1), postgres.ErrNoDDL},
		"template":                {pool, anyDDL, postgres.WithURLTemplate("host=x dbname={database}"), nil},
		"no placeholder":          {pool, anyDDL, postgres.WithURLTemplate("postgres://x/shared"), postgres.ErrURLTemplate},
		"a tenant for all":        {pool, anyDDL, postgres.WithURLTemplate("postgres://x/tenant_example"), postgres.ErrURLTemplate},
		"placeholder elsewhere":   {pool, anyDDL, postgres.WithURLTemplate("postgres://{database}/shared"), postgres.ErrURLTemplate},
		"placeholder and more":    {pool, anyDDL, postgres.WithURLTemplate("postgres://x/{database}_db"), postgres.ErrURLTemplate},
		"template that is no URL": {pool, anyDDL, postgres.WithURLTemplate("postgres://x:sesame@:y/{database}"), postgres.ErrURLTemplate},
		"no pools":                {pool, anyDDL, postgres.WithMaxPools(0), postgres.ErrLimit},
		"no connections":          {pool, anyDDL, postgres.WithMaxConns(-1), postgres.ErrLimit},
		"no time":                 {pool, anyDDL, postgres.WithIdleTime(0), postgres.ErrLimit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := postgres.NewDatabase(tc.pool, tc.layout, tc.opt)
			if !errors.Is(err, tc.want) || (d == nil) != (tc.want != nil) {
				t.Errorf("%v, want %v", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}

// A stored URL is where the tenant is, for every method.
func TestDatabaseStoredURL(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	d := e.provider(t, postgres.WithSeed(seedTenant))
	tenant := e.tenant(t)
	name := "stored_" + strings.ReplaceAll(tenant.ID, "-", "")
	t.Cleanup(func() { e.dropDatabase(name) })
	own, err := d.DatabaseURL(tenant)
	if err != nil {
		t.Fatal(err)
	}
	tenant.DatabaseURL = strings.Replace(own, databaseOf(tenant), name, 1)
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	complete(t, d, tenant)
	var at string
	if err := d.For(tenant).QueryRow(t.Context(), "SELECT current_database()").Scan(&at); err != nil || at != name {
		t.Errorf("in %q, %v", at, err)
	}
	if databases, records := e.databases(t, tenant); databases != 0 || records != 1 {
		t.Errorf("%d databases under the other name, %d records", databases, records)
	}
	// Without the URL the tenant would have a second one.
	without := runtime.Tenant{ID: tenant.ID}
	if err := d.Initialize(t.Context(), without); !errors.Is(err, runtime.ErrNamespaceName) {
		t.Errorf("without the URL: %v", err)
	}
	removal, err := d.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
	if err != nil || removal.Namespace != name {
		t.Errorf("%+v, %v", removal, err)
	}
	for _, database := range []string{"postgres", "template1", "pg_x", "Upper", e.admin.Config().ConnConfig.Database, "tenant_somebody_else"} {
		tenant.DatabaseURL = strings.Replace(own, databaseOf(tenant), database, 1)
		if err := d.Initialize(t.Context(), tenant); !errors.Is(err, runtime.ErrNamespaceName) {
			t.Errorf("%s: Initialize: %v", database, err)
		}
		if _, err := d.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID)); !errors.Is(err, runtime.ErrNamespaceName) {
			t.Errorf("%s: Destroy: %v", database, err)
		}
	}
}

// Destroy waits for what is in use here.
func TestDatabaseDestroyWaits(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	d := e.provider(t, postgres.WithSeed(seedTenant))
	tenant := e.tenant(t)
	if err := d.Initialize(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	tx, err := d.For(tenant).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var removal runtime.Removal
	var g errgroup.Group
	g.Go(func() error {
		var err error
		removal, err = d.Destroy(t.Context(), tenant, runtime.Confirmation(tenant.ID))
		return err
	})
	await(t, "Destroy", func() bool { return d.Stats().Pools == 0 })
	if _, err := tx.Exec(t.Context(), "INSERT INTO accounts VALUES ($1, 1, 'late')", tenant.ID); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if removal.Rows() != 2 {
		t.Errorf("%+v", removal)
	}
	if _, err := d.For(tenant).Begin(t.Context()); !errors.Is(err, runtime.ErrNotInitialized) {
		t.Errorf("after Destroy: %v", err)
	}
}
