package postgres_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// numbered has tenants whose ids are integers.
const numbered = `
CREATE TABLE tenants (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO tenants VALUES (1, 'ann'), (2, 'bob');
ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_isolation ON tenants USING (id = (SELECT nullif(current_setting('app.current_tenant', true), '')::bigint));
`

var numberedLayout = runtime.Layout{
	Engine: "postgresql", Schema: "public", IDs: runtime.IDInteger,
	Tables: []runtime.Table{{Name: "tenants", Class: runtime.ClassRoot, Column: "id", Owned: "tenants.id = $1::bigint",
		Columns: []runtime.Column{{Name: "id", Type: "bigint", NotNull: true}, {Name: "name", Type: "text", NotNull: true}}}},
}

// To the database " 1" is the tenant 1, and to all else it is another: a suspension of 1,
// for one, says nothing of it. So it is no tenant.
func TestIDsOfOneTenant(t *testing.T) {
	t.Parallel()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	super, pool := newPool(t, superuser), newPool(t, roleURL)
	for _, sql := range []string{numbered, "GRANT SELECT, INSERT, UPDATE, DELETE ON tenants TO " + role} {
		if _, err := super.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	admin := postgres.WithAdmin(super)
	for name, open := range map[string]func(opts ...postgres.Option) (pgxdb.Isolation, error){
		"rls": func(opts ...postgres.Option) (pgxdb.Isolation, error) { return postgres.NewRLS(pool, opts...) },
		"row": func(opts ...postgres.Option) (pgxdb.Isolation, error) { return postgres.NewRowFilter(super, opts...) },
		"hybrid": func(opts ...postgres.Option) (pgxdb.Isolation, error) {
			rls, err := postgres.NewRLS(pool, opts...)
			if err != nil {
				return nil, err
			}
			return postgres.NewHybrid(map[runtime.Strategy]pgxdb.Isolation{runtime.StrategyRLS: rls}, postgres.Tiers(runtime.StrategyRLS, nil))
		},
	} {
		t.Run(name, func(t *testing.T) {
			guarded, err := open(postgres.WithLayout(numberedLayout), admin)
			if err != nil {
				t.Fatal(err)
			}
			unguarded, err := open(admin)
			if err != nil {
				t.Fatal(err)
			}
			if rows, err := readAs(t.Context(), guarded, "1"); err != nil || !slices.Equal(rows, []string{"ann"}) {
				t.Errorf("tenant 1 reads %v, %v", rows, err)
			}
			for _, id := range []string{" 1", "1 ", "\t1", "+1", "01"} {
				// The control: this is what the check is for.
				if rows, err := readAs(t.Context(), unguarded, id); err != nil || !slices.Equal(rows, []string{"ann"}) {
					t.Errorf("without a layout %q reads %v, %v: there is nothing to guard", id, rows, err)
				}
				if rows, err := readAs(t.Context(), guarded, id); !errors.Is(err, runtime.ErrTenantID) || len(rows) > 0 {
					t.Errorf("%q reads %v, %v; want ErrTenantID", id, rows, err)
				}
				tenant := runtime.Tenant{ID: id}
				_, destroy := guarded.Destroy(t.Context(), tenant, runtime.Confirmation(id))
				_, verify := guarded.Verify(t.Context(), tenant)
				tx, begin := guarded.For(tenant).Begin(t.Context())
				if begin == nil {
					_ = tx.Rollback(t.Context())
				}
				for what, err := range map[string]error{
					"Destroy": destroy, "Verify": verify, "Initialize": guarded.Initialize(t.Context(), tenant), "Begin": begin,
				} {
					if !errors.Is(err, runtime.ErrTenantID) {
						t.Errorf("%s of %q: %v; want ErrTenantID", what, id, err)
					}
				}
			}
			if rows, err := readAs(t.Context(), guarded, "1"); err != nil || !slices.Equal(rows, []string{"ann"}) {
				t.Errorf("in the end tenant 1 reads %v, %v", rows, err)
			}
		})
	}
}

// readAs reads what generated code would: with the predicate.
func readAs(ctx context.Context, p pgxdb.Provider, id string) ([]string, error) {
	rows, err := p.For(runtime.Tenant{ID: id}).Query(ctx, "SELECT name FROM tenants WHERE id = $1::bigint", id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
