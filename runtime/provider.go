package runtime

import "context"

// Provider is an isolation strategy: it hands out database handles that act as
// one tenant. DB is the driver's handle type, such as pgxdb.DB. A Provider is
// safe for concurrent use, and so are the handles it returns, but for those
// inside a transaction.
type Provider[DB any] interface {
	// Tenant returns a handle on which every single statement, and every
	// transaction begun on it, runs as t. It does no I/O. For a tenant that may
	// not act (see Tenant.Check) every method of the handle returns that error
	// before anything reaches the database.
	Tenant(t Tenant) DB

	// InTx runs fn in one transaction as t: commits when fn returns nil, rolls
	// back when it returns an error or panics. The error of fn is returned as it
	// is. A transaction inside a transaction is a savepoint of the same tenant.
	InTx(ctx context.Context, t Tenant, fn func(DB) error) error

	// Global returns a handle for statements that touch no tenant's table. Under
	// row-level security it sees no tenant's rows.
	Global() DB
}
