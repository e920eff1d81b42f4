// Package memstore keeps tenants in the memory of one process: for tests, for tools and
// for a first try. Nothing is left of them when the process ends.
package memstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/internal/listing"
)

// Options are what can be chosen about a store. The zero Options are good.
type Options struct {
	// Now returns the time; time.Now when it is nil.
	Now func() time.Time
}

// Store is a runtime.Store in memory. It is safe for concurrent use, and what it
// returns is the caller's own.
type Store struct {
	now func() time.Time

	mu sync.RWMutex
	// Everything below is guarded by mu.
	closed  bool
	tenants map[string]runtime.Tenant
	// named are the ids of tenants that are not deleted, by identifier.
	named map[runtime.Identifier]string
	// used are the ids of tenants that were forgotten.
	used map[string]bool
}

var _ runtime.Store = (*Store)(nil)

// New returns an empty store.
func New(o Options) *Store {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Store{now: o.Now, tenants: map[string]runtime.Tenant{}, named: map[runtime.Identifier]string{}, used: map[string]bool{}}
}

// read runs f while nothing changes.
func (s *Store) read(ctx context.Context, f func() error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	return f()
}

// write runs f alone.
func (s *Store) write(ctx context.Context, f func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.usable(ctx); err != nil {
		return err
	}
	return f()
}

func (s *Store) usable(ctx context.Context) error {
	if s.closed {
		return runtime.ErrStoreClosed
	}
	return ctx.Err()
}

// Init has nothing to make.
func (s *Store) Init(ctx context.Context) error {
	return s.read(ctx, func() error { return nil })
}

// Get returns the tenant with an id.
func (s *Store) Get(ctx context.Context, id string) (t runtime.Tenant, err error) {
	err = s.read(ctx, func() error {
		t, err = s.stored(id)
		return err
	})
	return t, err
}

// stored returns a tenant while mu is held.
func (s *Store) stored(id string) (runtime.Tenant, error) {
	t, ok := s.tenants[id]
	if !ok {
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	return t, nil
}

// GetByIdentifier returns the tenant that has an identifier now.
func (s *Store) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (t runtime.Tenant, err error) {
	err = s.read(ctx, func() error {
		t, err = s.stored(s.named[identifier])
		return err
	})
	return t, err
}

// GetMany returns tenants in the order of ids.
func (s *Store) GetMany(ctx context.Context, ids []string) (out []runtime.Tenant, err error) {
	err = s.read(ctx, func() error {
		for _, id := range ids {
			if t, ok := s.tenants[id]; ok {
				out = append(out, t)
			}
		}
		return nil
	})
	return out, err
}

// Exists reports whether there is a tenant with an id.
func (s *Store) Exists(ctx context.Context, id string) (found bool, err error) {
	err = s.read(ctx, func() error {
		_, found = s.tenants[id]
		return nil
	})
	return found, err
}

// Count returns how many tenants have one of the statuses.
func (s *Store) Count(ctx context.Context, statuses ...runtime.Status) (n int, err error) {
	err = s.read(ctx, func() error {
		for _, t := range s.tenants {
			if len(statuses) == 0 || slices.Contains(statuses, t.Status) {
				n++
			}
		}
		return nil
	})
	return n, err
}

// List returns a page of tenants, the newest first.
func (s *Store) List(ctx context.Context, o runtime.ListOptions) (page runtime.Page, err error) {
	after, err := listing.Parse(o.After)
	if err != nil {
		return runtime.Page{}, err
	}
	err = s.read(ctx, func() error {
		for _, t := range s.tenants {
			if (o.After == "" || after.Compare(listing.PlaceOf(t)) < 0) && (len(o.Statuses) == 0 || slices.Contains(o.Statuses, t.Status)) {
				page.Tenants = append(page.Tenants, t)
			}
		}
		return nil
	})
	slices.SortFunc(page.Tenants, func(a, b runtime.Tenant) int { return listing.PlaceOf(a).Compare(listing.PlaceOf(b)) })
	if limit := listing.PageLimit(o.Limit); len(page.Tenants) > limit {
		page.Tenants = slices.Clone(page.Tenants[:limit])
		page.Next = listing.PlaceOf(page.Tenants[limit-1]).Cursor()
	}
	return page, err
}

// Search returns tenants whose identifier or name has text in it.
func (s *Store) Search(ctx context.Context, text string, limit int) (out []runtime.Tenant, err error) {
	text, ok := listing.Findable(text)
	err = s.read(ctx, func() error {
		for _, t := range s.tenants {
			if ok && t.Status != runtime.StatusDeleted && (strings.Contains(t.Identifier.String(), text) || strings.Contains(listing.Fold(t.Name), text)) {
				out = append(out, t)
			}
		}
		return nil
	})
	rank := func(t runtime.Tenant) int {
		switch slug := t.Identifier.String(); {
		case slug == text:
			return 0
		case strings.HasPrefix(slug, text):
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b runtime.Tenant) int {
		if c := rank(a) - rank(b); c != 0 {
			return c
		}
		return strings.Compare(a.Identifier.String(), b.Identifier.String())
	})
	return out[:min(len(out), listing.SearchLimit(limit))], err
}

// Create stores a new tenant.
func (s *Store) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	if err := t.Validate(); err != nil {
		return runtime.Tenant{}, err
	}
	err := s.write(ctx, func() error {
		_, stored := s.tenants[t.ID]
		_, named := s.named[t.Identifier]
		switch {
		case stored || s.used[t.ID]:
			return &runtime.ConflictError{Field: "id"}
		case named && t.Status != runtime.StatusDeleted:
			return &runtime.ConflictError{Field: "identifier"}
		case quota > 0 && len(s.named) >= quota:
			return &runtime.QuotaError{Limit: quota}
		}
		t.Version = 1
		t.UpdatedAt = s.time()
		t.CreatedAt = t.UpdatedAt
		s.put(t)
		return nil
	})
	if err != nil {
		return runtime.Tenant{}, err
	}
	return t, nil
}

