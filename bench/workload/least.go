package workload

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Least sends the setting and the query in one Sync with as little around them as pgx
// lets one have: no cache but two statements, no look at errors of the connection. It
// shows what of a strategy's cost is the server's.
type Least struct{ pool *pgxpool.Pool }

// NewLeast returns the client on the pool. For a role without policies it shows what
// the setting costs, and for one with policies all that the server does.
func NewLeast(pool *pgxpool.Pool) Least { return Least{pool} }

const leastKey = "bench.least"

// rows calls read with the rows of a query for a tenant.
func (c Least) rows(ctx context.Context, k Key, name, sql string, key int64, read func(pgx.Rows) error) error {
	acquired, err := c.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer acquired.Release()
	conn := acquired.Conn()
	set, err := conn.Prepare(ctx, "least_setting", "SELECT set_config('app.current_tenant', $1, true)")
	if err != nil {
		return err
	}
	query, err := conn.Prepare(ctx, name, sql)
	if err != nil {
		return err
	}
	data := conn.PgConn().CustomData()
	builder, ok := data[leastKey].(*pgx.ExtendedQueryBuilder)
	if !ok {
		builder = &pgx.ExtendedQueryBuilder{}
		data[leastKey] = builder
	}
	if err := builder.Build(conn.TypeMap(), query, []any{key, k.ID}); err != nil {
		return err
	}
	var batch pgconn.Batch
	batch.ExecStatement(set, [][]byte{[]byte(k.Tenant.ID)}, nil, nil)
	batch.ExecStatement(query, builder.ParamValues, builder.ParamFormats, builder.ResultFormats)
	results := conn.PgConn().ExecBatch(ctx, &batch)
	if results.NextResult() {
		_, _ = results.ResultReader().Close()
	}
	if results.NextResult() {
		if err := read(pgx.RowsFromResultReader(conn.TypeMap(), results.ResultReader())); err != nil {
			_ = results.Close()
			return err
		}
	}
	return results.Close()
}

// Point implements Reader.
func (c Least) Point(ctx context.Context, k Key) error {
	var t ticket
	err := c.rows(ctx, k, "least_point", getSQL+" AND tenant_id = $2", k.Ticket, func(rows pgx.Rows) error {
		defer rows.Close()
		if !rows.Next() {
			return pgx.ErrNoRows
		}
		return rows.Scan(&t.ID, &t.TenantID, &t.CustomerID, &t.Number, &t.Title, &t.Amount, &t.Open, &t.CreatedAt)
	})
	return wantTicket(k, t.ID, t.TenantID.Bytes, err)
}

// List implements Reader.
func (c Least) List(ctx context.Context, k Key) error {
	tickets := make([]ticket, 0, ticketsPerCustomer)
	err := c.rows(ctx, k, "least_list", "SELECT "+columns+" FROM tickets WHERE customer_id = $1 AND tenant_id = $2 ORDER BY id LIMIT 100", k.Customer, func(rows pgx.Rows) error {
		var t ticket
		into := []any{&t.ID, &t.TenantID, &t.CustomerID, &t.Number, &t.Title, &t.Amount, &t.Open, &t.CreatedAt}
		for rows.Next() {
			if err := rows.Scan(into...); err != nil {
				return err
			}
			tickets = append(tickets, t)
		}
		return rows.Err()
	})
	if err != nil || len(tickets) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(tickets), tickets[len(tickets)-1].ID, nil)
}
