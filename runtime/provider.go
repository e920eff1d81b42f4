package runtime

// Provider is an isolation strategy: it hands out database handles that act as
// one tenant. DB is the driver's handle type, such as pgxdb.Handle. A Provider is
// safe for concurrent use, and so are the handles it returns.
//
// It is all that generated code needs. What it takes to make, remove and check
// tenants' places is in Isolation.
type Provider[DB any] interface {
	// For returns a handle on which every single statement, and every
	// transaction begun on it, runs as t. It does no I/O. For a tenant that may
	// not act (see Tenant.Check) every method of the handle returns that error
	// before anything reaches the database.
	For(t Tenant) DB

	// Global returns a handle for statements that touch no tenant's table. Under
	// row-level security it sees no tenant's rows.
	Global() DB
}
