package pgstore_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestMain(m *testing.M) {
	testpg.Main(m, func() error { return goleak.Find() })
}

// newPool returns a pool on a server's URL.
func newPool(t *testing.T, url string, change ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	for _, f := range change {
		f(config)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// stores makes stores on one pool, each with a schema of its own.
func stores(pool *pgxpool.Pool) storetest.NewStore {
	var n atomic.Int32
	return func(t *testing.T) runtime.Store {
		t.Helper()
		s, err := pgstore.New(pool, pgstore.Options{Schema: fmt.Sprintf("store_%d", n.Add(1))})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// newStore returns a store in a database of its own, with its tables, and the pool.
func newStore(t *testing.T, change ...func(*pgxpool.Config)) (*pgstore.Store, *pgxpool.Pool) {
	t.Helper()
	pool := newPool(t, testpg.Database(t), change...)
	s, err := pgstore.New(pool, pgstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, pool
}

// create stores an active tenant of a name.
func create(t *testing.T, s runtime.Store, name string) runtime.Tenant {
	t.Helper()
	made, err := s.Create(t.Context(), runtime.Tenant{ID: "id-" + name, Identifier: runtime.MustIdentifier(name), Name: name, Status: runtime.StatusActive}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// hands reach behind a store.
func hands(pool *pgxpool.Pool) []storetest.Option {
	table := func(s runtime.Store) string {
		return pgx.Identifier{pgstore.SchemaOf(s.(*pgstore.Store)), "tenants"}.Sanitize()
	}
	return []storetest.Option{
		storetest.SameTime(func(ctx context.Context, s runtime.Store) error {
			_, err := pool.Exec(ctx, "UPDATE "+table(s)+" SET created_at = now()")
			return err
		}),
		storetest.Corrupt(func(ctx context.Context, s runtime.Store, id string, d storetest.Damage) error {
			set := map[storetest.Damage]string{storetest.DamageStatus: "status = 'nice'", storetest.DamageMetadata: "metadata = '[1]'"}[d]
			_, err := pool.Exec(ctx, fmt.Sprintf("ALTER TABLE %[1]s DROP CONSTRAINT IF EXISTS tenants_%[2]s; UPDATE %[1]s SET %[3]s WHERE id = '%[4]s'", table(s), d, set, id),
				pgx.QueryExecModeSimpleProtocol)
			return err
		}),
	}
}
