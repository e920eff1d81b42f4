package pgstore

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
)

// Querier is a transaction as Fence needs it: a pgx.Tx, or what a provider's InTx gives.
type Querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// errNotTx is returned where a fence would end with the statement.
var errNotTx = errors.New("pgstore: Fence: a pool, connection or handle is no transaction")

// Fence makes sure that a transaction is over before somebody learns that its tenant is
// not active any more. It returns runtime.ErrTenantInactive unless the tenant is active
// now; and SetStatus to anything but active, and Delete, return only when the fenced
// transactions of the tenant have ended. So none commits after a tenant was suspended.
//
// Call it once in each transaction that writes for a tenant, as the first statement, and
// not behind a savepoint: rolling back to that would take the fence away. It is one
// statement, takes no lock that writers of the tenant wait for, and writes nothing. Its
// transaction must not itself call the store to change that tenant's status.
//
// The transaction is in the database that holds the store's tables, as any role that may
// execute the function fence of their schema.
func (s *Store) Fence(ctx context.Context, tx Querier, t runtime.Tenant) error {
	if _, beginner := tx.(interface {
		BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
	}); beginner {
		return errNotTx
	}
	if err := t.Check(); err != nil {
		return err
	}
	if !runtime.ValidID(t.ID) {
		return runtime.ErrTenantInactive
	}
	var active bool
	if err := tx.QueryRow(ctx, s.sql("SELECT tenancy.fence($1::text)"), t.ID).Scan(&active); err != nil {
		return failed("Fence", safe(err))
	}
	if !active {
		return runtime.ErrTenantInactive
	}
	return nil
}

// unfencedAtOnce is for how many tenants a transaction holds the fences' locks: the
// server has room for a few thousand of all sessions.
const unfencedAtOnce = 200

// unfenced are steps that wait for the fenced transactions of tenants. They come behind
// the commit of the change, so that no new ones begin: each finds the change, and a
// stream of them cannot hold it up.
func unfenced(ids []string) []step {
	var steps []step
	for part := range slices.Chunk(ids, unfencedAtOnce) {
		steps = append(steps, begin, step{
			sql: `SELECT pg_catalog.pg_advisory_xact_lock(f.key) FROM (
				SELECT DISTINCT pg_catalog.hashtextextended('tenancy.tenants ' || i.id, 0) AS key
				FROM pg_catalog.unnest($1::text[]) AS i (id) ORDER BY key) f`,
			args: []any{part},
		}, commit)
	}
	return steps
}
