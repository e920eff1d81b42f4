// Package tier chooses a provider for each tenant by its strategy. The packages of the
// databases export it as their Hybrid, each with the handles of its driver.
package tier

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
)

// The errors of a hybrid provider. The packages of the databases export them.
var (
	ErrTierProvider = errors.New("tenancy: not the providers of a hybrid one")
	ErrNoTier       = errors.New("tenancy: no provider has the tenant's strategy")
)

// Providers are those of the tiers. Every call goes to the provider of the tenant's
// tier. Make it with New; it is safe for concurrent use.
type Providers[DB any] struct {
	order     []runtime.Strategy
	providers map[runtime.Strategy]runtime.Isolation[DB]
	tier      func(runtime.Tenant) runtime.Strategy
	global    runtime.Isolation[DB]
	refuse    func(error) DB
	close     func() error
}

// strategic is a provider that says of itself which strategy it is, as all of this
// module do but the hybrid ones.
type strategic interface{ Strategy() runtime.Strategy }

// New returns the providers of the strategies, of which order has those that there can
// be: of two, the global handle is that of the one that comes first. tier says which
// strategy a tenant has that stores none, and refuse makes a handle whose every method
// returns the error. What cannot be chosen from is ErrTierProvider.
func New[DB any](order []runtime.Strategy, providers map[runtime.Strategy]runtime.Isolation[DB],
	tier func(runtime.Tenant) runtime.Strategy, refuse func(error) DB) (*Providers[DB], error) {
	if tier == nil {
		return nil, fmt.Errorf("%w: there is no function for the tier of a tenant", ErrTierProvider)
	}
	h := &Providers[DB]{order: order, providers: map[runtime.Strategy]runtime.Isolation[DB]{}, tier: tier, refuse: refuse}
	for strategy, p := range providers {
		if err := h.check(strategy, p); err != nil {
			return nil, err
		}
		h.providers[strategy] = p
	}
	first := slices.IndexFunc(order, func(s runtime.Strategy) bool { return h.providers[s] != nil })
	if first < 0 {
		return nil, fmt.Errorf("%w: there are no providers", ErrTierProvider)
	}
	h.global = h.providers[order[first]]
	h.close = sync.OnceValue(h.closeAll)
	return h, nil
}

// check returns an error for a provider that cannot be that of the strategy.
func (h *Providers[DB]) check(strategy runtime.Strategy, p runtime.Isolation[DB]) error {
	if v := reflect.ValueOf(p); p == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("%w: that of strategy %q is nil", ErrTierProvider, strategy)
	}
	if _, ok := p.(interface {
		ProviderFor(t runtime.Tenant) (runtime.Isolation[DB], error)
	}); ok {
		return fmt.Errorf("%w: a hybrid provider cannot be one of another", ErrTierProvider)
	}
	if !slices.Contains(h.order, strategy) {
		return fmt.Errorf("%w: there is no strategy %q for a tier", ErrTierProvider, strategy)
	}
	if s, ok := p.(strategic); ok && s.Strategy() != strategy {
		return fmt.Errorf("%w: that of strategy %s is given as that of %s", ErrTierProvider, s.Strategy(), strategy)
	}
	return nil
}

// StrategyFor returns the strategy of the tenant: the one that is stored with it, or
// that of its tier. It does no I/O, and takes a tenant that has no ID yet.
func (h *Providers[DB]) StrategyFor(t runtime.Tenant) (runtime.Strategy, error) {
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
func (h *Providers[DB]) ProviderFor(t runtime.Tenant) (runtime.Isolation[DB], error) {
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
func (h *Providers[DB]) For(t runtime.Tenant) DB {
	p, err := h.ProviderFor(t)
	if err != nil {
		return h.refuse(err)
	}
	return p.For(t)
}

// Global returns the handle of the provider whose strategy comes first in the order of
// New. They should share one database.
func (h *Providers[DB]) Global() DB { return h.global.Global() }

// Initialize is that of the tenant's provider.
func (h *Providers[DB]) Initialize(ctx context.Context, t runtime.Tenant) error {
	p, err := h.ProviderFor(t)
	if err != nil {
		return err
	}
	return p.Initialize(ctx, t)
}

// Destroy is that of the tenant's provider.
func (h *Providers[DB]) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	return p.Destroy(ctx, t, confirm)
}

// Verify is that of the tenant's provider, whose strategy the report has.
func (h *Providers[DB]) Verify(ctx context.Context, t runtime.Tenant) (runtime.Report, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Report{}, err
	}
	return p.Verify(ctx, t)
}

// SchemaName is that of the tenant's provider.
func (h *Providers[DB]) SchemaName(t runtime.Tenant) (string, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return "", err
	}
	return p.SchemaName(t)
}

// DatabaseURL is that of the tenant's provider.
func (h *Providers[DB]) DatabaseURL(t runtime.Tenant) (string, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return "", err
	}
	return p.DatabaseURL(t)
}

// ApplyFilters is that of the tenant's provider.
func (h *Providers[DB]) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	p, err := h.ProviderFor(t)
	if err != nil {
		return runtime.Query{}, err
	}
	return p.ApplyFilters(q, t)
}

// Close closes the providers, each once and all of them whatever goes wrong with one.
// A second call returns what the first did.
func (h *Providers[DB]) Close() error { return h.close() }

func (h *Providers[DB]) closeAll() error {
	var closed []runtime.Isolation[DB]
	var errs []error
	for _, strategy := range h.order {
		p := h.providers[strategy]
		if p == nil || slices.ContainsFunc(closed, func(c runtime.Isolation[DB]) bool { return same(c, p) }) {
			continue
		}
		closed = append(closed, p)
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// same reports whether two providers are one.
func same[DB any](a, b runtime.Isolation[DB]) bool {
	return reflect.TypeOf(a) == reflect.TypeOf(b) && reflect.TypeOf(a).Comparable() && a == b
}
