package manager

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"testing"

	tenancy "github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

var many = flag.Int("manager.tenants", 10_000, "how many tenants come and go in TestBounded")

// TestBounded is attack case 60: many tenants come and go, and nothing is kept of them: no
// lease, no lock, and no more heap than the first tenth of them left. With
// -manager.tenants=1000000 they are a million.
func TestBounded(t *testing.T) {
	m, err := New(Options{Store: memstore.New(memstore.Options{}), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	malformed, err := tenancy.ParseMetadata([]byte(`{"rate_limit":7}`))
	if err != nil {
		t.Fatal(err)
	}
	come := func(from, to int) {
		for i := from; i < to; i++ {
			tenant := tenancy.Tenant{ID: fmt.Sprintf("tenant-%d", i), Version: 1, Metadata: malformed}
			_, leave, err := m.Enter(context.Background(), tenant)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = m.Resume(context.Background(), tenant.ID)
			_ = m.CheckRateLimit(context.Background(), tenant)
			unlock, err := m.locks.lock(context.Background(), tenant.ID)
			if err != nil {
				t.Fatal(err)
			}
			unlock()
			leave()
			m.changed(tenant.ID)
		}
	}
	come(0, *many/10)
	before := heap()
	come(*many/10, *many)
	if after := heap(); after > before+1<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if len(m.leases.held) != 0 || m.leases.count != 0 || len(m.locks.held) != 0 || len(m.leases.fences) != 0 || len(m.limits.told) > maxTold {
		t.Errorf("left are %d leases, %d locks, %d fences", len(m.leases.held), len(m.locks.held), len(m.leases.fences))
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// TestFenceOfVersion sees that a fence holds for those who read the tenant before it, and
// for nobody else, whatever comes late.
func TestFenceOfVersion(t *testing.T) {
	t.Parallel()
	var ls leases
	cut := map[int64]bool{}
	let := func(version int64) error {
		return ls.add(&lease{tenant: "one", version: version, cancel: func(error) { cut[version] = true }})
	}
	for version := int64(1); version <= 9; version++ {
		if err := let(version); err != nil {
			t.Fatal(err)
		}
	}
	ls.cut("one", 5, nil, tenancy.ErrTenantInactive)
	ls.cut("one", 3, nil, tenancy.ErrTenantInactive) // an answer of a cache that was behind
	ls.admit("one", 5)                               // activated before it was shut out
	if len(cut) != 5 || cut[6] {
		t.Errorf("cut %v", cut)
	}
	if let(5) == nil || let(6) != nil {
		t.Error("let in before the fence, or not after it")
	}
	ls.admit("one", 6)
	if let(1) != nil {
		t.Error("the fence stays")
	}
}

// TestFencesEnd sees that a tenant which was shut out is not remembered for ever.
func TestFencesEnd(t *testing.T) {
	t.Parallel()
	var ls leases
	ls.cut("one", 3, nil, tenancy.ErrTenantInactive)
	ls.forget(fenceAge)
	if len(ls.fences) != 1 {
		t.Fatal("forgotten at once")
	}
	ls.forget(-1)
	if len(ls.fences) != 0 {
		t.Fatal("kept")
	}
}
