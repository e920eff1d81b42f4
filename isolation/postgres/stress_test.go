package postgres_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	gort "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// stressTurns is how much the stress does for each strategy. The short form is part
// of every run; make stress runs the long one.
var (
	stressTurns   = flag.Int("stress.turns", 6000, "turns of the stress for each strategy")
	stressTenants = flag.Int("stress.tenants", 10_000, "tenants of the stress where they share tables")
	stressPlaces  = flag.Int("stress.places", 40, "tenants of the stress where each has a place of its own")
)

const (
	stressWorkers = 256
	stressConns   = 8
	// A backend is killed, a function panics or a context is cancelled once in so
	// many turns.
	stressKillEvery = 100
	// stressHeap is how much of the heap an ordeal may leave in use, whatever its
	// length: what the connections and the driver keep.
	stressHeap = 8 << 20
)

// ordeal is a load in which nothing goes well for certain: contexts are cancelled,
// functions panic and backends are killed. What holds all the same is that nobody
// sees a row of another tenant, that what was acknowledged is stored, and that what
// was undone is not.
type ordeal struct {
	provider pgxdb.Provider
	tenants  []runtime.Tenant
	// bare leaves the predicate out of the statements.
	bare bool
	kill func(context.Context) error

	turns  atomic.Int64
	killed atomic.Int64

	mu sync.Mutex
	// rows says of each row that was sent what has become of it.
	rows map[jobKey]fate
	// wrong is what must not be, and odd are errors that nobody provoked.
	wrong, odd []error
	// counts are the turns by what became of them.
	counts map[string]int
}

// jobKey is the key of a row.
type jobKey struct {
	tenant     string
	worker, id int
}

// fate is what is known of a row.
type fate uint8

const (
	unknown fate = iota // an error came back, so it may be stored or not
	stored              // acknowledged
	undone              // rolled back, or never committed
)

// run runs the ordeal with as many goroutines as stressWorkers.
func (o *ordeal) run(ctx context.Context, turns int) {
	o.rows, o.counts = map[jobKey]fate{}, map[string]int{}
	var wg sync.WaitGroup
	for worker := range stressWorkers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(uint64(worker), 7))
			for id := 1; ; id++ {
				n := o.turns.Add(1)
				if n > int64(turns) {
					return
				}
				if n%stressKillEvery == 0 {
					if err := o.kill(ctx); err != nil {
						o.note("", nil, nil, fmt.Errorf("kill: %w", err))
						return
					}
					o.killed.Add(1)
				}
				o.turn(ctx, random, worker, id)
			}
		})
	}
	wg.Wait()
}

// turn writes and reads as one tenant.
func (o *ordeal) turn(ctx context.Context, random *rand.Rand, worker, id int) {
	t := o.tenants[random.IntN(len(o.tenants))]
	db := o.provider.For(t)
	key := jobKey{t.ID, worker, id}
	insert := func(ctx context.Context, db pgxdb.DB) error {
		_, err := db.Exec(ctx, insertJob, t.ID, worker, id, "of "+t.ID)
		return err
	}
	if random.IntN(8) == 0 {
		// Somewhere between at once and when it is done.
		short, cancel := context.WithTimeout(ctx, time.Duration(random.IntN(3000))*time.Microsecond)
		defer cancel()
		ctx = short
	}
	var err error
	name, want := "read", stored
	switch random.IntN(8) {
	case 0, 1:
		name, err = "insert", insert(ctx, db)
	case 2:
		name, err = "transaction", db.InTx(ctx, func(tx pgxdb.DB) error {
			return errors.Join(insert(ctx, tx), o.read(ctx, tx, t))
		})
	case 3:
		name = "batch"
		b := &pgx.Batch{}
		b.Queue(insertJob, t.ID, worker, id, "of "+t.ID)
		err = db.SendBatch(ctx, b).Close()
	case 4:
		name, want = "rollback", undone
		err = db.InTx(ctx, func(tx pgxdb.DB) error { return errors.Join(insert(ctx, tx), errOops) })
	case 5:
		name, want = "panic", undone
		err = recovered(func() error {
			return db.InTx(ctx, func(tx pgxdb.DB) error {
				_ = insert(ctx, tx)
				panic(errOops)
			})
		})
	default:
		err = o.read(ctx, db, t)
		o.note(name, nil, nil, err)
		return
	}
	o.note(name, &key, &want, err)
}

// read reads all the tenant's rows, and looks whose they are.
func (o *ordeal) read(ctx context.Context, db pgxdb.DB, t runtime.Tenant) error {
	sql := jobsSQL(readJobs, o.bare, 1)
	var args []any
	if !o.bare {
		args = []any{t.ID}
	}
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, row := range got {
		if row != t.ID+" of "+t.ID {
			return fmt.Errorf("%w: %s reads %q", errForeign, t.ID, row)
		}
	}
	return nil
}

const readJobs = "SELECT tenant_id || ' ' || body FROM jobs WHERE {own}"

