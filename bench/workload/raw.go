package workload

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Raw is pgx by hand, in an application that knows of no tenants: its SQL asks for
// rows by their keys alone. It is what the others are compared with.
type Raw struct{ pool *pgxpool.Pool }

// NewRaw returns the client on the pool.
func NewRaw(pool *pgxpool.Pool) Raw { return Raw{pool} }

// querier is a pool or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// The statements of those who write them by hand.
const (
	columns   = "id, tenant_id, customer_id, number, title, amount, open, created_at"
	getSQL    = "SELECT " + columns + " FROM tickets WHERE id = $1"
	listSQL   = "SELECT " + columns + " FROM tickets WHERE customer_id = $1 ORDER BY id LIMIT 100"
	insertSQL = "INSERT INTO events (tenant_id, ticket_id, note) VALUES ($1, $2, $3)"
	updateSQL = "UPDATE tickets SET amount = $2 WHERE id = $1"
)

// ticket is a row, as one writes it down for oneself.
type ticket struct {
	ID         int64
	TenantID   pgtype.UUID
	CustomerID int64
	Number     int32
	Title      string
	Amount     int64
	Open       bool
	CreatedAt  pgtype.Timestamptz
}

func point(ctx context.Context, db querier, k Key) error {
	var t ticket
	err := db.QueryRow(ctx, getSQL, k.Ticket).
		Scan(&t.ID, &t.TenantID, &t.CustomerID, &t.Number, &t.Title, &t.Amount, &t.Open, &t.CreatedAt)
	return wantTicket(k, t.ID, t.TenantID.Bytes, err)
}

func list(ctx context.Context, db querier, k Key) error {
	rows, err := db.Query(ctx, listSQL, k.Customer)
	if err != nil {
		return err
	}
	defer rows.Close()
	var tickets []ticket
	for rows.Next() {
		var t ticket
		if err := rows.Scan(&t.ID, &t.TenantID, &t.CustomerID, &t.Number, &t.Title, &t.Amount, &t.Open, &t.CreatedAt); err != nil {
			return err
		}
		tickets = append(tickets, t)
	}
	if err := rows.Err(); err != nil || len(tickets) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(tickets), tickets[len(tickets)-1].ID, nil)
}

func insert(ctx context.Context, db querier, k Key) error {
	_, err := db.Exec(ctx, insertSQL, k.ID, k.Ticket, note)
	return err
}

func update(ctx context.Context, db querier, k Key) error {
	_, err := db.Exec(ctx, updateSQL, k.Ticket, amount)
	return err
}

func points(ctx context.Context, db querier, k Key, n int) error {
	for range n {
		if err := point(ctx, db, k); err != nil {
			return err
		}
	}
	return nil
}

func mixed(ctx context.Context, db querier, k Key) error {
	return steps{
		point:  func() error { return point(ctx, db, k) },
		update: func() error { return update(ctx, db, k) },
		insert: func() error { return insert(ctx, db, k) },
	}.run()
}

// Point implements Reader.
func (c Raw) Point(ctx context.Context, k Key) error { return point(ctx, c.pool, k) }

// List implements Reader.
func (c Raw) List(ctx context.Context, k Key) error { return list(ctx, c.pool, k) }

// Insert implements Client.
func (c Raw) Insert(ctx context.Context, k Key) error { return insert(ctx, c.pool, k) }

// Tx implements Client.
func (c Raw) Tx(ctx context.Context, k Key, n int) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return points(ctx, tx, k, n) })
}

// MixedTx implements Client.
func (c Raw) MixedTx(ctx context.Context, k Key) error {
	return pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error { return mixed(ctx, tx, k) })
}
