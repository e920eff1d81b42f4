package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

var (
	ann = runtime.Tenant{ID: "3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01", Identifier: runtime.MustIdentifier("ann")}
	bob = runtime.Tenant{ID: "3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a02", Identifier: runtime.MustIdentifier("bob")}
)

// ledger is a small schema with a table of each class, and its layout.
const ledger = `
CREATE TABLE plans (code text PRIMARY KEY);
CREATE TABLE tenants (id uuid PRIMARY KEY, plan text NOT NULL REFERENCES plans);
CREATE TABLE accounts (tenant_id uuid NOT NULL REFERENCES tenants, id int NOT NULL, name varchar(20), PRIMARY KEY (tenant_id, id));
CREATE TABLE entries (id int PRIMARY KEY, tenant_id uuid NOT NULL, account_id int NOT NULL, FOREIGN KEY (tenant_id, account_id) REFERENCES accounts);
CREATE TABLE lines (entry_id int NOT NULL REFERENCES entries, cents bigint NOT NULL);
CREATE VIEW open_entries WITH (security_invoker = true) AS SELECT id, tenant_id FROM entries;
INSERT INTO plans VALUES ('free');
INSERT INTO tenants VALUES ('3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01', 'free'), ('3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a02', 'free');
INSERT INTO accounts SELECT id, 1, 'cash' FROM tenants;
INSERT INTO entries SELECT row_number() OVER (ORDER BY id), id, 1 FROM tenants;
INSERT INTO lines SELECT id, 100 FROM entries UNION ALL SELECT id, 200 FROM entries;
`

const own = "(SELECT nullif(current_setting('app.current_tenant', true), '')::uuid)"

func ledgerLayout(role string) runtime.Layout {
	policies := func(condition string) []runtime.Policy {
		return []runtime.Policy{
			{Name: "tenant_isolation", Command: "ALL", Restrictive: true, Using: condition, Check: condition},
			{Name: "tenant_base", Command: "ALL", Using: "true", Check: "true"},
		}
	}
	notNull := func(name, typ string) runtime.Column { return runtime.Column{Name: name, Type: typ, NotNull: true} }
	return runtime.Layout{
		Engine: "postgresql", Schema: "public", Role: role, Setting: "app.current_tenant",
		Tables: []runtime.Table{
			{Name: "plans", Class: runtime.ClassGlobal, Columns: []runtime.Column{notNull("code", "text")}},
			{Name: "tenants", Class: runtime.ClassRoot, Column: "id", Owned: "tenants.id = $1::uuid", Policies: policies("id = " + own),
				Columns: []runtime.Column{notNull("id", "uuid"), notNull("plan", "text")}},
			{Name: "accounts", Class: runtime.ClassTenant, Column: "tenant_id", Owned: "accounts.tenant_id = $1::uuid", Policies: policies("tenant_id = " + own),
				Columns: []runtime.Column{notNull("tenant_id", "uuid"), notNull("id", "integer"), {Name: "name", Type: "character varying"}}},
			{Name: "entries", Class: runtime.ClassTenant, Column: "tenant_id", Owned: "entries.tenant_id = $1::uuid", Policies: policies("tenant_id = " + own),
				Columns: []runtime.Column{notNull("id", "integer"), notNull("tenant_id", "uuid"), notNull("account_id", "integer")}},
			{Name: "lines", Class: runtime.ClassChild, Owned: "EXISTS (SELECT FROM entries AS parent WHERE parent.id = lines.entry_id AND parent.tenant_id = $1::uuid)",
				Policies: policies("EXISTS (SELECT FROM entries AS parent WHERE parent.id = lines.entry_id AND parent.tenant_id = " + own + ")"),
				Columns:  []runtime.Column{notNull("entry_id", "integer"), notNull("cents", "bigint")}},
			{Name: "open_entries", Class: runtime.ClassView, View: true, Columns: []runtime.Column{{Name: "id", Type: "integer"}, {Name: "tenant_id", Type: "uuid"}}},
		},
		Statements: []runtime.Text{{SQL: "-- name: ListEntries :many\nSELECT id FROM entries WHERE tenant_id = $1::uuid"}},
	}
}

// books is a database with the ledger.
type books struct {
	admin, app *pgxpool.Pool
	role       string
	layout     runtime.Layout
}

