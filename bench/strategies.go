package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/workload"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// strategy is a way to do the work that is compared with another.
type strategy struct {
	name string
	// what says it in the results.
	what string
	// prepare makes what the strategy needs for the first tenants, and returns how long
	// their places took; nil where there are none. It can be called again, for more.
	prepare func(ctx context.Context, l *lab.Lab, tenants int) (time.Duration, error)
	// open returns a client, and what closes it.
	open opener
}

type opener func(ctx context.Context, l *lab.Lab, link lab.Link) (workload.Reader, func(), error)

// The names that comparisons and targets use.
const (
	raw, sqlc, naive, row, rls = "raw pgx", "sqlc", "RLS by hand", "row", "rls"
	schema, prefix, database   = "schema", "prefix", "database"
	hybrid, policies           = "hybrid", "policies alone"
	setting, least             = "setting alone", "least RLS"
	gorm, ent                  = "GORM", "ent"
)

func strategies() []strategy {
	return append([]strategy{
		{name: raw, what: "pgx by hand, SQL without a tenant", open: onPool(lab.Plain, func(p *pgxpool.Pool) (workload.Reader, error) {
			return workload.NewRaw(p), nil
		})},
		{name: sqlc, what: "code of sqlc, `tenant_id = $n` written by the author", open: onPool(lab.Plain, func(p *pgxpool.Pool) (workload.Reader, error) {
			return workload.NewSQLC(p), nil
		})},
		{name: row, what: "tenancygen, `postgres.NewRowFilter`", open: onPool(lab.Plain, func(p *pgxpool.Pool) (workload.Reader, error) {
			provider, err := postgres.NewRowFilter(p)
			return workload.NewGenerated(provider), err
		})},
		{name: rls, what: "tenancygen, `postgres.NewRLS`: the predicate and policies", open: onPool(lab.Isolated, func(p *pgxpool.Pool) (workload.Reader, error) {
			provider, err := postgres.NewRLS(p)
			return workload.NewGenerated(provider), err
		})},
		{name: hybrid, what: "tenancygen, `postgres.NewHybrid` with all tenants on NewRLS: what it costs to choose", open: onPool(lab.Isolated, func(p *pgxpool.Pool) (workload.Reader, error) {
			isolated, err := postgres.NewRLS(p)
			if err != nil {
				return nil, err
			}
			provider, err := postgres.NewHybrid(map[runtime.Strategy]pgxdb.Isolation{runtime.StrategyRLS: isolated}, postgres.Tiers(runtime.StrategyRLS, nil))
			return workload.NewGenerated(provider), err
		})},
		{name: policies, what: "the SQL of sqlc's code under the policies, the setting made once for the connection: what the server takes for them, whoever the client is (not isolation, and for one tenant)", open: openPolicies},
		{name: setting, what: "pgconn by hand: `set_config` and the SQL of sqlc's code in one Sync, without policies: what one more statement costs (not isolation)", open: onPool(lab.Plain, func(p *pgxpool.Pool) (workload.Reader, error) {
			return workload.NewLeast(p), nil
		})},
		{name: least, what: "the same under the policies, with nothing else around it: what the server and pgx take for one call as a tenant", open: onPool(lab.Isolated, func(p *pgxpool.Pool) (workload.Reader, error) {
			return workload.NewLeast(p), nil
		})},
		{name: naive, what: "pgx by hand under the same policies: BEGIN, set_config, the work, COMMIT", open: onPool(lab.Isolated, func(p *pgxpool.Pool) (workload.Reader, error) {
			return workload.NewNaive(p), nil
		})},
		{name: gorm, what: "GORM on pgx's database/sql, `Where(\"… AND tenant_id = ?\")`", open: onDatabase(func(db *sql.DB) (workload.Reader, error) {
			return workload.NewGORM(db)
		})},
		{name: ent, what: "ent on pgx's database/sql, the same predicate", open: onDatabase(func(db *sql.DB) (workload.Reader, error) {
			return workload.NewEnt(db), nil
		})},
	}, namespaced()...)
}

// onPool opens a client on a pool of its own.
func onPool(role lab.Role, client func(*pgxpool.Pool) (workload.Reader, error)) opener {
	return func(ctx context.Context, l *lab.Lab, link lab.Link) (workload.Reader, func(), error) {
		pool, err := l.Pool(ctx, role, link)
		if err != nil {
			return nil, nil, err
		}
		c, err := client(pool)
		if err != nil {
			pool.Close()
			return nil, nil, err
		}
		return c, pool.Close, nil
	}
}

// openPolicies opens a client of sqlc's code as the first tenant, for good.
func openPolicies(ctx context.Context, l *lab.Lab, link lab.Link) (workload.Reader, func(), error) {
	config, err := pgxpool.ParseConfig(l.URL(lab.Isolated, link))
	if err != nil {
		return nil, nil, err
	}
	config.MaxConns = lab.Connections
	config.ConnConfig.RuntimeParams["app.current_tenant"] = workload.Tenant(0).ID
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	return workload.NewSQLC(pool), pool.Close, nil
}

// onDatabase opens a client on database/sql with as many connections as a pool.
func onDatabase(client func(*sql.DB) (workload.Reader, error)) opener {
	return func(_ context.Context, l *lab.Lab, link lab.Link) (workload.Reader, func(), error) {
		config, err := pgx.ParseConfig(l.URL(lab.Plain, link))
		if err != nil {
			return nil, nil, err
		}
		db := stdlib.OpenDB(*config)
		db.SetMaxOpenConns(lab.Connections)
		db.SetMaxIdleConns(lab.Connections)
		end := func() { _ = db.Close() }
		c, err := client(db)
		if err != nil {
			end()
			return nil, nil, err
		}
		return c, end, nil
	}
}

// comparison says what is compared with what.
type comparison struct {
	tenants  int
	baseline string
	others   []string
	kinds    []string // all when empty
}

// key tells the table of the results in which a comparison is.
func (c comparison) key() string { return fmt.Sprintf("%d %s", c.tenants, c.baseline) }

// comparisons returns them for that many tenants at most. The baseline of each
// works on the rows of as many tenants: fewer rows are faster for everybody. Those who
// give tenants tables of their own come last, since they make a great many.
func comparisons(tenants int) []comparison {
	all := []comparison{
		{tenants: tenants, baseline: raw, others: []string{sqlc, row, rls, setting, least, naive, gorm, ent}},
		{tenants: tenants, baseline: sqlc, others: []string{row, rls, least, gorm, ent}, kinds: []string{"list"}},
	}
	if tenants > 1 {
		all = append(all, comparison{tenants: 1, baseline: raw, others: []string{row, rls, hybrid, policies, setting, least, schema, prefix, database}, kinds: []string{"point", "tx5"}})
	}
	if tenants > 10 {
		all = append(all, comparison{tenants: 10, baseline: raw, others: []string{row, rls, schema, prefix, database}, kinds: []string{"point", "list"}})
	}
	return append(all, comparison{tenants: tenants, baseline: raw, others: []string{schema, prefix}})
}