// time returns the time as it is stored.
func (s *Store) time() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// put stores a tenant over what is stored of it.
func (s *Store) put(t runtime.Tenant) {
	if old := s.tenants[t.ID]; s.named[old.Identifier] == t.ID {
		delete(s.named, old.Identifier)
	}
	s.tenants[t.ID] = t
	if t.Status != runtime.StatusDeleted {
		s.named[t.Identifier] = t.ID
	}
}

// changed stores what change makes of a tenant, with its next version.
func (s *Store) changed(ctx context.Context, id string, change func(t *runtime.Tenant) error) (t runtime.Tenant, err error) {
	err = s.write(ctx, func() error {
		t, err = s.change(id, change)
		return err
	})
	return t, err
}

// change is changed while mu is held. A change that is errSame is none.
func (s *Store) change(id string, change func(t *runtime.Tenant) error) (runtime.Tenant, error) {
	t, err := s.stored(id)
	if err != nil {
		return runtime.Tenant{}, err
	}
	if err := change(&t); errors.Is(err, errSame) {
		return t, nil
	} else if err != nil {
		return runtime.Tenant{}, err
	}
	t.Version++
	t.UpdatedAt = s.time()
	s.put(t)
	return t, nil
}

var errSame = errors.New("nothing to change")

// Update stores everything about a tenant but its status and times.
func (s *Store) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	if err := t.Validate(); err != nil {
		return runtime.Tenant{}, err
	}
	return s.changed(ctx, t.ID, func(stored *runtime.Tenant) error {
		if stored.Version != t.Version {
			return runtime.ErrStaleTenant
		}
		if id, named := s.named[t.Identifier]; named && id != t.ID && stored.Status != runtime.StatusDeleted {
			return &runtime.ConflictError{Field: "identifier"}
		}
		t.Status, t.CreatedAt = stored.Status, stored.CreatedAt
		*stored = t
		return nil
	})
}

// SetStatus changes the status alone.
func (s *Store) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return s.changed(ctx, id, toStatus(to, from))
}

func toStatus(to runtime.Status, from []runtime.Status) func(t *runtime.Tenant) error {
	return func(t *runtime.Tenant) error {
		if t.Status == to {
			return errSame
		}
		if len(from) > 0 && !slices.Contains(from, t.Status) {
			return &runtime.TransitionError{From: t.Status, To: to}
		}
		err := t.Status.Change(to)
		t.Status = to
		return err
	}
}

// SetStatusMany is SetStatus for many at once.
func (s *Store) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) (out []runtime.Tenant, err error) {
	err = s.write(ctx, func() error {
		for _, id := range ids {
			if t, err := s.change(id, toStatus(to, nil)); err == nil {
				out = append(out, t)
			}
		}
		return nil
	})
	return out, err
}

// MergeMetadata puts the keys of patch over those that are stored.
func (s *Store) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return s.changed(ctx, id, func(t *runtime.Tenant) error {
		t.Metadata = t.Metadata.Merge(patch)
		return nil
	})
}

// Delete forgets a tenant, but for that its id was used.
func (s *Store) Delete(ctx context.Context, id string) error {
	return s.write(ctx, func() error {
		t, err := s.stored(id)
		if err != nil {
			return err
		}
		if s.named[t.Identifier] == id {
			delete(s.named, t.Identifier)
		}
		delete(s.tenants, id)
		s.used[id] = true
		return nil
	})
}

// Close makes every other method return runtime.ErrStoreClosed.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// String says how many tenants there are, and nothing about them.
func (s *Store) String() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return fmt.Sprintf("memstore with %d tenants", len(s.tenants))
}

// Format writes String, whatever the verb: package fmt would print the fields.
func (s *Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }
