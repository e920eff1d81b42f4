package workload

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"

	"github.com/tenancygen/tenancygen/bench/entgen"
	entticket "github.com/tenancygen/tenancygen/bench/entgen/ticket"
)

// Ent reads with code of ent, the tenant's predicate in each query.
type Ent struct{ client *entgen.Client }

// NewEnt returns the client on the database.
func NewEnt(db *sql.DB) Ent {
	return Ent{entgen.NewClient(entgen.Driver(entsql.OpenDB(dialect.Postgres, db)))}
}

// Point implements Reader.
func (c Ent) Point(ctx context.Context, k Key) error {
	t, err := c.client.Ticket.Query().Where(entticket.ID(k.Ticket), entticket.TenantID(k.ID.Bytes)).Only(ctx)
	if err != nil {
		return err
	}
	return wantTicket(k, t.ID, t.TenantID, nil)
}

// List implements Reader.
func (c Ent) List(ctx context.Context, k Key) error {
	list, err := c.client.Ticket.Query().Where(entticket.CustomerID(k.Customer), entticket.TenantID(k.ID.Bytes)).
		Order(entticket.ByID()).Limit(ticketsPerCustomer).All(ctx)
	if err != nil || len(list) == 0 {
		return wantList(k, 0, 0, err)
	}
	return wantList(k, len(list), list[len(list)-1].ID, nil)
}
