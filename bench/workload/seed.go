package workload

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Tables are where rows of tenants go.
type Tables struct{ Tenants, Tickets pgx.Identifier }

// Shared are the tables of all tenants.
var Shared = Tables{pgx.Identifier{"public", "tenants"}, pgx.Identifier{"public", "tickets"}}

// Seed writes the rows of the tenants from the number first up to, and without, the
// number end, unless they are there. The connection is a superuser's.
func Seed(ctx context.Context, conn *pgx.Conn, tables Tables, first, end int) error {
	var there bool
	err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+tables.Tickets.Sanitize()+" WHERE id = $1)", first*ticketsPerTenant+1).Scan(&there)
	if there || err != nil {
		return err
	}
	const tenant = `('00000000-0000-4000-8000-' || lpad(to_hex(%s), 12, '0'))::uuid`
	for _, statement := range []string{
		// The rows are right, so the foreign keys need not look.
		"SET session_replication_role = replica",
		fmt.Sprintf("INSERT INTO %s SELECT "+tenant+", 'Tenant ' || i FROM generate_series(%d, %d) AS i",
			tables.Tenants.Sanitize(), "i", first, end-1),
		fmt.Sprintf(`INSERT INTO %s (id, tenant_id, customer_id, number, title, amount, open, created_at)
			SELECT i + 1, `+tenant+`, i / %d + 1, i %% %d, 'The title of ticket number ' || i, i %% 1000, i %% 3 = 0,
			       timestamptz '2025-01-01 00:00:00Z' + i * interval '1 minute'
			FROM generate_series(%d, %d) AS i`,
			tables.Tickets.Sanitize(), fmt.Sprintf("i / %d", ticketsPerTenant), ticketsPerCustomer, ticketsPerTenant,
			first*ticketsPerTenant, end*ticketsPerTenant-1),
		"RESET session_replication_role",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("seed: %w", err)
		}
	}
	return nil
}
