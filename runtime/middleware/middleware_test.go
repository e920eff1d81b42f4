package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/resolver"
)

// hello answers with the tenant's id.
func hello(w http.ResponseWriter, r *http.Request) {
	t, ok := runtime.FromContext(r.Context())
	fmt.Fprintf(w, "%s %v", t.ID, ok)
}

// get asks for a path as a tenant and returns the answer.
func get(h http.Handler, target, tenant string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, target, nil)
	if tenant != "" {
		r.Header.Set("X-Tenant-ID", tenant)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// dump is an answer as it goes over the wire, without its date.
func dump(w *httptest.ResponseRecorder) string {
	var lines []string
	for name, values := range w.Header() {
		lines = append(lines, fmt.Sprintf("%s: %q", name, values))
	}
	slices.Sort(lines)
	return fmt.Sprintf("%d\n%s\n\n%s", w.Code, strings.Join(lines, "\n"), w.Body)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	_, err := middleware.New(middleware.Options{Excluded: []string{"health", "/a/../b"}})
	if err == nil {
		t.Fatal("New succeeds without anything")
	}
	for _, part := range []string{"Resolver", "Tenants", "Membership", `"health"`, `"/a/../b"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error says nothing of %s: %v", part, err)
		}
	}
}

// TestOrder holds the order of the steps, and which are left out after which.
func TestOrder(t *testing.T) {
	t.Parallel()
	for tenant, want := range map[string][]string{
		"acme":         {"resolve", "find", "member", "limit", "enter", "handler"},
		"nobody":       {"resolve", "find", "member"},
		"suspended-co": {"resolve", "find", "member"},
		"deleted-co":   {"resolve", "find", "member"},
		"beta-co":      {"resolve", "find", "member"},
		"limited-co":   {"resolve", "find", "member", "limit"},
		"No!":          {"resolve"},
	} {
		s := newTenants()
		header := byHeader(t)
		h := wrap(t, middleware.Options{
			Tenants: s,
			Resolver: resolver.Func(func(r *http.Request) (runtime.Reference, error) {
				s.calls = append(s.calls, "resolve")
				return header.Resolve(r)
			}),
			Membership: func(_ context.Context, _ *http.Request, t runtime.Tenant) error {
				s.calls = append(s.calls, "member")
				if t.ID == beta.ID {
					return middleware.ErrForbidden
				}
				return nil
			},
		}, func(http.ResponseWriter, *http.Request) { s.calls = append(s.calls, "handler") })
		get(h, "/", tenant)
		if diff := cmp.Diff(want, s.calls); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tenant, diff)
		}
		if s.lent() != 0 {
			t.Errorf("%s: %d loans are left", tenant, s.lent())
		}
	}
}

// uniform are requests that are turned away for what the tenant is, or is not.
var uniform = []string{"nobody", "suspended-co", "deleted-co", "beta-co", "No!", "", "admin", "xn--acme"}

// notBeta is a Membership of everybody in all tenants but one.
func notBeta(_ context.Context, _ *http.Request, t runtime.Tenant) error {
	if t.ID == beta.ID {
		return middleware.ErrForbidden
	}
	return nil
}

// TestUniform is attack case 51, W28, and regression 29: a tenant that is not there, is
// suspended or deleted, or is somebody else's, and a name that is not one, give the same
// answer, byte for byte; and nothing of the request is in it.
func TestUniform(t *testing.T) {
	t.Parallel()
	for _, accept := range []string{"", "application/json", "text/html,*/*;q=0.8"} {
		h := wrap(t, middleware.Options{Membership: notBeta}, hello)
		want := dump(get(h, "/", uniform[0], "Accept", accept))
		if !strings.HasPrefix(want, "404\n") {
			t.Errorf("the answer is %s", want)
		}
		for _, tenant := range uniform {
			got := get(h, "/", tenant, "Accept", accept)
			if diff := cmp.Diff(want, dump(got)); diff != "" {
				t.Errorf("%q with Accept %q (-%s +this):\n%s", tenant, accept, uniform[0], diff)
			}
			if tenant != "" && strings.Contains(got.Body.String(), tenant) {
				t.Errorf("the answer repeats %q: %s", tenant, got.Body)
			}
		}
	}

	// The control: what Reveal shows is not the same, so the comparison can fail.
	h := wrap(t, middleware.Options{Membership: notBeta, Reveal: true}, hello)
	for tenant, want := range map[string]int{
		"nobody": 404, "suspended-co": 403, "deleted-co": 403, "beta-co": 403, "No!": 400, "": 400, "limited-co": 429, "acme": 200,
	} {
		if got := get(h, "/", tenant).Code; got != want {
			t.Errorf("revealed, %q is %d, want %d", tenant, got, want)
		}
	}
}

// TestLimited holds the answer to one call too many: whole seconds, rounded up.
func TestLimited(t *testing.T) {
	t.Parallel()
	s := newTenants()
	h := wrap(t, middleware.Options{Tenants: s}, hello)
	w := get(h, "/", "limited-co")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "2" {
		t.Errorf("%d, Retry-After %q, want 429 and 2", w.Code, w.Header().Get("Retry-After"))
	}
	// Regression 1, the part of the middleware: a limiter that fails closed says so with
	// an error that is ErrRateLimited, and knows no time.
	s.full = fmt.Errorf("%w: redis is away", runtime.ErrRateLimited)
	w = get(h, "/", "limited-co")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "1" || strings.Contains(w.Body.String(), "redis") {
		t.Errorf("%s, want 429 and a second", dump(w))
	}
}

// TestInternal holds that nobody learns why a look-up failed, or acts without it, and
// that the log says so once: regression 6.
func TestInternal(t *testing.T) {
	t.Parallel()
	secret := errors.New(`dial postgres://app:hunter2@db/tenants: FATAL`)
	broken := newTenants()
	broken.failed = secret
	for name, o := range map[string]middleware.Options{
		"store":      {Tenants: broken},
		"membership": {Membership: func(context.Context, *http.Request, runtime.Tenant) error { return secret }},
		"resolver":   {Resolver: resolver.Func(func(*http.Request) (runtime.Reference, error) { return runtime.Reference{}, secret })},
	} {
		called := false
		var log bytes.Buffer
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		w := get(wrap(t, o, func(http.ResponseWriter, *http.Request) { called = true }), "/", "acme")
		if w.Code != 500 || called || strings.Contains(dump(w), "hunter2") {
			t.Errorf("%s: called %v, %s", name, called, dump(w))
		}
		if strings.Count(log.String(), "level=ERROR") != 1 || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%s: the log is %s", name, &log)
		}
	}
}

// TestExcluded is W27: an excluded path is whole segments of a path that everybody reads
// alike, and what is behind it has no tenant.
func TestExcluded(t *testing.T) {
	t.Parallel()
	h := wrap(t, middleware.Options{Excluded: []string{"/health", "/docs/api", "/"}}, hello)
	for path, excluded := range map[string]bool{
		"/":                       true,
		"/health":                 true,
		"/health/":                true,
		"/health/live":            true,
		"/health?x=1":             true,
		"/docs/api/v1":            true,
		"/docs":                   false,
		"/healthcare":             false,
		"/healthcare/patients":    false,
		"/health/../invoices":     false,
		"/health/%2e%2e/invoices": false,
		"/health%2f..%2finvoices": false,
		"/health//x":              false,
		"//health":                false,
		"/health/..":              false,
		"/Health":                 false,
		"/%68ealth":               false,
		"/invoices":               false,
		"/invoices/health":        false,
		"/health;/invoices":       false,
		"/health/a%20b":           false,
	} {
		w := get(h, path, "")
		if got := w.Code == http.StatusOK; got != excluded {
			t.Errorf("%s: %d, excluded: want %v", path, w.Code, excluded)
		}
		if excluded && w.Body.String() != " false" {
			t.Errorf("%s: there is a tenant: %s", path, w.Body)
		}
	}
}

// TestHandler holds what a handler gets, and that its panics go where they go without
// the middleware, with nothing left lent.
func TestHandler(t *testing.T) {
	t.Parallel()
	s := newTenants()
	if got := get(wrap(t, middleware.Options{Tenants: s}, hello), "/", "acme"); got.Body.String() != "id-acme true" {
		t.Errorf("the handler sees %s", got.Body)
	}
	boom := errors.New("boom")
	func() {
		defer func() {
			if got := recover(); got != boom {
				t.Errorf("recovered %v, want the handler's own value", got)
			}
		}()
		get(wrap(t, middleware.Options{Tenants: s}, func(http.ResponseWriter, *http.Request) { panic(boom) }), "/", "acme")
	}()
	if s.lent() != 0 {
		t.Errorf("%d loans are left", s.lent())
	}
}

// TestMembershipOfNobody sees that the hook is asked as well where there is no tenant,
// with one that has an id and may not act: so the answer takes as long as a no (59).
func TestMembershipOfNobody(t *testing.T) {
	t.Parallel()
	header, err := resolver.NewHeader(resolver.HeaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var asked []runtime.Tenant
	wrap, err := middleware.New(middleware.Options{
		Resolver: header, Tenants: newTenants(), Logger: slog.New(slog.DiscardHandler),
		Membership: func(_ context.Context, _ *http.Request, t runtime.Tenant) error {
			asked = append(asked, t)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := get(wrap(http.HandlerFunc(hello)), "/", "nobody-has-this")
	if w.Code != middleware.Hidden || len(asked) != 1 || asked[0].ID == "" || asked[0].Check() == nil {
		t.Errorf("%d, asked of %v", w.Code, asked)
	}
}
