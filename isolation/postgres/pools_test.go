package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// anyDDL is the layout of tests that make no tenant.
var anyDDL = runtime.Layout{Schema: "public", DDL: []runtime.DDL{{Text: runtime.Text{SQL: "CREATE TABLE notes ()"}}}}

// connCounter counts connections from the first packet to the last, for itself.
type connCounter struct {
	now, most, all atomic.Int64
}

type observedConn struct {
	net.Conn
	once    sync.Once
	counter *connCounter
}

func (c *observedConn) Close() error {
	c.once.Do(func() { c.counter.now.Add(-1) })
	return c.Conn.Close()
}

func (c *connCounter) watch(config *pgxpool.Config, _ runtime.Tenant) error {
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		c.all.Add(1)
		for now := c.now.Add(1); ; {
			most := c.most.Load()
			if now <= most || c.most.CompareAndSwap(most, now) {
				break
			}
		}
		return &observedConn{Conn: conn, counter: c}, nil
	}
	return nil
}

// tenantDatabases makes databases by hand, as Initialize does, but for the tables.
func tenantDatabases(t *testing.T, n int) []runtime.Tenant {
	t.Helper()
	tenants := make([]runtime.Tenant, n)
	var g errgroup.Group
	g.SetLimit(4)
	for i := range tenants {
		dsn := testpg.Database(t)
		id := fmt.Sprintf("t%d", i)
		tenants[i] = runtime.Tenant{ID: id, DatabaseURL: dsn}
		g.Go(func() error {
			conn, err := pgx.Connect(t.Context(), dsn)
			if err != nil {
				return err
			}
			defer func() { _ = conn.Close(context.Background()) }()
			_, err = conn.Exec(t.Context(), `
				CREATE SCHEMA tenancy;
				CREATE TABLE tenancy.identity (tenant_id text NOT NULL);
				INSERT INTO tenancy.identity VALUES ('`+id+`');
				CREATE TABLE notes (id serial, who text)`)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	return tenants
}

func newDatabase(t *testing.T, opts ...postgres.Option) *postgres.Database {
	t.Helper()
	d, err := postgres.NewDatabase(newPool(t, testpg.URL(t)), anyDDL, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// await waits until ok, which nothing announces.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s did not happen", what)
		}
	}
}

func whose(ctx context.Context, db pgxdb.DB) (id string, err error) {
	err = db.QueryRow(ctx, "SELECT tenant_id FROM tenancy.identity").Scan(&id)
	return id, err
}

// One tenant has one pool, however many callers come at once.
func TestDatabaseHasOnePoolForEachTenant(t *testing.T) {
	t.Parallel()
	tenants := tenantDatabases(t, 2)
	var made atomic.Int64
	d := newDatabase(t, postgres.WithPoolConfig(func(*pgxpool.Config, runtime.Tenant) error {
		made.Add(1)
		return nil
	}))
	var g errgroup.Group
	start := make(chan struct{})
	for i := range 64 {
		tenant := tenants[i%2]
		g.Go(func() error {
			<-start
			id, err := whose(t.Context(), d.For(tenant))
			if err == nil && id != tenant.ID {
				err = fmt.Errorf("%s is in the database of %s", tenant.ID, id)
			}
			return err
		})
	}
	close(start)
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	if made.Load() != 2 || d.Stats().Pools != 2 {
		t.Errorf("%d pools were made, %+v", made.Load(), d.Stats())
	}
	if s := d.Stats(); s.InUse != 0 || s.Conns > 8 {
		t.Errorf("%+v", s)
	}
}

// What fails to be made is made by the next one, and nobody waits for ever.
func TestDatabaseRetriesPool(t *testing.T) {
	t.Parallel()
	tenant := tenantDatabases(t, 1)[0]
	errOnce := errors.New("no credentials yet")
	var calls atomic.Int64
	fails, waits := make(chan struct{}), make(chan struct{})
	d := newDatabase(t, postgres.WithPoolConfig(func(*pgxpool.Config, runtime.Tenant) error {
		switch calls.Add(1) {
		case 1:
			close(waits)
			<-fails
			return errOnce
		case 2:
			panic(errOnce)
		}
		return nil
	}))
	var g errgroup.Group
	g.Go(func() error { // the one who makes it
		_, err := whose(t.Context(), d.For(tenant))
		if !errors.Is(err, errOnce) {
			return fmt.Errorf("the first: %w", err)
		}
		return nil
	})
	<-waits
	// One that waits for it and leaves. The pool is none of its business then.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := whose(ctx, d.For(tenant)); !errors.Is(err, context.Canceled) {
		t.Errorf("with a cancelled context: %v", err)
	}
	close(fails)
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is gone")
			}
		}()
		_, _ = whose(t.Context(), d.For(tenant))
	}()
	if id, err := whose(t.Context(), d.For(tenant)); err != nil || id != tenant.ID {
		t.Errorf("the third: %q, %v", id, err)
	}
	if calls.Load() != 3 {
		t.Errorf("%d calls", calls.Load())
	}
}

