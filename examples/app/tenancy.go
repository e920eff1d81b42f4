package main

import (
	"context"
	"log/slog"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// open opens all that isolation and tenants need, as cfg says.
func open(ctx context.Context, cfg config.Config, log *slog.Logger) (*pgtenancy.Tenancy, error) {
	return pgtenancy.Open(ctx, cfg, pgtenancy.Options{
		Layout: gen.Layout,
		Seed:   firstRows,
		// Under the strategies schema and prefix there are no migrations in this example.
		InitializeShared: true,
		// No transaction of a tenant commits once its suspension has been answered.
		Fence:  !cfg.Uses(runtime.StrategyPrefix) && !cfg.Uses(runtime.StrategyDatabase),
		Logger: log,
	})
}

// firstRows makes the tenant's own row in the example's table of tenants, which the
// others refer to. It can be called again.
func firstRows(ctx context.Context, tx pgx.Tx, t runtime.Tenant) error {
	_, err := tx.Exec(ctx, "INSERT INTO tenants (id, slug, name, plan_code) VALUES ($1, $2, $3, 'free') ON CONFLICT (id) DO NOTHING",
		t.ID, t.Identifier.String(), t.Name)
	return err
}
