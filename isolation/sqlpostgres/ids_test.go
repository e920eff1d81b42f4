package sqlpostgres_test

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/sqlpostgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// numbered has tenants whose ids are integers.
const numbered = `
CREATE TABLE items (tenant_id bigint NOT NULL);
INSERT INTO items VALUES (1), (2);
ALTER TABLE items ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON items USING (tenant_id = (SELECT nullif(current_setting('app.current_tenant', true), '')::bigint));
`

// To the database " 1" is the tenant 1, and to all else it is another. So it is no
// tenant.
func TestIDsOfOneTenant(t *testing.T) {
	t.Parallel()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	admin := sql.OpenDB(pgxConnector(t, superuser))
	t.Cleanup(func() { _ = admin.Close() })
	if _, err := admin.ExecContext(t.Context(), numbered+"GRANT ALL ON items TO "+role); err != nil {
		t.Fatal(err)
	}
	ids := sqlpostgres.WithLayout(runtime.Layout{IDs: runtime.IDInteger})
	for driver, connector := range connectors {
		rls := func(opts ...sqlpostgres.Option) sqldb.Provider {
			p, err := sqlpostgres.NewRLS(connector(t, roleURL), opts...)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			return p
		}
		row := func(opts ...sqlpostgres.Option) sqldb.Provider {
			pool := sql.OpenDB(connector(t, superuser))
			t.Cleanup(func() { _ = pool.Close() })
			p, err := sqlpostgres.NewRowFilter(pool, opts...)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		for strategy, open := range map[string]func(...sqlpostgres.Option) sqldb.Provider{"rls": rls, "row": row} {
			guarded, unguarded := open(ids), open()
			count := func(p sqldb.Provider, id string) (n int, err error) {
				err = p.For(runtime.Tenant{ID: id}).QueryRowContext(t.Context(), "SELECT count(*) FROM items WHERE tenant_id = $1::bigint", id).Scan(&n)
				return n, err
			}
			if n, err := count(guarded, "1"); n != 1 || err != nil {
				t.Errorf("%s, %s: tenant 1 reads %d rows, %v", driver, strategy, n, err)
			}
			for _, id := range []string{" 1", "1\n", "+1", "01"} {
				// The control: this is what the check is for.
				if n, err := count(unguarded, id); n != 1 || err != nil {
					t.Errorf("%s, %s: without a layout %q reads %d rows, %v: there is nothing to guard", driver, strategy, id, n, err)
				}
				if n, err := count(guarded, id); n != 0 || !errors.Is(err, runtime.ErrTenantID) {
					t.Errorf("%s, %s: %q reads %d rows, %v; want ErrTenantID", driver, strategy, id, n, err)
				}
				if tx, err := guarded.For(runtime.Tenant{ID: id}).BeginTx(t.Context(), nil); !errors.Is(err, runtime.ErrTenantID) {
					if err == nil {
						_ = tx.Rollback()
					}
					t.Errorf("%s, %s: %q begins a transaction, %v; want ErrTenantID", driver, strategy, id, err)
				}
			}
		}
	}
}
