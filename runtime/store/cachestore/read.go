package cachestore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
)

// Get returns the tenant with an id.
func (s *Store) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	if !cacheable(id) {
		return s.below.Get(ctx, id)
	}
	return s.find(ctx, key{id: id})
}

// GetByIdentifier returns the tenant that has an identifier.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	if identifier.IsZero() {
		return s.below.GetByIdentifier(ctx, identifier)
	}
	return s.find(ctx, key{identifier: identifier})
}

// cacheable reports whether a tenant can have the id. Others come from requests, and
// are not worth the memory.
func cacheable(id string) bool { return id != "" && len(id) <= runtime.MaxID }

// GetMany returns the tenants with these ids. It asks the store below once, for those
// that are not kept.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found := make(map[string]runtime.Tenant, len(ids))
	seen := make(map[string]bool, len(ids))
	var ask []string
	for _, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		if !cacheable(id) {
			continue // no tenant has it
		}
		t, answer := s.lookup(ctx, key{id: id})
		switch answer {
		case present:
			found[id] = t
		case unknown:
			ask = append(ask, id)
		case missing, crossed:
		}
		s.count(ctx, answer, id)
	}
	var corrupt error
	if ask != nil {
		loaded, err := s.loadMany(ctx, ask)
		if err != nil && !errors.Is(err, runtime.ErrCorruptTenant) {
			return nil, err
		}
		corrupt = err
		for _, t := range loaded {
			found[t.ID] = t
		}
	}
	out := make([]runtime.Tenant, 0, len(ids))
	for _, id := range ids {
		if t, ok := found[id]; ok {
			out = append(out, t)
		}
	}
	return out, corrupt
}

// Exists asks the store below, and so do the methods that follow: what they return is
// about many tenants, and rarely asked for.
func (s *Store) Exists(ctx context.Context, id string) (bool, error) {
	return s.below.Exists(ctx, id)
}

// Count asks the store below.
func (s *Store) Count(ctx context.Context, statuses ...runtime.Status) (int, error) {
	return s.below.Count(ctx, statuses...)
}

// List asks the store below.
func (s *Store) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	return s.below.List(ctx, o)
}

// Search asks the store below.
func (s *Store) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	return s.below.Search(ctx, text, limit)
}

// answer is what the cache knows of a key.
type answer int

const (
	unknown answer = iota
	present
	missing // it is known that there is none
	crossed // an entry holds another tenant
)

// find returns the tenant with a key from the cache or from a load that is under way or
// begins.
func (s *Store) find(ctx context.Context, k key) (runtime.Tenant, error) {
	if err := ctx.Err(); err != nil {
		return runtime.Tenant{}, err
	}
	t, a := s.lookup(ctx, k)
	s.count(ctx, a, t.ID)
	switch a {
	case present:
		return t, nil
	case missing:
		return runtime.Tenant{}, notFound(k)
	case unknown, crossed:
	}
	for {
		l, joined, err := s.join(ctx, k)
		if err != nil {
			return runtime.Tenant{}, err
		}
		select {
		case <-l.done:
		case <-ctx.Done():
			return runtime.Tenant{}, ctx.Err()
		}
		if !l.changedBefore(joined) {
			return l.tenant, l.err
		}
	}
}

// lookup says what the cache knows, without a lock.
func (s *Store) lookup(ctx context.Context, k key) (runtime.Tenant, answer) {
	t, a := s.peek(k)
	if a != crossed {
		return t, a
	}
	// It must not be so, whoever is to blame.
	s.fail(ctx, t.ID)
	s.forget(Change{ID: t.ID, Identifier: k.identifier})
	return runtime.Tenant{}, unknown
}

// peek is lookup without a remedy for an entry that holds another tenant, which it
// returns with crossed.
func (s *Store) peek(k key) (runtime.Tenant, answer) {
	now := time.Now()
	id := k.id
	if id == "" {
		id, _ = s.names.GetIfPresent(k.identifier)
	}
	if e, ok := s.tenants.GetIfPresent(id); ok {
		switch {
		case e.tenant.ID != id:
			return runtime.Tenant{ID: id}, crossed
		case !now.Before(e.expires):
		case k.id == "" && !holds(e.tenant, k.identifier):
			// The name led to a tenant that had it once.
		default:
			return e.tenant, present
		}
	}
	if until, ok := s.absent.GetIfPresent(k); ok && now.Before(until) {
		return runtime.Tenant{}, missing
	}
	return runtime.Tenant{}, unknown
}

// holds reports whether a tenant has an identifier now. A deleted one has none.
func holds(t runtime.Tenant, identifier runtime.Identifier) bool {
	return t.Identifier == identifier && t.Status != runtime.StatusDeleted
}

// is reports whether a tenant is the one that a key asks for.
func (k key) is(t runtime.Tenant) bool {
	if k.id != "" {
		return t.ID == k.id
	}
	return t.ID != "" && holds(t, k.identifier)
}

func notFound(k key) error {
	if k.id != "" {
		return fmt.Errorf("cachestore: %w: id %q", runtime.ErrTenantNotFound, k.id)
	}
	return fmt.Errorf("cachestore: %w: identifier %q", runtime.ErrTenantNotFound, k.identifier)
}

// count counts one look-up by its answer.
func (s *Store) count(ctx context.Context, a answer, id string) {
	switch a {
	case present:
		s.hits.Add(1)
		s.o.Recorder.Count(ctx, runtime.CountCache, "hit", id)
	case missing:
		s.negatives.Add(1)
		s.o.Recorder.Count(ctx, runtime.CountCache, "negative", "")
	case unknown, crossed:
		s.misses.Add(1)
		s.o.Recorder.Count(ctx, runtime.CountCache, "miss", id)
	}
}

func (s *Store) fail(ctx context.Context, id string) {
	s.failures.Add(1)
	s.o.Recorder.Count(ctx, runtime.CountCache, "error", id)
}
