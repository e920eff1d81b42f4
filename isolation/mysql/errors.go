package mysql

import (
	"errors"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/isolation/internal/tier"
)

// The errors of the constructors.
var (
	// ErrNoPool is returned by a constructor that is given a nil pool or configuration.
	ErrNoPool = sqlspace.ErrNoPool
	// ErrNoLayout is returned for a layout without tables or DDL, and by Destroy and
	// Verify of a RowFilter that was made without WithLayout.
	ErrNoLayout = sqlspace.ErrNoLayout
	// ErrLayout is returned, wrapped with the reason, for a layout that cannot be used,
	// such as that of another database.
	ErrLayout = sqlspace.ErrLayout
	// ErrNoDatabase is returned for a configuration that names no database.
	ErrNoDatabase = errors.New("tenancy: the configuration of the connection has to name the database of what tenants share (DBName)")
	// ErrNoRLS is returned by NewRLS.
	ErrNoRLS = errors.New("tenancy: MySQL and MariaDB have no row-level security: " +
		"use NewRowFilter, whose SQL carries the tenant's predicate, or NewDatabase, which gives each tenant a database")
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
