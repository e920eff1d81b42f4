package job_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var acme = runtime.Tenant{ID: "id-acme", Identifier: runtime.MustIdentifier("acme"), Name: "Acme", Status: runtime.StatusActive, Version: 4, DatabaseURL: "postgres://app:hunter2@db"}

// tenants are job.Tenants with one tenant, which can change.
type tenants struct {
	mu     sync.Mutex
	tenant runtime.Tenant
	err    error
	loans  map[*context.CancelCauseFunc]bool
}

func newTenants(t runtime.Tenant) *tenants {
	return &tenants{tenant: t, loans: map[*context.CancelCauseFunc]bool{}}
}

func (s *tenants) Find(_ context.Context, ref runtime.Reference) (runtime.Tenant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return runtime.Tenant{}, s.err
	case !ref.Matches(s.tenant):
		return runtime.Tenant{}, runtime.ErrTenantNotFound
	}
	return s.tenant, nil
}

func (s *tenants) Enter(ctx context.Context, _ runtime.Tenant) (context.Context, func(), error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.tenant.Check(); err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s.loans[&cancel] = true
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.loans, &cancel)
		cancel(nil)
	}, nil
}

func (s *tenants) set(status runtime.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tenant.Status = status
	for cancel := range s.loans {
		(*cancel)(runtime.ErrTenantInactive)
	}
}

// ticket is what a queue gives back of a ticket for acme.
func ticket(t *testing.T) job.Ticket {
	t.Helper()
	made, err := job.FromContext(runtime.NewContext(t.Context(), acme))
	if err != nil {
		t.Fatal(err)
	}
	wire, err := json.Marshal(made)
	if err != nil {
		t.Fatal(err)
	}
	if string(wire) != `{"tenant":"id-acme","version":4}` {
		t.Errorf("the queue sees %s", wire)
	}
	var back job.Ticket
	if err := json.Unmarshal(wire, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// TestRun is attack case 61: a job carries its tenant's id and version, and each is
// checked again before it is done. Case 44: nothing in it is the slug, which the tenant
// may have lost.
func TestRun(t *testing.T) {
	t.Parallel()
	with := func(change func(*runtime.Tenant)) runtime.Tenant {
		changed := acme
		change(&changed)
		return changed
	}
	boom := errors.New("boom")
	for name, tc := range map[string]struct {
		stored runtime.Tenant
		find   error
		ticket job.Ticket
		f      error
		want   job.Result
		err    error
		called bool
	}{
		"as it was":        {stored: acme, ticket: ticket(t), want: job.Done, called: true},
		"changed since":    {stored: with(func(a *runtime.Tenant) { a.Version = 9; a.Identifier = runtime.MustIdentifier("renamed") }), ticket: ticket(t), want: job.Done, called: true},
		"it fails":         {stored: acme, ticket: ticket(t), f: boom, err: boom, called: true},
		"suspended":        {stored: with(func(a *runtime.Tenant) { a.Status = runtime.StatusSuspended }), ticket: ticket(t), err: runtime.ErrTenantInactive},
		"provisioning":     {stored: with(func(a *runtime.Tenant) { a.Status = runtime.StatusProvisioning }), ticket: ticket(t), err: runtime.ErrTenantInactive},
		"being deleted":    {stored: with(func(a *runtime.Tenant) { a.Status = runtime.StatusDeleting }), ticket: ticket(t), want: job.Gone},
		"deleted":          {stored: with(func(a *runtime.Tenant) { a.Status = runtime.StatusDeleted }), ticket: ticket(t), want: job.Gone},
		"destroyed":        {stored: with(func(a *runtime.Tenant) { a.ID = "id-next" }), ticket: ticket(t), want: job.Gone},
		"the store is old": {stored: with(func(a *runtime.Tenant) { a.Version = 3 }), ticket: ticket(t), err: job.ErrStaleStore},
		"the old store says deleted": {
			stored: with(func(a *runtime.Tenant) { a.Version = 3; a.Status = runtime.StatusDeleted }), ticket: ticket(t), err: job.ErrStaleStore,
		},
		"the store is down": {stored: acme, find: boom, ticket: ticket(t), err: boom},
		"nobody's":          {stored: acme, ticket: job.Ticket{Version: 4}, err: runtime.ErrNoTenant},
	} {
		s := newTenants(tc.stored)
		s.err = tc.find
		called := false
		got, err := job.Run(t.Context(), s, tc.ticket, func(ctx context.Context, tenant runtime.Tenant) error {
			called = true
			if carried, ok := runtime.FromContext(ctx); !ok || carried != tenant || tenant != tc.stored {
				t.Errorf("%s: the context carries %v, f gets %v", name, carried, tenant)
			}
			return tc.f
		})
		if got != tc.want || !errors.Is(err, tc.err) || called != tc.called {
			t.Errorf("%s: %v, %v, called %v; want %v, %v, %v", name, got, err, called, tc.want, tc.err, tc.called)
		}
		if len(s.loans) != 0 {
			t.Errorf("%s: %d loans are left", name, len(s.loans))
		}
	}
}

// TestTicket holds that no job is queued for a tenant that is not there or may not act.
func TestTicket(t *testing.T) {
	t.Parallel()
	if _, err := job.FromContext(t.Context()); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("without a tenant: %v", err)
	}
	suspended := acme
	suspended.Status = runtime.StatusSuspended
	if _, err := job.NewTicket(suspended); !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("of a suspended tenant: %v", err)
	}
}

