package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// company is one tenant of the tests. Every text in its rows holds its name, so
// that an answer shows whose rows it was made from.
type company struct {
	name, id, token   string
	customer, invoice string
}

var (
	alpha = company{"alpha", "aaaaaaaa-0000-4000-8000-000000000001", "token-of-alpha", "aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000003"}
	beta  = company{"beta", "bbbbbbbb-0000-4000-8000-000000000001", "token-of-beta", "bbbbbbbb-0000-4000-8000-000000000002", "bbbbbbbb-0000-4000-8000-000000000003"}
)

const seedSQL = `
INSERT INTO plans (code, name, monthly_cents) VALUES ('free', 'Free', 0), ('pro', 'Pro', 1900) ON CONFLICT DO NOTHING;
INSERT INTO tenants (id, slug, name, plan_code) VALUES ('{id}', '{name}', '{name}', 'pro');
INSERT INTO customers (id, tenant_id, name, email) VALUES ('{customer}', '{id}', 'customer of {name}', 'pay@{name}.example');
INSERT INTO invoices (id, tenant_id, customer_id, number, note, total_cents) VALUES ('{invoice}', '{id}', '{customer}', '{name}-1', 'note of {name}', 500);
INSERT INTO invoice_lines (invoice_id, line_no, description, quantity, unit_cents) VALUES ('{invoice}', 1, 'work of {name}', 1, 500);`

func (c company) fill(text string) string {
	return strings.NewReplacer("{id}", c.id, "{name}", c.name, "{customer}", c.customer, "{invoice}", c.invoice).Replace(text)
}

// bundle is the app over a database with two companies.
type bundle struct {
	super    *pgx.Conn
	provider *postgres.RLS
	handler  http.Handler
}

