package workload

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/bench/sqlcgen"
)

// SQLC is code of sqlc, in whose queries the author has written the tenant's
// predicate himself.
type SQLC struct{ pool *pgxpool.Pool }

// NewSQLC returns the client on the pool.
func NewSQLC(pool *pgxpool.Pool) SQLC { return SQLC{pool} }

// Point implements Reader.
func (c SQLC) Point(ctx context.Context, k Key) error {
	return c.point(ctx, sqlcgen.New(c.pool), k)
}

func (SQLC) point(ctx context.Context, q *sqlcgen.Queries, k Key) error {
	t, err := q.GetTicket(ctx, sqlcgen.GetTicketParams{ID: k.Ticket, TenantID: k.ID})
	return wantTicket(k, t.ID, t.TenantID.Bytes, err)
}

// List implements Reader.
func (c SQLC) List(ctx context.Context, k Key) error {
	list, err := sqlcgen.New(c.pool).ListTickets(ctx, sqlcgen.ListTicketsParams{CustomerID: k.Customer, TenantID: k.ID})
	if err != nil || len(list) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(list), list[len(list)-1].ID, nil)
}

// Insert implements Client.
func (c SQLC) Insert(ctx context.Context, k Key) error {
	return c.insert(ctx, sqlcgen.New(c.pool), k)
}

func (SQLC) insert(ctx context.Context, q *sqlcgen.Queries, k Key) error {
	return q.AddEvent(ctx, sqlcgen.AddEventParams{TenantID: k.ID, TicketID: k.Ticket, Note: note})
}

// Tx implements Client.
func (c SQLC) Tx(ctx context.Context, k Key, n int) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		for range n {
			if err := c.point(ctx, q, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// MixedTx implements Client.
func (c SQLC) MixedTx(ctx context.Context, k Key) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
		q := sqlcgen.New(tx)
		return steps{
			point: func() error { return c.point(ctx, q, k) },
			update: func() error {
				return q.SetAmount(ctx, sqlcgen.SetAmountParams{ID: k.Ticket, Amount: amount, TenantID: k.ID})
			},
			insert: func() error { return c.insert(ctx, q, k) },
		}.run()
	})
}
