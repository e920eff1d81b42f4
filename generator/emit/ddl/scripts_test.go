package ddl_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

// stateSQL lists what the scripts change: policies, switches, options and
// rights, those of the role on relations and schemas.
const stateSQL = `
SELECT 'policy ' || schemaname || '.' || tablename || '.' || policyname || ' ' || permissive || ' ' || cmd
       || ' ' || roles::text || ' ' || coalesce(qual, '-') || ' ' || coalesce(with_check, '-')
  FROM pg_policies
UNION ALL
SELECT 'relation ' || c.oid::regclass || ' ' || c.relrowsecurity || ' ' || c.relforcerowsecurity || ' ' || coalesce(c.reloptions::text, '-')
  FROM pg_class c
 WHERE c.relnamespace IN ('public'::regnamespace, 'billing'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL
SELECT 'right ' || c.oid::regclass || ' ' || a.privilege_type || ' ' || a.grantee::regrole || ' ' || a.is_grantable
  FROM pg_class c,
       aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a
 WHERE c.relnamespace IN ('public'::regnamespace, 'billing'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
UNION ALL
SELECT 'schema ' || n.nspname || ' ' || a.privilege_type || ' ' || a.grantee::regrole
  FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
 WHERE n.nspname IN ('public', 'billing')
 ORDER BY 1`

