package main

import (
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/config"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/middleware"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// company is one tenant of the tests. Every text in its rows holds its name, so
// that an answer shows whose rows it was made from.
type company struct {
	name, id          string
	customer, invoice string
}

var (
	alpha = company{"alpha", "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000003"}
	beta  = company{"beta", "bbbbbbbb-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000002", "bbbbbbbb-0000-4000-8000-000000000003"}
)

const plansSQL = `INSERT INTO plans (code, name, monthly_cents) VALUES ('free', 'Free', 0), ('pro', 'Pro', 1900)`

const seedSQL = `
UPDATE tenants SET plan_code = 'pro' WHERE id = '{id}';
INSERT INTO customers (id, tenant_id, name, email) VALUES ('{customer}', '{id}', 'customer of {name}', 'pay@{name}.example');
INSERT INTO invoices (id, tenant_id, customer_id, number, note, total_cents) VALUES ('{invoice}', '{id}', '{customer}', '{name}-1', 'note of {name}', 500);
INSERT INTO invoice_lines (invoice_id, line_no, description, quantity, unit_cents) VALUES ('{invoice}', 1, 'work of {name}', 1, 500);`

func (c company) fill(text string) string {
	return strings.NewReplacer("{id}", c.id, "{name}", c.name, "{customer}", c.customer, "{invoice}", c.invoice).Replace(text)
}

// bundle is the app over a database with two companies.
type bundle struct {
	super   *pgx.Conn
	tenancy *pgtenancy.Tenancy
	handler http.Handler
}

// setup opens the app with row-level security, and its resolver of tokens.
func setup(t *testing.T) *bundle {
	t.Helper()
	return setupWith(t, pgtenancy.Options{}, "TENANCY_RESOLVERS=jwt")
}

func setupWith(t *testing.T, o pgtenancy.Options, environ ...string) *bundle {
	t.Helper()
	b, base := prepare(t, true)
	cfg, err := config.Parse(append(base, environ...))
	if err != nil {
		t.Fatal(err)
	}
	o.Layout, o.Seed, o.Logger = gen.Layout, firstRows, slog.New(slog.NewTextHandler(io.Discard, nil))
	if b.tenancy, err = pgtenancy.Open(t.Context(), cfg, o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.tenancy.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, c := range []company{alpha, beta} {
		registration := manager.Registration{ID: c.id, Identifier: runtime.MustIdentifier(c.name), Name: c.name}
		if _, err := b.tenancy.Register(t.Context(), registration); err != nil {
			t.Fatal(err)
		}
		if _, err := b.super.Exec(t.Context(), c.fill(seedSQL)); err != nil {
			t.Fatal(err)
		}
	}
	b.handler = newServer(b.tenancy, adminToken{}, slog.New(slog.NewTextHandler(io.Discard, nil))).handler()
	return b
}

// prepare makes a database, and returns the environment of an app on it. With tables it
// has those that tenants share; otherwise the app makes its own.
func prepare(t *testing.T, tables bool) (*bundle, []string) {
	t.Helper()
	superURL := testpg.Database(t)
	super, err := pgx.Connect(t.Context(), superURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { super.Close(context.WithoutCancel(t.Context())) })
	role, url := testpg.Role(t, superURL)
	if tables {
		for _, path := range []string{"../schema.sql", "../gen/rls.up.sql"} {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := super.Exec(t.Context(), string(text)); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		}
		if _, err := super.Exec(t.Context(), plansSQL); err != nil {
			t.Fatal(err)
		}
	} else if _, err := super.Exec(t.Context(), "DO $$ BEGIN CREATE ROLE app_user NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"); err != nil {
		t.Fatal(err)
	}
	if _, err := super.Exec(t.Context(), "GRANT app_user TO "+role); err != nil {
		t.Fatal(err)
	}
	return &bundle{super: super}, []string{
		"TENANCY_DATABASE_URL=" + url, "TENANCY_DATABASE_ADMIN_URL=" + superURL,
		"TENANCY_JWT_KEYS=" + base64.StdEncoding.EncodeToString(signingKey), "TENANCY_JWT_AUDIENCE=app", "TENANCY_JWT_ISSUER=test",
	}
}

// signingKey signs the tokens of the tests.
var signingKey = []byte("a key of the tests, of 32 bytes!")

// tokenOf returns a token of a user of a tenant.
func tokenOf(t *testing.T, tenantID string) string {
	t.Helper()
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"iss": "test", "aud": "app", "sub": "somebody", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "tenant_id": tenantID,
	}).SignedString(signingKey)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// ask sends a request with a token for a company, unless the id is empty.
func ask(t *testing.T, handler http.Handler, tenantID, method, path, body string) (status int, answer string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if tenantID != "" {
		r.Header.Set("Authorization", "Bearer "+tokenOf(t, tenantID))
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
		status, answer := ask(t, handler, own.id, "GET", own.fill(path), "")
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
			if _, answer := ask(t, b.handler, own.id, "GET", own.fill(path), ""); !strings.Contains(answer, own.name) {
				t.Errorf("%s does not see its own rows at %s: %s", own.name, path, answer)
			}
		}
	}
}