// newBooks makes the ledger, protected by the policies of its layout.
func newBooks(t *testing.T) books {
	t.Helper()
	superuser := testpg.Database(t)
	role, roleURL := testpg.Role(t, superuser)
	b := books{admin: newPool(t, superuser), app: newPool(t, roleURL), role: role, layout: ledgerLayout(role)}
	b.run(t, ledger)
	// A role that was given tables cannot be dropped.
	t.Cleanup(func() {
		_, _ = b.admin.Exec(context.Background(), "REASSIGN OWNED BY "+role+" TO CURRENT_USER")
	})
	for _, table := range b.layout.Tables {
		b.run(t, "GRANT SELECT, INSERT, UPDATE, DELETE ON "+table.Name+" TO "+role)
		if len(table.Policies) == 0 {
			continue
		}
		b.run(t, "ALTER TABLE "+table.Name+" ENABLE ROW LEVEL SECURITY")
		b.run(t, "ALTER TABLE "+table.Name+" FORCE ROW LEVEL SECURITY")
		for _, p := range table.Policies {
			kind := map[bool]string{true: "RESTRICTIVE", false: "PERMISSIVE"}[p.Restrictive]
			b.run(t, "CREATE POLICY "+p.Name+" ON "+table.Name+" AS "+kind+" FOR "+p.Command+" TO "+role+
				" USING ("+p.Using+") WITH CHECK ("+p.Check+")")
		}
	}
	return b
}

func (b books) run(t *testing.T, sql string) {
	t.Helper()
	if _, err := b.admin.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (b books) count(t *testing.T, table string) int {
	t.Helper()
	var n int
	if err := b.admin.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (b books) rls(t *testing.T, opts ...postgres.Option) *postgres.RLS {
	t.Helper()
	p, err := postgres.NewRLS(b.app, append([]postgres.Option{postgres.WithLayout(b.layout)}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b books) row(t *testing.T) *postgres.RowFilter {
	t.Helper()
	p, err := postgres.NewRowFilter(b.app, postgres.WithLayout(b.layout), postgres.WithAdmin(b.admin))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// failing returns the names of the checks of a report that found something.
func failing(r runtime.Report) []string {
	var names []string
	for _, c := range r.Checks {
		if c.Problem != "" {
			names = append(names, c.Name)
		}
	}
	return names
}

// Each mistake that was made in a real system has to be found by the check that is
// there for it, and a sound database must have none.
func TestVerifyFindsMistakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breakIt string // {role} stands for the application's role
		want    []string
		says    string
	}{
		"sound":                      {"", nil, ""},
		"another permissive policy":  {"CREATE POLICY more ON entries USING (true)", nil, ""},
		"a column more":              {"ALTER TABLE entries ADD note text", nil, ""},
		"not enabled":                {"ALTER TABLE lines DISABLE ROW LEVEL SECURITY", []string{"row-level security", "probe"}, "lines"},
		"not forced":                 {"ALTER TABLE entries NO FORCE ROW LEVEL SECURITY", []string{"row-level security"}, "not forced on entries"},
		"view of its owner":          {"ALTER VIEW open_entries RESET (security_invoker)", []string{"row-level security"}, "view open_entries"},
		"policy gone":                {"DROP POLICY tenant_isolation ON entries", []string{"policies", "probe"}, "entries has no policy tenant_isolation"},
		"policy without check":       {"ALTER POLICY tenant_isolation ON entries WITH CHECK (true)", []string{"policies", "probe"}, "policy tenant_isolation of entries is not as generated"},
		"policy that is always true": {"ALTER POLICY tenant_isolation ON lines USING (true)", []string{"policies", "probe"}, "policy tenant_isolation of lines"},
		"policy of a setting that is not there": {"ALTER POLICY tenant_isolation ON accounts USING (tenant_id::text = coalesce(nullif(current_setting('app.current_tenant', true), ''), tenant_id::text))",
			[]string{"policies", "probe"}, "rows can be seen without a tenant"},
		"policy for another role": {"ALTER POLICY tenant_isolation ON entries TO postgres", []string{"policies", "probe"}, "is not for the role"},
		"permissive twin":         {"DROP POLICY tenant_isolation ON entries; CREATE POLICY tenant_isolation ON entries USING (true)", []string{"policies", "probe"}, "not as generated"},
		"owner":                   {"ALTER TABLE entries OWNER TO {role}", []string{"role", "grants"}, "owns table entries"},
		"truncate":                {"GRANT TRUNCATE ON lines TO {role}", []string{"grants"}, "TRUNCATE, REFERENCES or TRIGGER on lines"},
		"bypass":                  {"ALTER ROLE {role} BYPASSRLS", []string{"role", "probe"}, "BYPASSRLS"},
		"table gone":              {"DROP TABLE lines", []string{"tables"}, "table lines is not there"},
		"column gone":             {"ALTER TABLE accounts DROP COLUMN name", []string{"tables"}, "column accounts.name is not there"},
		"column of another type":  {"ALTER TABLE lines ALTER cents TYPE int", []string{"tables"}, "column lines.cents is integer and not bigint"},
		"tenant may be null":      {"ALTER TABLE entries ALTER tenant_id DROP NOT NULL", []string{"tables"}, "column entries.tenant_id may be null"},
		"rights gone":             {"REVOKE SELECT ON accounts FROM {role}", []string{"policies", "grants", "probe"}, "may not read accounts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			if tc.breakIt != "" {
				b.run(t, strings.ReplaceAll(tc.breakIt, "{role}", b.role))
			}
			report, err := b.rls(t).Verify(t.Context(), ann)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tc.want, failing(report)); d != "" {
				t.Errorf("checks (-want +got):\n%s%v", d, report.Err())
			}
			if got := report.Err(); tc.says != "" && (got == nil || !strings.Contains(got.Error(), tc.says)) {
				t.Errorf("the report does not say %q: %v", tc.says, got)
			}
			if got := b.count(t, "entries"); got != 2 {
				t.Errorf("Verify left %d entries", got)
			}
		})
	}
}

