package pgaudit_test

import (
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/internal/keyringtest"
)

// TestModes writes and verifies in every execution mode of pgx, behind PgBouncer in
// transaction mode, which gives each transaction another connection, and where the
// database's default is the strictest level, under which another writer is an error.
func TestModes(t *testing.T) {
	t.Parallel()
	mode := func(m pgx.QueryExecMode) func(*pgxpool.Config) {
		return func(c *pgxpool.Config) { c.ConnConfig.DefaultQueryExecMode = m }
	}
	for name, c := range map[string]struct {
		bouncer bool
		change  func(*pgxpool.Config)
	}{
		"cache statement":         {false, mode(pgx.QueryExecModeCacheStatement)},
		"cache describe":          {false, mode(pgx.QueryExecModeCacheDescribe)},
		"describe exec":           {false, mode(pgx.QueryExecModeDescribeExec)},
		"exec":                    {false, mode(pgx.QueryExecModeExec)},
		"simple protocol":         {false, mode(pgx.QueryExecModeSimpleProtocol)},
		"bouncer, cache describe": {true, mode(pgx.QueryExecModeCacheDescribe)},
		"bouncer, describe exec":  {true, mode(pgx.QueryExecModeDescribeExec)},
		"bouncer, exec":           {true, mode(pgx.QueryExecModeExec)},
		"bouncer, simple":         {true, mode(pgx.QueryExecModeSimpleProtocol)},
		"serializable":            {false, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable" }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testpg.Database(t)
			if c.bouncer {
				url = testpg.Bouncer(t, url)
			}
			config, err := pgxpool.ParseConfig(url)
			if err != nil {
				t.Fatal(err)
			}
			config.MaxConns = 8
			c.change(config)
			p, err := pgxpool.NewWithConfig(t.Context(), config)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			if err := writer(t, p, pgaudit.Options{}).Init(t.Context()); err != nil {
				t.Fatal(err)
			}
			const writers, each = 8, 5
			var work sync.WaitGroup
			for i := range writers {
				// A Writer each, as if each were a process.
				w := writer(t, p, pgaudit.Options{Keys: keyringtest.Ring(t, "a")})
				work.Go(func() {
					for n := range each {
						if _, err := w.Write(t.Context(), entry("acme", i*each+n)); err != nil {
							t.Error(err)
							return
						}
					}
				})
			}
			work.Wait()
			w := writer(t, p, pgaudit.Options{Keys: keyringtest.Ring(t, "a")})
			if list, err := w.List(t.Context(), "acme", 0, 0); err != nil || len(list) != writers*each {
				t.Errorf("%d, %v", len(list), err)
			}
			if head, err := w.Verify(t.Context(), "acme"); err != nil || head.Seq != writers*each {
				t.Errorf("%v, %v", head, err)
			}
		})
	}
}
