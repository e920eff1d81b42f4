package cachestore

import (
	"context"
	"errors"

	"github.com/tenancygen/tenancygen/runtime"
)

// Warm reads tenants that are active, the newest first, until there are no more or the
// cache is full, and returns how many it kept. It is for the start of a process, after
// Init. Where it fails, what was read before is kept.
func (s *Store) Warm(ctx context.Context) (int, error) {
	o := runtime.ListOptions{Statuses: []runtime.Status{runtime.StatusActive}}
	kept := 0
	var corrupt error // tenants that cannot be read do not stop the others
	for {
		o.Limit = min(runtime.MaxPage, s.o.Size-kept)
		page, n, err := s.warmPage(ctx, o)
		kept += n
		if errors.Is(err, runtime.ErrCorruptTenant) {
			corrupt, err = errors.Join(corrupt, err), nil
		}
		if err != nil || page.Next == "" || kept >= s.o.Size {
			return kept, errors.Join(corrupt, err)
		}
		o.After = page.Next
	}
}

func (s *Store) warmPage(ctx context.Context, o runtime.ListOptions) (runtime.Page, int, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return runtime.Page{}, 0, runtime.ErrStoreClosed
	}
	l := s.begin(key{})
	s.mu.Unlock()

	defer s.over(l)
	page, err := s.below.List(ctx, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := 0
	for _, t := range page.Tenants {
		if k := (key{identifier: t.Identifier}); k.is(t) && s.put(l, k, t, nil) {
			kept++
		}
	}
	return page, kept, err
}
