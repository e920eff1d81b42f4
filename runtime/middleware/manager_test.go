package middleware_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

var _ middleware.Tenants = (*manager.Manager)(nil)

// newManager returns a Manager on a store in memory, with the tenants acme and beta-co.
func newManager(t *testing.T) (m *manager.Manager, acme, beta runtime.Tenant) {
	t.Helper()
	m, err := manager.New(manager.Options{Store: memstore.New(memstore.Options{}), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	if err := m.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	return m, register(t, m, "acme"), register(t, m, "beta-co")
}

func register(t *testing.T, m *manager.Manager, name string) runtime.Tenant {
	t.Helper()
	tenant, err := m.Register(t.Context(), manager.Registration{Identifier: runtime.MustIdentifier(name), Name: name})
	if err != nil {
		t.Fatal(err)
	}
	return tenant
}

// unleased are Tenants that lend nothing: the control of TestSuspend.
type unleased struct{ *manager.Manager }

func (unleased) Enter(ctx context.Context, _ runtime.Tenant) (context.Context, func(), error) {
	return ctx, func() {}, nil
}

// TestSuspend is attack case 58 with the real Manager: when Suspend has returned with
// Drain, no handler of the tenant is at work, its streams have ended, and another
// tenant's go on. The control, without leases, sees a handler still at work.
func TestSuspend(t *testing.T) {
	t.Parallel()
	for _, leased := range []bool{true, false} {
		t.Run(fmt.Sprintf("leased=%v", leased), func(t *testing.T) {
			t.Parallel()
			m, acme, beta := newManager(t)
			var lookup middleware.Tenants = m
			if !leased {
				lookup = unleased{m}
			}
			var atWork atomic.Int32 // handlers of acme
			stop := make(chan struct{})
			server := httptest.NewServer(wrap(t, middleware.Options{Tenants: lookup}, func(w http.ResponseWriter, r *http.Request) {
				if tenant, _ := runtime.FromContext(r.Context()); tenant.ID == acme.ID {
					atWork.Add(1)
					defer atWork.Add(-1)
				}
				fmt.Fprint(w, "ready\n")
				_ = http.NewResponseController(w).Flush()
				select {
				case <-r.Context().Done():
				case <-stop:
					fmt.Fprint(w, "stopped\n")
				}
			}))
			defer server.Close()
			stream := func(tenant runtime.Tenant) *bufio.Reader {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
				r.Header.Set("X-Tenant-ID", tenant.Identifier.String())
				resp, err := server.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = resp.Body.Close() })
				body := bufio.NewReader(resp.Body)
				if line, err := body.ReadString('\n'); line != "ready\n" {
					t.Fatalf("%q, %v", line, err)
				}
				return body
			}
			var ofAcme []*bufio.Reader
			for range 10 {
				ofAcme = append(ofAcme, stream(acme))
			}
			ofBeta := stream(beta)

			within(t, "Suspend", func() {
				if _, err := m.Suspend(t.Context(), acme.ID, manager.SuspendOptions{Drain: true}); err != nil {
					t.Error(err)
				}
			})
			if n := atWork.Load(); (n == 0) != leased {
				t.Errorf("%d handlers are at work after Suspend", n)
			}
			if leased {
				for _, body := range ofAcme {
					if rest, err := io.ReadAll(body); len(rest) != 0 || err != nil {
						t.Errorf("a stream ends with %q, %v", rest, err)
					}
				}
			}
			close(stop)
			if line, err := ofBeta.ReadString('\n'); line != "stopped\n" {
				t.Errorf("the other tenant's stream ended: %q, %v", line, err)
			}
		})
	}
}

// TestDrainHijacked holds that Drain waits for a connection that a handler took over and
// left to a goroutine.
func TestDrainHijacked(t *testing.T) {
	t.Parallel()
	m, acme, _ := newManager(t)
	var atWork atomic.Int32
	server := httptest.NewServer(wrap(t, middleware.Options{Tenants: m}, func(w http.ResponseWriter, _ *http.Request) {
		atWork.Add(1)
		conn := takeOver(t, w)
		go func() {
			_, _ = io.Copy(io.Discard, conn)
			atWork.Add(-1)
			_ = conn.Close()
		}()
	}))
	defer server.Close()
	_, buf, resp := upgrade(t, server, "acme")
	if resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatal(resp.Status)
	}
	within(t, "Suspend", func() {
		if _, err := m.Suspend(t.Context(), acme.ID, manager.SuspendOptions{Drain: true}); err != nil {
			t.Error(err)
		}
	})
	if n := atWork.Load(); n != 0 {
		t.Errorf("%d connections are at work after Suspend", n)
	}
	if last, _ := io.ReadAll(buf); string(last) != "\x88\x02\x03\xf0" {
		t.Errorf("the last frame is % x", last)
	}
}

// TestSlugReuse is attack case 44: what was made for a tenant that is gone does not reach
// the one that has its identifier now, neither by the identifier nor by the id. The
// control is a reference made today.
func TestSlugReuse(t *testing.T) {
	t.Parallel()
	m, old, _ := newManager(t)
	issued := old.CreatedAt.Add(time.Second)
	ref := runtime.Reference{}
	h := wrap(t, middleware.Options{
		Tenants: m, Membership: middleware.NamedByCredential,
		Resolver: credential(func(*http.Request) (runtime.Reference, resolver.Principal, error) {
			return ref, resolver.Principal{Subject: "u1", Tenant: ref}, nil
		}),
	}, hello)
	ask := func(r runtime.Reference) string {
		ref = r
		w := get(h, "/", "")
		return fmt.Sprint(w.Code, " ", w.Body)
	}
	bySlug, byID := runtime.Reference{Identifier: old.Identifier, Issued: issued}, runtime.Reference{ID: old.ID}
	for _, r := range []runtime.Reference{bySlug, byID} {
		if got := ask(r); got != "200 "+old.ID+" true" {
			t.Errorf("before: %s", got)
		}
	}
	if _, err := m.Delete(t.Context(), old.ID, manager.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	next := register(t, m, "acme")
	// The tokens are from long before the new tenant, to the second.
	bySlug.Issued = next.CreatedAt.Add(-time.Second)
	for _, r := range []runtime.Reference{bySlug, byID} {
		if got := ask(r); got[:3] != "404" {
			t.Errorf("after: %s", got)
		}
	}
	if got := ask(runtime.Reference{Identifier: next.Identifier, Issued: next.CreatedAt}); got != "200 "+next.ID+" true" {
		t.Errorf("today's: %s", got)
	}
}
