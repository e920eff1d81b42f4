package postgres

import "errors"

// The errors of the strategies that give each tenant tables of its own, schema and
// prefix.
var (
	// ErrUnmovable is returned by the constructors, wrapped with the reason, for a
	// layout whose tables cannot be put in a namespace for each tenant.
	ErrUnmovable = errors.New("tenancy: the tables cannot be made for each tenant")
	// ErrHandwritten is returned by a handle of Prefix for SQL that is neither of the
	// generated package nor of ApplyFilters.
	ErrHandwritten = errors.New("tenancy: SQL written by hand cannot be sent where tenants' tables have a prefix: " +
		"generate a method for it, or use ApplyFilters")
	// ErrMixedBatch is returned by SendBatch for generated and hand-written SQL in one
	// batch, for which there would have to be two search_paths.
	ErrMixedBatch = errors.New("tenancy: a batch has generated and hand-written SQL: send two batches, in a transaction")
	// ErrNotTenantTable is returned by CopyFrom, wrapped with the name, for what is no
	// tenant's table of the layout.
	ErrNotTenantTable = errors.New("tenancy: not a table of tenants")
	// ErrRewriter is returned for a pgx.QueryRewriter, other than pgx's own, that puts
	// other SQL in the place of what was generated.
	ErrRewriter = errors.New("tenancy: a query rewriter has replaced generated SQL")
	// ErrPrepare is returned by Prepare of a transaction. pgx prepares by itself.
	ErrPrepare = errors.New("tenancy: a statement cannot be prepared under a name of its own on a tenant's handle: " +
		"the connection keeps it for the next tenant")
	// ErrTransactionEnded is returned in a transaction that hand-written SQL has ended.
	// A search_path no longer holds there, so nothing more is sent.
	ErrTransactionEnded = errors.New("tenancy: SQL has ended the transaction: use Commit and Rollback")
	// ErrTransactionControl is returned by SendBatch for hand-written SQL that begins
	// or ends a transaction or a savepoint, and so changes the search_path of what is
	// behind it in the batch.
	ErrTransactionControl = errors.New("tenancy: a batch of hand-written SQL begins or ends a transaction or a savepoint: " +
		"use Begin, Commit and Rollback")
	// ErrSeveralStatements is returned for hand-written SQL with a semicolon that is not
	// its end, where the simple protocol would send several statements.
	ErrSeveralStatements = errors.New("tenancy: hand-written SQL may hold several statements, of which one could end the transaction: " +
		"send one at a time, and values that have a semicolon as arguments")
)
