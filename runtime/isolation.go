package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Isolation is the whole contract of an isolation strategy: a Provider that also
// makes, removes and checks the place where a tenant's data is. The methods below
// take tenants of any status, since a tenant that may not act still has to be made
// and removed; they return ErrNoTenant for one without an id. It is safe for
// concurrent use, also by several processes on one database.
type Isolation[DB any] interface {
	Provider[DB]

	// Initialize makes the tenant's place: its schema, database or tables. It can
	// be called again, and by several callers at once, and picks up what an
	// interrupted call left. It undoes only what it made itself. A place that
	// belongs to another tenant, or that nobody recorded, is ErrForeignNamespace
	// and stays as it is.
	Initialize(ctx context.Context, t Tenant) error

	// Destroy removes the tenant's place with everything in it. There is no way
	// back, so confirm has to be Confirmation(t.ID); otherwise the error is
	// ErrNotConfirmed and nothing happens. The report says what was removed, table
	// by table. A tenant that has no place is an empty report and no error.
	Destroy(ctx context.Context, t Tenant, confirm Confirmation) (Removal, error)

	// Verify looks whether the tenant is isolated, in the database and not in the
	// configuration. It changes nothing: what it tries, it rolls back. The error
	// says that it could not look; what it found is in the report.
	Verify(ctx context.Context, t Tenant) (Report, error)

	// SchemaName returns the name of the schema that holds the tenant's tables,
	// without quotes. The tenant's own SchemaName wins where it is set.
	SchemaName(t Tenant) (string, error)

	// DatabaseURL returns the URL of the database that holds the tenant's tables.
	// The tenant's own DatabaseURL wins where it is set. It may hold a password.
	DatabaseURL(t Tenant) (string, error)

	// ApplyFilters returns dynamic SQL scoped to the tenant, to be run on the
	// tenant's handle of this provider, or an error where it cannot be proved to be
	// the tenant's. Without a Filter the error is ErrNoFilter.
	ApplyFilters(q Query, t Tenant) (Query, error)

	// Close closes what the provider opened itself, and waits for what is in use.
	// It can be called twice.
	Close() error
}

// Strategy is a way to keep tenants apart.
type Strategy string

// The strategies.
const (
	StrategyRow      Strategy = "row"      // shared tables, a predicate in the SQL
	StrategyRLS      Strategy = "rls"      // shared tables, the predicate and policies
	StrategySchema   Strategy = "schema"   // a schema for each tenant
	StrategyDatabase Strategy = "database" // a database for each tenant
	StrategyPrefix   Strategy = "prefix"   // tables of each tenant, told by their names
	StrategyHybrid   Strategy = "hybrid"   // one of the others for each tenant
)

// Valid reports whether s is one of the strategies.
func (s Strategy) Valid() bool {
	switch s {
	case StrategyRow, StrategyRLS, StrategySchema, StrategyDatabase, StrategyPrefix, StrategyHybrid:
		return true
	}
	return false
}

// Confirmation is the id of the tenant that the caller means to destroy, given once
// more.
type Confirmation string

// Query is a statement and the values of its parameters.
type Query struct {
	SQL  string
	Args []any
}

// Filter scopes dynamic SQL to a tenant. Package isolation/dynamic has one; a
// provider takes it as an option, so that only those who use it link the compiler.
// It is safe for concurrent use.
type Filter interface {
	// Filter returns the statement scoped to the tenant, with the places at which it
	// names tenants' tables, and its arguments. It does not change q.
	Filter(q Query, t Tenant) (Text, []any, error)
}

// The errors of an Isolation.
var (
	// ErrNoFilter is returned by ApplyFilters of a provider that was made without a
	// Filter.
	ErrNoFilter = errors.New("tenancy: the provider was made without a filter for dynamic SQL")
	// ErrNotConfirmed is returned by Destroy for a confirmation that is not the
	// tenant's id.
	ErrNotConfirmed = errors.New("tenancy: destroying a tenant needs its id as the confirmation")
	// ErrForeignNamespace is returned for a schema, database or table that is there
	// already and is not recorded as the tenant's.
	ErrForeignNamespace = errors.New("tenancy: the namespace is there and does not belong to the tenant")
	// ErrNotInitialized is returned for a tenant whose place has not been made.
	ErrNotInitialized = errors.New("tenancy: the tenant has not been initialized")
	// ErrNamespaceName is returned, wrapped with the reason, for a name that cannot
	// be a tenant's schema, database or prefix.
	ErrNamespaceName = errors.New("tenancy: not the name of a tenant's namespace")
	// ErrUnsupported is returned, wrapped with the reason, for what a strategy does
	// not have, such as the schema name of a tenant under row-level security.
	ErrUnsupported = errors.New("tenancy: the strategy does not have this")
	// ErrClosed is returned after Close.
	ErrClosed = errors.New("tenancy: the provider is closed")
)

// Removal is what Destroy removed.
type Removal struct {
	// Namespace is the schema, the database or the prefix; empty where tables are
	// shared.
	Namespace string
	// Tables are the tables in the order in which they were emptied or dropped.
	Tables []RemovedTable
}

// RemovedTable is a table of which rows were removed.
type RemovedTable struct {
	Name string
	Rows int64
}

// Rows returns how many rows were removed in all.
func (r Removal) Rows() int64 {
	var n int64
	for _, t := range r.Tables {
		n += t.Rows
	}
	return n
}

// Report is what Verify found.
type Report struct {
	Strategy  Strategy
	Namespace string // the schema, database or prefix; empty where tables are shared
	Checks    []Check
}

// Check is one thing that Verify looked at.
type Check struct {
	// Name says what: "namespace", "tables", "columns", "row-level security",
	// "policies", "role", "grants", "probe".
	Name string
	// Problem says what is wrong; empty when nothing is.
	Problem string
}

// OK reports whether the report has checks and none of them found a problem.
func (r Report) OK() bool { return r.Err() == nil }

// ErrNotIsolated is what Report.Err wraps.
var ErrNotIsolated = errors.New("tenancy: the tenant is not isolated")

// Err returns an error that is ErrNotIsolated and names every problem, or nil. A
// report without checks is a problem.
func (r Report) Err() error {
	if len(r.Checks) == 0 {
		return fmt.Errorf("%w: nothing was checked", ErrNotIsolated)
	}
	var problems []string
	for _, c := range r.Checks {
		if c.Problem != "" {
			problems = append(problems, c.Name+": "+c.Problem)
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w: %s", ErrNotIsolated, strings.Join(problems, "; "))
	}
	return nil
}
