package pgstore_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// modes are all of pgx's.
var modes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
}

// TestStoreConforms runs the suite in every execution mode.
func TestStoreConforms(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := newPool(t, testpg.Database(t), func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode })
			storetest.Exercise(t, stores(pool), hands(pool)...)
		})
	}
}

// TestStoreConformsUnderSerializable runs the races of the suite where the database's default is the
// strictest level, under which a change that waited for another would be an error
// (regression 19 of the original: no 40001 surfaces).
func TestStoreConformsUnderSerializable(t *testing.T) {
	t.Parallel()
	pool := newPool(t, testpg.Database(t), func(c *pgxpool.Config) {
		c.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable"
	})
	storetest.Exercise(t, stores(pool), storetest.Only(
		"quota at the same time", "creates at the same time", "renames at the same time", "updates at the same time",
		"merges at the same time", "status at the same time", "update", "list",
	))
}

// TestStoreConformsBehindBouncer runs the suite through PgBouncer in transaction mode,
// which gives each transaction another connection.
func TestStoreConformsBehindBouncer(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec} {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := newPool(t, testpg.Bouncer(t, testpg.Database(t)), func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = mode })
			storetest.Exercise(t, stores(pool), hands(pool)...)
		})
	}
}