// TestControl believes what the client says, and expects the check of TestEachSeesItsOwn
// to find it out.
func TestControl(t *testing.T) {
	t.Parallel()
	b := setupWith(t, pgtenancy.Options{Membership: middleware.InsecureAnyone}, "TENANCY_RESOLVERS=header", "TENANCY_TENANT_FORM=id")
	want := []string{"/customers", "/customers?name=customer", "/customers/balances", "/invoices", "/invoices?status=draft", "/invoices/{invoice}"}
	if diff := cmp.Diff(want, leaks(t, b.handler, alpha, beta)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
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
		foreign, answer := ask(t, b.handler, alpha.id, request.method, beta.fill(request.path), beta.fill(request.body))
		if foreign != http.StatusNotFound {
			t.Errorf("%s %s with a foreign id: status %d, want 404", request.method, request.path, foreign)
		}
		nobody := company{customer: missing, invoice: missing}
		_, same := ask(t, b.handler, alpha.id, request.method, nobody.fill(request.path), nobody.fill(request.body))
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
		status, answer := ask(t, b.handler, alpha.id, step.method, alpha.fill(step.path), alpha.fill(step.body))
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

// TestWithoutTenant has no token, and one for a tenant that there is not.
func TestWithoutTenant(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for id, want := range map[string]int{"": http.StatusUnauthorized, runtime.NewID(): http.StatusNotFound} {
		for _, path := range append(reads, "/events", "/no-such-path") {
			if status, answer := ask(t, b.handler, id, "GET", alpha.fill(path), ""); status != want || strings.Contains(answer, alpha.name) {
				t.Errorf("tenant %q at %s: status %d, want %d\n%s", id, path, status, want, answer)
			}
		}
		if status, answer := ask(t, b.handler, id, "GET", "/plans", ""); status != http.StatusOK || !strings.Contains(answer, `"code":"free"`) {
			t.Errorf("tenant %q at /plans: status %d\n%s", id, status, answer)
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
	if err := b.tenancy.Isolation.For(runtime.Tenant{ID: alpha.id}).QueryRow(t.Context(), all).Scan(&n); err != nil || n != 1 {
		t.Errorf("alpha sees %d lines (%v), want 1", n, err)
	}
	if err := b.tenancy.Isolation.Global().QueryRow(t.Context(), all).Scan(&n); err != nil || n != 0 {
		t.Errorf("the global handle sees %d lines (%v), want none", n, err)
	}
	if err := b.super.QueryRow(t.Context(), all).Scan(&n); err != nil || n != 2 {
		t.Errorf("there are %d lines (%v), want 2", n, err)
	}
}
