package postgres_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/isolationtest"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// broken is the RLS provider with one mistake: tenant replaces the handle.
type broken struct {
	pgxdb.Provider
	tenant func(t runtime.Tenant, sound pgxdb.Handle) pgxdb.Handle
}

func (b broken) For(t runtime.Tenant) pgxdb.Handle { return b.tenant(t, b.Provider.For(t)) }

// sessionSetting sets the tenant for the session, on a connection that the
// statement need not get, and does not take it back.
type sessionSetting struct {
	pgxdb.Handle
	pool *pgxpool.Pool
	id   string
}

func (d sessionSetting) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if _, err := d.pool.Exec(ctx, "SELECT set_config('app.current_tenant', $1, false)", d.id); err != nil {
		return nil, err
	}
	return d.pool.Query(ctx, sql, args...)
}

// deafExec does not look at the error of the commit.
type deafExec struct {
	pgxdb.Handle
}

func (d deafExec) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	b := &pgx.Batch{}
	b.Queue(sql, args...)
	br := d.SendBatch(ctx, b)
	defer func() { _ = br.Close() }()
	return br.Exec()
}

// naive begins, sets, runs and commits one after the other. It isolates, and is
// slow.
type naive struct {
	pgxdb.Handle
	pool *pgxpool.Pool
	id   string
}

func (d naive) Exec(ctx context.Context, sql string, args ...any) (tag pgconn.CommandTag, err error) {
	err = pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT set_config('app.current_tenant', $1, true)", d.id); err != nil {
			return err
		}
		tag, err = tx.Exec(ctx, sql, args...)
		return err
	})
	return tag, err
}

// leaky gives no connection back whose row was not there or could not be read,
// until the test is over.
type leaky struct {
	pgxdb.Handle
	late *lateRows
}

type lateRows struct {
	mu   sync.Mutex
	rows []pgx.Rows
}

func (l *lateRows) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rows {
		r.Close()
	}
}

func (d leaky) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := d.Query(ctx, sql, args...)
	if err != nil {
		return d.Handle.QueryRow(ctx, sql, args...)
	}
	d.late.mu.Lock()
	d.late.rows = append(d.late.rows, rows)
	d.late.mu.Unlock()
	return rowFunc(func(dest ...any) error {
		if !rows.Next() {
			return cmp.Or(rows.Err(), pgx.ErrNoRows)
		}
		return rows.Scan(dest...)
	})
}

type rowFunc func(...any) error

func (f rowFunc) Scan(dest ...any) error { return f(dest...) }

// copies lets COPY through.
type copies struct {
	pgxdb.Handle
	pool *pgxpool.Pool
}

func (copies) RefusesCopy() bool { return true }

func (d copies) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	return d.pool.CopyFrom(ctx, table, columns, rows)
}

// A suite that passes everything proves nothing. Each provider here has one
// mistake that was made in a real system, and the suite has to name it.
func TestSuiteCatchesBrokenProviders(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tenant func(*testing.T, *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle
		want   string // the check that has to fail
	}{
		"setting of the session": {func(_ *testing.T, pool *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle { return sessionSetting{db, pool, t.ID} }
		}, "own rows only"},
		"first tenant kept": {func(*testing.T, *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			var once sync.Once
			var first pgxdb.Handle
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle {
				once.Do(func() { first = db })
				return first
			}
		}, "tenants interleaved"},
		"no tenant at all": {func(_ *testing.T, pool *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			filter, err := postgres.NewRowFilter(pool)
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle {
				if err != nil {
					return db
				}
				return filter.For(t)
			}
		}, "own rows only"},
		"suspended tenants act": {func(_ *testing.T, pool *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			sound, err := postgres.NewRLS(pool)
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle {
				if err != nil {
					return db
				}
				return sound.For(runtime.Tenant{ID: t.ID})
			}
		}, "tenant that may not act"},
		"error of the commit dropped": {func(*testing.T, *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			return func(_ runtime.Tenant, db pgxdb.Handle) pgxdb.Handle { return deafExec{db} }
		}, "deferred constraints"},
		"four round trips": {func(_ *testing.T, pool *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle {
				if t.Check() != nil {
					return db
				}
				return naive{db, pool, t.ID}
			}
		}, "round trips"},
		"connection leaked": {func(t *testing.T, _ *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			late := &lateRows{}
			t.Cleanup(late.close)
			return func(_ runtime.Tenant, db pgxdb.Handle) pgxdb.Handle { return leaky{db, late} }
		}, "rows closed early"},
		"COPY let through": {func(_ *testing.T, pool *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			return func(t runtime.Tenant, db pgxdb.Handle) pgxdb.Handle {
				if t.Check() != nil {
					return db
				}
				return copies{db, pool}
			}
		}, "copy"},
		"COPY refused without a word before": {func(*testing.T, *pgxpool.Pool) func(runtime.Tenant, pgxdb.Handle) pgxdb.Handle {
			return func(_ runtime.Tenant, db pgxdb.Handle) pgxdb.Handle { return struct{ pgxdb.Handle }{db} }
		}, "copy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var failed []string
			for _, f := range isolationtest.Failures(t, pgx.QueryExecModeCacheStatement, func(t *testing.T, db isolationtest.Database) pgxdb.Provider {
				return broken{newRLS(t, db), tc.tenant(t, db.Pool)}
			}, isolationtest.Policies(postgres.DefaultSetting), isolationtest.Only(tc.want)) {
				failed = append(failed, f.Check)
				t.Log(f)
			}
			if !slices.Contains(failed, tc.want) {
				t.Errorf("check %q did not find the mistake", tc.want)
			}
		})
	}
}

// And the provider without a mistake has to pass by the same road.
func TestSuitePassesSoundProvider(t *testing.T) {
	t.Parallel()
	failures := isolationtest.Failures(t, pgx.QueryExecModeCacheStatement, newRLS, isolationtest.Policies(postgres.DefaultSetting))
	for _, f := range failures {
		t.Error(f)
	}
}
