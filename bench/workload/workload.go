// Package workload does the same work in the ways that are compared: pgx by hand,
// code of sqlc, of tenancygen, of ent, and GORM.
package workload

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/tenancygen/tenancygen/runtime"
)

// Key says for whom and on which rows a piece of work is done.
type Key struct {
	Tenant   runtime.Tenant
	ID       pgtype.UUID // the tenant's
	Ticket   int64
	Customer int64
}

// Reader reads. It is safe for concurrent use, and checks what it has read.
type Reader interface {
	// Point reads a ticket by its id.
	Point(ctx context.Context, k Key) error
	// List reads the hundred tickets of a customer.
	List(ctx context.Context, k Key) error
}

// Client does all of the work.
type Client interface {
	Reader
	// Insert adds one row.
	Insert(ctx context.Context, k Key) error
	// Tx reads n tickets by their ids in a transaction.
	Tx(ctx context.Context, k Key, n int) error
	// MixedTx runs ten statements in a transaction: four point reads, three updates
	// of one row and three inserts.
	MixedTx(ctx context.Context, k Key) error
}

// How many rows the tenants have. A list is as long as a customer's tickets.
const (
	customersPerTenant = 2
	ticketsPerCustomer = 100
	ticketsPerTenant   = customersPerTenant * ticketsPerCustomer
)

// Tenant returns the tenant with the number.
func Tenant(n int) runtime.Tenant {
	return runtime.Tenant{ID: fmt.Sprintf("00000000-0000-4000-8000-%012x", n)}
}

// Keys returns n keys of random rows of as many tenants.
func Keys(n, tenants int) []Key {
	random := rand.New(rand.NewPCG(5, 8))
	keys := make([]Key, n)
	for i := range keys {
		t, ticket := random.IntN(tenants), random.IntN(ticketsPerTenant)
		k := Key{
			Tenant:   Tenant(t),
			Ticket:   int64(t*ticketsPerTenant + ticket + 1),
			Customer: int64(t*customersPerTenant + ticket/ticketsPerCustomer + 1),
		}
		if err := k.ID.Scan(k.Tenant.ID); err != nil {
			panic(err) // Tenant writes the ids
		}
		keys[i] = k
	}
	return keys
}

// wantTicket checks what a point read has brought.
func wantTicket(k Key, id int64, tenant [16]byte, err error) error {
	switch {
	case err != nil:
		return err
	case id != k.Ticket || tenant != k.ID.Bytes:
		return fmt.Errorf("read ticket %d instead of %d", id, k.Ticket)
	}
	return nil
}

// wantList checks what a list has brought.
func wantList(k Key, n int, last int64, err error) error {
	switch {
	case err != nil:
		return err
	case n != ticketsPerCustomer || last != k.Customer*ticketsPerCustomer:
		return fmt.Errorf("listed %d tickets up to %d of customer %d", n, last, k.Customer)
	}
	return nil
}
