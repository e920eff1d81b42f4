package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"

	"github.com/tenancygen/tenancygen/bench/gen"
	"github.com/tenancygen/tenancygen/bench/lab"
	"github.com/tenancygen/tenancygen/bench/workload"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// newIsolation makes a provider on a pool; what needs more rights runs on admin.
type newIsolation func(pool, admin *pgxpool.Pool) (pgxdb.Isolation, error)

// namespaced are the strategies that give each tenant tables of its own.
func namespaced() []strategy {
	newSchema := func(pool, admin *pgxpool.Pool) (pgxdb.Isolation, error) {
		return postgres.NewSchema(pool, gen.Layout, postgres.WithAdmin(admin))
	}
	newPrefix := func(pool, admin *pgxpool.Pool) (pgxdb.Isolation, error) {
		return postgres.NewPrefix(pool, gen.Layout, postgres.WithAdmin(admin))
	}
	newDatabase := func(pool, admin *pgxpool.Pool) (pgxdb.Isolation, error) {
		return postgres.NewDatabase(pool, gen.Layout, postgres.WithAdmin(admin))
	}
	return []strategy{
		{name: schema, what: "tenancygen, `postgres.NewSchema`: a schema for each tenant",
			prepare: prepare(runtime.StrategySchema, newSchema), open: isolated(newSchema)},
		{name: prefix, what: "tenancygen, `postgres.NewPrefix`: tables of each tenant, told by their names",
			prepare: prepare(runtime.StrategyPrefix, newPrefix), open: isolated(newPrefix)},
		{name: database, what: "tenancygen, `postgres.NewDatabase`: a database and a pool for each tenant",
			prepare: prepare(runtime.StrategyDatabase, newDatabase), open: isolated(newDatabase)},
	}
}

// isolated opens a client on the provider, for the role that the layout gives rights
// to.
func isolated(provider newIsolation) opener {
	return func(ctx context.Context, l *lab.Lab, link lab.Link) (workload.Reader, func(), error) {
		pool, err := l.Pool(ctx, lab.Isolated, link)
		if err != nil {
			return nil, nil, err
		}
		p, err := provider(pool, pool)
		if err != nil {
			pool.Close()
			return nil, nil, err
		}
		end := func() {
			_ = p.Close()
			pool.Close()
		}
		return workload.NewGenerated(p), end, nil
	}
}

// workers are how many tenants are made at a time. More make nothing faster here.
const workers = 4

// prepare returns a function that makes the places of the first tenants, with their
// rows, where they are missing. It returns how long the places alone took.
func prepare(name runtime.Strategy, provider newIsolation) func(context.Context, *lab.Lab, int) (time.Duration, error) {
	return func(ctx context.Context, l *lab.Lab, tenants int) (time.Duration, error) {
		admin, err := l.Pool(ctx, lab.Admin, lab.Direct)
		if err != nil {
			return 0, err
		}
		defer admin.Close()
		pool, err := l.Pool(ctx, lab.Isolated, lab.Direct)
		if err != nil {
			return 0, err
		}
		defer pool.Close()
		p, err := provider(pool, admin)
		if err != nil {
			return 0, err
		}
		defer func() { _ = p.Close() }()

		begin := time.Now()
		if err := runtime.InitializeAll(ctx, p, first(tenants), workers, nil); err != nil {
			return 0, err
		}
		took := time.Since(begin)
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(workers)
		for n := range tenants {
			group.Go(func() error {
				if name != runtime.StrategyDatabase {
					return seedTables(ctx, admin, name, n)
				}
				l.AtClose(destroy(l, provider, n))
				return seedDatabase(ctx, l, p, n)
			})
		}
		if err := group.Wait(); err != nil {
			return 0, err
		}
		_, err = admin.Exec(context.WithoutCancel(ctx), "VACUUM (ANALYZE)")
		return took, err
	}
}

// first returns the tenants with the numbers below n.
func first(n int) iter.Seq2[runtime.Tenant, error] {
	return func(yield func(runtime.Tenant, error) bool) {
		for i := range n {
			if !yield(workload.Tenant(i), nil) {
				return
			}
		}
	}
}

// seedTables writes a tenant's rows to the tables that the registry has for it.
func seedTables(ctx context.Context, admin *pgxpool.Pool, strategy runtime.Strategy, n int) error {
	conn, err := admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	var place string
	var objects []string
	if err := conn.QueryRow(ctx, "SELECT namespace, objects FROM tenancy.namespaces WHERE tenant_id = $1 AND strategy = $2",
		workload.Tenant(n).ID, string(strategy)).Scan(&place, &objects); err != nil {
		return fmt.Errorf("the registry: %w", err)
	}
	if strategy == runtime.StrategyPrefix {
		place = gen.Layout.Schema
	}
	var tables workload.Tables
	for _, o := range objects {
		switch {
		case o == "tenants" || strings.HasSuffix(o, "__tenants"):
			tables.Tenants = pgx.Identifier{place, o}
		case o == "tickets" || strings.HasSuffix(o, "__tickets"):
			tables.Tickets = pgx.Identifier{place, o}
		}
	}
	if tables.Tenants == nil || tables.Tickets == nil {
		return errors.New("the registry does not have the tenant's tables")
	}
	return workload.Seed(ctx, conn.Conn(), tables, n, n+1)
}

// seedDatabase writes a tenant's rows to its own database.
func seedDatabase(ctx context.Context, l *lab.Lab, p pgxdb.Isolation, n int) error {
	dsn, err := p.DatabaseURL(workload.Tenant(n))
	if err != nil {
		return err
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.New("the URL of a tenant's database is not one")
	}
	conn, err := l.Connect(ctx, config.Database)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if err := workload.Seed(ctx, conn, workload.Shared, n, n+1); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "VACUUM (ANALYZE)")
	return err
}

// destroy returns a function that removes a tenant's database, which does not go with
// that of the lab.
func destroy(l *lab.Lab, provider newIsolation, n int) func(context.Context) error {
	return func(ctx context.Context) error {
		admin, err := l.Pool(ctx, lab.Admin, lab.Direct)
		if err != nil {
			return err
		}
		defer admin.Close()
		p, err := provider(admin, admin)
		if err != nil {
			return err
		}
		t := workload.Tenant(n)
		_, err = p.Destroy(ctx, t, runtime.Confirmation(t.ID))
		return errors.Join(err, p.Close())
	}
}
