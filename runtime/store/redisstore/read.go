package redisstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tenancygen/tenancygen/runtime"
)

// ErrOtherTenant is returned when the store below answers with another tenant than the
// one that was asked for.
var ErrOtherTenant = errors.New("tenancy: the store returned another tenant than the one that was asked for")

// usable returns an error where a call cannot be answered from Redis.
func (s *Store) usable(ctx context.Context) error {
	if s.closed.Load() {
		return runtime.ErrStoreClosed
	}
	return ctx.Err()
}

// cacheable reports whether a tenant can have the id.
func cacheable(id string) bool { return id != "" && len(id) <= runtime.MaxID }

// Get returns the tenant with an id.
func (s *Store) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	if err := s.usable(ctx); err != nil {
		return runtime.Tenant{}, err
	}
	if !cacheable(id) {
		return s.below.Get(ctx, id)
	}
	v := s.look(ctx, id)
	if s.fresh(v) {
		return s.hit(ctx, v)
	}
	began := time.Now()
	t, err := s.below.Get(ctx, id)
	if err == nil && t.ID != id {
		return runtime.Tenant{}, fmt.Errorf("redisstore: %w", ErrOtherTenant)
	}
	return s.answer(ctx, v, t, err, began)
}

// GetByIdentifier returns the tenant that has an identifier.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	if err := s.usable(ctx); err != nil {
		return runtime.Tenant{}, err
	}
	if identifier.IsZero() {
		return s.below.GetByIdentifier(ctx, identifier)
	}
	var v seen
	id := s.name(ctx, identifier)
	if id != "" {
		v = s.look(ctx, id)
	}
	if v.found && !holds(v.tenant, identifier) {
		// The name is that of another one now; the entry is good for its id.
		v = seen{}
	}
	if s.fresh(v) {
		return s.hit(ctx, v)
	}
	began := time.Now()
	t, err := s.below.GetByIdentifier(ctx, identifier)
	if err == nil {
		if !cacheable(t.ID) || !holds(t, identifier) {
			return runtime.Tenant{}, fmt.Errorf("redisstore: %w", ErrOtherTenant)
		}
		if t.ID != id {
			s.setName(ctx, identifier, t.ID)
			v = seen{} // it is about somebody else
		}
	}
	return s.answer(ctx, v, t, err, began)
}

// fresh reports whether an entry can be returned without asking the store below.
func (s *Store) fresh(v seen) bool {
	return v.found && v.age < s.o.Fresh && s.floors.allow(v.tenant)
}

// hit returns an entry.
func (s *Store) hit(ctx context.Context, v seen) (runtime.Tenant, error) {
	s.hits.Add(1)
	s.o.Recorder.Count(ctx, runtime.CountCache, "l2_hit", v.tenant.ID)
	return v.tenant, nil
}

// answer returns what the store below said about what was seen, and stores it. Where
// the store below failed, an old entry is returned, but not one that is older than what
// this process has written.
func (s *Store) answer(ctx context.Context, v seen, t runtime.Tenant, err error, began time.Time) (runtime.Tenant, error) {
	// An answer about the tenant, such as that its metadata is spoilt, is no failure.
	if err != nil && !refused(err) && !errors.Is(err, runtime.ErrCorruptTenant) && !errors.Is(ctx.Err(), context.Canceled) && v.found && s.floors.allow(v.tenant) {
		s.stale.Add(1)
		s.o.Logger.ErrorContext(ctx, "tenancy: the store of tenants failed; what Redis has is used", "tenant", v.tenant.ID, "error", err)
		return s.hit(ctx, v)
	}
	s.misses.Add(1)
	s.o.Recorder.Count(ctx, runtime.CountCache, "l2_miss", t.ID)
	switch {
	case err == nil:
		s.fill(ctx, v, t, began)
	case errors.Is(err, runtime.ErrTenantNotFound), errors.Is(err, runtime.ErrCorruptTenant):
		s.clear(ctx, v, v.tenant.ID)
	}
	return t, err
}

// GetMany returns the tenants with these ids. It asks the store below once, for those
// that Redis does not have, and does not store what it says.
func (s *Store) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	if err := s.usable(ctx); err != nil {
		return nil, err
	}
	found := make(map[string]runtime.Tenant, len(ids))
	var ask []string
	unique := slices.Compact(slices.Sorted(slices.Values(ids)))
	for part := range slices.Chunk(slices.DeleteFunc(unique, func(id string) bool { return !cacheable(id) }), batch) {
		for i, v := range s.lookMany(ctx, part) {
			if s.fresh(v) {
				found[part[i]], _ = s.hit(ctx, v)
				continue
			}
			s.misses.Add(1)
			s.o.Recorder.Count(ctx, runtime.CountCache, "l2_miss", part[i])
			ask = append(ask, part[i])
		}
	}
	var corrupt error
	if ask != nil {
		rest, err := s.below.GetMany(ctx, ask)
		if err != nil && !errors.Is(err, runtime.ErrCorruptTenant) {
			return nil, err
		}
		corrupt = err
		for _, t := range rest {
			if _, ok := slices.BinarySearch(ask, t.ID); !ok {
				return nil, fmt.Errorf("redisstore: %w", ErrOtherTenant)
			}
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

// lookMany reads entries and takes no leases.
func (s *Store) lookMany(ctx context.Context, ids []string) []seen {
	out := make([]seen, len(ids))
	if s.paused() {
		return out
	}
	values, lefts := make([]*redis.StringCmd, len(ids)), make([]*redis.DurationCmd, len(ids))
	_ = s.command(ctx, func(ctx context.Context) error {
		_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i, id := range ids {
				values[i], lefts[i] = p.Get(ctx, s.tenantKey(id)), p.PTTL(ctx, s.tenantKey(id))
			}
			return nil
		})
		return err
	})
	for i, id := range ids {
		raw, err := values[i].Result()
		switch {
		case wrongType(err):
			s.remove(ctx, id)
		case err == nil && lefts[i].Err() == nil:
			out[i] = s.read(ctx, id, raw, lefts[i].Val())
		}
	}
	return out
}

// Exists asks the store below, and so do the methods that follow.
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
