package manager_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// server is a database with a store of tenants and the tables of an application.
type server struct {
	*manager.Manager
	store    *pgstore.Store
	admin    *pgxpool.Pool
	provider pgxdb.Isolation
}

const (
	notesDDL    = "CREATE TABLE notes (tenant_id text NOT NULL, id int NOT NULL, body text NOT NULL, PRIMARY KEY (tenant_id, id))"
	insertNote  = "INSERT INTO notes (tenant_id, id, body) VALUES ($1, $2, $3)"
	countNotes  = "SELECT count(*) FROM notes"
	ownedPolicy = "tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), ''))"
)

// notes says where SQL names the table.
func notes(sql string) runtime.Text {
	text := runtime.Text{SQL: sql}
	for _, at := range regexp.MustCompile(`\bnotes\b`).FindAllStringIndex(sql, -1) {
		text.Slots = append(text.Slots, runtime.Slot{Start: at[0], End: at[1], Name: "notes"})
	}
	return text
}

// newServer returns a Manager on a real server; strategy is schema or rls.
func newServer(t *testing.T, strategy runtime.Strategy) *server {
	t.Helper()
	superuser := testpg.Database(t)
	role, url := testpg.Role(t, superuser)
	layout := runtime.Layout{
		Engine: "postgresql", Fingerprint: "manager", Schema: "public", Role: role, Setting: postgres.DefaultSetting,
		Tables: []runtime.Table{{
			Name: "notes", Class: runtime.ClassTenant, Column: "tenant_id", Owned: "notes.tenant_id = $1",
			Columns: []runtime.Column{{Name: "tenant_id", Type: "text", NotNull: true}, {Name: "id", Type: "integer", NotNull: true}, {Name: "body", Type: "text", NotNull: true}},
		}},
		DDL:        []runtime.DDL{{Text: notes(notesDDL), Creates: []string{"notes"}}},
		Statements: []runtime.Text{notes(insertNote), notes(countNotes)},
	}
	s := &server{admin: open(t, superuser)}
	pool := open(t, url)
	var err error
	if s.store, err = pgstore.New(s.admin, pgstore.Options{}); err != nil {
		t.Fatal(err)
	}
	switch strategy {
	case runtime.StrategySchema:
		s.provider, err = postgres.NewSchema(pool, layout, postgres.WithAdmin(s.admin))
	default:
		layout.Tables[0].Policies = []runtime.Policy{
			{Name: "tenant_isolation", Command: "ALL", Restrictive: true, Using: ownedPolicy, Check: ownedPolicy},
			{Name: "tenant_base", Command: "ALL", Using: "true", Check: "true"},
		}
		s.exec(t, notesDDL+`; ALTER TABLE notes ENABLE ROW LEVEL SECURITY; ALTER TABLE notes FORCE ROW LEVEL SECURITY;
			GRANT SELECT, INSERT, UPDATE, DELETE ON notes TO `+role+`;
			CREATE POLICY tenant_isolation ON notes AS RESTRICTIVE USING (`+ownedPolicy+`) WITH CHECK (`+ownedPolicy+`);
			CREATE POLICY tenant_base ON notes USING (true) WITH CHECK (true)`)
		s.provider, err = postgres.NewRLS(pool, postgres.WithLayout(layout))
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Manager = s.manager(t, s.provider, nil)
	s.exec(t, "GRANT USAGE ON SCHEMA "+pgstore.DefaultSchema+" TO "+role+"; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "+pgstore.DefaultSchema+" TO "+role)
	return s
}

func open(t *testing.T, url string) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 4
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func (s *server) exec(t *testing.T, sql string) {
	t.Helper()
	if _, err := s.admin.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

// manager returns the Manager of a process, which may crash.
func (s *server) manager(t *testing.T, namespaces runtime.Namespaces, fault func(string) error) *manager.Manager {
	t.Helper()
	store := uninitialized{&faultyStore{Store: s.store, fault: fault}}
	m, err := manager.New(manager.Options{Store: store, Namespaces: namespaces, Audit: &auditLog{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m
}

// schemas returns how many tenants' schemas there are.
func (s *server) schemas(t *testing.T) (n int) {
	t.Helper()
	const sql = `SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname NOT IN ('public', 'information_schema', $1)`
	if err := s.admin.QueryRow(t.Context(), sql, pgstore.DefaultSchema).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// notes returns how many notes a tenant sees.
func (s *server) notes(ctx context.Context, tenant runtime.Tenant) (n int, err error) {
	err = s.provider.For(tenant).QueryRow(ctx, countNotes).Scan(&n)
	return n, err
}

// TestLifeOnPostgreSQL registers two tenants on a real server, has them work, and suspends
// and destroys one of them; the other keeps what it has.
func TestLifeOnPostgreSQL(t *testing.T) {
	t.Parallel()
	for _, strategy := range []runtime.Strategy{runtime.StrategySchema, runtime.StrategyRLS} {
		t.Run(string(strategy), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, strategy)
			one := must[runtime.Tenant](t)(s.Register(t.Context(), acme("acme")))
			two := must[runtime.Tenant](t)(s.Register(t.Context(), acme("other")))
			for _, tenant := range []runtime.Tenant{one, two} {
				for id := range 3 {
					if _, err := s.provider.For(tenant).Exec(t.Context(), insertNote, tenant.ID, id, "of "+tenant.ID); err != nil {
						t.Fatal(err)
					}
				}
				if n, err := s.notes(t.Context(), tenant); err != nil || n != 3 {
					t.Fatalf("%d notes, %v", n, err)
				}
			}
			suspended := must[runtime.Tenant](t)(s.Suspend(t.Context(), one.ID, manager.SuspendOptions{Drain: true}))
			_, err := s.notes(t.Context(), suspended)
			wantErr(t, err, runtime.ErrTenantInactive)
			removal := must[runtime.Removal](t)(s.Delete(t.Context(), one.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(one.ID)}))
			if removal.Rows() != 3 {
				t.Errorf("removed %+v", removal)
			}
			if n, err := s.notes(t.Context(), two); err != nil || n != 3 {
				t.Errorf("the other tenant has %d notes, %v", n, err)
			}
			// Who gets the name gets nothing of what was there (W17).
			next := must[runtime.Tenant](t)(s.Register(t.Context(), acme("acme")))
			if n, err := s.notes(t.Context(), next); err != nil || n != 0 {
				t.Errorf("the next tenant of the name has %d notes, %v", n, err)
			}
			if n, want := s.schemas(t), map[runtime.Strategy]int{runtime.StrategySchema: 2}[strategy]; n != want {
				t.Errorf("%d schemas, want %d", n, want)
			}
		})
	}
}

// provided is an isolation strategy as a process has it that crashes.
type provided struct {
	pgxdb.Isolation
	crash *crash
}

func (p *provided) Initialize(ctx context.Context, t runtime.Tenant) error {
	_, err := around(&faultyStore{fault: p.crash.reach}, "initialize", func() (int, error) { return 0, p.Isolation.Initialize(ctx, t) })
	return err
}

func (p *provided) Destroy(ctx context.Context, t runtime.Tenant, c runtime.Confirmation) (runtime.Removal, error) {
	return around(&faultyStore{fault: p.crash.reach}, "destroy", func() (runtime.Removal, error) { return p.Isolation.Destroy(ctx, t, c) })
}

func (p *provided) Close() error { return nil }

// TestCrashOnPostgreSQL is attack case 63 on a real server: the process ends at each place
// of a registration, and of a destruction, and another one finishes it. There is exactly
// one schema, or none.
func TestCrashOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := newServer(t, runtime.StrategySchema)
	everywhere(t, 6, func(t *testing.T, n int) bool {
		c := &crash{at: n}
		r := acme(fmt.Sprint("acme-", n))
		r.ID = runtime.NewID()
		_, err := s.manager(t, &provided{s.provider, c}, c.reach).Register(t.Context(), r)
		if !c.dead && err != nil {
			t.Fatal(err)
		}
		tenant, err := s.Register(t.Context(), r)
		if err != nil || s.schemas(t) != 1 {
			t.Errorf("crash at %s: %v, %d schemas", c.place, err, s.schemas(t))
		}
		if n, err := s.notes(t.Context(), tenant); err != nil || n != 0 {
			t.Errorf("crash at %s: %d notes, %v", c.place, n, err)
		}
		registering := c.dead

		c = &crash{at: n}
		_, err = s.manager(t, &provided{s.provider, c}, c.reach).Delete(t.Context(), r.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(r.ID)})
		if !c.dead && err != nil {
			t.Fatal(err)
		}
		if _, err := s.ResumeAll(t.Context()); err != nil {
			t.Errorf("crash at %s: %v", c.place, err)
		}
		if _, err := s.Delete(t.Context(), r.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(r.ID)}); err != nil || s.schemas(t) != 0 {
			t.Errorf("crash at %s: %v, %d schemas are left", c.place, err, s.schemas(t))
		}
		return registering || c.dead
	})
}

