package sqlspace

import "errors"

// The errors of the constructors and of what is used under a provider. The packages of
// the engines export them.
var (
	ErrNoPool   = errors.New("tenancy: no pool")
	ErrNoLayout = errors.New("tenancy: no layout: generate the package with emit_layout and give its Layout to the provider")
	ErrLayout   = errors.New("tenancy: the layout cannot be used")
	ErrLimit    = errors.New("tenancy: a limit must be positive")

	ErrHandwritten = errors.New("tenancy: the statement is not of the generated package, and names no tenant's tables: " +
		"generate it, or scope it with ApplyFilters")
	ErrPrepare = errors.New("tenancy: a statement cannot be prepared on a tenant's handle, " +
		"since it would outlive what it is prepared for: prepare it in a transaction, or let the driver do so")
	ErrDriver   = errors.New("tenancy: the driver cannot begin a transaction in a context")
	ErrNoHandle = errors.New("tenancy: the statement has no tenant: run it on a handle of the provider")
)