// note says what became of a turn.
func (o *ordeal) note(name string, key *jobKey, want *fate, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	became := stored
	switch {
	case errors.Is(err, errWrong):
		o.wrong = append(o.wrong, err)
	case want != nil && *want == undone && errors.Is(err, errOops):
		became = undone
	case err == nil && (want == nil || *want == stored):
	case provokedByStress(err):
		became = unknown
		if want != nil && *want == undone {
			became = undone // whatever the error was, nothing was committed
		}
		name += ", cut off"
	default:
		became = unknown
		o.odd = append(o.odd, fmt.Errorf("%s: %w", name, err))
	}
	o.counts[name]++
	if key != nil {
		o.rows[*key] = became
	}
}

// provokedByStress reports whether an error comes from a killed backend or a
// cancelled context.
func provokedByStress(err error) bool {
	var pgErr *pgconn.PgError
	var netErr net.Error
	switch {
	case errors.As(err, &pgErr):
		return pgErr.Code == "57P01" // terminated by an administrator
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.As(err, &netErr):
		return true
	}
	return err != nil && strings.Contains(err.Error(), "conn closed")
}

// check compares the rows of the database with what was acknowledged.
func (o *ordeal) check(t *testing.T, have map[jobKey]string) {
	t.Helper()
	t.Logf("%d turns, %d backends killed, %v", o.turns.Load()-stressWorkers, o.killed.Load(), o.counts)
	for _, err := range append(o.wrong[:min(3, len(o.wrong)):min(3, len(o.wrong))], o.odd[:min(3, len(o.odd))]...) {
		t.Error(err)
	}
	lost, undead, foreign, acknowledged := 0, 0, 0, 0
	for key, became := range o.rows {
		_, is := have[key]
		switch {
		case became == stored && !is:
			lost++
		case became == undone && is:
			undead++
		}
		if became == stored {
			acknowledged++
		}
	}
	for key, body := range have {
		if _, sent := o.rows[key]; !sent || body != "of "+key.tenant {
			foreign++
		}
	}
	t.Logf("%d writes were acknowledged; of them lost: %d; undone but stored: %d; in a wrong place: %d", acknowledged, lost, undead, foreign)
	if lost+undead+foreign > 0 {
		t.Error("the database does not hold what was acknowledged")
	}
	if acknowledged == 0 || o.killed.Load() == 0 || o.counts["panic"] == 0 || o.counts["insert, cut off"]+o.counts["read, cut off"] == 0 {
		t.Error("the ordeal was none")
	}
}

// arena is a database with the table of the load, and a pool of a few connections.
type arena struct {
	superuser string
	admin     *pgxpool.Pool
	pool      *pgxpool.Pool
	role      string
}

func newArena(t *testing.T, ddl string) *arena {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	a := &arena{superuser: superuser, admin: newPool(t, superuser), role: role}
	if ddl != "" {
		if _, err := a.admin.Exec(t.Context(), ddl+"; GRANT SELECT, INSERT, UPDATE, DELETE ON jobs TO "+role); err != nil {
			t.Fatal(err)
		}
	}
	config, err := pgxpool.ParseConfig(roleURL)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = stressConns
	if a.pool, err = pgxpool.NewWithConfig(t.Context(), config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.pool.Close)
	return a
}

// kill ends a backend of the application's role.
func (a *arena) kill(ctx context.Context) error {
	_, err := a.admin.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1 ORDER BY random() LIMIT 1", a.role)
	return err
}

