package dynamic_test

import (
	"context"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/dynamic"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// TestOnOwnTables writes and reads by dynamic SQL where tenants have tables of their
// own: the filter tells the provider where the text names them. Both tenants have rows
// of the same keys there, and the shared tables stay empty.
func TestOnOwnTables(t *testing.T) {
	t.Parallel()
	filter, err := dynamic.New(os.DirFS("../../examples"), "tenancy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, provider := range map[string]func(*pgxpool.Pool) (pgxdb.Isolation, error){
		"schema": func(pool *pgxpool.Pool) (pgxdb.Isolation, error) {
			return postgres.NewSchema(pool, gen.Layout, postgres.WithFilter(filter))
		},
		"prefix": func(pool *pgxpool.Pool) (pgxdb.Isolation, error) {
			return postgres.NewPrefix(pool, gen.Layout, postgres.WithFilter(filter))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var script string
			for _, path := range []string{"../../examples/schema.sql", "../../examples/gen/rls.up.sql"} { // which makes the role
				text, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				script += string(text)
			}
			pool, err := pgxpool.New(t.Context(), testpg.Database(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(pool.Close)
			if _, err := pool.Exec(t.Context(), script+"; INSERT INTO plans VALUES ('free', 'Free', 0)"); err != nil {
				t.Fatal(err)
			}
			p, err := provider(pool)
			if err != nil {
				t.Fatal(err)
			}
			onOwnTables(t, pool, p)
		})
	}
}

func onOwnTables(t *testing.T, pool *pgxpool.Pool, p pgxdb.Isolation) {
	t.Helper()
	ctx := t.Context()
	const key = "00000000-0000-4000-8000-00000000000a"
	for _, tenant := range []runtime.Tenant{second, third} {
		if err := p.Initialize(ctx, tenant); err != nil {
			t.Fatal(err)
		}
		run(t, p, tenant, "INSERT INTO tenants (id, slug, name, plan_code) VALUES ($1, $2, 'Acme', 'free')", tenant.ID, "acme")
		run(t, p, tenant, "INSERT INTO customers (id, name) VALUES ($1, $2)", key, "of "+tenant.ID)
		run(t, p, tenant, "INSERT INTO customers (name) VALUES ('another')")
		run(t, p, tenant, "UPDATE customers SET email = $1 WHERE name = 'another'", "another@example.com")
		run(t, p, tenant, "DELETE FROM customers WHERE name LIKE $1", "another%")
	}
	for _, tenant := range []runtime.Tenant{second, third} {
		got, err := gen.New(p).ForTenant(tenant).SearchCustomers(ctx, gen.SearchCustomersParams{MaxRows: 10})
		if err != nil {
			t.Fatal(err)
		}
		q, err := p.ApplyFilters(runtime.Query{SQL: "SELECT id, name, email, tags FROM customers"}, tenant)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := p.For(tenant).Query(ctx, q.SQL, q.Args...)
		if err != nil {
			t.Fatal(err)
		}
		dynamically, err := pgx.CollectRows(rows, pgx.RowToStructByPos[gen.SearchCustomersRow])
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(got, dynamically); diff != "" || len(got) != 1 || got[0].Name != "of "+tenant.ID {
			t.Errorf("%v (-generated +dynamic):\n%s", got, diff)
		}
	}
	var shared int
	if err := pool.QueryRow(context.WithoutCancel(ctx), "SELECT count(*) FROM public.customers").Scan(&shared); err != nil || shared != 0 {
		t.Errorf("%d rows are in the shared table: %v", shared, err)
	}
}

// run executes dynamic SQL as a tenant.
func run(t *testing.T, p pgxdb.Isolation, tenant runtime.Tenant, sql string, args ...any) {
	t.Helper()
	q, err := p.ApplyFilters(runtime.Query{SQL: sql, Args: args}, tenant)
	if err != nil {
		t.Fatal(err)
	}
	tag, err := p.For(tenant).Exec(t.Context(), q.SQL, q.Args...)
	if err != nil || tag.RowsAffected() != 1 {
		t.Fatalf("%s: %v, %v", sql, tag, err)
	}
}
