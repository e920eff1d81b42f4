package storetest_test

import (
	"context"
	"errors"
	"sync"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
	"github.com/tenancygen/tenancygen/runtime/store/storetest"
)

// broken is a sound store with one mistake: the functions that are set stand for its
// methods.
type broken struct {
	runtime.Store
	init      func(ctx context.Context) error
	get       func(ctx context.Context, id string) (runtime.Tenant, error)
	getMany   func(ctx context.Context, ids []string) ([]runtime.Tenant, error)
	count     func(ctx context.Context, statuses []runtime.Status) (int, error)
	list      func(ctx context.Context, o runtime.ListOptions) (runtime.Page, error)
	search    func(ctx context.Context, text string, limit int) ([]runtime.Tenant, error)
	create    func(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error)
	update    func(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error)
	setStatus func(ctx context.Context, id string, to runtime.Status, from []runtime.Status) (runtime.Tenant, error)
	setMany   func(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error)
	merge     func(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error)
	closing   func() error
}

func (b broken) Init(ctx context.Context) error {
	if b.init == nil {
		return b.Store.Init(ctx)
	}
	return b.init(ctx)
}

func (b broken) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	if b.get == nil {
		return b.Store.Get(ctx, id)
	}
	return b.get(ctx, id)
}

func (b broken) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	if b.getMany == nil {
		return b.Store.GetMany(ctx, ids)
	}
	return b.getMany(ctx, ids)
}

func (b broken) Count(ctx context.Context, statuses ...runtime.Status) (int, error) {
	if b.count == nil {
		return b.Store.Count(ctx, statuses...)
	}
	return b.count(ctx, statuses)
}

func (b broken) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	if b.list == nil {
		return b.Store.List(ctx, o)
	}
	return b.list(ctx, o)
}

func (b broken) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	if b.search == nil {
		return b.Store.Search(ctx, text, limit)
	}
	return b.search(ctx, text, limit)
}

func (b broken) Create(ctx context.Context, t runtime.Tenant, quota int) (runtime.Tenant, error) {
	if b.create == nil {
		return b.Store.Create(ctx, t, quota)
	}
	return b.create(ctx, t, quota)
}

func (b broken) Update(ctx context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	if b.update == nil {
		return b.Store.Update(ctx, t)
	}
	return b.update(ctx, t)
}

func (b broken) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	if b.setStatus == nil {
		return b.Store.SetStatus(ctx, id, to, from...)
	}
	return b.setStatus(ctx, id, to, from)
}

func (b broken) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	if b.setMany == nil {
		return b.Store.SetStatusMany(ctx, ids, to)
	}
	return b.setMany(ctx, ids, to)
}

func (b broken) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	if b.merge == nil {
		return b.Store.MergeMetadata(ctx, id, patch)
	}
	return b.merge(ctx, id, patch)
}

func (b broken) Close() error {
	if b.closing == nil {
		return b.Store.Close()
	}
	return b.closing()
}

// meeting makes the first n callers wait for each other, so that a race is lost each
// time. Later ones pass.
type meeting struct {
	mu      sync.Mutex
	missing int
	all     chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{missing: n, all: make(chan struct{})} }

func (m *meeting) wait(ctx context.Context) {
	m.mu.Lock()
	if m.missing--; m.missing == 0 {
		close(m.all)
	}
	m.mu.Unlock()
	select {
	case <-m.all:
	case <-ctx.Done():
	}
}

// spoilable is a store in memory whose tenants can be spoilt. It answers for them as a
// store has to.
type spoilable struct {
	*memstore.Store
	mu    sync.Mutex
	spoil map[string]storetest.Damage
}

// spoilt is the Corrupt of spoilable.
func spoilt(_ context.Context, s runtime.Store, id string, d storetest.Damage) error {
	if b, ok := s.(broken); ok {
		s = b.Store
	}
	sp := s.(*spoilable)
	sp.mu.Lock()
	defer sp.mu.Unlock()
	sp.spoil[id] = d
	return nil
}

// sound returns the tenants that can be read, and the error of the others.
func (s *spoilable) sound(tenants []runtime.Tenant, err error) ([]runtime.Tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []runtime.Tenant
	for _, t := range tenants {
		if d, bad := s.spoil[t.ID]; bad {
			err = errors.Join(err, &runtime.CorruptError{ID: t.ID, Err: errors.New("bad " + string(d))})
			continue
		}
		out = append(out, t)
	}
	return out, err
}

func (s *spoilable) one(t runtime.Tenant, err error) (runtime.Tenant, error) {
	if err != nil {
		return runtime.Tenant{}, err
	}
	out, err := s.sound([]runtime.Tenant{t}, nil)
	if err != nil {
		return runtime.Tenant{}, err
	}
	return out[0], nil
}

func (s *spoilable) Get(ctx context.Context, id string) (runtime.Tenant, error) {
	return s.one(s.Store.Get(ctx, id))
}

func (s *spoilable) GetByIdentifier(ctx context.Context, identifier runtime.Identifier) (runtime.Tenant, error) {
	return s.one(s.Store.GetByIdentifier(ctx, identifier))
}

func (s *spoilable) GetMany(ctx context.Context, ids []string) ([]runtime.Tenant, error) {
	return s.sound(s.Store.GetMany(ctx, ids))
}

func (s *spoilable) List(ctx context.Context, o runtime.ListOptions) (runtime.Page, error) {
	page, err := s.Store.List(ctx, o)
	page.Tenants, err = s.sound(page.Tenants, err)
	return page, err
}

func (s *spoilable) Search(ctx context.Context, text string, limit int) ([]runtime.Tenant, error) {
	return s.sound(s.Store.Search(ctx, text, limit))
}

func (s *spoilable) SetStatus(ctx context.Context, id string, to runtime.Status, from ...runtime.Status) (runtime.Tenant, error) {
	return s.one(s.Store.SetStatus(ctx, id, to, from...))
}

func (s *spoilable) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) ([]runtime.Tenant, error) {
	return s.sound(s.Store.SetStatusMany(ctx, ids, to))
}

func (s *spoilable) MergeMetadata(ctx context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return s.one(s.Store.MergeMetadata(ctx, id, patch))
}
