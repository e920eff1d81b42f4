package mysql

import (
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Hybrid has one of several strategies for each tenant: small ones share tables, say,
// and a large one has a database. A tenant that stores a Strategy has that one, and any
// other the one of its tier.
//
// Make it with NewHybrid, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type Hybrid struct{ *sqlspace.Hybrid }

var _ sqldb.Isolation = Hybrid{}

// NewHybrid returns a provider of those for the strategies: RowFilter for
// runtime.StrategyRow, Prefix for StrategyPrefix, and what NewDatabase and NewSchema
// return for StrategyDatabase and StrategySchema. Close closes them. tier says which
// strategy a tenant has that stores none; it does no I/O and may be called by several
// goroutines at once.
//
// A map without providers, with a nil one, or with one under another strategy's name is
// ErrTierProvider, and so is a nil tier, and a hybrid provider.
func NewHybrid(providers map[runtime.Strategy]sqldb.Isolation, tier func(runtime.Tenant) runtime.Strategy) (Hybrid, error) {
	h, err := sqlspace.NewHybrid(providers, tier)
	return Hybrid{h}, err
}