// TestRegisterTogetherOnPostgreSQL is W4 on a real server: processes that make the same
// tenant at once all find it made, and one that fails takes nothing away.
func TestRegisterTogetherOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := newServer(t, runtime.StrategySchema)
	r := acme("acme")
	r.ID = runtime.NewID()
	failing := &crash{at: 3}
	managers := []*manager.Manager{s.Manager, s.manager(t, s.provider, nil), s.manager(t, &provided{s.provider, failing}, nil)}
	errs := make([]error, len(managers))
	var wg sync.WaitGroup
	for i, m := range managers {
		wg.Go(func() { _, errs[i] = m.Register(t.Context(), r) })
	}
	wg.Wait()
	if err := errors.Join(errs[:2]...); err != nil {
		t.Fatal(err)
	}
	tenant := must[runtime.Tenant](t)(s.store.Get(t.Context(), r.ID))
	if n, err := s.notes(t.Context(), tenant); err != nil || n != 0 || s.schemas(t) != 1 {
		t.Fatalf("%v: %d notes, %v, %d schemas", tenant, n, err, s.schemas(t))
	}
}

// TestFenceOnPostgreSQL is attack case 58 across processes: Suspend returns after the
// transactions that hold the fence have ended, wherever they are, and none begins after.
func TestFenceOnPostgreSQL(t *testing.T) {
	t.Parallel()
	s := newServer(t, runtime.StrategyRLS)
	tenant := must[runtime.Tenant](t)(s.Register(t.Context(), acme("acme")))
	write := func(id int, fenced func()) error {
		return s.provider.For(tenant).InTx(t.Context(), func(tx pgxdb.DB) error {
			if err := s.store.Fence(t.Context(), tx, tenant); err != nil {
				return err
			}
			fenced()
			_, err := tx.Exec(t.Context(), insertNote, tenant.ID, id, "late")
			return err
		})
	}
	// Another process writes, and does not know of the suspension.
	entered, finish, written := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		written <- write(1, func() { close(entered); <-finish })
	}()
	<-entered
	suspended := make(chan error, 1)
	go func() {
		_, err := s.Suspend(t.Context(), tenant.ID, manager.SuspendOptions{Drain: true})
		suspended <- err
	}()
	s.waitsForLock(t)
	select {
	case err := <-suspended:
		t.Fatalf("Suspend did not wait: %v", err)
	default:
	}
	close(finish)
	if err := errors.Join(<-written, <-suspended); err != nil {
		t.Fatal(err)
	}
	wantErr(t, write(2, func() {}), runtime.ErrTenantInactive)
	var n int
	if err := s.admin.QueryRow(t.Context(), countNotes).Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d notes, %v", n, err)
	}
}

// waitsForLock waits until a session of this database waits for a lock.
func (s *server) waitsForLock(t *testing.T) {
	t.Helper()
	const sql = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
	for {
		var n int
		if err := s.admin.QueryRow(t.Context(), sql).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return
		}
	}
}
