package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// patience bounds what has to end, so that a test does not hang.
const patience = 20 * time.Second

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// fenced is a store with a tenant, and a table that transactions of the tenant write to.
type fenced struct {
	store  *pgstore.Store
	pool   *pgxpool.Pool
	tenant runtime.Tenant
}

func newFenced(t *testing.T) fenced {
	t.Helper()
	s, pool := newStore(t, func(c *pgxpool.Config) { c.MaxConns = 12 })
	if _, err := pool.Exec(t.Context(), "CREATE TABLE writes (tenant_id text)"); err != nil {
		t.Fatal(err)
	}
	return fenced{store: s, pool: pool, tenant: create(t, s, "acme")}
}

// begin begins a transaction of an isolation level that writes for the tenant.
func (f fenced) begin(t *testing.T, level pgx.TxIsoLevel) pgx.Tx {
	t.Helper()
	tx, err := f.pool.BeginTx(t.Context(), pgx.TxOptions{IsoLevel: level})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	if _, err := tx.Exec(t.Context(), "INSERT INTO writes VALUES ($1)", f.tenant.ID); err != nil {
		t.Fatal(err)
	}
	return tx
}

// written returns how many writes are committed.
func (f fenced) written(t *testing.T) (n int) {
	t.Helper()
	if err := f.pool.QueryRow(t.Context(), "SELECT count(*) FROM writes").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// inBackground runs f and returns what it returns.
func inBackground(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	return done
}

// waits returns when a session of the database waits for a lock, or f has ended.
func waits(t *testing.T, pool *pgxpool.Pool, done <-chan error) {
	t.Helper()
	ctx := patient(t)
	for {
		var waiting bool
		err := pool.QueryRow(ctx, `SELECT pg_sleep(0.005) IS NULL OR EXISTS (SELECT FROM pg_locks l JOIN pg_stat_activity a USING (pid)
			WHERE NOT l.granted AND a.datname = current_database())`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
		if waiting {
			return
		}
		select {
		case err := <-done:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
	}
}

// TestSuspendWaitsForFencedTransactions is attack case 58: after SetStatus(suspended)
// has returned, no transaction of the tenant that was fenced commits.
func TestSuspendWaitsForFencedTransactions(t *testing.T) {
	t.Parallel()
	changes := map[string]func(ctx context.Context, f fenced) error{
		"SetStatus": func(ctx context.Context, f fenced) error {
			_, err := f.store.SetStatus(ctx, f.tenant.ID, runtime.StatusSuspended)
			return err
		},
		"SetStatusMany": func(ctx context.Context, f fenced) error {
			// The tenant is in the second transaction that waits.
			ids := make([]string, 0, 301)
			for i := range 300 {
				ids = append(ids, fmt.Sprintf("nobody-%d", i))
			}
			got, err := f.store.SetStatusMany(ctx, append(ids, f.tenant.ID), runtime.StatusSuspended)
			if err == nil && len(got) != 1 {
				err = fmt.Errorf("%d tenants were suspended", len(got))
			}
			return err
		},
		"soft delete": func(ctx context.Context, f fenced) error {
			_, err := f.store.SetStatus(ctx, f.tenant.ID, runtime.StatusDeleted)
			return err
		},
		"Delete": func(ctx context.Context, f fenced) error { return f.store.Delete(ctx, f.tenant.ID) },
	}
	for name, change := range changes {
		for _, level := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable} {
			t.Run(name+"/"+string(level), func(t *testing.T) {
				t.Parallel()
				f := newFenced(t)
				tx := f.begin(t, level)
				if err := f.store.Fence(t.Context(), tx, f.tenant); err != nil {
					t.Fatal(err)
				}
				done := inBackground(func() error { return change(patient(t), f) })
				waits(t, f.pool, done)
				if err := tx.Commit(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
				if n := f.written(t); n != 1 {
					t.Errorf("%d writes when it returned, want 1", n)
				}
				err := f.store.Fence(t.Context(), f.begin(t, level), f.tenant)
				if !errors.Is(err, runtime.ErrTenantInactive) {
					t.Errorf("a fence after it: %v", err)
				}
			})
		}
	}
}

// TestUnfencedTransactionsCommit is the control of the test above: a transaction that
// only looks at the status commits after the tenant was suspended.
func TestUnfencedTransactionsCommit(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	tx := f.begin(t, pgx.ReadCommitted)
	var status string
	if err := tx.QueryRow(t.Context(), "SELECT status FROM tenancy.tenants WHERE id = $1", f.tenant.ID).Scan(&status); err != nil || status != "active" {
		t.Fatal(status, err)
	}
	if _, err := f.store.SetStatus(patient(t), f.tenant.ID, runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	before := f.written(t)
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := f.written(t); before != 0 || after != 1 {
		t.Errorf("%d writes when the tenant was suspended and %d later: the fence's test would prove nothing", before, after)
	}
}

// TestSuspendIsAtOnce holds that a tenant is suspended for all others while SetStatus
// still waits: new fences fail and do not wait behind it.
func TestSuspendIsAtOnce(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	tx := f.begin(t, pgx.ReadCommitted)
	if err := f.store.Fence(t.Context(), tx, f.tenant); err != nil {
		t.Fatal(err)
	}
	done := inBackground(func() error {
		_, err := f.store.SetStatus(patient(t), f.tenant.ID, runtime.StatusSuspended)
		return err
	})
	waits(t, f.pool, done)
	if got, err := f.store.Get(t.Context(), f.tenant.ID); err != nil || got.Status != runtime.StatusSuspended {
		t.Errorf("while it waits: %v, %v", got, err)
	}
	if err := f.store.Fence(patient(t), f.begin(t, pgx.ReadCommitted), f.tenant); !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("a fence while it waits: %v", err)
	}
	// Others go on, and so do changes that are not of the status.
	other := create(t, f.store, "bravo")
	if err := f.store.Fence(patient(t), f.begin(t, pgx.ReadCommitted), other); err != nil {
		t.Errorf("another tenant's fence: %v", err)
	}
	if _, err := f.store.MergeMetadata(patient(t), f.tenant.ID, runtime.Metadata{}); err != nil {
		t.Errorf("a merge: %v", err)
	}
	// Who does not wait any longer learns it, and the status stays.
	ctx, cancel := context.WithCancel(t.Context())
	again := inBackground(func() error {
		_, err := f.store.SetStatus(ctx, f.tenant.ID, runtime.StatusSuspended)
		return err
	})
	cancel()
	if err := <-again; !errors.Is(err, context.Canceled) {
		t.Errorf("SetStatus that was cancelled: %v", err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestFenceUnderLoad suspends a tenant again and again while many transactions begin,
// write and commit for it. Nothing may be committed after SetStatus has returned, and a
// stream of fences must not hold it up.
func TestFenceUnderLoad(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	ctx := patient(t)
	for round := range 8 {
		var writers sync.WaitGroup
		var commits atomic.Int64
		many := make(chan struct{})
		for range 6 {
			writers.Go(func() {
				for {
					err := pgx.BeginTxFunc(ctx, f.pool, pgx.TxOptions{}, func(tx pgx.Tx) error {
						if err := f.store.Fence(ctx, tx, f.tenant); err != nil {
							return err
						}
						_, err := tx.Exec(ctx, "INSERT INTO writes VALUES ($1)", f.tenant.ID)
						return err
					})
					if errors.Is(err, runtime.ErrTenantInactive) {
						return
					}
					if err != nil {
						t.Errorf("a fenced transaction: %v", err)
						return
					}
					if commits.Add(1) == 30 {
						close(many)
					}
				}
			})
		}
		<-many
		if _, err := f.store.SetStatus(ctx, f.tenant.ID, runtime.StatusSuspended); err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		before := f.written(t)
		writers.Wait()
		if after := f.written(t); after != before {
			t.Errorf("round %d: %d writes were committed after the tenant was suspended", round, after-before)
		}
		if _, err := f.store.SetStatus(ctx, f.tenant.ID, runtime.StatusActive); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFenceOfOldSnapshot fences transactions that still see what was there before the
// tenant was suspended.
func TestFenceOfOldSnapshot(t *testing.T) {
	t.Parallel()
	for _, level := range []pgx.TxIsoLevel{pgx.RepeatableRead, pgx.Serializable} {
		t.Run(string(level), func(t *testing.T) {
			t.Parallel()
			f := newFenced(t)
			tx := f.begin(t, level)
			if _, err := f.store.SetStatus(patient(t), f.tenant.ID, runtime.StatusSuspended); err != nil {
				t.Fatal(err)
			}
			var status string
			if err := tx.QueryRow(t.Context(), "SELECT status FROM tenancy.tenants").Scan(&status); err != nil || status != "active" {
				t.Fatalf("the snapshot is not old: %s, %v", status, err)
			}
			err := f.store.Fence(t.Context(), tx, f.tenant)
			var pgErr *pgconn.PgError
			if !errors.As(err, &pgErr) || pgErr.Code != "40001" {
				t.Errorf("got %v, want a serialization failure", err)
			}
		})
	}
}

// TestFenceLooksAgain holds that a fence which found its tenant active, and had to wait
// for its lock while that changed, is none.
func TestFenceLooksAgain(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	// As SetStatus does while it waits.
	holder := f.begin(t, pgx.ReadCommitted)
	if _, err := holder.Exec(t.Context(), "SELECT pg_advisory_xact_lock(hashtextextended('tenancy.tenants ' || $1, 0))", f.tenant.ID); err != nil {
		t.Fatal(err)
	}
	tx := f.begin(t, pgx.ReadCommitted)
	done := inBackground(func() error { return f.store.Fence(patient(t), tx, f.tenant) })
	waits(t, f.pool, done)
	if _, err := f.pool.Exec(t.Context(), "UPDATE tenancy.tenants SET status = 'suspended'"); err != nil {
		t.Fatal(err)
	}
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("got %v", err)
	}
}

func TestFenceRefuses(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	tx := f.begin(t, pgx.ReadCommitted)
	for name, c := range map[string]struct {
		tenant runtime.Tenant
		want   error
	}{
		"no tenant":        {runtime.Tenant{}, runtime.ErrNoTenant},
		"unknown":          {runtime.Tenant{ID: "nobody"}, runtime.ErrTenantInactive},
		"NUL":              {runtime.Tenant{ID: "a\x00"}, runtime.ErrTenantInactive},
		"known to be shut": {runtime.Tenant{ID: f.tenant.ID, Status: runtime.StatusSuspended}, runtime.ErrTenantInactive},
	} {
		if err := f.store.Fence(t.Context(), tx, c.tenant); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A fence that ends with its statement would be none.
	conn, err := f.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	provider, err := postgres.NewRowFilter(f.pool)
	if err != nil {
		t.Fatal(err)
	}
	for name, db := range map[string]pgstore.Querier{"pool": f.pool, "connection": conn, "bare connection": conn.Conn(), "handle": provider.For(f.tenant)} {
		if err := f.store.Fence(t.Context(), db, f.tenant); err == nil || !strings.Contains(err.Error(), "no transaction") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestFenceOfApplication fences in transactions of a provider's handle, as a role that
// can do nothing with the store but that.
func TestFenceOfApplication(t *testing.T) {
	t.Parallel()
	f := newFenced(t)
	role, url := testpg.Role(t, f.pool.Config().ConnString())
	if _, err := f.pool.Exec(t.Context(), fmt.Sprintf("GRANT INSERT, SELECT ON writes TO %[1]s; GRANT USAGE ON SCHEMA tenancy TO %[1]s", role), pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatal(err)
	}
	app := newPool(t, url)
	rows, err := postgres.NewRowFilter(app)
	if err != nil {
		t.Fatal(err)
	}
	rls, err := postgres.NewRLS(app)
	if err != nil {
		t.Fatal(err)
	}
	fence := func(p pgxdb.Provider) error {
		return p.For(f.tenant).InTx(t.Context(), func(tx pgxdb.DB) error {
			return f.store.Fence(t.Context(), tx, f.tenant)
		})
	}
	const denied = "42501"
	var pgErr *pgconn.PgError
	if err := fence(rows); !errors.As(err, &pgErr) || pgErr.Code != denied {
		t.Errorf("a role without the right: %v", err)
	}
	if _, err := f.pool.Exec(t.Context(), "GRANT EXECUTE ON FUNCTION tenancy.fence(text) TO "+role); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]pgxdb.Provider{"row": rows, "rls": rls} {
		if err := fence(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, table := range []string{"tenants", "forgotten_tenants"} {
		if _, err := app.Exec(t.Context(), "SELECT FROM tenancy."+table); !errors.As(err, &pgErr) || pgErr.Code != denied {
			t.Errorf("the role reads %s: %v", table, err)
		}
	}
	if _, err := f.store.SetStatus(patient(t), f.tenant.ID, runtime.StatusSuspended); err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]pgxdb.Provider{"row": rows, "rls": rls} {
		if err := fence(p); !errors.Is(err, runtime.ErrTenantInactive) {
			t.Errorf("%s, suspended: %v", name, err)
		}
	}
}
