package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// abandonTimeout bounds the rollback of a transaction that could not be begun.
const abandonTimeout = 5 * time.Second

// tenantTx is a transaction in which the tenant has been set. Its statements
// need nothing more, and nothing in it sets the tenant again: a setting changed
// behind a savepoint would outlive the savepoint's release.
type tenantTx struct {
	pgx.Tx
}

// Begin makes a savepoint.
func (tx tenantTx) Begin(ctx context.Context) (pgx.Tx, error) {
	nested, err := tx.Tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return tenantTx{nested}, nil
}

// RefusesCopy implements pgxdb.CopyRefuser.
func (tenantTx) RefusesCopy() bool { return true }

func (tenantTx) CopyFrom(context.Context, pgx.Identifier, []string, pgx.CopyFromSource) (int64, error) {
	return 0, ErrCopyUnderRLS
}

// abandon gives the connection of tx back. The context of the failed begin may
// be what made it fail, so it is not used.
func abandon(ctx context.Context, tx pgx.Tx) {
	if tx == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTimeout)
	defer cancel()
	// Where it fails, pgx closes the connection and the pool replaces it.
	_ = tx.Rollback(ctx)
}
