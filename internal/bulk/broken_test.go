package bulk_test

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// crossing is a provider whose handles put bob's id where ann's is: what generated
// code would do if it took the tenant from somewhere else.
type crossing struct{ pgxdb.Provider }

func (c crossing) For(t runtime.Tenant) pgxdb.Handle { return crossedDB{c.Provider.For(t)} }

type crossedDB struct{ pgxdb.Handle }

func (crossedDB) RefusesCopy() bool { return true }

func (d crossedDB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	for _, q := range b.QueuedQueries {
		for i, arg := range q.Arguments {
			if arg == ann.ID {
				q.Arguments[i] = bob.ID
			}
		}
	}
	return d.Handle.SendBatch(ctx, b)
}
