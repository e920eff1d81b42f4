package sqlite

import (
	"github.com/tenancygen/tenancygen/isolation/internal/tier"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Hybrid has one of several strategies for each tenant: small ones share tables, say,
// and a large one has a file. A tenant that stores a Strategy has that one, and any
// other the one of its tier, which therefore has to stay the same for as long as the
// tenant has data: ask StrategyFor when the tenant is registered, and store the answer.
//
// Make it with NewHybrid, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type Hybrid struct{ *tier.Providers[sqldb.DB] }

var _ sqldb.Isolation = Hybrid{}

// globalOrder is the order in which providers are taken for Global: those whose global
// handle is on the shared database without a doubt first.
var globalOrder = []runtime.Strategy{runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategyDatabase}

// NewHybrid returns a provider of those for the strategies: RowFilter for
// runtime.StrategyRow, Prefix for StrategyPrefix, and File for StrategyDatabase. Close
// closes them. tierOf says which strategy a tenant has that stores none; it does no I/O
// and may be called by several goroutines at once.
//
// A map without providers, with a nil one, or with one under another strategy's name is
// ErrTierProvider, and so is a nil tierOf, and a hybrid provider.
func NewHybrid(providers map[runtime.Strategy]sqldb.Isolation, tierOf func(runtime.Tenant) runtime.Strategy) (Hybrid, error) {
	h, err := tier.New(globalOrder, providers, tierOf, sqldb.Refuse)
	return Hybrid{h}, err
}
