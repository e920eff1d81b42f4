package postgres

import (
	"github.com/tenancygen/tenancygen/isolation/internal/tier"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Hybrid is the provider for tenants of several tiers, each with a strategy of its
// own, such as a database for those who pay for one and row-level security for all
// others. It asks nobody and does nothing itself: every call goes to the provider of
// the tenant's tier.
//
// A tenant's tier must be the same for as long as the tenant has data: a tenant of
// another tier is looked for in another place, and nothing moves its data. So ask
// StrategyFor when the tenant is registered and store the answer as its Strategy,
// which wins from then on.
//
// Make it with NewHybrid; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type Hybrid struct{ *tier.Providers[pgxdb.Handle] }

var _ pgxdb.Isolation = (*Hybrid)(nil)

// globalOrder is the order in which providers are taken for Global. Under row-level
// security the handle sees no tenant's rows.
var globalOrder = []runtime.Strategy{
	runtime.StrategyRLS, runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategySchema, runtime.StrategyDatabase,
}

// NewHybrid returns a provider of those for the strategies. They may share a pool, as
// they leave their pools to the caller; Close closes the providers. tierOf says which
// strategy a tenant has that stores none. It does no I/O, knows a tenant before it is
// registered (by its Identifier, say), and may be called by several goroutines at
// once; see also Tiers.
//
// A map without providers, with a nil one, or with one under another strategy's name is
// ErrTierProvider, and so is a nil tierOf, and a hybrid provider.
func NewHybrid(providers map[runtime.Strategy]pgxdb.Isolation, tierOf func(runtime.Tenant) runtime.Strategy) (*Hybrid, error) {
	h, err := tier.New(globalOrder, providers, tierOf, pgxdb.Refuse)
	if err != nil {
		return nil, err
	}
	return &Hybrid{h}, nil
}

// Tiers returns a function for NewHybrid that goes by lists: a tenant whose ID or
// Identifier is in the list of a strategy has that one, and any other tenant has
// otherwise. Where a name is in several lists, the one counts that keeps tenants
// further apart: database before schema, prefix, row and rls.
func Tiers(otherwise runtime.Strategy, lists map[runtime.Strategy][]string) func(runtime.Tenant) runtime.Strategy {
	tiers := map[string]runtime.Strategy{}
	for _, strategy := range globalOrder {
		for _, name := range lists[strategy] {
			tiers[name] = strategy
		}
	}
	return func(t runtime.Tenant) runtime.Strategy {
		for _, name := range []string{t.ID, t.Identifier.String()} {
			if strategy, ok := tiers[name]; ok && name != "" {
				return strategy
			}
		}
		return otherwise
	}
}