// connections counts those of the application's role.
func (a *arena) connections(t *testing.T) (n int) {
	t.Helper()
	if err := a.admin.QueryRow(context.Background(), "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", a.role).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// jobs reads the rows of a table of the load. A row that is not of the tenant whose
// place it is in counts as one that nobody has sent.
func (a *arena) jobs(t *testing.T, url, table, place string, into map[jobKey]string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	rows, err := conn.Query(t.Context(), "SELECT tenant_id, worker, id, body FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	var key jobKey
	var body string
	if _, err := pgx.ForEachRow(rows, []any{&key.tenant, &key.worker, &key.id, &body}, func() error {
		if place != "" && key.tenant != place {
			body += " in the place of " + place
		}
		into[key] = body
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// heap is what is in use after a collection.
func heap() uint64 {
	gort.GC()
	var m gort.MemStats
	gort.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestStress is the ordeal for every strategy. It is not parallel, since it looks at
// the heap.
func TestStress(t *testing.T) {
	superuserPlace := func(place isolationtest.PlaceFunc) func(*arena, pgxdb.Isolation, runtime.Tenant) (string, string, error) {
		return func(a *arena, p pgxdb.Isolation, t runtime.Tenant) (string, string, error) {
			at, err := place(p, t, a.superuser)
			if err != nil {
				return "", "", err
			}
			return a.superuser, at.Table("jobs"), nil
		}
	}
	for name, tc := range map[string]struct {
		ddl      string
		bare     bool
		tenants  int
		provider isolationtest.NewProvider
		// place is where the rows of a tenant are, where each has a place.
		place func(*arena, pgxdb.Isolation, runtime.Tenant) (url, table string, err error)
	}{
		"row":    {jobsTable, false, *stressTenants, newRowFilter, nil},
		"rls":    {jobsTable + ";" + jobsPolicy, true, *stressTenants, newRLS, nil},
		"schema": {"", true, *stressPlaces, newSchema, superuserPlace(schemaPlace)},
		"prefix": {"", true, *stressPlaces, newPrefix, superuserPlace(prefixPlace)},
		"database": {"", true, 5, newTenantDatabases, func(a *arena, p pgxdb.Isolation, t runtime.Tenant) (string, string, error) {
			return inDatabase(&behind{superuser: a.superuser, provided: p}, t)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			a := newArena(t, tc.ddl)
			provider := tc.provider(t, isolationtest.Database{Pool: a.pool, Admin: a.admin, Layout: jobsLayout(a.role)}).(pgxdb.Isolation)
			tenants := manyTenants(tc.tenants)
			if tc.place != nil {
				a.initialize(t, provider, tenants)
			}
			before := heap()
			o := &ordeal{provider: provider, tenants: tenants, bare: tc.bare, kill: a.kill}
			o.run(t.Context(), *stressTurns)
			have := map[jobKey]string{}
			if tc.place == nil {
				a.jobs(t, a.superuser, "jobs", "", have)
			} else {
				for _, tenant := range tenants {
					url, table, err := tc.place(a, provider, tenant)
					if err != nil {
						t.Fatal(err)
					}
					a.jobs(t, url, table, tenant.ID, have)
				}
			}
			o.check(t, have)
			o, have = nil, nil
			if err := provider.Close(); err != nil {
				t.Error(err)
			}
			a.wantNothingLeft(t)
			if grown := int64(heap()) - int64(before); grown > stressHeap {
				t.Errorf("the heap has grown by %d bytes", grown)
			}
			gort.KeepAlive(provider)
		})
	}
}

// initialize makes the places of tenants, which are removed after the test.
func (a *arena) initialize(t *testing.T, p pgxdb.Isolation, tenants []runtime.Tenant) {
	t.Helper()
	all := func(yield func(runtime.Tenant, error) bool) {
		for _, tenant := range tenants {
			if !yield(tenant, nil) {
				return
			}
		}
	}
	if err := runtime.InitializeAll(t.Context(), p, all, 2, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, tenant := range tenants {
			if name, ok := strings.CutPrefix(a.databaseOf(p, tenant), "/"); ok {
				_, _ = a.admin.Exec(context.Background(), "DROP DATABASE IF EXISTS "+namespace.Quote(name)+" WITH (FORCE)")
			}
		}
	})
}

// databaseOf returns the path of the tenant's database; empty where it has none.
func (a *arena) databaseOf(p pgxdb.Isolation, t runtime.Tenant) string {
	if _, ok := p.(*postgres.Database); !ok {
		return ""
	}
	of, err := p.DatabaseURL(t)
	if err != nil {
		return ""
	}
	u, err := url.Parse(of)
	if err != nil {
		return ""
	}
	return u.Path
}

// wantNothingLeft looks that the pool has its connections back, and that the server
// has none of them after it was closed.
func (a *arena) wantNothingLeft(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var conns []*pgxpool.Conn
	for range stressConns {
		conn, err := a.pool.Acquire(ctx)
		if err != nil {
			t.Fatalf("a connection was not given back: %v", err)
		}
		conns = append(conns, conn)
	}
	for _, conn := range conns {
		conn.Release()
	}
	a.pool.Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		n := a.connections(t)
		if n == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are left on the server", n)
		}
	}
}

// Handles are made for every request, for any id that somebody sends, so a provider
// must hold nothing for a tenant that it has only heard of.
func TestHandlesHoldNothing(t *testing.T) {
	pool := unreachable(t)
	row, err := postgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	rls, err := postgres.NewRLS(pool)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]pgxdb.Provider{"row": row, "rls": rls} {
		before := heap()
		for i := range 1_000_000 {
			_ = p.For(runtime.Tenant{ID: fmt.Sprint(i)})
		}
		if grown := int64(heap()) - int64(before); grown > 1<<20 {
			t.Errorf("%s: %d bytes for a million ids", name, grown)
		}
	}
}

// A provider whose tenant is that of the last request, in a field, as one has seen:
// the ordeal has to see it.
func TestStressFindsMistakes(t *testing.T) {
	a := newArena(t, jobsTable+";"+jobsPolicy)
	sound, err := postgres.NewRLS(a.pool)
	if err != nil {
		t.Fatal(err)
	}
	o := &ordeal{provider: &lastTenant{Provider: sound}, tenants: manyTenants(20), bare: true, kill: a.kill}
	o.run(t.Context(), 2000)
	if len(o.wrong) == 0 && len(o.odd) == 0 {
		t.Error("the mistake was not found")
	}
}

// lastTenant gives every caller the handle of the tenant that somebody asked for
// before.
type lastTenant struct {
	pgxdb.Provider
	mu   sync.Mutex
	last pgxdb.Handle
}

func (p *lastTenant) For(t runtime.Tenant) pgxdb.Handle {
	p.mu.Lock()
	defer p.mu.Unlock()
	db := p.last
	p.last = p.Provider.For(t)
	if db == nil {
		return p.last
	}
	return db
}
