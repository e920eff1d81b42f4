package equivalence_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
)

// plainSchema is the schema of the tests below as the catalog has it.
const plainSchema = `
CREATE TABLE kinds (name varchar(20) PRIMARY KEY);
CREATE TABLE boxes (id bigint PRIMARY KEY, tenant_id varchar(20) NOT NULL, name varchar(20) NOT NULL UNIQUE, at timestamp DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE items (id bigint PRIMARY KEY, box_id bigint NOT NULL REFERENCES boxes (id) ON DELETE CASCADE, what varchar(20));
CREATE TABLE forms (id bigint PRIMARY KEY, tenant_id varchar(20), label varchar(20));`

const plainData = `
INSERT INTO kinds VALUES ('k');
INSERT INTO boxes (id, tenant_id, name) VALUES (1, 'One', 'a'), (2, 'One', 'b'), (3, 'one', 'c');
INSERT INTO items (box_id, what) VALUES (1, 'in a'), (2, 'in b'), (3, 'in c');
INSERT INTO forms (id, tenant_id, label) VALUES (1, NULL, 'shared'), (2, 'One', 'own'), (3, 'one', 'other');`

// plainSystems are the systems beside PostgreSQL, with the schema as they write it.
var plainSystems = []struct {
	name   string
	system equivalence.System
	schema string
	quoted string // a text with a parameter's name in it
	own    string // the tenant column, compared byte by byte
}{
	{"SQLite", equivalence.SQLite, `
CREATE TABLE kinds (name TEXT PRIMARY KEY);
CREATE TABLE boxes (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, name TEXT NOT NULL UNIQUE, at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE items (id INTEGER PRIMARY KEY, box_id INTEGER NOT NULL REFERENCES boxes (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, what TEXT);
CREATE TABLE forms (id INTEGER PRIMARY KEY, tenant_id TEXT, label TEXT)`, `'it''s $1'`, `tenant_id`},
	{"MariaDB", equivalence.MySQL, `
CREATE TABLE kinds (name VARCHAR(20) PRIMARY KEY);
CREATE TABLE boxes (id BIGINT PRIMARY KEY AUTO_INCREMENT, tenant_id VARCHAR(20) NOT NULL, name VARCHAR(20) NOT NULL UNIQUE, at DATETIME DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE items (id BIGINT PRIMARY KEY AUTO_INCREMENT, box_id BIGINT NOT NULL, what VARCHAR(20), FOREIGN KEY (box_id) REFERENCES boxes (id) ON DELETE CASCADE);
CREATE TABLE forms (id BIGINT PRIMARY KEY AUTO_INCREMENT, tenant_id VARCHAR(20), label VARCHAR(20))`, `'it\'s $1'`, `CAST(tenant_id AS BINARY)`},
}

func plainCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	report := &diag.Report{}
	cat := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", plainSchema)}, report)
	cat.Classify(&config.Config{Tenant: config.Tenant{Column: "tenant_id"}, Tables: []config.Table{
		{Pattern: "kinds", Class: ir.ClassGlobal}, {Pattern: "items", Class: ir.ClassChild, Parent: "boxes"}, {Pattern: "forms", Class: ir.ClassTenant, Shared: true},
	}}, report)
	if report.HasErrors() {
		t.Fatal(report.Sorted())
	}
	return cat
}

