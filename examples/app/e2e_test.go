package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/internal/testredis"
)

const testAdminToken = "the-administrator-of-these-tests"

// app is one process of the app, as far as a test can have one: run, over real HTTP.
type app struct {
	url  string
	stop func()
}

// start runs the app until the test is over, or stop is called.
func start(t *testing.T, environ []string) *app {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listening, stopped := make(chan net.Addr, 1), make(chan error, 1)
	environ = append([]string{"ADDRESS=127.0.0.1:0", "ADMIN_TOKEN=" + testAdminToken}, environ...)
	go func() { stopped <- run(ctx, slog.New(slog.NewTextHandler(t.Output(), nil)), environ, listening) }()
	a := &app{}
	a.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-stopped; err != nil {
			t.Errorf("the app stopped with %v", err)
		}
	})
	t.Cleanup(a.stop)
	select {
	case address := <-listening:
		a.url = "http://" + address.String()
	case err := <-stopped:
		stopped <- nil
		t.Fatal(err)
	}
	return a
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// send sends a request with a bearer token and, in pairs, other headers.
func (a *app) send(t *testing.T, token, method, path, body string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

// call is send with the whole answer.
func (a *app) call(t *testing.T, token, method, path, body string, header ...string) answer {
	t.Helper()
	response := a.send(t, token, method, path, body, header...)
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{response.StatusCode, response.Header, string(text)}
}

// want is call, and fails t for another status. It reads the answer into into, where that
// is not nil.
func (a *app) want(t *testing.T, status int, into any, token, method, path, body string, header ...string) answer {
	t.Helper()
	got := a.call(t, token, method, path, body, header...)
	if got.status != status {
		t.Fatalf("%s %s: status %d, want %d\n%s", method, path, got.status, status, got.body)
	}
	if into != nil {
		if err := json.Unmarshal([]byte(got.body), into); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

// member is a registered tenant with a customer and an invoice.
type member struct{ name, id, token, customer, invoice string }

// register registers a tenant, and gives it rows, over HTTP.
func (a *app) register(t *testing.T, name string) member {
	t.Helper()
	var tenant, customer, invoice struct{ ID, Status string }
	a.want(t, 201, &tenant, testAdminToken, "POST", "/admin/tenants", `{"identifier": "`+name+`", "name": "The `+name+`"}`)
	if tenant.Status != "active" {
		t.Fatalf("a new tenant is %s", tenant.Status)
	}
	m := member{name: name, id: tenant.ID, token: tokenOf(t, tenant.ID)}
	a.want(t, 201, &customer, m.token, "POST", "/customers", `{"name": "customer of `+name+`"}`)
	a.want(t, 201, &invoice, m.token, "POST", "/invoices", `{"customer_id": "`+customer.ID+`", "number": "`+name+`-1"}`)
	m.customer, m.invoice = customer.ID, invoice.ID
	return m
}

// crossTenant has one tenant reach for the other's rows, which are as if there were none.
func (a *app) crossTenant(t *testing.T, own, other member) {
	t.Helper()
	if got := a.want(t, 200, nil, own.token, "GET", "/invoices", ""); !strings.Contains(got.body, own.name) || strings.Contains(got.body, other.name) {
		t.Errorf("%s sees %s", own.name, got.body)
	}
	const missing = "cccccccc-0000-4000-8000-000000000000"
	for _, method := range []string{"GET", "DELETE"} {
		foreign := a.call(t, own.token, method, "/invoices/"+other.invoice, "")
		absent := a.call(t, own.token, method, "/invoices/"+missing, "")
		if foreign.status != 404 || foreign.body != absent.body {
			t.Errorf("%s of another's invoice: %d %s, and of none: %d %s", method, foreign.status, foreign.body, absent.status, absent.body)
		}
	}
	a.want(t, 404, nil, own.token, "POST", "/invoices", `{"customer_id": "`+other.customer+`", "number": "stolen"}`)
	// A header that says another tenant than the token looks like no tenant at all.
	unknown := a.call(t, tokenOf(t, missing), "GET", "/invoices", "")
	spoofed := a.call(t, own.token, "GET", "/invoices", "", "X-Tenant-ID", other.name)
	if spoofed.status != 404 || spoofed.body != unknown.body {
		t.Errorf("a header of another tenant: %d %s, and no tenant: %d %s", spoofed.status, spoofed.body, unknown.status, unknown.body)
	}
	a.want(t, 200, nil, own.token, "GET", "/invoices", "", "X-Tenant-ID", own.name)
}

// events opens a stream of events and reads the first one. The function that it returns
// waits for the stream's end.
func (a *app) events(t *testing.T, m member) (ended func()) {
	t.Helper()
	response := a.send(t, m.token, "GET", "/events", "")
	lines := bufio.NewReader(response.Body)
	if line, err := lines.ReadString('\n'); err != nil || line != "event: invoices\n" {
		t.Fatalf("the first event: %q, %v", line, err)
	}
	return func() {
		t.Helper()
		begun := time.Now()
		_, _ = io.Copy(io.Discard, lines)
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("the stream went on for %v", took)
		}
	}
}

// limit is how many calls a tenant of these tests has.
const limit = 40

// TestEndToEnd drives two processes of the app over HTTP, on PostgreSQL and Redis: from a
// tenant's registration to the destruction of its data.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	b, environ := prepare(t, true)
	environ = append(environ,
		"TENANCY_RESOLVERS=header,jwt", "TENANCY_AUDIT=postgres", "TENANCY_RATE_LIMITER=exact", fmt.Sprint("TENANCY_RATE_LIMIT=", limit),
		"TENANCY_REDIS_URL="+testredis.URL(t), "TENANCY_REDIS_PREFIX="+strings.TrimSuffix(testredis.Prefix(t), ":"))
	one, two := start(t, environ), start(t, environ)

	one.want(t, 204, nil, "", "GET", "/health", "")
	for _, token := range []string{"", "x", tokenOf(t, alpha.id)} {
		one.want(t, 401, nil, token, "POST", "/admin/tenants", `{"identifier": "evil-co", "name": "x"}`)
	}
	acme, beta := one.register(t, "acme"), one.register(t, "beta-co")
	one.want(t, 409, nil, testAdminToken, "POST", "/admin/tenants", `{"identifier": "acme", "name": "another"}`)
	one.want(t, 400, nil, testAdminToken, "POST", "/admin/tenants", `{"identifier": "admin", "name": "reserved"}`)
	one.crossTenant(t, acme, beta)
	two.crossTenant(t, beta, acme)

	t.Run("limit", func(t *testing.T) { limited(t, one, two) })
	t.Run("suspend", func(t *testing.T) { suspended(t, b, one, two, acme, beta) })
	t.Run("audit", func(t *testing.T) { audited(t, b, one, acme) })
	t.Run("destroy", func(t *testing.T) { destroyed(t, b, one, two, acme, beta) })
}

// limited uses a tenant's limit up, on both processes in turn.
func limited(t *testing.T, one, two *app) {
	gamma := one.register(t, "gamma") // which makes two calls
	allowed := 2
	for i := range 2 * limit {
		got := []*app{one, two}[i%2].call(t, gamma.token, "GET", "/plan", "")
		if got.status == 200 {
			allowed++
			continue
		}
		after, err := strconv.Atoi(got.header.Get("Retry-After"))
		if got.status != 429 || err != nil || after < 1 || after > 60 {
			t.Fatalf("status %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
		}
	}
	if allowed != limit {
		t.Errorf("%d calls were allowed, want %d", allowed, limit)
	}
}

// suspended suspends a tenant while both processes stream to it.
func suspended(t *testing.T, b *bundle, one, two *app, acme, beta member) {
	here, there, other := one.events(t, acme), two.events(t, acme), two.events(t, beta)
	before := b.rowsOf(t, company{id: acme.id})
	one.want(t, 200, nil, testAdminToken, "POST", "/admin/tenants/"+acme.id+"/suspend", "")
	here()
	there() // long before the next check: a message over Redis tells it
	unknown := one.call(t, tokenOf(t, alpha.id), "GET", "/invoices", "")
	for _, a := range []*app{one, two} {
		if got := a.call(t, acme.token, "POST", "/customers", `{"name": "too late"}`); got.status != 404 || got.body != unknown.body {
			t.Errorf("a write of a suspended tenant: %d %s, and of none: %s", got.status, got.body, unknown.body)
		}
		a.want(t, 200, nil, beta.token, "GET", "/invoices", "")
	}
	if diff := cmp.Diff(before, b.rowsOf(t, company{id: acme.id})); diff != "" {
		t.Errorf("rows of a suspended tenant changed:\n%s", diff)
	}
	one.want(t, 200, nil, testAdminToken, "POST", "/admin/tenants/"+acme.id+"/activate", "")
	one.want(t, 200, nil, acme.token, "GET", "/invoices", "")
	one.want(t, 404, nil, testAdminToken, "POST", "/admin/tenants/"+alpha.id+"/suspend", "")
	two.stop() // and with it the stream of the tenant that nobody suspended
	other()
}

// audited has the trail checked, before and after somebody changes it.
func audited(t *testing.T, b *bundle, one *app, acme member) {
	one.want(t, 204, nil, acme.token, "DELETE", "/invoices/"+acme.invoice, "", "User-Agent", "a browser")
	check := func(entries int, intact bool) {
		t.Helper()
		var got struct {
			Entries int
			Intact  bool
		}
		one.want(t, 200, &got, testAdminToken, "GET", "/admin/tenants/"+acme.id+"/audit", "")
		if intact && got.Entries != entries || got.Intact != intact {
			t.Errorf("%+v, want %d entries, intact %v", got, entries, intact)
		}
	}
	check(4, true)
	var trail, agent, user string
	err := b.super.QueryRow(t.Context(), "SELECT string_agg(action, ' ' ORDER BY seq), max(user_agent), max(user_id) FROM tenancy.audit WHERE tenant_id = $1", acme.id).Scan(&trail, &agent, &user)
	if want := "tenant.registered tenant.suspended tenant.activated invoice.delete"; err != nil || trail != want || agent != "a browser" || user != "somebody" {
		t.Errorf("the trail is %q by %q with %q (%v), want %q", trail, user, agent, err, want)
	}
	const forge = "UPDATE tenancy.audit SET action = 'tenant.activated' WHERE tenant_id = $1 AND seq = 2"
	if _, err := b.super.Exec(t.Context(), forge, acme.id); err == nil {
		t.Error("an entry could be changed")
	}
	for _, sql := range []string{"ALTER TABLE tenancy.audit DISABLE TRIGGER only_grows", strings.ReplaceAll(forge, "$1", "'"+acme.id+"'")} {
		if _, err := b.super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	check(0, false)
}

// destroyed destroys one tenant's data and sees that the other's stays.
func destroyed(t *testing.T, b *bundle, one, _ *app, acme, beta member) {
	before := b.rowsOf(t, company{id: beta.id})
	one.want(t, 400, nil, testAdminToken, "DELETE", "/admin/tenants/"+acme.id+"?destroy="+beta.id, "")
	var removed struct{ Rows int }
	one.want(t, 200, &removed, testAdminToken, "DELETE", "/admin/tenants/"+acme.id+"?destroy="+acme.id, "")
	if left := b.rowsOf(t, company{id: acme.id}); len(left) > 0 || removed.Rows < 2 {
		t.Errorf("%d rows were removed, and there are %v", removed.Rows, left)
	}
	if diff := cmp.Diff(before, b.rowsOf(t, company{id: beta.id})); diff != "" {
		t.Errorf("another tenant's rows changed:\n%s", diff)
	}
	one.want(t, 404, nil, acme.token, "GET", "/invoices", "")
	// The name is free, and the new tenant has nothing of the old one; nor has the token.
	again := one.register(t, "acme")
	if again.id == acme.id {
		t.Error("an id came twice")
	}
	one.want(t, 404, nil, acme.token, "GET", "/invoices", "")
}

// TestEndToEndSchemas runs the app with a schema for each tenant, which it makes itself: in
// this database are no tables when it starts.
func TestEndToEndSchemas(t *testing.T) {
	t.Parallel()
	b, environ := prepare(t, false)
	one := start(t, append(environ, "TENANCY_RESOLVERS=header,jwt", "TENANCY_ISOLATION_STRATEGY=schema"))
	if _, err := b.super.Exec(t.Context(), plansSQL); err != nil {
		t.Fatal(err)
	}
	acme, beta := one.register(t, "acme"), one.register(t, "beta-co")
	one.crossTenant(t, acme, beta)
	one.crossTenant(t, beta, acme)
	ended := one.events(t, acme)
	one.want(t, 200, nil, testAdminToken, "POST", "/admin/tenants/"+acme.id+"/suspend", "")
	ended()
	one.want(t, 404, nil, acme.token, "GET", "/invoices", "")
	one.want(t, 200, nil, testAdminToken, "POST", "/admin/tenants/"+acme.id+"/activate", "")
	one.want(t, 200, nil, acme.token, "GET", "/invoices", "")

	schemas := func() (n int) {
		t.Helper()
		if err := b.super.QueryRow(t.Context(), "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\\_%'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := schemas(); n != 2 {
		t.Errorf("there are %d schemas of tenants, want 2", n)
	}
	one.want(t, 200, nil, testAdminToken, "DELETE", "/admin/tenants/"+acme.id+"?destroy="+acme.id, "")
	if n := schemas(); n != 1 {
		t.Errorf("there are %d schemas of tenants, want 1", n)
	}
	one.want(t, 200, nil, beta.token, "GET", "/invoices/"+beta.invoice, "")
}

// TestEndToEndHybrid gives one tenant a schema and the other row-level security.
func TestEndToEndHybrid(t *testing.T) {
	t.Parallel()
	b, environ := prepare(t, true)
	one := start(t, append(environ, "TENANCY_RESOLVERS=header,jwt", "TENANCY_ISOLATION_STRATEGY=hybrid", "TENANCY_PREMIUM_TENANTS=acme"))
	acme, beta := one.register(t, "acme"), one.register(t, "beta-co")
	one.crossTenant(t, acme, beta)
	one.crossTenant(t, beta, acme)
	if rows := b.rowsOf(t, company{id: acme.id}); len(rows) != 0 {
		t.Errorf("the tenant with a schema has rows in the shared tables: %v", rows)
	}
	if rows := b.rowsOf(t, company{id: beta.id}); len(rows) != 3 {
		t.Errorf("the tenant without has %v", rows)
	}
}
