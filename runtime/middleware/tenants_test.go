package middleware_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	acme      = runtime.Tenant{ID: "id-acme", Identifier: runtime.MustIdentifier("acme"), Name: "Acme", Status: runtime.StatusActive, Version: 1, CreatedAt: time.Unix(1000, 0)}
	beta      = runtime.Tenant{ID: "id-beta", Identifier: runtime.MustIdentifier("beta-co"), Name: "Beta", Status: runtime.StatusActive, Version: 1}
	suspended = runtime.Tenant{ID: "id-susp", Identifier: runtime.MustIdentifier("suspended-co"), Name: "S", Status: runtime.StatusSuspended, Version: 2}
	deleted   = runtime.Tenant{ID: "id-gone", Identifier: runtime.MustIdentifier("deleted-co"), Name: "D", Status: runtime.StatusDeleted, Version: 3}
	limited   = runtime.Tenant{ID: "id-full", Identifier: runtime.MustIdentifier("limited-co"), Name: "L", Status: runtime.StatusActive, Version: 1}
)

// tenants are Tenants in memory. runtime/manager has the real ones; what they promise
// about leases is small enough to be had here without a store.
type tenants struct {
	mu     sync.Mutex
	all    []runtime.Tenant
	loans  map[*loan]string
	calls  []string
	failed error // of Find
	full   error // of CheckRateLimit, for limited
}

type loan struct{ cancel context.CancelCauseFunc }

func newTenants() *tenants {
	return &tenants{
		all: []runtime.Tenant{acme, beta, suspended, deleted, limited}, loans: map[*loan]string{},
		full: &runtime.RateLimitError{Limit: runtime.Limit{Requests: 1, Window: time.Minute}, RetryAfter: 1500 * time.Millisecond},
	}
}

func (s *tenants) Find(_ context.Context, ref runtime.Reference) (runtime.Tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, "find")
	if s.failed != nil {
		return runtime.Tenant{}, s.failed
	}
	for _, t := range s.all {
		if ref.Matches(t) {
			return t, nil
		}
	}
	return runtime.Tenant{}, runtime.ErrTenantNotFound
}

func (s *tenants) CheckRateLimit(_ context.Context, t runtime.Tenant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, "limit")
	if t.ID == limited.ID {
		return s.full
	}
	return nil
}

func (s *tenants) Enter(ctx context.Context, t runtime.Tenant) (context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, "enter")
	for _, known := range s.all {
		if known.ID == t.ID && known.Check() != nil {
			return nil, nil, known.Check()
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l := &loan{cancel}
	s.loans[l] = t.ID
	return ctx, sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.loans, l)
		cancel(nil)
	}), nil
}

// suspend does to a tenant what Manager.Suspend does without drain.
func (s *tenants) suspend(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.all {
		if s.all[i].ID == id {
			s.all[i].Status = runtime.StatusSuspended
		}
	}
	for l, of := range s.loans {
		if of == id {
			l.cancel(runtime.ErrTenantInactive)
		}
	}
}

// lent is how many loans there are.
func (s *tenants) lent() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.loans)
}

// byHeader resolves X-Tenant-ID.
func byHeader(t testing.TB) resolver.Resolver {
	t.Helper()
	h, err := resolver.NewHeader(resolver.HeaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// wrap puts the middleware in front of a handler. What the options leave out is filled
// in: the header, tenants in memory, everybody a member, a logger that is not heard.
func wrap(t testing.TB, o middleware.Options, h http.HandlerFunc) http.Handler {
	t.Helper()
	if o.Resolver == nil {
		o.Resolver = byHeader(t)
	}
	if o.Tenants == nil {
		o.Tenants = newTenants()
	}
	if o.Membership == nil {
		o.Membership = middleware.InsecureAnyone
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	mw, err := middleware.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return mw(h)
}
