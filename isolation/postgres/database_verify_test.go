package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
)

// Each mistake has to be found by the check that is there for it, and a sound
// database must have none.
func TestDatabaseVerifyFindsMistakes(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// What is run in the shared database and in the tenant's; {id} stands for the
		// tenant, {role} for the application's role and {database} for the tenant's.
		shared, inside string
		want           []string
		says           string
	}{
		"sound":                 {},
		"a table more":          {inside: "CREATE TABLE more ()"},
		"a row of nobody":       {inside: "ALTER TABLE entries ALTER tenant_id DROP NOT NULL; ALTER TABLE entries DROP CONSTRAINT entries_tenant_id_account_id_fkey; INSERT INTO entries VALUES (1, NULL, 1)", want: []string{"columns"}, says: "entries.tenant_id may be null"},
		"no record":             {shared: "DELETE FROM tenancy.namespaces WHERE tenant_id = '{id}'", want: []string{"namespace"}, says: "not recorded"},
		"record of another":     {shared: "UPDATE tenancy.namespaces SET tenant_id = 'other' WHERE tenant_id = '{id}'", want: []string{"namespace"}, says: "another's"},
		"never complete":        {shared: "UPDATE tenancy.namespaces SET objects = '{}' WHERE tenant_id = '{id}'", want: []string{"namespace"}, says: "not complete"},
		"marker of another":     {inside: "UPDATE tenancy.identity SET tenant_id = 'other'", want: []string{"namespace"}, says: "another tenant's"},
		"no marker":             {inside: "DROP TABLE tenancy.identity", want: []string{"namespace"}, says: "not complete"},
		"gone":                  {shared: "DROP DATABASE {database}", want: []string{"namespace"}, says: "not there"},
		"may not connect":       {shared: "REVOKE CONNECT ON DATABASE {database} FROM {role}", want: []string{"namespace"}, says: "cannot connect"},
		"PUBLIC may connect":    {shared: "GRANT CONNECT ON DATABASE {database} TO PUBLIC", want: []string{"grants"}, says: "PUBLIC"},
		"table gone":            {inside: "DROP TABLE lines", want: []string{"tables"}, says: "table lines"},
		"view became a table":   {inside: "DROP VIEW open_entries; CREATE TABLE open_entries ()", want: []string{"tables"}, says: "another kind"},
		"column gone":           {inside: "ALTER TABLE lines RENAME cents TO euros", want: []string{"columns"}, says: "lines.cents"},
		"column of other type":  {inside: "ALTER TABLE lines ALTER cents TYPE int", want: []string{"columns"}, says: "integer and not bigint"},
		"right gone":            {inside: "REVOKE UPDATE ON entries FROM {role}", want: []string{"grants"}, says: "no UPDATE on entries"},
		"marker can be changed": {inside: "GRANT UPDATE ON tenancy.identity TO {role}", want: []string{"grants"}, says: "may write"},
		"superuser":             {shared: "ALTER ROLE {role} SUPERUSER", want: []string{"role"}, says: "superuser"},
		"owner":                 {shared: "ALTER DATABASE {database} OWNER TO {role}", want: []string{"role"}, says: "owner"},
		"a row of another":      {inside: "INSERT INTO tenants VALUES ('3f0c5a52-8b44-4d3e-9d0e-0a4f7f0c2a01', 'free')", want: []string{"probe"}, says: "tenants has rows of another tenant"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t)
			// With one connection, so that it has never two at a time.
			d := e.provider(t, postgres.WithSeed(seedTenant), postgres.WithMaxConns(1))
			tenant := e.tenant(t)
			if err := d.Initialize(t.Context(), tenant); err != nil {
				t.Fatal(err)
			}
			fill := strings.NewReplacer("{id}", tenant.ID, "{role}", e.layout.Role, "{database}", databaseOf(tenant)).Replace
			if tc.inside != "" {
				inside := e.inside(t, tenant)
				e.run(t, inside, fill(tc.inside))
			}
			if tc.shared != "" {
				e.run(t, e.admin, fill(tc.shared))
			}
			tenant.Status = runtime.StatusSuspended // any status will do
			report, err := d.Verify(t.Context(), tenant)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, failing(report)); diff != "" {
				t.Errorf("-want +got:\n%s\n%v", diff, report.Err())
			}
			if tc.says != "" && (report.OK() || !strings.Contains(report.Err().Error(), tc.says)) {
				t.Errorf("%v does not say %q", report.Err(), tc.says)
			}
			names := []string{}
			for _, c := range report.Checks {
				names = append(names, c.Name)
			}
			if len(tc.want) == 0 && !slices.Equal(names, []string{"namespace", "tables", "columns", "role", "grants", "statements", "probe"}) {
				t.Errorf("checks %v", names)
			}
			if s := d.Stats(); s.InUse != 0 || s.Pools > 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// A tenant that was never made is reported and not an error; a server that does not
// answer is one.
func TestDatabaseVerifyWithoutDatabase(t *testing.T) {
	t.Parallel()
	e := newEstate(t)
	report, err := e.provider(t).Verify(t.Context(), e.tenant(t))
	if err != nil || report.OK() || report.Strategy != runtime.StrategyDatabase {
		t.Errorf("%+v, %v", report, err)
	}
	d, err := postgres.NewDatabase(unreachable(t), anyDDL)
	if err != nil {
		t.Fatal(err)
	}
	if report, err := d.Verify(t.Context(), runtime.Tenant{ID: "acme"}); err == nil {
		t.Errorf("nobody answers: %+v", report)
	}
}
