package pgtenancy

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
	"github.com/tenancygen/tenancygen/runtime/store/pgstore"
)

// fencing is a provider whose transactions cannot commit after their tenant was
// suspended or deleted, in whatever process.
type fencing struct {
	pgxdb.Isolation
	fence func(context.Context, pgstore.Querier, runtime.Tenant) error
}

// For returns the tenant's handle, with a fence at the beginning of each transaction.
func (f *fencing) For(t runtime.Tenant) pgxdb.Handle {
	return &fencedHandle{Handle: f.Isolation.For(t), tenant: t, fence: f.fence}
}

type fencedHandle struct {
	pgxdb.Handle
	tenant runtime.Tenant
	fence  func(context.Context, pgstore.Querier, runtime.Tenant) error
}

// Begin begins a transaction with its fence.
func (h *fencedHandle) Begin(ctx context.Context) (pgx.Tx, error) {
	return h.BeginTx(ctx, pgx.TxOptions{})
}

// BeginTx begins a transaction with its fence, unless it only reads.
func (h *fencedHandle) BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error) {
	tx, err := h.Handle.BeginTx(ctx, o)
	if err != nil || o.AccessMode == pgx.ReadOnly {
		return tx, err
	}
	if err := h.fence(ctx, tx, h.tenant); err != nil {
		_ = tx.Rollback(context.WithoutCancel(ctx)) // the fence's error says more
		return nil, err
	}
	return tx, nil
}

// InTx runs fn in a transaction with its fence.
func (h *fencedHandle) InTx(ctx context.Context, fn func(pgxdb.DB) error) error {
	return pgxdb.InTx(ctx, h, fn)
}

// RefusesCopy says what the handle says.
func (h *fencedHandle) RefusesCopy() bool { return pgxdb.RefusesCopy(h.Handle) }

// grantFence lets the role of the application's pool call the fence of the store, which
// tells it whether a tenant is active, and nothing else.
func (t *Tenancy) grantFence(ctx context.Context) error {
	if t.Admin == t.Pool {
		return nil
	}
	var role string
	if err := t.Pool.QueryRow(ctx, "SELECT current_user").Scan(&role); err != nil {
		return err
	}
	to := pgx.Identifier{role}.Sanitize()
	var granted bool
	err := t.Admin.QueryRow(ctx, `SELECT pg_catalog.has_schema_privilege($1::name, 'tenancy', 'USAGE')
		AND pg_catalog.has_function_privilege($1::name, 'tenancy.fence(text)', 'EXECUTE')`, role).Scan(&granted)
	if granted || err != nil {
		return err
	}
	// Two processes that grant at once would disturb each other.
	return pgx.BeginFunc(ctx, t.Admin, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('tenancygen grant fence', 0))"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "GRANT USAGE ON SCHEMA "+pgstore.DefaultSchema+" TO "+to); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "GRANT EXECUTE ON FUNCTION "+pgstore.DefaultSchema+".fence(text) TO "+to)
		return err
	})
}
