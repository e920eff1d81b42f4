package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
)

// maker is an isolation that can only initialize.
type maker struct {
	runtime.Isolation[struct{}]
	mu     sync.Mutex
	made   map[string]int
	inside int
	most   int
	// step is called for each tenant while nothing is locked.
	step func(ctx context.Context, id string) error
}

func (m *maker) Initialize(ctx context.Context, t runtime.Tenant) error {
	m.mu.Lock()
	m.inside++
	m.most = max(m.most, m.inside)
	m.mu.Unlock()
	err := m.step(ctx, t.ID)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.inside--
	if err == nil {
		m.made[t.ID]++
	}
	return err
}

func numbered(n int) iter.Seq2[runtime.Tenant, error] {
	return func(yield func(runtime.Tenant, error) bool) {
		for i := range n {
			if !yield(runtime.Tenant{ID: fmt.Sprint(i)}, nil) {
				return
			}
		}
	}
}

func TestInitializeAll(t *testing.T) {
	t.Parallel()
	oops := errors.New("oops")
	m := &maker{made: map[string]int{}}
	// The first four tenants wait for one another, so that they have to be at work at
	// the same time.
	var gate sync.WaitGroup
	gate.Add(4)
	m.step = func(_ context.Context, id string) error {
		if len(id) == 1 && id < "4" {
			gate.Done()
			gate.Wait()
		}
		if id == "7" {
			return oops
		}
		return nil
	}
	var told []string
	err := runtime.InitializeAll(t.Context(), m, numbered(50), 4, func(tenant runtime.Tenant, err error) {
		if (err != nil) != (tenant.ID == "7") {
			t.Errorf("told %v of tenant %s", err, tenant.ID)
		}
		told = append(told, tenant.ID) // a race where two goroutines tell at once
	})
	var of *runtime.TenantError
	if !errors.Is(err, oops) || !errors.As(err, &of) || of.ID != "7" {
		t.Errorf("error %v, want that of tenant 7", err)
	}
	if len(m.made) != 49 || len(told) != 50 || m.most != 4 {
		t.Errorf("%d made, %d told, at most %d at once", len(m.made), len(told), m.most)
	}
}

// What stops the work stops it for good, and says so.
func TestInitializeAllStops(t *testing.T) {
	t.Parallel()
	oops := errors.New("no more tenants can be read")
	m := &maker{made: map[string]int{}, step: func(ctx context.Context, _ string) error { return ctx.Err() }}
	broken := func(yield func(runtime.Tenant, error) bool) {
		for tenant, err := range numbered(3) {
			if !yield(tenant, err) {
				return
			}
		}
		yield(runtime.Tenant{}, oops)
	}
	if err := runtime.InitializeAll(t.Context(), m, broken, 0, nil); !errors.Is(err, oops) {
		t.Errorf("error %v, want that of the tenants", err)
	}
	if d := cmp.Diff(map[string]int{"0": 1, "1": 1, "2": 1}, m.made); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}

	ctx, cancel := context.WithCancel(t.Context())
	m = &maker{made: map[string]int{}, step: func(_ context.Context, id string) error {
		if id == "2" {
			cancel()
		}
		return nil
	}}
	if err := runtime.InitializeAll(ctx, m, numbered(1000), 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if n := len(m.made); n < 3 || n > 5 {
		t.Errorf("%d tenants were made after the end", n)
	}
}
