package manager

import (
	"context"
	"fmt"

	"github.com/tenancygen/tenancygen/runtime"
)

// Metrics is what a Manager knows of the whole at one moment.
type Metrics struct {
	// Tenants is how many there are of each status, also of those that no tenant has.
	Tenants map[runtime.Status]int
	// Leases is how much work goes on in this process, and Leased for how many tenants.
	Leases, Leased int
	// Cache is what the store's cache did; nil where it has none.
	Cache *runtime.CacheStats
}

// Metrics counts. It asks the store once for each status.
func (m *Manager) Metrics(ctx context.Context) (Metrics, error) {
	if err := m.ready(); err != nil {
		return Metrics{}, err
	}
	out := Metrics{Tenants: map[runtime.Status]int{}}
	for _, status := range runtime.Statuses() {
		n, err := m.store.Count(ctx, status)
		if err != nil {
			return Metrics{}, fmt.Errorf("tenancy: count tenants: %w", err)
		}
		out.Tenants[status] = n
	}
	ids, n := m.leases.tenants()
	out.Leases, out.Leased = n, len(ids)
	if cached, ok := m.store.(runtime.Cached); ok {
		stats := cached.CacheStats()
		out.Cache = &stats
	}
	return out, nil
}
