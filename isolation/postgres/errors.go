package postgres

import (
	"errors"

	"github.com/tenancygen/tenancygen/isolation/internal/tier"
)

// The errors of the constructors.
var (
	// ErrNoPool is returned by a constructor that is given a nil pool.
	ErrNoPool = errors.New("tenancy: no pool")
	// ErrNoLayout is returned by Destroy and Verify of a provider that was made without
	// WithLayout, and by the constructors of the strategies that need one.
	ErrNoLayout = errors.New("tenancy: no layout: generate the package with emit_layout and give its Layout to the provider")
	// ErrSettingName is returned by NewRLS for a setting name that PostgreSQL
	// would not accept as an application's own, such as one without a dot.
	ErrSettingName = errors.New(`tenancy: the setting name must have the form "app.current_tenant"`)
	// ErrNoDDL is returned by NewDatabase for a layout that cannot make tables.
	ErrNoDDL = errors.New("tenancy: the layout has no DDL: give the Layout of the generated package")
	// ErrURLTemplate is returned by NewDatabase for a template of WithURLTemplate
	// that does not say where the name of the tenant's database belongs.
	ErrURLTemplate = errors.New("tenancy: the template of database URLs must have {database} as the name of the database")
	// ErrTierProvider is returned by NewHybrid, wrapped with the reason, for providers
	// that it cannot choose from.
	ErrTierProvider = tier.ErrTierProvider
	// ErrLimit is returned by NewDatabase for a limit that is not positive.
	ErrLimit = errors.New("tenancy: a limit must be positive")
)

// The errors of a handle under RLS. They are returned before anything reaches
// the database.
var (
	// ErrCopyUnderRLS is returned by CopyFrom. PostgreSQL answers COPY FROM on
	// a table with row-level security with error 0A000, so the handle says what
	// to do before the rows are read. INSERT with unnest is also faster.
	ErrCopyUnderRLS = errors.New("tenancy: COPY FROM is not possible under row-level security: " +
		"insert with INSERT INTO … SELECT … FROM unnest($1::…[], …), or use Global for a table of no tenant")
	// ErrQueryOption is returned for a pgx.QueryExecMode, pgx.QueryResultFormats
	// or pgx.QueryResultFormatsByOID among the arguments.
	ErrQueryOption = errors.New("tenancy: a query option cannot be used on a single statement under row-level security: " +
		"set pgx.ConnConfig.DefaultQueryExecMode, or use a transaction")
	// ErrBatchBegin is returned by SendBatch for a batch on which
	// pgx.Batch.BeginTx was called.
	ErrBatchBegin = errors.New("tenancy: Batch.BeginTx cannot be used on a tenant's handle: " +
		"call Begin and send the batch in the transaction")
)

// ErrUnsafeConnection is returned by RLS.VerifyRole, wrapped with what is wrong, for
// a connection on which policies would not keep tenants apart.
var ErrUnsafeConnection = errors.New("tenancy: row-level security does not hold on this connection")

// ErrNoTier is returned by every method of Hybrid, wrapped with the strategy, for a
// tenant whose strategy has no provider.
var ErrNoTier = tier.ErrNoTier

// What goes wrong with a tenant's pool before there is a connection.
var (
	errPoolPanic = errors.New("tenancy: the pool of the tenant could not be configured")
	errMasterURL = errors.New("tenancy: the connection string of the master pool is no URL")
)