// Initialize takes in no tenant where it would not be isolated.
func TestInitializeShared(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	for name, p := range map[string]pgxdb.Isolation{"rls": b.rls(t), "row": b.row(t)} {
		if err := p.Initialize(t.Context(), ann); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := p.Initialize(t.Context(), runtime.Tenant{}); !errors.Is(err, runtime.ErrNoTenant) {
			t.Errorf("%s: without a tenant: %v", name, err)
		}
	}
	b.run(t, "ALTER TABLE entries DISABLE ROW LEVEL SECURITY")
	if err := b.rls(t).Initialize(t.Context(), ann); !errors.Is(err, runtime.ErrNotIsolated) {
		t.Errorf("without policies: %v", err)
	}
	b.run(t, "ALTER TABLE entries RENAME TO items")
	if err := b.row(t).Initialize(t.Context(), ann); !errors.Is(err, runtime.ErrNotIsolated) {
		t.Errorf("without a table: %v", err)
	}
}

// Destroy removes a tenant's rows, all of them and no other's, and says how many.
func TestDestroyShared(t *testing.T) {
	t.Parallel()
	want := runtime.Removal{Tables: []runtime.RemovedTable{
		{Name: "lines", Rows: 2}, {Name: "entries", Rows: 1}, {Name: "accounts", Rows: 1}, {Name: "tenants", Rows: 1},
	}}
	for name, newProvider := range map[string]func(*testing.T, books) pgxdb.Isolation{
		"row":                  func(t *testing.T, b books) pgxdb.Isolation { return b.row(t) },
		"rls":                  func(t *testing.T, b books) pgxdb.Isolation { return b.rls(t) },
		"rls with a superuser": func(t *testing.T, b books) pgxdb.Isolation { return b.rls(t, postgres.WithAdmin(b.admin)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			p := newProvider(t, b)
			for _, confirm := range []runtime.Confirmation{"", "yes", runtime.Confirmation(bob.ID)} {
				if _, err := p.Destroy(t.Context(), ann, confirm); !errors.Is(err, runtime.ErrNotConfirmed) {
					t.Fatalf("confirmed with %q: %v", confirm, err)
				}
			}
			got, err := p.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got); d != "" || got.Rows() != 5 {
				t.Errorf("-want +got:\n%s", d)
			}
			left := []int{b.count(t, "lines"), b.count(t, "entries"), b.count(t, "accounts"), b.count(t, "tenants"), b.count(t, "plans")}
			if d := cmp.Diff([]int{2, 1, 1, 1, 1}, left); d != "" {
				t.Errorf("what is left, -want +got:\n%s", d)
			}
			again, err := p.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID))
			if err != nil || again.Rows() != 0 {
				t.Errorf("once more: %v, %v", again, err)
			}
		})
	}
}

