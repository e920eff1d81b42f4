package audit_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/audit"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

func schema(t *testing.T, ddl string) *catalog.Catalog {
	t.Helper()
	cat, problems := audit.Schema(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", ddl)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return cat
}

// detected is the column and the class of each table: + tenant, c child, r root,
// g global.
func detected(cat *catalog.Catalog, columns []string, root string) string {
	d, ok := audit.Detect(cat, columns, root)
	if !ok {
		return "none"
	}
	out := []string{strings.Join(d.Columns, ",")}
	for _, t := range cat.Tables {
		out = append(out, t.Name+map[string]string{"tenant": "+", "child": "c", "root": "r", "view": "v", "global": "g"}[string(t.Tenancy.Class)])
	}
	return strings.Join(out, " ")
}

func TestDetect(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, ddl, columns, root, want string }{
		{"usual name, once", `CREATE TABLE a (tenant_id int); CREATE TABLE b (id int)`, "", "", "tenant_id a+ bg"},
		{"no underscore", `CREATE TABLE a ("tenantId" int)`, "", "", "tenantId a+"},
		{"no suffix", `CREATE TABLE a (org text)`, "", "", "org a+"},
		{"the one in more tables", `CREATE TABLE a (org_id int, tenant_id int); CREATE TABLE b (org_id int)`, "", "", "org_id a+ b+"},
		{"a usual name before another", `CREATE TABLE a (team_id int, tenant_id int); CREATE TABLE b (team_id int)`, "", "", "tenant_id a+ bg"},
		{"another name, referred to", `CREATE TABLE projects (id int PRIMARY KEY); CREATE TABLE a (project_id int REFERENCES projects); CREATE TABLE b (project_id int REFERENCES projects)`,
			"", "", "project_id projectsr a+ b+"},
		{"another name, once", `CREATE TABLE a (project_id int); CREATE TABLE b (id int)`, "", "", "none"},
		{"another name, in few", `CREATE TABLE a (customer_id int); CREATE TABLE b (customer_id int); CREATE TABLE c (); CREATE TABLE d (); CREATE TABLE e (); CREATE TABLE f (); CREATE TABLE g ()`,
			"", "", "none"},
		{"no name at all", `CREATE TABLE authors (id int PRIMARY KEY); CREATE TABLE books (author_id int REFERENCES authors); CREATE TABLE essays (author_id int REFERENCES authors)`, "", "", "none"},
		{"given", `CREATE TABLE authors (id int PRIMARY KEY); CREATE TABLE books (author_id int REFERENCES authors); CREATE TABLE x (id int)`, "author_id", "", "author_id authorsr books+ xg"},
		{"several given", `CREATE TABLE a (x int, y int); CREATE TABLE b (y int); CREATE TABLE c (z int)`, "x,y", "", "x,y a+ b+ cg"},
		{"given and absent", `CREATE TABLE a (x int)`, "z", "", "none"},
		{"root by name", `CREATE TABLE tenants (id int PRIMARY KEY); CREATE TABLE a (tenant_id int)`, "", "", "tenant_id tenantsr a+"},
		{"root given", `CREATE TABLE companies (id int PRIMARY KEY); CREATE TABLE tenants (id int PRIMARY KEY); CREATE TABLE a (tenant_id int)`, "", "companies", "tenant_id companiesr tenantsg a+"},
		{"foreign key of another name", `CREATE TABLE tenants (id int PRIMARY KEY); CREATE TABLE a (tenant_id int REFERENCES tenants); CREATE TABLE b (owner int NOT NULL REFERENCES tenants)`,
			"", "", "tenant_id tenantsr a+ b+"},
		{"two foreign keys of other names", `CREATE TABLE tenants (id int PRIMARY KEY); CREATE TABLE a (tenant_id int REFERENCES tenants); CREATE TABLE b (giver int NOT NULL REFERENCES tenants, taker int NOT NULL REFERENCES tenants)`,
			"", "", "tenant_id tenantsr a+ bc"},
		{"children", `CREATE TABLE a (id int PRIMARY KEY, tenant_id int); CREATE TABLE c (id int PRIMARY KEY, a int NOT NULL REFERENCES a); CREATE TABLE d (c int REFERENCES c); CREATE TABLE e (x int)`,
			"", "", "tenant_id a+ cc dc eg"},
		{"a column before a foreign key", `CREATE TABLE a (id int PRIMARY KEY, tenant_id int); CREATE TABLE b (tenant_id int, a int REFERENCES a)`, "", "", "tenant_id a+ b+"},
		{"cycle", `CREATE TABLE a (id int PRIMARY KEY, tenant_id int, c int); CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a, d int); CREATE TABLE d (id int PRIMARY KEY, c int REFERENCES c);
			ALTER TABLE c ADD FOREIGN KEY (d) REFERENCES d`, "", "", "tenant_id a+ cc dc"},
		{"views", `CREATE TABLE a (id int, tenant_id int); CREATE TABLE g (id int); CREATE VIEW v AS SELECT * FROM a; CREATE VIEW w AS SELECT id FROM a; CREATE VIEW x AS SELECT id FROM g; CREATE VIEW y AS SELECT * FROM w`,
			"", "", "tenant_id a+ gg vv wv xg yv"},
		{"partitions", `CREATE TABLE a (id int, tenant_id int) PARTITION BY LIST (id); CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1)`, "", "", "tenant_id a+ a1+"},
		{"nothing", ``, "", "", "none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var columns []string
			if tt.columns != "" {
				columns = strings.Split(tt.columns, ",")
			}
			if diff := cmp.Diff(tt.want, detected(schema(t, tt.ddl), columns, tt.root)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotNullParentFirst holds that a child goes over keys that cannot be NULL,
// also where the way is longer.
func TestNotNullParentFirst(t *testing.T) {
	t.Parallel()
	cat := schema(t, `CREATE TABLE a (id int PRIMARY KEY, tenant_id int);
		CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);
		CREATE TABLE c (x int REFERENCES a, b int NOT NULL REFERENCES b);`)
	audit.Detect(cat, nil, "")
	if path := cat.Lookup("", "c").Tenancy.Path; len(path) != 2 || path[0].Parent.Name != "b" {
		t.Errorf("c is a child over %v", path)
	}
}

// TestCandidates holds what the user is told of the columns.
func TestCandidates(t *testing.T) {
	t.Parallel()
	cat := schema(t, `CREATE TABLE orgs (id int PRIMARY KEY);
		CREATE TABLE a (org_id int REFERENCES orgs, team_id int, other_id int, UNIQUE (org_id, team_id));
		CREATE TABLE b (org_id int, other_id int); CREATE TABLE teams (id int PRIMARY KEY);`)
	var got []string
	for _, c := range audit.Candidates(cat) {
		got = append(got, c.Column+": "+c.String())
	}
	want := []string{
		"org_id: in 2 tables, refers to orgs in 1, in the keys of 1",
		"team_id: in 1 table, named like teams, in the keys of 1",
		"other_id: in 2 tables",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
