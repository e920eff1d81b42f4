package namespace_test

import (
	"context"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
)

// beside makes a schema plainly, as where some tenants share its tables, and returns
// a connection of a role that may make schemas beside it, and use only what all
// tenants share: whatever touches the other tables, fails.
func (s *schema) beside(t *testing.T) *pgx.Conn {
	t.Helper()
	url := testpg.Database(t)
	owner, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(context.Background()) })
	role, roleURL := testpg.Role(t, url)
	statements := append([]string{"SET check_function_bodies = off"}, s.text...)
	statements = append(statements, "RESET ALL",
		"DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO "+role+"', current_database()); END $$",
		"REVOKE SELECT, INSERT ON ALL TABLES IN SCHEMA public FROM PUBLIC", "REVOKE USAGE ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC")
	if err := run(t.Context(), owner, statements...); err != nil {
		t.Fatal(err)
	}
	var shared []string
	for _, d := range s.layout.DDL {
		if d.Shared {
			shared = append(shared, d.Creates...)
		}
	}
	for _, grant := range column(t, owner, `
		SELECT format('GRANT %s ON public.%I TO `+role+`', CASE relkind WHEN 'S' THEN 'USAGE' ELSE 'SELECT, REFERENCES' END, relname)
		FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'S') AND relname = ANY ($1)`, shared) {
		if err := run(t.Context(), owner, grant); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), roleURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// made makes a tenant's relations in a schema, after some other statements, and
// returns what the database says of them. It leaves nothing behind.
func (s *schema) made(t *testing.T, conn *pgx.Conn, before ...string) (snapshot, error) {
	t.Helper()
	statements := slices.Concat([]string{"BEGIN", "CREATE SCHEMA tenant_acme"}, before, namespace.Before("public"), namespace.DDL(s.layout, "tenant_acme"))
	if err := run(t.Context(), conn, statements...); err != nil {
		return nil, err
	}
	made := relationsOf(t, conn, "tenant_acme", func(name string) bool { return !slices.Contains(decoyNames, name) }).sorted()
	return made, run(t.Context(), conn, "ROLLBACK")
}

// TestBeside makes a tenant's tables where the same tables are shared by others.
// They refer to none of those, nor to what else is called as what the tenants share;
// and where one slot is missing, the database refuses, or the tables are others.
func TestBeside(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*schema{
		"example": readSchema(t, "example", "../../../examples/tenancy.yaml"),
		"kinds":   golden(t, "testdata/kinds.txtar"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := s.beside(t)
			want, err := s.made(t, conn)
			if err != nil {
				t.Fatal(err)
			}
			if len(want) < 50 {
				t.Fatalf("only %d lines about the tables", len(want))
			}
			got, err := s.made(t, conn, decoys...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("with decoys (-want +got):\n%s", diff)
			}
			slots := 0
			for i, d := range s.layout.DDL {
				for j := range d.Slots {
					slots++
					if got, err := s.without(i, j).made(t, conn); err == nil && cmp.Equal(want, got) {
						t.Errorf("nothing is seen where the slot of %s is missing in\n%s", d.Slots[j].Name, d.SQL)
					}
				}
			}
			t.Logf("%d lines about the tables; each of %d slots is needed", len(want), slots)
		})
	}
}

// decoyNames are the decoys that are relations in the tenant's schema.
var decoyNames = []string{"plans", "plans_pkey", "kinds", "kinds_pkey"}

// decoys are called as what tenants share, or as what is made.
var decoys = []string{
	"CREATE TABLE tenant_acme.plans (code text PRIMARY KEY)",
	"CREATE TABLE tenant_acme.kinds (code text PRIMARY KEY, label text)",
	"CREATE TYPE tenant_acme.mood AS ENUM ('false')",
	"CREATE TYPE tenant_acme.invoice_status AS ENUM ('draft', 'sent')",
	"CREATE DOMAIN tenant_acme.cents AS text",
	"CREATE FUNCTION tenant_acme.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
	"CREATE FUNCTION tenant_acme.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT NULL::timestamptz $$",
	"CREATE TEMPORARY TABLE plans (code text PRIMARY KEY) ON COMMIT DROP",
	"CREATE TEMPORARY TABLE kinds (code text PRIMARY KEY, label text) ON COMMIT DROP",
	"CREATE TEMPORARY TABLE orders (id bigint) ON COMMIT DROP",
	"CREATE TEMPORARY TABLE tenants (id uuid) ON COMMIT DROP",
	"SET LOCAL search_path = tenant_acme, pg_temp",
}

// without is the schema without a slot.
func (s *schema) without(statement, slot int) *schema {
	layout := *s.layout
	layout.DDL = slices.Clone(layout.DDL)
	d := &layout.DDL[statement]
	d.Slots = slices.Delete(slices.Clone(d.Slots), slot, slot+1)
	return &schema{layout: &layout}
}
