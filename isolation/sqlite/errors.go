package sqlite

import (
	"errors"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/isolation/internal/tier"
)

// The errors of the constructors.
var (
	// ErrNoPool is returned by a constructor that is given a nil pool or connector.
	ErrNoPool = sqlspace.ErrNoPool
	// ErrNoLayout is returned for a layout without tables or DDL, and by Destroy and
	// Verify of a RowFilter that was made without WithLayout.
	ErrNoLayout = sqlspace.ErrNoLayout
	// ErrLayout is returned, wrapped with the reason, for a layout that cannot be used,
	// such as that of another database.
	ErrLayout = sqlspace.ErrLayout
	// ErrLimit is returned for a limit that is not positive.
	ErrLimit = sqlspace.ErrLimit
	// ErrParam is returned for a parameter that WithParams does not take.
	ErrParam = errors.New(`tenancy: a parameter of the driver begins with "_", such as _pragma; the others are the provider's`)
	// ErrNoDirectory is returned by NewFile for an empty directory.
	ErrNoDirectory = errors.New("tenancy: no directory for the files of tenants")
	// ErrNoRLS is returned by NewRLS.
	ErrNoRLS = errors.New("tenancy: SQLite has no row-level security: " +
		"use NewRowFilter, whose SQL carries the tenant's predicate, or NewFile, which gives each tenant a file")
	// ErrNoSchema is returned by NewSchema.
	ErrNoSchema = errors.New("tenancy: SQLite has no schemas: " +
		"use NewPrefix for tables of a tenant's own in one file, or NewFile for a file of its own")
	// ErrTierProvider is returned by NewHybrid, wrapped with the reason, for providers
	// that it cannot choose from.
	ErrTierProvider = tier.ErrTierProvider
)

// The errors of handles. They are returned before anything reaches the database.
var (
	// ErrHandwritten is returned by a handle of Prefix for SQL that is neither of the
	// generated package nor of ApplyFilters.
	ErrHandwritten = sqlspace.ErrHandwritten
	// ErrPrepare is returned by PrepareContext outside a transaction.
	ErrPrepare = sqlspace.ErrPrepare
	// ErrNoHandle is returned for what was not called through a handle.
	ErrNoHandle = sqlspace.ErrNoHandle
	// ErrNoTier is returned by every method of Hybrid, wrapped with the strategy, for a
	// tenant whose strategy has no provider.
	ErrNoTier = tier.ErrNoTier
)

// ErrInUse is returned by Destroy where another process has the tenant's file open, or
// a transaction of this one does not end.
var ErrInUse = errors.New("tenancy: the tenant's file is in use")