// TestRevoked is attack case 58 for jobs: one that runs when its tenant is suspended is
// told, and its failure is not taken for its own.
func TestRevoked(t *testing.T) {
	t.Parallel()
	s := newTenants(acme)
	got, err := job.Run(t.Context(), s, ticket(t), func(ctx context.Context, _ runtime.Tenant) error {
		s.set(runtime.StatusSuspended)
		<-ctx.Done()
		return ctx.Err()
	})
	if got != job.Failed || !errors.Is(err, runtime.ErrTenantInactive) || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := job.Run(t.Context(), s, ticket(t), nil); got != job.Failed || !errors.Is(err, runtime.ErrTenantInactive) {
		t.Errorf("the next: %v, %v", got, err)
	}
}

// TestDetached is attack case 61: work that has lost its context has no tenant, and
// never the last one; with its context it has its own.
func TestDetached(t *testing.T) {
	t.Parallel()
	s := newTenants(acme)
	_, err := job.Run(t.Context(), s, ticket(t), func(ctx context.Context, _ runtime.Tenant) error {
		var group errgroup.Group
		for range 50 {
			group.Go(func() error {
				if got, ok := runtime.FromContext(context.Background()); ok || !errors.Is(got.Check(), runtime.ErrNoTenant) {
					t.Errorf("without a context there is %v", got)
				}
				return nil
			})
			group.Go(func() error {
				if got, ok := runtime.FromContext(ctx); !ok || got.ID != acme.ID {
					t.Errorf("with the context there is %v", got)
				}
				return nil
			})
		}
		return group.Wait()
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := job.FromContext(context.Background()); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("a ticket of a lost context: %v", err)
	}
}

// TestNested is attack case 62, and regression 21: a job within a job, or within a
// request, has its own tenant, and the outer one is there again after it, also after a
// panic.
func TestNested(t *testing.T) {
	t.Parallel()
	outer, inner := newTenants(acme), newTenants(runtime.Tenant{ID: "id-beta", Status: runtime.StatusActive})
	check := func(ctx context.Context, want string) {
		t.Helper()
		if got, _ := runtime.FromContext(ctx); got.ID != want {
			t.Errorf("the context carries %q, want %q", got.ID, want)
		}
	}
	ctx := runtime.NewContext(t.Context(), runtime.Tenant{ID: "id-request"})
	var seen []string
	_, err := job.Run(ctx, outer, ticket(t), func(ctx context.Context, _ runtime.Tenant) error {
		check(ctx, "id-acme")
		_, err := job.Run(ctx, inner, job.Ticket{Tenant: "id-beta"}, func(ctx context.Context, tenant runtime.Tenant) error {
			check(ctx, "id-beta")
			seen = append(seen, tenant.ID)
			return nil
		})
		check(ctx, "id-acme")
		func() {
			defer func() { seen = append(seen, recover().(string)) }()
			_, _ = job.Run(ctx, inner, job.Ticket{Tenant: "id-beta"}, func(context.Context, runtime.Tenant) error { panic("boom") })
		}()
		check(ctx, "id-acme")
		return err
	})
	check(ctx, "id-request")
	if diff := cmp.Diff([]string{"id-beta", "boom"}, seen); diff != "" || err != nil {
		t.Errorf("%v, %s", err, diff)
	}
	if len(outer.loans)+len(inner.loans) != 0 {
		t.Error("loans are left")
	}
}
