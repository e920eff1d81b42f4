package sqlspace

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// Hybrid has one of several strategies for each tenant. The packages of the engines
// export it, and say what it does.
type Hybrid struct {
	providers map[runtime.Strategy]sqldb.Isolation
	tier      func(runtime.Tenant) runtime.Strategy
	global    sqldb.Isolation
	close     func() error
}

// globalOrder is the order of the providers of which one has the global handle: those
// whose global handle is on the shared database without a doubt first.
var globalOrder = []runtime.Strategy{runtime.StrategyRow, runtime.StrategyPrefix, runtime.StrategySchema, runtime.StrategyDatabase}

// Strategic is a provider that says of itself which strategy it is.
type Strategic interface{ Strategy() runtime.Strategy }

// NewHybrid returns a provider of those for the strategies; see the packages of the
// engines.
func NewHybrid(providers map[runtime.Strategy]sqldb.Isolation, tier func(runtime.Tenant) runtime.Strategy) (*Hybrid, error) {
	if tier == nil {
		return nil, fmt.Errorf("%w: there is no function for the tier of a tenant", ErrTierProvider)
	}
	h := &Hybrid{providers: map[runtime.Strategy]sqldb.Isolation{}, tier: tier}
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
func checkTier(strategy runtime.Strategy, p sqldb.Isolation) error {
	if v := reflect.ValueOf(p); p == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("%w: that of strategy %q is nil", ErrTierProvider, strategy)
	}
	if _, ok := p.(interface {
		ProviderFor(t runtime.Tenant) (sqldb.Isolation, error)
	}); ok {
		return fmt.Errorf("%w: a hybrid provider cannot be one of another", ErrTierProvider)
	}
	if !slices.Contains(globalOrder, strategy) {
		return fmt.Errorf("%w: there is no strategy %q for a tier", ErrTierProvider, strategy)
	}
	if s, ok := p.(Strategic); ok && s.Strategy() != strategy {
		return fmt.Errorf("%w: that of strategy %s is given as that of %s", ErrTierProvider, s.Strategy(), strategy)
	}
	return nil
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
func (h *Hybrid) ProviderFor(t runtime.Tenant) (sqldb.Isolation, error) {
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
func (h *Hybrid) For(t runtime.Tenant) sqldb.DB {
	p, err := h.ProviderFor(t)
	if err != nil {
		return sqldb.Refuse(err)
	}
	return p.For(t)
}

// Global returns the handle of one of the providers: that for rows, or the next of
// prefix, schema and database. They should share one database.
func (h *Hybrid) Global() sqldb.DB { return h.global.Global() }

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

// Close closes the providers, all of them whatever goes wrong with one. A second call
// returns what the first did.
func (h *Hybrid) Close() error { return h.close() }

func (h *Hybrid) closeAll() error {
	var errs []error
	for _, strategy := range globalOrder {
		if p := h.providers[strategy]; p != nil {
			errs = append(errs, p.Close())
		}
	}
	return errors.Join(errs...)
}
