package pgtenancy_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/examples/gen"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/manager"
	"github.com/tenancygen/tenancygen/runtime/pgtenancy"
)

// asDocumented makes the administrator's role of docs/operations.md, and replaces the
// superuser in the environment with it.
func (d *database) asDocumented(t *testing.T) {
	t.Helper()
	block := regexp.MustCompile("(?s)```sql\n(.*?)```").FindStringSubmatch(readFile(t, "../../docs/operations.md"))
	if block == nil {
		t.Fatal("the page has no SQL for the roles")
	}
	superURL := strings.TrimPrefix(d.environ[1], "TENANCY_DATABASE_ADMIN_URL=")
	role, roleURL := testpg.Role(t, superURL)
	parsed, err := url.Parse(superURL)
	if err != nil {
		t.Fatal(err)
	}
	sql := block[1]
	for old, other := range map[string]string{
		"CREATE ROLE tenancy_admin LOGIN PASSWORD 'secret'": "ALTER ROLE tenancy_admin",
		"DATABASE app": "DATABASE " + pgx.Identifier{strings.TrimPrefix(parsed.Path, "/")}.Sanitize(),
	} {
		if !strings.Contains(sql, old) {
			t.Fatalf("the page does not have %q any more", old)
		}
		sql = strings.ReplaceAll(sql, old, other)
	}
	sql = strings.ReplaceAll(sql, "tenancy_admin", pgx.Identifier{role}.Sanitize())
	if _, err := d.super.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%v\n%s", err, sql)
	}
	d.environ[1] = "TENANCY_DATABASE_ADMIN_URL=" + roleURL
}

// TestDocumentedRoles takes a tenant through its life with the roles of
// docs/operations.md, none of which is a superuser.
func TestDocumentedRoles(t *testing.T) {
	t.Parallel()
	for _, strategy := range []string{"rls", "schema"} {
		d := newDatabase(t)
		d.asDocumented(t)
		if strategy == "schema" {
			d.load(t, "../../examples/gen/rls.down.sql", "GRANT SELECT, REFERENCES ON plans TO "+d.adminRole(t)+", app_user")
		}
		o := options()
		o.Seed, o.Fence = seed, true
		tenancy := d.open(t, o, "AUDIT=postgres", "ISOLATION_STRATEGY="+strategy)
		tenant, err := tenancy.Register(t.Context(), acme)
		if err != nil {
			t.Fatalf("%s: %v", strategy, err)
		}
		err = gen.New(tenancy.Isolation).ForTenant(tenant).InTx(t.Context(), func(q *gen.TenantQueries) error {
			_, err := q.CreateCustomer(t.Context(), gen.CreateCustomerParams{Name: "somebody"})
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", strategy, err)
		}
		d.closed(t, tenancy)
		removal, err := tenancy.Manager.Delete(t.Context(), tenant.ID, manager.DeleteOptions{Destroy: runtime.Confirmation(tenant.ID)})
		if err != nil || removal.Rows() != 2 {
			t.Errorf("%s: %d rows were removed: %v", strategy, removal.Rows(), err)
		}
	}
}

// adminRole returns the name of the administrator's role.
func (d *database) adminRole(t *testing.T) string {
	t.Helper()
	parsed, err := url.Parse(strings.TrimPrefix(d.environ[1], "TENANCY_DATABASE_ADMIN_URL="))
	if err != nil {
		t.Fatal(err)
	}
	return pgx.Identifier{parsed.User.Username()}.Sanitize()
}

// closed fails t where the application's role reads what is kept about tenants.
func (d *database) closed(t *testing.T, tenancy *pgtenancy.Tenancy) {
	t.Helper()
	for _, table := range []string{"tenants", "audit", "audit_heads"} {
		if _, err := tenancy.Pool.Exec(t.Context(), "SELECT FROM tenancy."+table); err == nil {
			t.Errorf("the application's role reads tenancy.%s", table)
		}
		if _, err := tenancy.Admin.Exec(t.Context(), "SELECT FROM tenancy."+table); err != nil {
			t.Errorf("the control: %v", err)
		}
	}
}
