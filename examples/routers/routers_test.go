package routers_test

import (
	"bufio"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/examples/routers"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
	"github.com/tenancygen/tenancygen/runtime/store/memstore"
)

// TestRouters drives the service on each router over real HTTP: a request with its
// tenant, one without, one of a tenant that there is not, an error, and a stream whose
// tenant is suspended.
func TestRouters(t *testing.T) {
	t.Parallel()
	for name, service := range map[string]func(routers.Middleware) http.Handler{"chi": routers.Chi, "echo": routers.Echo, "gin": routers.Gin} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			logger := slog.New(slog.DiscardHandler)
			m, err := manager.New(manager.Options{Store: memstore.New(memstore.Options{}), Logger: logger})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = m.Close() })
			if err := m.Initialize(t.Context()); err != nil {
				t.Fatal(err)
			}
			acme, err := m.Register(t.Context(), manager.Registration{Identifier: runtime.MustIdentifier("acme"), Name: "Acme"})
			if err != nil {
				t.Fatal(err)
			}
			header, err := resolver.NewHeader(resolver.HeaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			tenancy, err := middleware.New(middleware.Options{Resolver: header, Tenants: m, Membership: middleware.InsecureAnyone, Logger: logger})
			if err != nil {
				t.Fatal(err)
			}
			server := httptest.NewServer(service(tenancy))
			defer server.Close()
			ask := func(path, tenant string) *http.Response {
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
				if tenant != "" {
					r.Header.Set("X-Tenant-ID", tenant)
				}
				r.Close = true
				resp, err := server.Client().Do(r)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = resp.Body.Close() })
				return resp
			}
			for _, tc := range []struct {
				path, tenant string
				status       int
				body         string
			}{
				{"/health", "", 200, ""},
				{"/me", "acme", 200, acme.ID},
				{"/me", "", 404, `{"type":"about:blank","title":"Not Found","status":404}`},
				{"/me", "nobody", 404, `{"type":"about:blank","title":"Not Found","status":404}`},
				{"/broken", "acme", 500, `{"type":"about:blank","title":"Internal Server Error","status":500}`},
			} {
				resp := ask(tc.path, tc.tenant)
				body, _ := io.ReadAll(resp.Body)
				if resp.StatusCode != tc.status || strings.TrimSpace(string(body)) != tc.body {
					t.Errorf("%s as %q: %s, %s", tc.path, tc.tenant, resp.Status, body)
				}
			}
			stream := bufio.NewReader(ask("/events", "acme").Body)
			if line, err := stream.ReadString('\n'); line != "data: hello\n" {
				t.Fatalf("%q, %v", line, err)
			}
			if _, err := m.Suspend(t.Context(), acme.ID, manager.SuspendOptions{Drain: true}); err != nil {
				t.Error(err)
			}
			if rest, _ := io.ReadAll(stream); string(rest) != "\n" {
				t.Errorf("after the suspension came %q", rest)
			}
			if resp := ask("/me", "acme"); resp.StatusCode != middleware.Hidden {
				t.Errorf("after the suspension: %s", resp.Status)
			}
		})
	}
}
