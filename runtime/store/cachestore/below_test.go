package cachestore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/cachestore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// below is a store below a cache, which counts what it is asked and can be held up.
type below struct {
	mu      sync.Mutex
	tenants map[string]runtime.Tenant
	order   []string
	calls   map[string]int
	inits   int
	closes  int

	// before and after are called around each read, when nothing is locked; after comes
	// when the answer is fixed.
	before, after func(ctx context.Context, call string) error
}

func newBelow(tenants ...runtime.Tenant) *below {
	b := &below{tenants: map[string]runtime.Tenant{}, calls: map[string]int{}}
	for _, t := range tenants {
		b.set(t)
	}
	return b
}

// set stores a tenant past every cache.
func (b *below) set(t runtime.Tenant) runtime.Tenant {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.tenants[t.ID]; !ok {
		b.order = append(b.order, t.ID)
	}
	t.Version = b.tenants[t.ID].Version + 1
	b.tenants[t.ID] = t
	return t
}

// called returns how often a call was made.
func (b *below) called(call string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.calls[call]
}

func (b *below) read(ctx context.Context, call string, look func()) error {
	b.mu.Lock()
	b.calls[call]++
	before, after := b.before, b.after
	b.mu.Unlock()
	if before != nil {
		if err := before(ctx, call); err != nil {
			return err
		}
	}
	b.mu.Lock()
	look()
	b.mu.Unlock()
	if after != nil {
		return after(ctx, call)
	}
	return nil
}

func (b *below) Init(context.Context) error { b.inits++; return nil }
func (b *below) Close() error               { b.closes++; return nil }

func (b *below) Get(ctx context.Context, id string) (t runtime.Tenant, err error) {
	err = b.read(ctx, "get "+id, func() { t = b.tenants[id] })
	return found(t, err)
}

func found(t runtime.Tenant, err error) (runtime.Tenant, error) {
	if err == nil && t.ID == "" {
		err = fmt.Errorf("below: %w", runtime.ErrTenantNotFound)
	}
	return t, err
}

func (b *below) GetByIdentifier(ctx context.Context, i runtime.Identifier) (t runtime.Tenant, err error) {
	err = b.read(ctx, "find "+i.String(), func() {
		for _, other := range b.tenants {
			if other.Identifier == i && other.Status != runtime.StatusDeleted {
				t = other
			}
		}
	})
	return found(t, err)
}

func (b *below) GetMany(ctx context.Context, ids []string) (out []runtime.Tenant, err error) {
	err = b.read(ctx, "many", func() {
		for _, id := range ids {
			if t, ok := b.tenants[id]; ok {
				out = append(out, t)
			}
		}
	})
	return out, err
}

func (b *below) List(ctx context.Context, o runtime.ListOptions) (page runtime.Page, err error) {
	err = b.read(ctx, "list", func() {
		for _, id := range slices.Backward(b.order) {
			t := b.tenants[id]
			switch {
			case !slices.Contains(o.Statuses, t.Status), o.After != "" && id >= string(o.After):
			case len(page.Tenants) == o.Limit:
				page.Next = runtime.Cursor(page.Tenants[o.Limit-1].ID)
				return
			default:
				page.Tenants = append(page.Tenants, t)
			}
		}
	})
	return page, err
}

func (b *below) Exists(ctx context.Context, id string) (bool, error) {
	_, err := b.Get(ctx, id)
	return err == nil, nil
}

func (b *below) Count(context.Context, ...runtime.Status) (int, error) { return len(b.order), nil }

func (b *below) Search(context.Context, string, int) ([]runtime.Tenant, error) { return nil, nil }

func (b *below) Create(_ context.Context, t runtime.Tenant, _ int) (runtime.Tenant, error) {
	return b.set(t), nil
}

func (b *below) Update(_ context.Context, t runtime.Tenant) (runtime.Tenant, error) {
	b.mu.Lock()
	stale := b.tenants[t.ID].Version != t.Version
	b.mu.Unlock()
	if stale {
		return runtime.Tenant{}, runtime.ErrStaleTenant
	}
	return b.set(t), nil
}

// change changes a tenant that is there.
func (b *below) change(id string, how func(*runtime.Tenant)) (runtime.Tenant, error) {
	b.mu.Lock()
	t, ok := b.tenants[id]
	b.mu.Unlock()
	if !ok {
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	how(&t)
	return b.set(t), nil
}

func (b *below) SetStatus(_ context.Context, id string, to runtime.Status, _ ...runtime.Status) (runtime.Tenant, error) {
	return b.change(id, func(t *runtime.Tenant) { t.Status = to })
}

func (b *below) SetStatusMany(ctx context.Context, ids []string, to runtime.Status) (out []runtime.Tenant, _ error) {
	for _, id := range ids {
		if t, err := b.SetStatus(ctx, id, to); err == nil {
			out = append(out, t)
		}
	}
	return out, nil
}

func (b *below) MergeMetadata(_ context.Context, id string, patch runtime.Metadata) (runtime.Tenant, error) {
	return b.change(id, func(t *runtime.Tenant) { t.Metadata = t.Metadata.Merge(patch) })
}

func (b *below) Delete(_ context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.tenants, id)
	return nil
}

// bus joins the caches of one test. Messages arrive while they are sent.
type bus struct {
	mu          sync.Mutex
	subscribers map[*func([]byte)]struct{}
	subscribed  int
	deaf        bool // every message is lost
	broken      error
}

func (b *bus) Publish(_ context.Context, message []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken != nil {
		return b.broken
	}
	if b.deaf {
		return nil
	}
	for receive := range b.subscribers {
		(*receive)(message)
	}
	return nil
}

func (b *bus) Subscribe(receive func([]byte)) func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.subscribers == nil {
		b.subscribers = map[*func([]byte)]struct{}{}
	}
	b.subscribers[&receive] = struct{}{}
	b.subscribed++
	receive(nil)
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, &receive)
	}
}

var quiet = slog.New(slog.DiscardHandler)

var errDown = errors.New("the store is down")

func tenant(id string) runtime.Tenant {
	return runtime.Tenant{ID: id, Identifier: runtime.MustIdentifier("slug-" + id), Name: id, Status: runtime.StatusActive}
}

// cache returns a cache that was initialized and is closed at the end of the test.
func cache(t testing.TB, b runtime.Store, o cachestore.Options) *cachestore.Store {
	t.Helper()
	if o.Logger == nil {
		o.Logger = quiet
	}
	s, err := cachestore.New(b, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// get returns a tenant that has to be there.
func get(t testing.TB, s runtime.Store, id string) runtime.Tenant {
	t.Helper()
	got, err := s.Get(t.Context(), id)
	if err != nil || got.ID != id {
		t.Fatalf("Get(%s) = %v, %v", id, got, err)
	}
	return got
}

// find is get by the identifier.
func find(t testing.TB, s runtime.Store, slug string) runtime.Tenant {
	t.Helper()
	got, err := s.GetByIdentifier(t.Context(), runtime.MustIdentifier(slug))
	if err != nil || got.Identifier.String() != slug {
		t.Fatalf("GetByIdentifier(%s) = %v, %v", slug, got, err)
	}
	return got
}

// nobody fails unless an identifier is nobody's.
func nobody(t testing.TB, s runtime.Store, slug string) {
	t.Helper()
	if got, err := s.GetByIdentifier(t.Context(), runtime.MustIdentifier(slug)); !errors.Is(err, runtime.ErrTenantNotFound) {
		t.Fatalf("GetByIdentifier(%s) = %v, %v", slug, got, err)
	}
}