// What keeps Destroy from removing everything is an error, and nothing is removed:
// the system whose promises these are deleted no row and said nothing.
func TestDestroyRemovesAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		breakIt string
		opts    func(*testing.T, books) []postgres.Option
		says    string
	}{
		"owner whom no policy is for": {"ALTER TABLE entries OWNER TO postgres", func(t *testing.T, b books) []postgres.Option {
			// The role owns the tables, row-level security is forced, and the policies are for others.
			owner, url := testpg.Role(t, b.admin.Config().ConnString())
			t.Cleanup(func() {
				_, _ = b.admin.Exec(context.Background(), "REASSIGN OWNED BY "+owner+" TO CURRENT_USER")
			})
			for _, table := range b.layout.Tables {
				b.run(t, "ALTER TABLE "+table.Name+" OWNER TO "+owner)
			}
			return []postgres.Option{postgres.WithAdmin(newPool(t, url))}
		}, "show the role no rows"},
		"referred to by another tenant": {"CREATE TABLE links (entry_id int REFERENCES entries); INSERT INTO links VALUES (1)", nil, "links"},
		"trigger that keeps rows": {`CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE TRIGGER keep BEFORE DELETE ON lines FOR EACH ROW EXECUTE FUNCTION keep();
			ALTER TABLE lines DROP CONSTRAINT lines_entry_id_fkey`, nil, "2 rows are left"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks(t)
			b.run(t, tc.breakIt)
			var opts []postgres.Option
			if tc.opts != nil {
				opts = tc.opts(t, b)
			}
			removal, err := b.rls(t, opts...).Destroy(t.Context(), ann, runtime.Confirmation(ann.ID))
			if err == nil || !strings.Contains(err.Error(), tc.says) || len(removal.Tables) > 0 {
				t.Errorf("removed %v, error %v, want one that says %q", removal, err, tc.says)
			}
			if b.count(t, "lines") != 4 || b.count(t, "entries") != 2 || b.count(t, "tenants") != 2 {
				t.Error("rows were removed")
			}
		})
	}
}

// filterFunc is a runtime.Filter.
type filterFunc func(runtime.Query, runtime.Tenant) (runtime.Text, []any, error)

func (f filterFunc) Filter(q runtime.Query, t runtime.Tenant) (runtime.Text, []any, error) {
	return f(q, t)
}

func TestSharedDuties(t *testing.T) {
	t.Parallel()
	pool := unreachable(t)
	filter := filterFunc(func(q runtime.Query, t runtime.Tenant) (runtime.Text, []any, error) {
		return runtime.Text{SQL: q.SQL + " WHERE tenant_id = $1"}, append(slices.Clone(q.Args), t.ID), nil
	})
	bare, err := postgres.NewRowFilter(pool)
	if err != nil {
		t.Fatal(err)
	}
	full, err := postgres.NewRLS(pool, postgres.WithFilter(filter))
	if err != nil {
		t.Fatal(err)
	}
	q := runtime.Query{SQL: "SELECT 1 FROM entries"}
	if _, err := bare.ApplyFilters(q, ann); !errors.Is(err, runtime.ErrNoFilter) {
		t.Errorf("without a filter: %v", err)
	}
	if _, err := full.ApplyFilters(q, runtime.Tenant{}); !errors.Is(err, runtime.ErrNoTenant) {
		t.Errorf("without a tenant: %v", err)
	}
	got, err := full.ApplyFilters(q, ann)
	if d := cmp.Diff(runtime.Query{SQL: "SELECT 1 FROM entries WHERE tenant_id = $1", Args: []any{ann.ID}}, got); d != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, d)
	}
	for _, p := range []pgxdb.Isolation{bare, full} {
		if _, err := p.Destroy(t.Context(), ann, runtime.Confirmation(ann.ID)); !errors.Is(err, postgres.ErrNoLayout) {
			t.Errorf("Destroy without a layout: %v", err)
		}
		if _, err := p.Verify(t.Context(), ann); !errors.Is(err, postgres.ErrNoLayout) {
			t.Errorf("Verify without a layout: %v", err)
		}
		if _, err := p.SchemaName(ann); !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("SchemaName: %v", err)
		}
		if _, err := p.DatabaseURL(ann); !errors.Is(err, runtime.ErrUnsupported) {
			t.Errorf("DatabaseURL: %v", err)
		}
		if name, err := p.SchemaName(runtime.Tenant{ID: "a", SchemaName: "mine"}); name != "mine" || err != nil {
			t.Errorf("stored SchemaName: %q, %v", name, err)
		}
		if err := errors.Join(p.Close(), p.Close()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}
