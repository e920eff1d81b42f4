package sqlpostgres

import "errors"

// The errors of the constructors.
var (
	// ErrNoPool is returned by a constructor that is given a nil pool or connector.
	ErrNoPool = errors.New("tenancy: no pool")
	// ErrSettingName is returned by NewRLS for a setting name that PostgreSQL
	// would not accept as an application's own, such as one without a dot.
	ErrSettingName = errors.New(`tenancy: the setting name must have the form "app.current_tenant"`)
)

// The errors of what is used under RLS. They are returned before anything reaches
// the database.
var (
	// ErrPrepareUnderRLS is returned by PrepareContext outside a transaction.
	ErrPrepareUnderRLS = errors.New("tenancy: a statement cannot be prepared under row-level security, " +
		"since it would belong to no tenant: prepare it in a transaction, or let the driver do so")
	// ErrNoHandle is returned for what was not called through a handle, such as a
	// statement on RLS.Pool.
	ErrNoHandle = errors.New("tenancy: the statement has no tenant: run it on RLS.Tenant or RLS.Global")
	// ErrDriver is returned where a driver cannot run statements in a context.
	ErrDriver = errors.New("tenancy: the driver has no ExecContext, QueryContext or PrepareContext: use lib/pq or pgx")
)

// ErrUnsafeConnection is returned by RLS.VerifyRole, wrapped with what is wrong, for
// a connection on which policies would not keep tenants apart.
var ErrUnsafeConnection = errors.New("tenancy: row-level security does not hold on this connection")
