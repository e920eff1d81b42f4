package dynamic_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/dynamic"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Tenants of the invoicing data.
var (
	second = runtime.Tenant{ID: "00000000-0000-4000-8000-000000000002"}
	third  = runtime.Tenant{ID: "00000000-0000-4000-8000-000000000003"}
)

// filtering is a provider that filters.
type filtering interface {
	pgxdb.Provider
	ApplyFilters(runtime.Query, runtime.Tenant) (runtime.Query, error)
}

// providers are those with shared tables, on the example's schema and rows.
func providers(t *testing.T, filter runtime.Filter) map[string]filtering {
	t.Helper()
	super := testpg.Database(t)
	var script strings.Builder
	for _, path := range []string{"../../examples/schema.sql", "../../examples/gen/rls.up.sql", "../../internal/equivalence/testdata/invoicing.sql"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		script.Write(text)
	}
	conn, err := pgx.Connect(t.Context(), super)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	role, url := testpg.Role(t, super)
	if _, err := conn.Exec(t.Context(), script.String()+"; GRANT app_user TO "+role); err != nil {
		t.Fatal(err)
	}
	pool := func(url string) *pgxpool.Pool {
		p, err := pgxpool.New(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(p.Close)
		return p
	}
	// The superuser's pool is without policies, so that the predicate is alone.
	row, err := postgres.NewRowFilter(pool(super), postgres.WithFilter(filter))
	if err != nil {
		t.Fatal(err)
	}
	rls, err := postgres.NewRLS(pool(url), postgres.WithFilter(filter))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]filtering{"row": row, "rls": rls}
}

// rowsOf runs a statement on a tenant's handle.
func rowsOf[T any](t *testing.T, p filtering, tenant runtime.Tenant, q runtime.Query) []T {
	t.Helper()
	rows, err := p.For(tenant).Query(t.Context(), q.SQL, q.Args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOnProviders gets from dynamic SQL what the generated methods return.
func TestOnProviders(t *testing.T) {
	t.Parallel()
	filter, err := dynamic.New(os.DirFS("../../examples"), "tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range providers(t, filter) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, tenant := range []runtime.Tenant{second, third} {
				q := gen.New(p).ForTenant(tenant)
				const customers = "SELECT id, name, email, tags FROM customers WHERE name ILIKE $1 AND archived_at IS NULL ORDER BY name, id LIMIT $2"
				same(t, p, tenant, customers, []any{"%0%", 10}, of(q.SearchCustomers(t.Context(), gen.SearchCustomersParams{Name: pgtype.Text{String: "0", Valid: true}, MaxRows: 10})))
				const invoices = `SELECT i.id, i.number, i.status, i.issued_on, i.due_on, i.total_cents, c.name
					FROM invoices i, customers c WHERE c.id = i.customer_id ORDER BY i.created_at DESC, i.id LIMIT $1`
				same(t, p, tenant, invoices, []any{5}, of(q.ListInvoices(t.Context(), gen.ListInvoicesParams{MaxRows: 5})))
				const due = "SELECT * FROM open_invoices WHERE due_on < $1 ORDER BY due_on, number"
				day := pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}
				same(t, p, tenant, due, []any{day}, of(q.ListInvoicesDueBefore(t.Context(), day)))
				const revenue = `WITH paid AS (SELECT date_trunc('month', paid_at)::date AS month, total_cents FROM invoices WHERE status = 'paid')
					SELECT month, count(*), sum(total_cents)::bigint FROM paid GROUP BY month ORDER BY month`
				same(t, p, tenant, revenue, nil, of(q.ListRevenueByMonth(t.Context())))
			}
		})
	}
}

// same compares what dynamic SQL finds with what a generated method returned.
func same[T any](t *testing.T, p filtering, tenant runtime.Tenant, sql string, args []any, want returned[T]) {
	t.Helper()
	if want.err != nil || len(want.rows) == 0 {
		t.Fatal(len(want.rows), want.err)
	}
	q, err := p.ApplyFilters(runtime.Query{SQL: sql, Args: args}, tenant)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want.rows, rowsOf[T](t, p, tenant, q)); diff != "" {
		t.Errorf("%s (-generated +dynamic):\n%s", sql, diff)
	}
}

// returned is what a generated method returned.
type returned[T any] struct {
	rows []T
	err  error
}

func of[T any](rows []T, err error) returned[T] { return returned[T]{rows, err} }

// TestControl shows that it is the filter which keeps tenants apart on a row filter:
// without it the same SQL finds everybody's rows.
func TestControl(t *testing.T) {
	t.Parallel()
	filter, err := dynamic.New(os.DirFS("../../examples"), "tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := providers(t, filter)
	p, rls := all["row"], all["rls"]
	type owner struct{ TenantID string }
	q := runtime.Query{SQL: "SELECT DISTINCT tenant_id::text FROM invoices ORDER BY 1"}
	if everybody := rowsOf[owner](t, p, second, q); len(everybody) != 3 {
		t.Errorf("without the filter there are rows of %v", everybody)
	}
	filtered, err := p.ApplyFilters(q, second)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]owner{{second.ID}}, rowsOf[owner](t, p, second, filtered)); diff != "" {
		t.Error(diff)
	}
	// The query belongs to the tenant that it was filtered for: on another's handle it
	// still finds that one's rows, or none where there are policies.
	if got := rowsOf[owner](t, p, third, filtered); len(got) != 1 || got[0].TenantID != second.ID {
		t.Error(got)
	}
	if got := rowsOf[owner](t, rls, third, filtered); len(got) != 0 {
		t.Error(got)
	}
	if _, err := p.ApplyFilters(runtime.Query{SQL: "SELECT * FROM pg_authid"}, second); !errors.Is(err, dynamic.ErrRefused) {
		t.Error(err)
	}
	unused, err := pgxpool.New(t.Context(), "host=nowhere.invalid")
	if err != nil {
		t.Fatal(err)
	}
	defer unused.Close()
	bare, err := postgres.NewRowFilter(unused)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.ApplyFilters(q, second); !errors.Is(err, runtime.ErrNoFilter) {
		t.Error(err)
	}
}
