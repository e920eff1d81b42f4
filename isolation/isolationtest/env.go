package isolationtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// The tenants of the suite. Bob's ids of rows are among Ann's, so that a
// statement without isolation finds them.
var (
	ann = runtime.Tenant{ID: "ann"}
	bob = runtime.Tenant{ID: "bob", Identifier: runtime.MustIdentifier("bobs"), Status: runtime.StatusActive}
)

// notes are what the tenants have when a check begins.
var notes = map[string][]string{
	ann.ID: {"1 ann", "2 ann", "3 ann"},
	bob.ID: {"1 bob", "2 bob"},
}

// leakTimeout is how long a pool may take to have its connections back.
const leakTimeout = 5 * time.Second

// env is a database with the suite's tables, and a provider on a pool of one
// connection.
type env struct {
	layout layout
	role   string
	// admin is a superuser, who sees all rows.
	admin *pgx.Conn
	// pool has one connection of the application's role, and its bytes are
	// counted.
	pool     *pgxpool.Pool
	wire     *Wire
	provider pgxdb.Provider
	// open makes another pool with a provider.
	open func(t *testing.T, connections int32) (*pgxpool.Pool, *Wire, pgxdb.Provider)
	// wide is a provider on a pool of a few connections.
	wide     pgxdb.Provider
	widePool *pgxpool.Pool
	// places are the tenants that have a place of their own, by id, and sharedMade
	// says that what they share has been made. See namespaces.go.
	places     map[string]*settled
	sharedMade bool
	// cleanup is that of the test.
	cleanup func(func())
}

func newEnv(t *testing.T, mode pgx.QueryExecMode, l layout, newProvider NewProvider) *env {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	admin, err := pgx.Connect(t.Context(), superuser)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	if l.place == nil {
		if _, err := admin.Exec(t.Context(), l.ddl(role)); err != nil {
			t.Fatalf("tables of the suite: %v", err)
		}
	}
	adminPool, err := pgxpool.New(t.Context(), superuser)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(adminPool.Close)
	e := &env{layout: l, role: role, admin: admin, places: map[string]*settled{}, cleanup: t.Cleanup}
	e.open = func(t *testing.T, connections int32) (*pgxpool.Pool, *Wire, pgxdb.Provider) {
		t.Helper()
		config, err := pgxpool.ParseConfig(roleURL)
		if err != nil {
			t.Fatal(err)
		}
		config.MaxConns = connections
		config.ConnConfig.DefaultQueryExecMode = mode
		wire := NewWire(config.ConnConfig)
		pool, err := pgxpool.NewWithConfig(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closePool(pool) })
		provider := newProvider(t, Database{Pool: pool, Admin: adminPool, Layout: l.runtime(role)})
		t.Cleanup(func() { closeProvider(provider) })
		return pool, wire, provider
	}
	e.renew(t)
	return e
}

// renew gives e new pools.
func (e *env) renew(t *testing.T) {
	t.Helper()
	if e.pool != nil {
		closeProvider(e.provider)
		closeProvider(e.wide)
		closePool(e.pool)
		closePool(e.widePool)
		// A leaked connection would keep its locks.
		if _, err := e.admin.Exec(t.Context(), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"); err != nil {
			t.Fatal(err)
		}
	}
	e.pool, e.wire, e.provider = e.open(t, 1)
	e.widePool, _, e.wide = e.open(t, 3)
}

// closeProvider closes what a provider opened itself, in the background: one that is
// broken on purpose may wait for what it lost.
func closeProvider(p pgxdb.Provider) {
	if isolation, ok := p.(pgxdb.Isolation); ok {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			_ = isolation.Close()
		}()
		select {
		case <-closed:
		case <-time.After(leakTimeout):
		}
	}
}

// closePool closes a pool, in the background when a connection is out: a provider
// that is broken on purpose may give it back late, and Close waits for it.
func closePool(pool *pgxpool.Pool) {
	if pool.Stat().AcquiredConns() == 0 {
		pool.Close()
		return
	}
	go pool.Close()
}

// seed puts the tables back to what notes says.
func (e *env) seed(ctx context.Context) error {
	if e.layout.place != nil {
		return e.seedPlaces(ctx)
	}
	b := &pgx.Batch{}
	b.Queue("TRUNCATE notes, links, plans")
	for tenant, rows := range notes {
		for i, body := range rows {
			b.Queue("INSERT INTO notes (tenant_id, id, body) VALUES ($1, $2, $3)", tenant, i+1, body[2:])
		}
	}
	b.Queue("INSERT INTO plans (id, name) VALUES (1, 'free')")
	return e.admin.SendBatch(ctx, b).Close()
}

// stored returns what the database holds for a tenant, read by the superuser.
func (e *env) stored(ctx context.Context, t runtime.Tenant) ([]string, error) {
	conn, table, err := e.where(ctx, t)
	if err != nil {
		return nil, err
	}
	rows, err := conn.Query(ctx, "SELECT id || ' ' || body FROM "+table("notes")+" WHERE tenant_id = $1 ORDER BY id", t.ID)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// wantStored compares what the database holds for a tenant.
func (e *env) wantStored(ctx context.Context, t runtime.Tenant, want []string) error {
	got, err := e.stored(ctx, t)
	if err != nil {
		return err
	}
	return diff("rows of "+t.ID+" in the database", want, got)
}

// unchanged compares what the database holds with what was seeded.
func (e *env) unchanged(ctx context.Context, tenants ...runtime.Tenant) error {
	for _, t := range tenants {
		if err := e.wantStored(ctx, t, notes[t.ID]); err != nil {
			return err
		}
	}
	return nil
}

// clean looks at the pool's one connection: that it has been given back, that no
// setting is left on it, and that no tenant's rows can be seen on it.
func (e *env) clean(ctx context.Context) error {
	if err := givenBack(ctx, e.pool); err != nil {
		return err
	}
	var tenant, session string
	var visible int
	count := "(SELECT count(*) FROM notes)"
	if e.layout.place != nil {
		count = "0"
	}
	// The pool is used without the provider, as the next caller would find it.
	err := e.pool.QueryRow(ctx, `
		SELECT coalesce(current_setting($1, true), ''),
		       coalesce((SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE source = 'session'), ''),
		       `+count, e.layout.setting).Scan(&tenant, &session, &visible)
	switch {
	case err != nil:
		return fmt.Errorf("look at the connection: %w", err)
	case tenant != "":
		return fmt.Errorf("setting %s is left on the connection", e.layout.setting)
	case session != "":
		return fmt.Errorf("session settings are left on the connection: %s", session)
	case e.layout.policies && visible != 0:
		return fmt.Errorf("%d rows can be seen on the connection without a tenant", visible)
	}
	return nil
}

// givenBack takes all connections of the pool at once, which works only when
// none is out. It waits, since a pool destroys a broken connection in the
// background and makes another; that a leaked one never comes takes a while to
// find out.
func givenBack(ctx context.Context, pool *pgxpool.Pool) error {
	ctx, cancel := context.WithTimeout(ctx, leakTimeout)
	defer cancel()
	for range pool.Config().MaxConns {
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return fmt.Errorf("a connection was not given back to the pool: %w", err)
		}
		defer conn.Release()
	}
	return nil
}
