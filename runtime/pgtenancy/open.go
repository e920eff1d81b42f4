package pgtenancy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/audit/pgaudit"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/store/cryptstore"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// Tenancy is the run time of an application, open. Make it with Open. It is safe for
// concurrent use, and nobody changes its fields.
type Tenancy struct {
	// Pool is the pool of the application's role, and Admin that of the role that keeps
	// tenants and their places; both are the same pool where one role does both.
	Pool, Admin *pgxpool.Pool
	// Redis is nil where none is configured.
	Redis *redis.Client
	// Isolation is what generated code runs on: gen.New(tenancy.Isolation).
	Isolation pgxdb.Isolation
	// Manager runs the lives of tenants. It is initialized. New tenants are better
	// registered with Register.
	Manager *manager.Manager
	// Gate are the options of Middleware, for other transports such as
	// grpcmiddleware. Without resolvers they are zero.
	Gate middleware.Options

	// Trail is the audit trail in PostgreSQL, to read and verify; nil for others. Write to
	// it with Manager.WriteAudit.
	Trail *pgaudit.Writer

	// Secrets is the store that encrypts what is secret about tenants, to rotate its keys;
	// nil without keys.
	Secrets *cryptstore.Store

	tenants    *pgstore.Store
	middleware func(http.Handler) http.Handler
	strategyOf func(runtime.Tenant) (runtime.Strategy, error)
	opened     closers
	closing    sync.Once
	closed     error
}

// Open opens everything that cfg names, in the order in which it depends on each other,
// and returns it ready for use: the databases have answered, under row-level security
// their role is one that policies hold for, the tables of the run time are there, and
// the cache is warm. Redis may be away.
//
// Where it fails, what was opened is closed. The error names what is wrong and shows no
// secret.
func Open(ctx context.Context, cfg config.Config, o Options) (*Tenancy, error) {
	err := cfg.Validate()
	o, wrong := o.check(cfg)
	if err = errors.Join(err, wrong); err != nil {
		return nil, err
	}
	t := &Tenancy{}
	if err := t.open(ctx, cfg, o); err != nil {
		return nil, errors.Join(err, t.opened.close())
	}
	return t, nil
}

func (t *Tenancy) open(ctx context.Context, cfg config.Config, o Options) error {
	if err := t.connect(ctx, cfg, o); err != nil {
		return err
	}
	var err error
	if t.tenants, err = pgstore.New(t.Admin, pgstore.Options{}); err != nil {
		return err
	}
	if err := t.isolate(ctx, cfg, o); err != nil {
		return err
	}
	if err := t.manage(ctx, cfg, o); err != nil {
		return err
	}
	t.Gate, t.middleware, err = newMiddleware(cfg, o, t.Manager)
	return err
}

// connect opens the pools and the client of Redis.
func (t *Tenancy) connect(ctx context.Context, cfg config.Config, o Options) error {
	var err error
	if t.Pool, err = openPool(ctx, config.Prefix+"DATABASE_URL", cfg.DatabaseURL, cfg.DatabaseMaxConns, cfg, o.PoolConfig); err != nil {
		return err
	}
	t.closesPool("pool", t.Pool)
	t.Admin = t.Pool
	if !cfg.DatabaseAdminURL.IsZero() {
		if t.Admin, err = openPool(ctx, config.Prefix+"DATABASE_ADMIN_URL", cfg.DatabaseAdminURL, cfg.DatabaseAdminMaxConns, cfg, o.PoolConfig); err != nil {
			return err
		}
		t.closesPool("pool of the administrator", t.Admin)
	}
	if cfg.RedisURL.IsZero() {
		return nil
	}
	if t.Redis, err = openRedis(cfg); err != nil {
		return err
	}
	t.opened.add("client of Redis", t.Redis.Close)
	return nil
}

func (t *Tenancy) closesPool(name string, pool *pgxpool.Pool) {
	t.opened.add(name, func() error {
		pool.Close()
		return nil
	})
}

// isolate opens the isolation of tenants.
func (t *Tenancy) isolate(ctx context.Context, cfg config.Config, o Options) error {
	t.Isolation = o.Isolation
	if hybrid, ok := o.Isolation.(*postgres.Hybrid); ok {
		t.strategyOf = hybrid.StrategyFor
	}
	if t.Isolation == nil {
		if err := t.newIsolation(ctx, cfg, o); err != nil {
			return err
		}
	}
	t.opened.add("isolation", t.Isolation.Close)
	return nil
}

// Middleware returns next behind the resolvers, the membership, the rate limit and the
// lease of the tenant; see package middleware. Without configured resolvers it answers
// every request with 500.
func (t *Tenancy) Middleware(next http.Handler) http.Handler { return t.middleware(next) }

// Register is Manager.Register, and stores with the tenant the strategy of its tier
// under hybrid isolation, where r does not say another: a tier that changes later leaves
// the tenant where its data is.
func (t *Tenancy) Register(ctx context.Context, r manager.Registration) (runtime.Tenant, error) {
	if t.strategyOf != nil && r.Strategy == "" {
		strategy, err := t.strategyOf(runtime.Tenant{ID: r.ID, Identifier: r.Identifier})
		if err != nil {
			return runtime.Tenant{}, err
		}
		r.Strategy = strategy
	}
	return t.Manager.Register(ctx, r)
}

// Close ends what goes on, and closes everything that Open has opened, the latest first,
// also when some of it fails; the error joins what went wrong. A server stops taking
// requests, and waits for them, before. Calling it again does nothing.
func (t *Tenancy) Close() error {
	t.closing.Do(func() { t.closed = t.opened.close() })
	return t.closed
}

// Fence makes sure that a transaction is over before a suspension of its tenant is; see
// pgstore.Store.Fence. With Options.Fence every transaction has one.
func (t *Tenancy) Fence(ctx context.Context, tx pgstore.Querier, tenant runtime.Tenant) error {
	return t.tenants.Fence(ctx, tx, tenant)
}

// String names the package, and nothing of the pools, which know passwords.
func (t *Tenancy) String() string { return "*pgtenancy.Tenancy" }

// Format writes String, whatever the verb: package fmt would print the fields.
func (t *Tenancy) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, t.String()) }
