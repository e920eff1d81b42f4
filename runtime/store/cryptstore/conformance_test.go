package cryptstore_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/mysqlstore"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
	"github.com/tenancygen/tenancygen/runtime/store/sqlitestore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

func TestMain(m *testing.M) {
	testpg.Main(m, func() error { return goleak.Find() })
}

func TestStoreConforms(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) runtime.Store { return over(t, memstore.New(memstore.Options{}), "ab") })
}

// TestStoreConformsOnPostgres runs the suite where values are stored as jsonb and changed
// by SQL.
func TestStoreConformsOnPostgres(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	var n atomic.Int32
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		return over(t, onPostgres(t, pool, fmt.Sprintf("store_%d", n.Add(1))), "ab")
	})
}

// TestStoreConformsOnSQLite runs the suite where values are stored as text and merged in
// Go.
func TestStoreConformsOnSQLite(t *testing.T) {
	t.Parallel()
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		s, err := sqlitestore.New(testsqlite.Open(t, "file:"+testsqlite.File(t), 2), sqlitestore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return over(t, s, "ab")
	})
}

// TestStoreConformsOnMySQL is the same on a server.
func TestStoreConformsOnMySQL(t *testing.T) {
	t.Parallel()
	db := testmysql.Open(t, testmysql.Database(t))
	db.SetMaxOpenConns(8)
	var n atomic.Int32
	storetest.Exercise(t, func(t *testing.T) runtime.Store {
		s, err := mysqlstore.New(db, mysqlstore.Options{Prefix: fmt.Sprintf("store_%d_", n.Add(1))})
		if err != nil {
			t.Fatal(err)
		}
		return over(t, s, "ab")
	})
}

func newPool(t *testing.T) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(testpg.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 8
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func onPostgres(t *testing.T, pool *pgxpool.Pool, schema string) runtime.Store {
	t.Helper()
	s, err := pgstore.New(pool, pgstore.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCase75RotateOnPostgres is a part of attack case 75: on a real server, keys are
// replaced while tenants are read and changed, and neither before nor after does any
// table hold a secret.
func TestCase75RotateOnPostgres(t *testing.T) {
	t.Parallel()
	pool := newPool(t)
	below := onPostgres(t, pool, "tenancy")
	old, both, only := over(t, below, "a"), over(t, below, "ba"), over(t, below, "b")
	if err := old.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	const tenants = 120
	for i := range tenants {
		create(t, old, acme(t, fmt.Sprintf("t%d", i)))
	}
	atRest(t, pool)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var work sync.WaitGroup
	for reader := range 3 {
		work.Go(func() {
			for i := reader; ctx.Err() == nil; i = (i + 7) % tenants {
				got, err := both.Get(t.Context(), fmt.Sprintf("t%d", i))
				if err != nil || got.DatabaseURL != acme(t, got.ID).DatabaseURL {
					t.Errorf("%d: %v: %v", i, got, err)
					return
				}
				if _, err := both.MergeMetadata(t.Context(), got.ID, metadata(t, `{"_enc_token":"new `+canary+`"}`)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if r, err := both.Rotate(t.Context(), nil); err != nil || r.Seen != tenants || r.Failed != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	stop()
	work.Wait()
	for i := range tenants {
		if got, err := only.Get(t.Context(), fmt.Sprintf("t%d", i)); err != nil || got.DatabaseURL != acme(t, got.ID).DatabaseURL {
			t.Fatalf("%d: %v: %v", i, got, err)
		}
	}
	atRest(t, pool)
}

// atRest fails t where a row of any table of the database has a secret in it.
func atRest(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	seen := 0
	for _, name := range tables {
		var text string
		if err := pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(r::text, chr(10)), '') FROM "+name+" r").Scan(&text); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(text, canary) {
			t.Errorf("%s holds a secret", name)
		}
		seen += strings.Count(text, "enc:1:")
	}
	if seen == 0 {
		t.Error("nothing encrypted was found: the test looks in the wrong place")
	}
}
