package ddl_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sharedCases are statements on the tables with shared rows: 0 is everybody's, 1
// is tenant A's, 2 is tenant B's. rows is what tenant A gets.
var sharedCases = []struct {
	name, sql string
	rows      int64
	state     string
}{
	{"read", "SELECT FROM templates", 2, ""},
	{"read a shared row", "SELECT FROM templates WHERE id = 0", 1, ""},
	{"read a foreign row", "SELECT FROM templates WHERE id = 2", 0, ""},
	{"read children", "SELECT FROM template_parts", 2, ""},
	{"read with its children", "SELECT FROM templates JOIN template_parts ON template_id = id", 2, ""},
	{"lock", "SELECT FROM templates FOR UPDATE", 1, ""},
	{"lock for sharing", "SELECT FROM templates FOR KEY SHARE", 1, ""},
	{"lock a subquery", "SELECT FROM (SELECT * FROM templates) AS t FOR UPDATE", 1, ""},
	{"lock children", "SELECT FROM template_parts FOR UPDATE", 1, ""},
	{"lock something else", "SELECT FROM templates, customers FOR UPDATE OF customers", 2, ""},

	{"insert", "INSERT INTO templates VALUES (9, '" + tenantA + "')", 1, ""},
	{"insert a shared row", "INSERT INTO templates VALUES (9, NULL)", 0, insufficientPrivilege},
	{"insert a foreign row", "INSERT INTO templates VALUES (9, '" + tenantB + "')", 0, insufficientPrivilege},
	{"update", "UPDATE templates SET body = 'x'", 1, ""},
	{"update with a shared row as the source", "UPDATE templates SET body = s.body FROM templates AS s WHERE s.id = 0", 1, ""},
	{"share a row", "UPDATE templates SET tenant_id = NULL", 0, insufficientPrivilege},
	{"take a shared row", "UPDATE templates SET tenant_id = '" + tenantA + "' WHERE id = 0", 0, ""},
	{"give a row", "UPDATE templates SET tenant_id = '" + tenantB + "'", 0, insufficientPrivilege},
	{"delete", "DELETE FROM templates WHERE id <> 1", 0, ""},
	{"upsert over a shared row", "INSERT INTO templates VALUES (0, '" + tenantA + "') ON CONFLICT (id) DO UPDATE SET body = 'x'", 0, insufficientPrivilege},

	{"merge over a shared row", "MERGE INTO templates USING (VALUES (0)) AS v (id) ON v.id = templates.id WHEN MATCHED THEN DELETE", 0, insufficientPrivilege},

	{"insert a child", "INSERT INTO template_parts VALUES (1, 9)", 1, ""},
	{"insert a child of a shared row", "INSERT INTO template_parts VALUES (0, 9)", 0, insufficientPrivilege},
	{"update children", "UPDATE template_parts SET n = n + 100", 1, ""},
	{"move a child to a shared row", "UPDATE template_parts SET template_id = 0, n = 9", 0, insufficientPrivilege},
	{"delete children", "DELETE FROM template_parts", 1, ""},
}

// TestSharedRows tries as a tenant what may and may not be done with rows that
// all tenants share. Without a tenant there are none.
func TestSharedRows(t *testing.T) {
	t.Parallel()
	s := setupProtected(t)
	for _, test := range sharedCases {
		if rows, state := s.exec(t, tenantA, test.sql); rows != test.rows || state != test.state {
			t.Errorf("%s: %d rows and state %q, want %d and %q\n%s", test.name, rows, state, test.rows, test.state, test.sql)
		}
	}
	for _, sql := range []string{"SELECT FROM templates", "SELECT FROM template_parts"} {
		if rows, state := s.exec(t, "", sql); rows != 0 || state != "" {
			t.Errorf("without the setting: %d rows and state %q\n%s", rows, state, sql)
		}
	}
}

// TestSharedRowsControls takes the policies for writing away, and expects the
// cases above to see it.
func TestSharedRowsControls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		drop string
		want []string // the cases that notice
	}{
		{"DROP POLICY tenant_update ON templates", []string{"lock", "lock a subquery", "lock for sharing", "take a shared row", "update", "update with a shared row as the source"}},
		{"DROP POLICY tenant_delete ON templates", []string{"delete", "merge over a shared row"}},
		{"DROP POLICY tenant_update ON template_parts", []string{"lock children", "update children"}},
		{"DROP POLICY tenant_delete ON template_parts", []string{"delete children"}},
	} {
		t.Run(test.drop, func(t *testing.T) {
			t.Parallel()
			s := setupProtected(t)
			run(t, s.super, test.drop)
			noticed := []string{}
			for _, c := range sharedCases {
				if rows, state := s.exec(t, tenantA, c.sql); rows != c.rows || state != c.state {
					noticed = append(noticed, c.name)
				}
			}
			if diff := cmp.Diff(test.want, slices.Sorted(slices.Values(noticed))); diff != "" {
				t.Errorf("cases that notice (-want +got):\n%s", diff)
			}
		})
	}
}
