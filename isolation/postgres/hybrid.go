package postgres

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

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
type Hybrid struct {
	providers map[runtime.Strategy]pgxdb.Isolation
	tier      func(runtime.Tenant) runtime.Strategy
	global    pgxdb.Isolation
	close     func() error
}

var _ pgxdb.Isolation = (*Hybrid)(nil)

// globalOrder is the order in which providers are taken for Global. Under row-level
// security the handle sees no tenant's rows.
var globalOrder = []runtime.Strategy{
	runtime.StrategyRLS, runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategySchema, runtime.StrategyDatabase,
}

// NewHybrid returns a provider of those for the strategies. They may share a pool, as
// they leave their pools to the caller; Close closes the providers. tier says which
// strategy a tenant has that stores none. It does no I/O, knows a tenant before it is
// registered (by its Identifier, say), and may be called by several goroutines at
// once; see also Tiers.
//
// A map without providers, with a nil one, or with one under another strategy's name is
// ErrTierProvider, and so is a nil tier, and a hybrid provider.
func NewHybrid(providers map[runtime.Strategy]pgxdb.Isolation, tier func(runtime.Tenant) runtime.Strategy) (*Hybrid, error) {
	if tier == nil {
		return nil, fmt.Errorf("%w: there is no function for the tier of a tenant", ErrTierProvider)
	}
	h := &Hybrid{providers: map[runtime.Strategy]pgxdb.Isolation{}, tier: tier}
	for strategy, p := range providers {
		if err := checkTier(strategy, p); err != nil {
			return nil, err
		}
		h.providers[strategy] = p
	}
	for _, strategy := range globalOrder {
		if p := h.providers[strategy]; p != nil {
			h.global = p
			break
		}
	}
	if h.global == nil {
		return nil, fmt.Errorf("%w: there are no providers", ErrTierProvider)
	}
	h.close = sync.OnceValue(h.closeAll)
	return h, nil
}

// checkTier returns an error for a provider that cannot be that of the strategy.
func checkTier(strategy runtime.Strategy, p pgxdb.Isolation) error {
	is := strategy // where somebody else's provider is given as that
	switch p.(type) {
	case *RowFilter:
		is = runtime.StrategyRow
	case *RLS:
		is = runtime.StrategyRLS
	case *Schema:
		is = runtime.StrategySchema
	case *Prefix:
		is = runtime.StrategyPrefix
	case *Database:
		is = runtime.StrategyDatabase
	case interface {
		ProviderFor(t runtime.Tenant) (pgxdb.Isolation, error)
	}:
		return fmt.Errorf("%w: a hybrid provider cannot be one of another", ErrTierProvider)
	case nil:
		return fmt.Errorf("%w: that of strategy %q is nil", ErrTierProvider, strategy)
	}
	switch {
	case reflect.ValueOf(p).Kind() == reflect.Pointer && reflect.ValueOf(p).IsNil():
		return fmt.Errorf("%w: that of strategy %q is nil", ErrTierProvider, strategy)
	case !slices.Contains(globalOrder, strategy):
		return fmt.Errorf("%w: there is no strategy %q for a tier", ErrTierProvider, strategy)
	case is != strategy:
		return fmt.Errorf("%w: that of strategy %s is given as that of %s", ErrTierProvider, is, strategy)
	}
	return nil
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

// StrategyFor returns the strategy of the tenant: the one that is stored with it, or
// that of its tier. It does no I/O, and takes a tenant that has no ID yet.
func (h *Hybrid) StrategyFor(t runtime.Tenant) (runtime.Strategy, error) {
	strategy := t.Strategy
	if strategy == "" {
		strategy = h.tier(t)
	}
	if h.providers[strategy] == nil {
		return "", fmt.Errorf("%w: %q", ErrNoTier, strategy)
	}
	return strategy, nil
}

// ProviderFor returns the provider that serves the tenant. It does no I/O. A strategy
// that no provider has is ErrNoTier.
func (h *Hybrid) ProviderFor(t runtime.Tenant) (pgxdb.Isolation, error) {
	if t.ID == "" {
		return nil, runtime.ErrNoTenant
	}
	strategy, err := h.StrategyFor(t)
	if err != nil {
		return nil, err
	}
	return h.providers[strategy], nil
}

// For returns the handle of the tenant's provider. Where there is none, every method
// of the handle returns ErrNoTier.
func (h *Hybrid) For(t runtime.Tenant) pgxdb.Handle {
	p, err := h.ProviderFor(t)
	if err != nil {
		return pgxdb.Refuse(err)
	}
	return p.For(t)
}

// Global returns the handle of one of the providers: that for row-level security, or
// the next of row, prefix, schema and database. They should share one database.
func (h *Hybrid) Global() pgxdb.Handle { return h.global.Global() }

// Initialize is that of the tenant's provider.
func (h *Hybrid) Initialize(ctx context.Context, t runtime.Tenant) error {
	p, err := h.ProviderFor(t)
	if err != nil {
		return err
	}
	return p.Initialize(ctx, t)
}

// Destroy is that of the tenant's provider.
func (h *Hybrid) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	return p.Destroy(ctx, t, confirm)
}

// Verify is that of the tenant's provider, whose strategy the report has.
func (h *Hybrid) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Report{}, err
	}
	return p.Verify(ctx, t)
}

// SchemaName is that of the tenant's provider.
func (h *Hybrid) SchemaName(t runtime.Tenant) (string, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return "", err
	}
	return p.SchemaName(t)
}

// DatabaseURL is that of the tenant's provider.
func (h *Hybrid) DatabaseURL(t runtime.Tenant) (string, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return "", err
	}
	return p.DatabaseURL(t)
}

// ApplyFilters is that of the tenant's provider.
func (h *Hybrid) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Query{}, err
	}
	return p.ApplyFilters(q, t)
}

// Close closes the providers, each once and all of them whatever goes wrong with one.
// A second call returns what the first did.
func (h *Hybrid) Close() error { return h.close() }

func (h *Hybrid) closeAll() error {
	var closed []pgxdb.Isolation
	var errs []error
	for _, strategy := range globalOrder {
		p := h.providers[strategy]
		if p == nil || slices.ContainsFunc(closed, func(c pgxdb.Isolation) bool { return same(c, p) }) {
			continue
		}
		closed = append(closed, p)
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// same reports whether two providers are one.
func same(a, b pgxdb.Isolation) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}
