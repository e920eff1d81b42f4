package ddl_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// TestRowsOfOneTenant applies the script twice and looks at what the plain role
// sees: nothing without the setting, then one tenant's rows, then nothing again.
func TestRowsOfOneTenant(t *testing.T) {
	t.Parallel()
	s := setupProtected(t)
	up, _ := scripts(t, serverPackage(s.role))
	run(t, s.super, up)

	if diff := cmp.Diff(each(0), s.counts(t, "")); diff != "" {
		t.Errorf("without the setting (-want +got):\n%s", diff)
	}
	for _, tenant := range []string{tenantA, tenantB} {
		if diff := cmp.Diff(each(1), s.counts(t, tenant)); diff != "" {
			t.Errorf("tenant %s (-want +got):\n%s", tenant, diff)
		}
		s.as(t, tenant, func(tx pgx.Tx) {
			var id string
			if err := tx.QueryRow(t.Context(), "SELECT id FROM tenants").Scan(&id); err != nil || id != tenant {
				t.Errorf("tenant %s sees tenant %s (%v)", tenant, id, err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
		})
		var setting *string
		if err := s.plain.QueryRow(t.Context(), "SELECT current_setting('app.current_tenant', true)").Scan(&setting); err != nil {
			t.Fatal(err)
		}
		if setting == nil || *setting != "" {
			t.Errorf("after COMMIT the setting is %v, want ''", setting)
		}
		if diff := cmp.Diff(each(0), s.counts(t, "")); diff != "" {
			t.Errorf("after COMMIT (-want +got):\n%s", diff)
		}
	}
}

// TestWrites tries what a tenant may and may not write. A refusal is SQLSTATE
// 42501, or no row where the row is not to be seen.
func TestWrites(t *testing.T) {
	t.Parallel()
	s := setupProtected(t)
	for _, test := range []struct {
		name, tenant, sql string
		rows              int64
		state             string
	}{
		{"own insert", tenantA, "INSERT INTO customers (tenant_id, name) VALUES ('" + tenantA + "', 'new')", 1, ""},
		{"own update", tenantA, "UPDATE customers SET name = 'x'", 1, ""},
		{"own delete", tenantA, "DELETE FROM customers", 1, ""},
		{"own child", tenantA, "INSERT INTO parent VALUES (1, 2)", 1, ""},
		{"own grandchild", tenantA, "INSERT INTO billing.line_notes VALUES (1, 1, 'more')", 1, ""},
		{"own row through the partitioned table", tenantA, "INSERT INTO events VALUES ('" + tenantA + "', '2026-01-01')", 1, ""},
		{"global with rights", tenantA, "INSERT INTO counters (n) VALUES (1)", 1, ""},

		{"foreign insert", tenantA, "INSERT INTO customers (tenant_id, name) VALUES ('" + tenantB + "', 'new')", 0, insufficientPrivilege},
		{"foreign upsert", tenantA, "INSERT INTO customers (tenant_id, name) VALUES ('" + tenantB + "', 'b''s customer') ON CONFLICT (tenant_id, name) DO UPDATE SET name = 'x'", 0, insufficientPrivilege},
		{"gift to another tenant", tenantA, "UPDATE customers SET tenant_id = '" + tenantB + "'", 0, insufficientPrivilege},
		{"foreign update", tenantA, "UPDATE customers SET name = 'x' WHERE tenant_id = '" + tenantB + "'", 0, ""},
		{"foreign delete", tenantA, "DELETE FROM invoices WHERE id = 2", 0, ""},
		{"foreign tenant", tenantA, "UPDATE tenants SET name = 'x' WHERE id = '" + tenantB + "'", 0, ""},
		{"child of a foreign row", tenantA, "INSERT INTO parent VALUES (2, 2)", 0, insufficientPrivilege},
		{"child to a foreign row", tenantA, "UPDATE billing.line_notes SET invoice_id = 2", 0, insufficientPrivilege},
		{"foreign grandchild", tenantA, "DELETE FROM billing.line_notes WHERE invoice_id = 2", 0, ""},
		{"foreign row through the partitioned table", tenantA, "INSERT INTO events VALUES ('" + tenantB + "', '2026-01-01')", 0, insufficientPrivilege},

		{"insert without the setting", "", "INSERT INTO customers (tenant_id, name) VALUES ('" + tenantA + "', 'new')", 0, insufficientPrivilege},
		{"child without the setting", "", "INSERT INTO parent VALUES (1, 3)", 0, insufficientPrivilege},
		{"update without the setting", "", "UPDATE customers SET name = 'x'", 0, ""},

		{"truncate", tenantA, "TRUNCATE customers", 0, insufficientPrivilege},
		{"truncate a child", tenantA, "TRUNCATE billing.line_notes", 0, insufficientPrivilege},
		{"a partition", tenantA, "SELECT FROM events_2026", 0, insufficientPrivilege},
		{"global without rights", tenantA, "INSERT INTO plans VALUES ('new')", 0, insufficientPrivilege},
		{"update of a global", tenantA, "UPDATE plans SET code = 'x'", 0, insufficientPrivilege},
		{"read of a global", tenantA, "SELECT FROM plans", 2, ""},
		{"read of a global without the setting", "", "SELECT FROM plans", 2, ""},
		{"excluded", tenantA, "SELECT FROM jobs", 0, insufficientPrivilege},
		{"excluded view", tenantA, "SELECT FROM internals", 0, insufficientPrivilege},
		{"materialized view", tenantA, "SELECT FROM totals", 0, insufficientPrivilege},
		{"write through a view", tenantA, "UPDATE customer_names SET name = 'x'", 0, insufficientPrivilege},
		{"position of a sequence", tenantA, "SELECT last_value FROM customers_id_seq", 0, insufficientPrivilege},
		{"setting of a sequence", tenantA, "SELECT setval('customers_id_seq', 1)", 0, insufficientPrivilege},
		{"policies off", tenantA, "ALTER TABLE customers DISABLE ROW LEVEL SECURITY", 0, insufficientPrivilege},

		{"a longer id than the column", "acme", "SELECT FROM billing.accounts", 0, ""},
		{"an id of the column's length", "acm", "SELECT FROM billing.accounts", 1, ""},
	} {
		rows, state := s.exec(t, test.tenant, test.sql)
		if rows != test.rows || state != test.state {
			t.Errorf("%s: %d rows and state %q, want %d and %q\n%s", test.name, rows, state, test.rows, test.state, test.sql)
		}
	}
}

// TestControls takes one protection away at a time, and expects the check that
// is there for it to see the other tenant's rows.
func TestControls(t *testing.T) {
	t.Parallel()
	both := each(1)
	for _, test := range []struct {
		name, sql string
		want      map[string]int
	}{
		{"no restrictive policy", "DROP POLICY tenant_isolation ON customers", map[string]int{"customers": 2, "customer_names": 2}},
		{"no restrictive policy on a child", "DROP POLICY tenant_isolation ON parent", map[string]int{"parent": 2}},
		{"policies off", "ALTER TABLE invoices DISABLE ROW LEVEL SECURITY", map[string]int{"invoices": 2}},
		{"view of its owner", "ALTER VIEW customer_names RESET (security_invoker)", map[string]int{"customer_names": 2}},
		{"no base policy", "DROP POLICY tenant_base ON events", map[string]int{"events": 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := setupProtected(t)
			run(t, s.super, test.sql)
			want := each(1)
			for table, n := range test.want {
				want[table] = n
			}
			got := s.counts(t, tenantA)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if cmp.Equal(both, got) {
				t.Error("the check does not see what is missing")
			}
		})
	}
}

// TestForce looks at the tables as their owner, who is no superuser: FORCE is
// what hides the rows.
func TestForce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	owner, url := ownerRole(t, s)
	run(t, s.super, "ALTER TABLE customers OWNER TO "+owner)
	up, _ := scripts(t, serverPackage(s.role))
	run(t, s.super, up)

	conn := connect(t, url)
	count := func() (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM customers").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Errorf("the owner sees %d rows under FORCE", n)
	}
	run(t, s.super, "ALTER TABLE customers NO FORCE ROW LEVEL SECURITY")
	if n := count(); n != 2 {
		t.Errorf("the owner sees %d rows without FORCE, want both", n)
	}
	run(t, s.super, up)

	// What the head of the script says to owners.
	run(t, s.super, "GRANT "+s.role+" TO "+owner)
	run(t, conn, "BEGIN; SELECT set_config('app.current_tenant', '"+tenantA+"', true)")
	if n := count(); n != 1 {
		t.Errorf("an owner that is a member of the role sees %d rows of a tenant", n)
	}
	run(t, conn, "ROLLBACK")
}
