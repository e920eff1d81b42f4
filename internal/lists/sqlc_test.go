package lists_test

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/lists/pgxgen"
)

// sqlcQueries has the methods that sqlc generates for these queries, but for the
// tenant, which would be another parameter.
type sqlcQueries struct{ db *pgxpool.Pool }

const sqlcListOrders = `-- name: ListOrders :many
SELECT id, tenant_id, number, qty, cents, paid, created_at FROM orders WHERE tenant_id = $2 ORDER BY id LIMIT $1
`

func (q *sqlcQueries) ListOrders(ctx context.Context, limit int32) ([]pgxgen.Order, error) {
	rows, err := q.db.Query(ctx, sqlcListOrders, limit, ann.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []pgxgen.Order
	for rows.Next() {
		var i pgxgen.Order
		if err := rows.Scan(
			&i.ID,
			&i.TenantID,
			&i.Number,
			&i.Qty,
			&i.Cents,
			&i.Paid,
			&i.CreatedAt,
		); err != nil {
			return nil, err
		}
		items = append(items, i)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return items, nil
}

const sqlcListOrderIDs = `-- name: ListOrderIDs :many
SELECT id FROM orders WHERE tenant_id = $2 ORDER BY id LIMIT $1
`

func (q *sqlcQueries) ListOrderIDs(ctx context.Context, limit int32) ([]int64, error) {
	rows, err := q.db.Query(ctx, sqlcListOrderIDs, limit, ann.ID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		items = append(items, id)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return items, nil
}