// The caller who happens to open the connection may go; the next one has it.
func TestDatabaseCancelledOpening(t *testing.T) {
	t.Parallel()
	tenant := tenantDatabases(t, 1)[0]
	dialing, dial := make(chan struct{}, 10), make(chan struct{})
	d := newDatabase(t, postgres.WithMaxConns(1), postgres.WithPoolConfig(func(c *pgxpool.Config, _ runtime.Tenant) error {
		inner := c.ConnConfig.DialFunc
		c.ConnConfig.DialFunc = func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialing <- struct{}{}
			<-dial
			return inner(ctx, network, addr)
		}
		return nil
	}))
	ctx, cancel := context.WithCancel(t.Context())
	var g errgroup.Group
	g.Go(func() error {
		if _, err := whose(ctx, d.For(tenant)); !errors.Is(err, context.Canceled) {
			return fmt.Errorf("the first: %w", err)
		}
		return nil
	})
	<-dialing
	g.Go(func() error {
		id, err := whose(t.Context(), d.For(tenant))
		if id != tenant.ID {
			return fmt.Errorf("the second: %q, %w", id, err)
		}
		return nil
	})
	cancel()
	close(dial)
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// Ten thousand tenants leave nothing behind but the pools that are kept, whether theirs
// could be made or not.
func TestDatabaseForgetsTenants(t *testing.T) {
	t.Parallel()
	errDial := errors.New("no route")
	for name, tc := range map[string]struct {
		configure func(*pgxpool.Config, runtime.Tenant) error
		want      int
	}{
		"no pool": {func(*pgxpool.Config, runtime.Tenant) error { return errDial }, 0},
		"no connection": {func(c *pgxpool.Config, _ runtime.Tenant) error {
			c.ConnConfig.DialFunc = func(context.Context, string, string) (net.Conn, error) { return nil, errDial }
			return nil
		}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := postgres.NewDatabase(unreachable(t), anyDDL, postgres.WithMaxPools(10), postgres.WithMaxConns(3), postgres.WithPoolConfig(tc.configure))
			if err != nil {
				t.Fatal(err)
			}
			var g errgroup.Group
			g.SetLimit(64)
			for i := range 10_000 {
				g.Go(func() error {
					if _, err := d.For(runtime.Tenant{ID: fmt.Sprint("t", i)}).Exec(t.Context(), "SELECT 1"); !errors.Is(err, errDial) {
						return fmt.Errorf("tenant %d: %w", i, err)
					}
					return nil
				})
			}
			if err := g.Wait(); err != nil {
				t.Error(err)
			}
			if s, want := d.Stats(), (postgres.PoolStats{Pools: tc.want}); s != want {
				t.Errorf("%+v, want %+v", s, want)
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// The pool of a tenant with a transaction or rows open is not closed, whatever the
// limits say, and is closed when it is idle.
func TestDatabaseKeepsWhatIsInUse(t *testing.T) {
	t.Parallel()
	tenants := tenantDatabases(t, 4)
	d := newDatabase(t, postgres.WithMaxPools(1))
	ctx := t.Context()
	tx, err := d.For(tenants[0]).Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := d.For(tenants[1]).Query(ctx, "SELECT generate_series(1, 3)")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	batch := &pgx.Batch{}
	batch.Queue("SELECT 1")
	batch.Queue("SELECT 2")
	results := d.For(tenants[2]).SendBatch(ctx, batch)
	if s := d.Stats(); s.Pools != 3 || s.InUse != 3 {
		t.Errorf("%+v", s)
	}
	for range 3 {
		if id, err := whose(ctx, d.For(tenants[3])); err != nil || id != tenants[3].ID {
			t.Error(id, err)
		}
	}
	if id, err := whose(ctx, tx); err != nil || id != tenants[0].ID {
		t.Error(id, err)
	}
	more := 0
	for rows.Next() {
		more++
	}
	if more != 2 || rows.Err() != nil {
		t.Errorf("%d more rows: %v", more, rows.Err())
	}
	for range 2 {
		if _, err := results.Exec(); err != nil {
			t.Error(err)
		}
	}
	if err := results.Close(); err != nil {
		t.Error(err)
	}
	if s := d.Stats(); s.Pools != 1 || s.InUse != 1 {
		t.Errorf("%+v, want only the transaction", s)
	}
	if err := tx.Commit(ctx); err != nil {
		t.Error(err)
	}
	if s := d.Stats(); s.Pools != 1 || s.InUse != 0 {
		t.Errorf("%+v", s)
	}
}

func TestDatabaseClosesIdlePools(t *testing.T) {
	t.Parallel()
	tenants := tenantDatabases(t, 3)
	counter := &connCounter{}
	d := newDatabase(t, postgres.WithIdleTime(20*time.Millisecond), postgres.WithPoolConfig(counter.watch))
	tx, err := d.For(tenants[0]).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tenant := range tenants[1:] {
		if _, err := whose(t.Context(), d.For(tenant)); err != nil {
			t.Fatal(err)
		}
	}
	await(t, "the end of the idle pools", func() bool { return d.Stats() == postgres.PoolStats{Pools: 1, InUse: 1, Conns: 1} })
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	await(t, "the end of the last pool", func() bool { return d.Stats() == postgres.PoolStats{} && counter.now.Load() == 0 })
}

// Ten times as many tenants as pools and connections, in disorder: nobody meets
// another's database, and there are never more connections than allowed.
func TestDatabaseUnderLoad(t *testing.T) {
	t.Parallel()
	const maxConns, goroutines, rounds = 8, 256, 4
	tenants := tenantDatabases(t, 30)
	counter := &connCounter{}
	d := newDatabase(t, postgres.WithMaxPools(4), postgres.WithMaxConns(maxConns), postgres.WithPoolConfig(counter.watch))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	var g errgroup.Group
	var acknowledged [30]atomic.Int64
	for worker := range goroutines {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		g.Go(func() error {
			for range rounds {
				i := random.IntN(len(tenants))
				written, err := use(ctx, d.For(tenants[i]), tenants[i].ID, random.IntN(6))
				if err != nil {
					return fmt.Errorf("tenant %s: %w", tenants[i].ID, err)
				}
				acknowledged[i].Add(written)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	if most := counter.most.Load(); most > maxConns || most < maxConns/2 {
		t.Errorf("%d connections at a time", most)
	}
	if s := d.Stats(); s.InUse != 0 || s.Pools > 4 || s.Conns > maxConns {
		t.Errorf("%+v", s)
	}
	t.Logf("%d connections were opened for %d uses", counter.all.Load(), goroutines*rounds)
	for i, tenant := range tenants {
		var own, all int64
		err := d.For(tenant).QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE who = $1) FROM notes", tenant.ID).Scan(&all, &own)
		if err != nil || own != all || all < acknowledged[i].Load() {
			t.Errorf("tenant %s: %d rows, %d of its own, %d acknowledged, %v", tenant.ID, all, own, acknowledged[i].Load(), err)
		}
	}
	if err := errors.Join(d.Close(), d.Close()); err != nil {
		t.Error(err)
	}
	if now := counter.now.Load(); now != 0 {
		t.Errorf("%d connections are left", now)
	}
	if _, err := whose(ctx, d.For(tenants[0])); !errors.Is(err, runtime.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// use does one of several things that callers do, and says how many rows it wrote.
func use(ctx context.Context, db pgxdb.Handle, id string, what int) (written int64, err error) {
	const insert = "INSERT INTO notes (who) SELECT tenant_id FROM tenancy.identity WHERE tenant_id = $1"
	switch what {
	case 0:
		tag, err := db.Exec(ctx, insert, id)
		return tag.RowsAffected(), err
	case 1:
		err := db.InTx(ctx, func(db pgxdb.DB) error {
			tag, err := db.Exec(ctx, insert, id)
			written = tag.RowsAffected()
			return err
		})
		return written, err
	case 2: // gives up at some time
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(4000))*time.Microsecond)
		defer cancel()
		_, _ = db.Exec(ctx, insert, id)
		return 0, nil
	case 3: // panics in a transaction
		defer func() { _ = recover() }()
		return 0, db.InTx(ctx, func(db pgxdb.DB) error {
			_, _ = db.Exec(ctx, insert, id)
			panic("oops")
		})
	case 4: // loses its connection
		_, _ = db.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
		return 0, nil
	}
	got, err := whose(ctx, db)
	if err == nil && got != id {
		err = errors.New("is in the database of " + got)
	}
	return 0, err
}

// A stored URL that leads to another tenant's database is no way in, and neither is
// one to a database of nobody or to none.
func TestDatabaseAsksWhoseItIs(t *testing.T) {
	t.Parallel()
	tenants := tenantDatabases(t, 1)
	d := newDatabase(t)
	nowhere, err := url.Parse(testpg.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	nowhere.Path = "/tenant_that_is_not_there"
	for dsn, want := range map[string]error{
		tenants[0].DatabaseURL: runtime.ErrForeignNamespace,
		testpg.Database(t):     runtime.ErrNotInitialized,
		nowhere.String():       runtime.ErrNotInitialized,
		"":                     runtime.ErrNotInitialized,
	} {
		db := d.For(runtime.Tenant{ID: "other", DatabaseURL: dsn})
		if _, err := db.Exec(t.Context(), "SELECT 1"); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", dsn, err, want)
		}
		if _, err := db.Begin(t.Context()); !errors.Is(err, want) {
			t.Errorf("%q: Begin: %v, want %v", dsn, err, want)
		}
	}
	if s := d.Stats(); s.Conns != 0 || s.InUse != 0 {
		t.Errorf("%+v", s)
	}
}

// Close waits for a transaction, and lets nobody else in.
func TestDatabaseCloseWaits(t *testing.T) {
	t.Parallel()
	tenant := tenantDatabases(t, 1)[0]
	d := newDatabase(t, postgres.WithMaxConns(1))
	tx, err := d.For(tenant).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var g errgroup.Group
	g.Go(func() error { // waits for the only connection
		if _, err := whose(t.Context(), d.For(tenant)); !errors.Is(err, runtime.ErrClosed) {
			return fmt.Errorf("the one who waits: %w", err)
		}
		return nil
	})
	closed := make(chan struct{})
	g.Go(func() error {
		defer close(closed)
		return d.Close()
	})
	await(t, "Close", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err := whose(ctx, d.For(tenant))
		return errors.Is(err, runtime.ErrClosed)
	})
	select {
	case <-closed:
		t.Error("Close did not wait")
	default:
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Errorf("commit: %v", err)
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}
