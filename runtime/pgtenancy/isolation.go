package pgtenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// newIsolation sets the provider of the configured strategy, and what says which strategy
// a new tenant gets, where not all have the same.
func (t *Tenancy) newIsolation(ctx context.Context, cfg config.Config, o Options) error {
	var err error
	if cfg.IsolationStrategy != runtime.StrategyHybrid {
		t.Isolation, err = t.newProvider(ctx, cfg.IsolationStrategy, cfg, o)
		return err
	}
	tiers := map[runtime.Strategy]pgxdb.Isolation{}
	for _, s := range []runtime.Strategy{cfg.PremiumStrategy, cfg.StandardStrategy} {
		if tiers[s], err = t.newProvider(ctx, s, cfg, o); err != nil {
			delete(tiers, s)
			return errors.Join(err, closeAll(tiers))
		}
	}
	premium := map[runtime.Strategy][]string{cfg.PremiumStrategy: cfg.PremiumTenants}
	hybrid, err := postgres.NewHybrid(tiers, postgres.Tiers(cfg.StandardStrategy, premium))
	if err != nil {
		return errors.Join(err, closeAll(tiers))
	}
	t.Isolation, t.strategyOf = hybrid, hybrid.StrategyFor
	return nil
}

func closeAll(tiers map[runtime.Strategy]pgxdb.Isolation) error {
	var errs []error
	for _, p := range tiers {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// newProvider returns the provider of one strategy, which has asked the database whether
// it is as the strategy needs it.
func (t *Tenancy) newProvider(ctx context.Context, s runtime.Strategy, cfg config.Config, o Options) (pgxdb.Isolation, error) {
	p, err := t.plainProvider(ctx, s, cfg, o)
	if err != nil {
		return nil, err
	}
	if o.InitializeShared && s == cfg.IsolationStrategy {
		if err := initializeShared(ctx, p); err != nil {
			return nil, errors.Join(err, p.Close())
		}
	}
	if o.Seed != nil && (s == runtime.StrategyRow || s == runtime.StrategyRLS) {
		p = &seeding{Isolation: p, seed: o.Seed}
	}
	if o.Fence {
		p = &fencing{Isolation: p, fence: t.Fence}
	}
	return p, nil
}

func (t *Tenancy) plainProvider(ctx context.Context, s runtime.Strategy, cfg config.Config, o Options) (pgxdb.Isolation, error) {
	opts := []postgres.Option{postgres.WithAdmin(t.Admin)}
	if o.Filter != nil {
		opts = append(opts, postgres.WithFilter(o.Filter))
	}
	if s == runtime.StrategyRow || s == runtime.StrategyRLS {
		opts = append(opts, postgres.WithLayout(o.Layout))
	} else if o.Seed != nil {
		opts = append(opts, postgres.WithSeed(o.Seed))
	}
	switch s {
	case runtime.StrategyRow:
		return provider(postgres.NewRowFilter(t.Pool, opts...))
	case runtime.StrategyRLS:
		if o.Layout.Setting != "" {
			opts = append(opts, postgres.WithSetting(o.Layout.Setting))
		}
		p, err := postgres.NewRLS(t.Pool, opts...)
		if err != nil {
			return nil, err
		}
		return p, p.VerifyRole(ctx)
	case runtime.StrategySchema:
		return provider(postgres.NewSchema(t.Pool, o.Layout, opts...))
	case runtime.StrategyPrefix:
		return provider(postgres.NewPrefix(t.Pool, o.Layout, opts...))
	case runtime.StrategyDatabase:
		return provider(postgres.NewDatabase(t.Pool, o.Layout, append(opts, ownDatabases(cfg, o)...)...))
	}
	return nil, fmt.Errorf("tenancy: there is no provider for the strategy %q", s)
}

// provider returns no provider for an error: a nil pointer would be one.
func provider[P pgxdb.Isolation](p P, err error) (pgxdb.Isolation, error) {
	if err != nil {
		return nil, err
	}
	return p, nil
}

// ownDatabases are the options of the provider that gives each tenant a database.
func ownDatabases(cfg config.Config, o Options) []postgres.Option {
	opts := []postgres.Option{
		postgres.WithMaxPools(cfg.TenantDatabaseMaxPools), postgres.WithMaxConns(cfg.TenantDatabaseMaxConns), postgres.WithIdleTime(cfg.TenantDatabaseIdleTime),
		postgres.WithPoolConfig(func(c *pgxpool.Config, _ runtime.Tenant) error {
			c.MaxConnLifetime = cfg.DatabaseConnLifetime
			c.ConnConfig.ConnectTimeout = cfg.DatabaseConnectTimeout
			if o.PoolConfig == nil {
				return nil
			}
			return o.PoolConfig(c)
		}),
	}
	if !cfg.TenantDatabaseURLTemplate.IsZero() {
		opts = append(opts, postgres.WithURLTemplate(cfg.TenantDatabaseURLTemplate.Reveal()))
	}
	return opts
}

// seeding is a provider of shared tables whose Initialize writes a tenant's first rows, as
// the providers of tenants' own tables do by themselves.
type seeding struct {
	pgxdb.Isolation
	seed postgres.SeedFunc
}

// Initialize makes the tenant's place, and then its first rows in one transaction as the
// tenant, which is not active yet.
func (s *seeding) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := s.Isolation.Initialize(ctx, t); err != nil {
		return err
	}
	acting := t
	acting.Status = runtime.StatusActive
	tx, err := s.For(acting).Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after Commit it does nothing
	if err := s.seed(ctx, tx, t); err != nil {
		return fmt.Errorf("tenancy: the first rows of tenant %q: %w", t.ID, err)
	}
	return tx.Commit(ctx)
}

// initializeShared makes what tenants with tables of their own share, where the strategy
// has such: see postgres.Schema.
func initializeShared(ctx context.Context, p pgxdb.Isolation) error {
	if shared, ok := p.(interface{ InitializeShared(context.Context) error }); ok {
		return shared.InitializeShared(ctx)
	}
	return nil
}