func setup(t *testing.T) *bundle {
	t.Helper()
	superURL := testpg.Database(t)
	super, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { super.Close(context.WithoutCancel(t.Context())) })
	for _, path := range []string{"../schema.sql", "../gen/rls.up.sql"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := super.Exec(t.Context(), string(text)); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	role, url := testpg.Role(t, superURL)
	if _, err := super.Exec(t.Context(), "GRANT app_user TO "+role+";"+alpha.fill(seedSQL)+beta.fill(seedSQL)); err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	provider, err := postgres.NewRLS(pool)
	if err != nil {
		t.Fatal(err)
	}
	if err := provider.VerifyRole(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := parseTokens(alpha.token + "=" + alpha.id + ", " + beta.token + "=" + beta.id)
	if err != nil {
		t.Fatal(err)
	}
	return &bundle{super: super, provider: provider, handler: newHandler(gen.New(provider), known, slog.New(slog.DiscardHandler))}
}

// ask sends a request with a company's token.
func ask(t *testing.T, handler http.Handler, token, method, path, body string) (status int, answer string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	// What a client says about the tenant must not matter.
	r.Header.Set("X-Tenant-ID", beta.id)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// reads are the requests that show rows of a tenant.
var reads = []string{
	"/plan",
	"/customers",
	"/customers?name=customer",
	"/customers/balances",
	"/invoices",
	"/invoices?status=draft",
	"/invoices/{invoice}",
}

// leaks returns the reads of a company whose answers show another company's rows.
func leaks(t *testing.T, handler http.Handler, own, other company) []string {
	t.Helper()
	var found []string
	for _, path := range reads {
		status, answer := ask(t, handler, own.token, "GET", own.fill(path), "")
		if status != http.StatusOK || strings.Contains(answer, other.name) || strings.Contains(answer, other.id) {
			found = append(found, path)
		}
	}
	return found
}

func TestEachSeesItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, pair := range [][2]company{{alpha, beta}, {beta, alpha}} {
		own, other := pair[0], pair[1]
		if found := leaks(t, b.handler, own, other); found != nil {
			t.Errorf("%s sees rows of %s, or an error, at %q", own.name, other.name, found)
		}
		for _, path := range reads[1:] { // all but the plan, which is global
			if _, answer := ask(t, b.handler, own.token, "GET", own.fill(path), ""); !strings.Contains(answer, own.name) {
				t.Errorf("%s does not see its own rows at %s: %s", own.name, path, answer)
			}
		}
	}
}

// TestControl puts in a resolver that believes the client, and expects the check
// of TestEachSeesItsOwn to find it out.
func TestControl(t *testing.T) {
	t.Parallel()
	b := setup(t)
	handler := newHandler(gen.New(b.provider), gullible{}, slog.New(slog.DiscardHandler))
	want := []string{"/customers", "/customers?name=customer", "/customers/balances", "/invoices", "/invoices?status=draft", "/invoices/{invoice}"}
	if diff := cmp.Diff(want, leaks(t, handler, alpha, beta)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// gullible is what not to do.
type gullible struct{}

func (gullible) Resolve(r *http.Request) (runtime.Tenant, bool) {
	return runtime.Tenant{ID: r.Header.Get("X-Tenant-ID")}, true
}

// TestForeignIDs sends alpha to beta's rows. They are as if they were not there,
// and stay as they are.
func TestForeignIDs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const missing = "cccccccc-0000-4000-8000-000000000000"
	line := `{"line_no": 9, "description": "x", "quantity": 1, "unit_cents": 1}`
	before := b.rowsOf(t, beta)
	for _, request := range []struct{ method, path, body string }{
		{"GET", "/invoices/{invoice}", ""},
		{"DELETE", "/invoices/{invoice}", ""},
		{"POST", "/invoices/{invoice}/lines", line},
		{"POST", "/invoices/{invoice}/send", ""},
		{"POST", "/customers/{customer}/archive", ""},
		{"POST", "/invoices", `{"customer_id": "{customer}", "number": "x-1", "due_on": null, "note": null}`},
	} {
		foreign, answer := ask(t, b.handler, alpha.token, request.method, beta.fill(request.path), beta.fill(request.body))
		if foreign != http.StatusNotFound {
			t.Errorf("%s %s with a foreign id: status %d, want 404", request.method, request.path, foreign)
		}
		nobody := company{customer: missing, invoice: missing}
		_, same := ask(t, b.handler, alpha.token, request.method, nobody.fill(request.path), nobody.fill(request.body))
		if diff := cmp.Diff(same, answer); diff != "" {
			t.Errorf("%s %s tells a foreign id from a missing one (-missing +foreign):\n%s", request.method, request.path, diff)
		}
	}
	if diff := cmp.Diff(before, b.rowsOf(t, beta)); diff != "" {
		t.Errorf("beta's rows changed (-before +after):\n%s", diff)
	}
	if found := leaks(t, b.handler, alpha, beta); found != nil {
		t.Errorf("afterwards alpha sees rows of beta at %q", found)
	}
}

// rowsOf returns every row of a company, as text.
func (b *bundle) rowsOf(t *testing.T, c company) []string {
	t.Helper()
	rows, err := b.super.Query(t.Context(), `
		SELECT r::text FROM tenants AS r WHERE id = $1
		UNION ALL SELECT r::text FROM customers AS r WHERE tenant_id = $1
		UNION ALL SELECT r::text FROM invoices AS r WHERE tenant_id = $1
		UNION ALL SELECT l::text FROM invoice_lines AS l JOIN invoices AS i ON i.id = l.invoice_id WHERE i.tenant_id = $1
		UNION ALL SELECT r::text FROM audit_log AS r WHERE org_id = $1
		ORDER BY 1`, c.id)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestOwnRoad takes an invoice from its start to the customer.
func TestOwnRoad(t *testing.T) {
	t.Parallel()
	b := setup(t)
	before := b.rowsOf(t, beta)
	for _, step := range []struct {
		method, path, body string
		status             int
		contains           string
	}{
		{"POST", "/invoices", `{"customer_id": "{customer}", "number": "{name}-2", "due_on": "2026-12-24", "note": "hello"}`, 201, `"number":"alpha-2"`},
		{"POST", "/invoices", `{"customer_id": "{customer}", "number": "{name}-2", "due_on": null, "note": null}`, 409, ""},
		{"POST", "/invoices", `{"customer_id": "{customer}", "number": "{name}-3", "tenant_id": "` + beta.id + `"}`, 400, ""},
		{"POST", "/invoices/{invoice}/lines", `{"line_no": 2, "description": "more", "quantity": 3, "unit_cents": 100}`, 201, `"total_cents":800`},
		{"POST", "/invoices/{invoice}/lines", `{"line_no": 2, "description": "again", "quantity": 1, "unit_cents": 1}`, 409, ""},
		{"POST", "/invoices/{invoice}/lines", `{"line_no": 3, "description": "none", "quantity": 0, "unit_cents": 1}`, 400, ""},
		{"POST", "/invoices/{invoice}/send", "", 204, ""},
		{"POST", "/invoices/{invoice}/send", "", 404, ""},
		{"GET", "/invoices?status=sent", "", 200, `"number":"alpha-1"`},
		{"GET", "/customers/balances", "", 200, `"open_cents":800`},
		{"POST", "/customers/{customer}/archive", "", 404, ""}, // there is an open invoice
		{"DELETE", "/invoices/{invoice}", "", 404, ""},         // it has been sent
		{"GET", "/invoices/not-an-id", "", 400, ""},
		{"GET", "/invoices?status=lost", "", 400, ""},
		{"GET", "/plan", "", 200, `"code":"pro"`},
	} {
		status, answer := ask(t, b.handler, alpha.token, step.method, alpha.fill(step.path), alpha.fill(step.body))
		if status != step.status || !strings.Contains(answer, step.contains) {
			t.Errorf("%s %s: status %d, want %d with %s\n%s", step.method, step.path, status, step.status, step.contains, answer)
		}
	}
	// What was undone left no line in the log, and nothing reached beta.
	var events string
	err := b.super.QueryRow(t.Context(), "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log WHERE org_id = $1", alpha.id).Scan(&events)
	if err != nil || events != "invoice.add_line invoice.send" {
		t.Errorf("the audit log has %q (%v)", events, err)
	}
	if diff := cmp.Diff(before, b.rowsOf(t, beta)); diff != "" {
		t.Errorf("beta's rows changed (-before +after):\n%s", diff)
	}
}

func TestWithoutTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, token := range []string{"", "no-such-token"} {
		for _, path := range reads {
			if status, answer := ask(t, b.handler, token, "GET", alpha.fill(path), ""); status != http.StatusUnauthorized {
				t.Errorf("token %q at %s: status %d, want 401\n%s", token, path, status, answer)
			}
		}
		if status, answer := ask(t, b.handler, token, "GET", "/plans", ""); status != http.StatusOK || !strings.Contains(answer, `"code":"free"`) {
			t.Errorf("token %q at /plans: status %d\n%s", token, status, answer)
		}
	}
}

// TestPolicies goes round the generated code: a statement without any predicate
// sees one tenant's rows in the app's role, and all of them in a superuser's.
func TestPolicies(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const all = "SELECT count(*) FROM invoice_lines"
	var n int
	if err := b.provider.For(runtime.Tenant{ID: alpha.id}).QueryRow(t.Context(), all).Scan(&n); err != nil || n != 1 {
		t.Errorf("alpha sees %d lines (%v), want 1", n, err)
	}
	if err := b.provider.Global().QueryRow(t.Context(), all).Scan(&n); err != nil || n != 0 {
		t.Errorf("the global handle sees %d lines (%v), want none", n, err)
	}
	if err := b.super.QueryRow(t.Context(), all).Scan(&n); err != nil || n != 2 {
		t.Errorf("there are %d lines (%v), want 2", n, err)
	}
}
