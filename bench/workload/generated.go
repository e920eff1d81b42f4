package workload

import (
	"context"

	"github.com/tenancygen/tenancygen/bench/gen"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Generated is code of tenancygen on a provider. Its calls begin with ForTenant, as
// those of an application do in each request.
type Generated struct{ queries *gen.Queries }

// NewGenerated returns the client on the provider.
func NewGenerated(p pgxdb.Provider) Generated { return Generated{gen.New(p)} }

// Point implements Reader.
func (c Generated) Point(ctx context.Context, k Key) error {
	return c.point(ctx, c.queries.ForTenant(k.Tenant), k)
}

func (Generated) point(ctx context.Context, q *gen.TenantQueries, k Key) error {
	t, err := q.GetTicket(ctx, k.Ticket)
	return wantTicket(k, t.ID, t.TenantID.Bytes, err)
}

// List implements Reader.
func (c Generated) List(ctx context.Context, k Key) error {
	list, err := c.queries.ForTenant(k.Tenant).ListTickets(ctx, k.Customer)
	if err != nil || len(list) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(list), list[len(list)-1].ID, nil)
}

// Insert implements Client.
func (c Generated) Insert(ctx context.Context, k Key) error {
	return c.insert(ctx, c.queries.ForTenant(k.Tenant), k)
}

func (Generated) insert(ctx context.Context, q *gen.TenantQueries, k Key) error {
	return q.AddEvent(ctx, gen.AddEventParams{TicketID: k.Ticket, Note: note})
}

// Tx implements Client.
func (c Generated) Tx(ctx context.Context, k Key, n int) error {
	return c.queries.ForTenant(k.Tenant).InTx(ctx, func(q *gen.TenantQueries) error {
		for range n {
			if err := c.point(ctx, q, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// MixedTx implements Client.
func (c Generated) MixedTx(ctx context.Context, k Key) error {
	return c.queries.ForTenant(k.Tenant).InTx(ctx, func(q *gen.TenantQueries) error {
		return steps{
			point:  func() error { return c.point(ctx, q, k) },
			update: func() error { return q.SetAmount(ctx, gen.SetAmountParams{ID: k.Ticket, Amount: amount}) },
			insert: func() error { return c.insert(ctx, q, k) },
		}.run()
	})
}