func state(t *testing.T, conn *pgx.Conn) []string {
	t.Helper()
	rows, err := conn.Query(t.Context(), stateSQL)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// TestDown applies both scripts twice, and expects the database as it was.
func TestDown(t *testing.T) {
	t.Parallel()
	s := setup(t)
	up, down := scripts(t, serverPackage(s.role))
	before := state(t, s.super)

	run(t, s.super, up)
	once := state(t, s.super)
	if cmp.Equal(before, once) {
		t.Error("the first script changed nothing")
	}
	run(t, s.super, up)
	if diff := cmp.Diff(once, state(t, s.super)); diff != "" {
		t.Errorf("the second run of the first script (-once +twice):\n%s", diff)
	}
	for range 2 {
		run(t, s.super, down)
		if diff := cmp.Diff(before, state(t, s.super)); diff != "" {
			t.Errorf("after the second script (-before +after):\n%s", diff)
		}
	}
}

// TestDownWithoutUp runs the second script where neither the first nor the role
// has been.
func TestDownWithoutUp(t *testing.T) {
	t.Parallel()
	s := setup(t)
	_, down := scripts(t, serverPackage("nobody_has_this_role"))
	before := state(t, s.super)
	run(t, s.super, down)
	if diff := cmp.Diff(before, state(t, s.super)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
}

// TestAddedTable applies the script of a schema, and then that of the schema
// with one table more.
func TestAddedTable(t *testing.T) {
	t.Parallel()
	s := setup(t)
	up, _ := scripts(t, without(serverPackage(s.role), "events", "events_2026"))
	run(t, s.super, up)
	// A table that the script did not know has no rights at all.
	if _, state := s.exec(t, tenantA, "SELECT FROM events"); state != insufficientPrivilege {
		t.Errorf("a table without the script: state %q, want %q", state, insufficientPrivilege)
	}
	up, _ = scripts(t, serverPackage(s.role))
	run(t, s.super, up)
	if rows, state := s.exec(t, tenantA, "SELECT FROM events"); rows != 1 || state != "" {
		t.Errorf("with it: %d rows and state %q, want 1", rows, state)
	}
}

// TestChangedClass applies the script again after a global table lost its
// writing queries and another table became excluded.
func TestChangedClass(t *testing.T) {
	t.Parallel()
	s := setupProtected(t)
	pkg := serverPackage(s.role)
	for i := range pkg.Tables {
		switch pkg.Tables[i].Name {
		case "counters":
			pkg.Tables[i].Written = false
		case "plans":
			pkg.Tables[i].Tenancy.Class = ir.ClassExcluded
		}
	}
	up, _ := scripts(t, pkg)
	run(t, s.super, up)
	for _, sql := range []string{"INSERT INTO counters (n) VALUES (1)", "SELECT nextval('counters_id_seq')", "SELECT FROM plans"} {
		if _, state := s.exec(t, tenantA, sql); state != insufficientPrivilege {
			t.Errorf("%s: state %q, want %q", sql, state, insufficientPrivilege)
		}
	}
}

// TestRoleMade lets the script make the role.
func TestRoleMade(t *testing.T) {
	t.Parallel()
	s := setup(t)
	role := s.role + "_made"
	up, down := scripts(t, serverPackage(role))
	run(t, s.super, up)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := s.super.Exec(ctx, down+"; DROP ROLE "+role); err != nil {
			t.Error(err)
		}
	})
	var weak bool
	err := s.super.QueryRow(t.Context(), `
		SELECT NOT (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)
		FROM pg_roles WHERE rolname = $1`, role).Scan(&weak)
	if err != nil || !weak {
		t.Errorf("the role is not as plain as it should be (%v)", err)
	}
	// A login role gets everything by being a member.
	run(t, s.super, "GRANT "+role+" TO "+s.role)
	if diff := cmp.Diff(each(1), s.counts(t, tenantA)); diff != "" {
		t.Errorf("a member of the role (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(each(0), s.counts(t, "")); diff != "" {
		t.Errorf("a member of the role without the setting (-want +got):\n%s", diff)
	}
}

// TestUnsafeRole gives the role what goes round the policies, and expects the
// script to stop with a message that says so, and to leave nothing behind.
func TestUnsafeRole(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, sql, message string }{
		{"superuser", "ALTER ROLE {role} SUPERUSER", "would not hold for role {role}"},
		{"bypass", "ALTER ROLE {role} BYPASSRLS", "would not hold for role {role}"},
		{"member of a strong role", "ALTER ROLE {other} BYPASSRLS; GRANT {other} TO {role}", "a role with BYPASSRLS ({other})"},
		{"owner", "ALTER TABLE customers OWNER TO {role}", "the owner of: customers"},
		{"member of the owner", "ALTER TABLE customers OWNER TO {other}; GRANT {other} TO {role}", "the owner of: customers"},
		{"truncate through PUBLIC", "GRANT TRUNCATE ON customers TO PUBLIC", "through PUBLIC or another role: customers (TRUNCATE"},
		{"excluded through PUBLIC", "GRANT SELECT ON jobs TO PUBLIC", "through PUBLIC or another role: jobs (SELECT"},
		{"materialized view through a role", "GRANT SELECT ON totals TO {other}; GRANT {other} TO {role}", "through PUBLIC or another role: totals (SELECT"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			other, _ := ownerRole(t, s)
			names := strings.NewReplacer("{role}", s.role, "{other}", other)
			run(t, s.super, names.Replace(test.sql))
			before := state(t, s.super)
			up, _ := scripts(t, serverPackage(s.role))
			_, err := s.super.Exec(t.Context(), up)
			var database *pgconn.PgError
			want := names.Replace(test.message)
			if !errors.As(err, &database) || !strings.Contains(database.Message, want) || database.Hint == "" {
				t.Errorf("error %v, want one with %q and a hint", err, want)
			}
			if diff := cmp.Diff(before, state(t, s.super)); diff != "" {
				t.Errorf("the script left something behind (-before +after):\n%s", diff)
			}
		})
	}
}

// ownerRole makes a second role, and gives what it owns back to the superuser
// before it is dropped.
func ownerRole(t *testing.T, s *server) (name, url string) {
	t.Helper()
	name, url = testpg.Role(t, s.superURL)
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if _, err := s.super.Exec(ctx, "REASSIGN OWNED BY "+name+", "+s.role+" TO CURRENT_USER"); err != nil {
			t.Error(err)
		}
	})
	return name, url
}