// TestKindsOnOtherSystems shows the oracle pairs that are equivalent, and pairs that
// are not, on the systems that have no schemas and no transaction's own DDL.
func TestKindsOnOtherSystems(t *testing.T) {
	t.Parallel()
	cat := plainCatalog(t)
	for _, c := range plainSystems {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lab := equivalence.New(t, equivalence.Project{System: c.system, Catalog: cat, Schema: c.schema, Data: plainData})
			pair := lab.Pair(t, "One")
			for _, s := range []struct {
				name, original, scoped string
				args                   []string
				want                   equivalence.Kind
			}{
				{name: "the same rows", original: `SELECT id, name FROM boxes`, scoped: `SELECT id, name FROM boxes WHERE OWN = $1`},
				{name: "a parameter twice", original: `SELECT name FROM boxes WHERE name = $1 OR $1 = 0`, args: []string{"a"}, scoped: `SELECT name FROM boxes WHERE (name = $1 OR $1 = 0) AND OWN = $2`},
				{name: "none in a text", original: `SELECT ` + c.quoted + ` AS x`, scoped: `SELECT ` + c.quoted + ` AS x -- $2
 WHERE $1 = $1`},
				{name: "other rows", original: `SELECT name FROM boxes`, scoped: `SELECT name FROM boxes WHERE $1 IS NOT NULL`, want: equivalence.Rows},
				{name: "other columns", original: `SELECT 1 AS x`, scoped: `SELECT 1 AS y WHERE $1 = $1`, want: equivalence.Columns},
				{name: "the text of an expression", original: `SELECT 1 + 1`, scoped: `SELECT 1  +  1 WHERE $1 = $1`},
				{name: "NULL is not empty", original: `SELECT NULL AS x`, scoped: `SELECT '' AS x WHERE $1 = $1`, want: equivalence.Rows},
				{name: "1 is not '1'", original: `SELECT 1 AS x`, scoped: `SELECT '1' AS x WHERE $1 = $1`, want: equivalence.Rows},
				{name: "as often", original: `SELECT 1 AS x`, scoped: `SELECT 1 AS x FROM boxes WHERE $1 = $1`, want: equivalence.Rows},
				{
					name: "generated values", original: `INSERT INTO boxes (name) VALUES ('x'), ('y')`,
					scoped: `INSERT INTO boxes (name, tenant_id) VALUES ('x', $1), ('y', $1)`,
				},
				{
					name: "another key", original: `INSERT INTO boxes (name) VALUES ('x')`, want: equivalence.Tag,
					scoped: `INSERT INTO boxes (id, name, tenant_id) VALUES (500000007, 'x', $1)`,
				},
				{name: "random numbers and the clock", original: `SELECT rand() + 0 AS r, CURRENT_TIMESTAMP AS t`, scoped: `SELECT rand() AS r, CURRENT_TIMESTAMP AS t WHERE $1 = $1`},
				{
					name: "affected", original: `UPDATE boxes SET name = upper(name) WHERE name = 'a'`,
					scoped: `UPDATE boxes SET name = upper(name) WHERE OWN = $1`, want: equivalence.Tag,
				},
				{
					name: "one fails", original: `INSERT INTO boxes (name) VALUES ('c')`,
					scoped: `INSERT INTO boxes (name, tenant_id) VALUES ('c', $1)`, want: equivalence.Failure,
				},
				{
					name: "both fail", original: `INSERT INTO boxes (name) VALUES ('a')`,
					scoped: `INSERT INTO boxes (name, tenant_id) VALUES (NULL, $1)`,
				},
				{
					name: "errors of two classes", original: `INSERT INTO boxes (name) VALUES (nothing())`,
					scoped: `INSERT INTO boxes (name, tenant_id) VALUES (NULL, $1)`, want: equivalence.Failure,
				},
				{
					name: "a foreign key", original: `INSERT INTO items (box_id, what) VALUES (99, 'x')`, want: equivalence.Failure,
					scoped: `INSERT INTO items (box_id, what) SELECT id, 'x' FROM boxes WHERE OWN = $1 AND name = 'a'`,
				},
				{
					name: "another state", original: `UPDATE boxes SET name = 'x' WHERE name = 'a'`,
					scoped: `UPDATE boxes SET name = 'y' WHERE name = 'a' AND $1 = $1`, want: equivalence.State,
				},
				{
					name: "a global row", original: `UPDATE kinds SET name = 'l'`, scoped: `UPDATE kinds SET name = $1`, want: equivalence.State,
				},
				{
					name: "another tenant's row", original: `DELETE FROM boxes WHERE name = 'c'`, scoped: `DELETE FROM boxes WHERE name = 'c' AND $1 = $1`,
					want: equivalence.Foreign,
				},
				{
					name: "a tenant whose name is nearly the same", original: `UPDATE boxes SET name = upper(name) WHERE name = 'a'`,
					scoped: `UPDATE boxes SET name = upper(name) WHERE lower(tenant_id) = lower($1) AND name IN ('a', 'c')`, want: equivalence.Foreign,
				},
				{
					name: "through a cascade", original: `DELETE FROM boxes WHERE name = 'a'`,
					scoped: `DELETE FROM boxes WHERE name = 'a' AND OWN = $1`,
				},
				{
					name: "a child that moves", original: `UPDATE items SET what = 'x' WHERE id = 1`, want: equivalence.Foreign,
					scoped: `UPDATE items SET box_id = 3 WHERE id = 1 AND $1 = $1`,
				},
				{name: "a shared row is read", original: `SELECT label FROM forms`, scoped: `SELECT label FROM forms WHERE OWN = $1 OR tenant_id IS NULL`},
				{name: "a shared row is written", original: `UPDATE forms SET label = 'x' WHERE id = 2`, scoped: `UPDATE forms SET label = 'x' WHERE id < 3 AND $1 = $1`, want: equivalence.Foreign},
			} {
				if c.name == "SQLite" && s.name == "random numbers and the clock" {
					s.original, s.scoped = `SELECT random() AS r, CURRENT_TIMESTAMP AS t`, `SELECT random() AS r, CURRENT_TIMESTAMP AS t WHERE $1 = $1`
				}
				s.scoped = strings.ReplaceAll(s.scoped, "OWN", c.own)
				st := &equivalence.Statement{Name: s.name, Original: s.original, Scoped: s.scoped, Tenant: len(s.args) + 1}
				var args []equivalence.Argument
				for _, a := range s.args {
					args = append(args, equivalence.Argument(a))
					st.Params = append(st.Params, equivalence.Param{Name: "name"})
				}
				out, err := pair.Compare(t.Context(), st, args)
				if err != nil {
					t.Errorf("%s: %v", s.name, err)
					continue
				}
				got := equivalence.Kind("")
				if out.Difference != nil {
					got = out.Difference.Kind
				}
				if got != s.want {
					t.Errorf("%s: got a difference in %q, want %q\n%v", s.name, got, s.want, out.Difference)
				}
				if got == "" && out.Class != "" && s.name != "both fail" {
					t.Errorf("%s: both fail: class %s", s.name, out.Class)
				}
			}
			st := &equivalence.Statement{
				Name: "q", Original: `SELECT * FROM boxes WHERE name = $1 OR id = $2`, Scoped: `SELECT * FROM boxes WHERE (name = $1 OR id = $2) AND tenant_id = $3`,
				Params: []equivalence.Param{{Name: "name"}, {Name: "box_id"}}, Tenant: 3, Tables: []*catalog.Table{cat.Lookup("", "boxes")},
			}
			lists, err := pair.Arguments(t.Context(), st, 60)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[string]bool{}
			for _, args := range lists {
				seen["name "+args[0].String()], seen["id "+args[1].String()] = true, true
			}
			var missing []string
			for _, want := range []string{"name 'a'", "name 'b'", "name 'c'", "name 'fresh'", "name NULL", "id '1'", "id '3'", "id '700123'"} {
				if !seen[want] {
					missing = append(missing, want)
				}
			}
			if diff := cmp.Diff([]string(nil), missing); diff != "" {
				t.Errorf("arguments that are missing: %s\n%v", diff, lists)
			}
		})
	}
}

// TestRowsMadeUpOnOtherSystems looks for the rows that each tenant is given in every
// table.
func TestRowsMadeUpOnOtherSystems(t *testing.T) {
	t.Parallel()
	cat := plainCatalog(t)
	for _, c := range plainSystems {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lab := equivalence.New(t, equivalence.Project{System: c.system, Catalog: cat, Schema: c.schema, Tenants: []string{"One", "one"}})
			for _, tenant := range []string{"One", "one"} {
				pair := lab.Pair(t, tenant)
				for _, table := range cat.Tables {
					own, others := pair.Values(table, table.Columns[0].Name)
					if table.Tenancy.Class == ir.ClassGlobal {
						own = others // nobody's
					}
					if len(own) == 0 || len(others) == 0 {
						t.Errorf("%s in %s: %d values of his own, %d of others", tenant, table.Name, len(own), len(others))
					}
				}
			}
		})
	}
}
