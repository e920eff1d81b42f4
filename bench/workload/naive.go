package workload

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Naive is row-level security as it is mostly written by hand: each piece of work
// is a transaction whose first statement makes the setting.
type Naive struct{ pool *pgxpool.Pool }

// NewNaive returns the client on the pool, whose role the policies are for.
func NewNaive(pool *pgxpool.Pool) Naive { return Naive{pool} }

func (c Naive) do(ctx context.Context, k Key, work func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT set_config('app.current_tenant', $1, true)", k.Tenant.ID); err != nil {
			return err
		}
		return work(tx)
	})
}

// Point implements Reader.
func (c Naive) Point(ctx context.Context, k Key) error {
	return c.do(ctx, k, func(tx pgx.Tx) error { return point(ctx, tx, k) })
}

// List implements Reader.
func (c Naive) List(ctx context.Context, k Key) error {
	return c.do(ctx, k, func(tx pgx.Tx) error { return list(ctx, tx, k) })
}

// Insert implements Client.
func (c Naive) Insert(ctx context.Context, k Key) error {
	return c.do(ctx, k, func(tx pgx.Tx) error { return insert(ctx, tx, k) })
}

// Tx implements Client.
func (c Naive) Tx(ctx context.Context, k Key, n int) error {
	return c.do(ctx, k, func(tx pgx.Tx) error { return points(ctx, tx, k, n) })
}

// MixedTx implements Client.
func (c Naive) MixedTx(ctx context.Context, k Key) error {
	return c.do(ctx, k, func(tx pgx.Tx) error { return mixed(ctx, tx, k) })
}
