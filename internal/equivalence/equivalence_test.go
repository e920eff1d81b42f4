package equivalence_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/equivalence"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

const schema = `
CREATE TABLE kinds (name text PRIMARY KEY);
CREATE TABLE boxes (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id integer NOT NULL, name text NOT NULL UNIQUE,
	n integer GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now(), seen timestamptz DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE items (id serial PRIMARY KEY, box_id uuid NOT NULL REFERENCES boxes (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, what text);`

const data = `
INSERT INTO kinds VALUES ('k');
INSERT INTO boxes (id, tenant_id, name) SELECT md5(name)::uuid, tenant, name FROM (VALUES (1, 'a'), (1, 'b'), (2, 'c')) AS v (tenant, name);
INSERT INTO items (box_id, what) SELECT id, 'in ' || name FROM boxes;`

// newPair returns the pair of tenant 1.
func newPair(t *testing.T) (*equivalence.Pair, *catalog.Catalog) {
	t.Helper()
	report := &diag.Report{}
	cat := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", schema)}, report)
	cat.Classify(&config.Config{Tenant: config.Tenant{Column: "tenant_id"}, Tables: []config.Table{
		{Pattern: "kinds", Class: ir.ClassGlobal}, {Pattern: "items", Class: ir.ClassChild, Parent: "boxes"},
	}}, report)
	if report.HasErrors() {
		t.Fatal(report.Sorted())
	}
	lab := equivalence.New(t, equivalence.Project{Catalog: cat, Schema: schema, Data: data})
	return lab.Pair(t, "1"), cat
}

// TestKinds shows the oracle pairs of statements that are equivalent, and pairs
// that differ in each way that it knows.
func TestKinds(t *testing.T) {
	t.Parallel()
	pair, _ := newPair(t)
	for _, c := range []struct {
		name, original, scoped string
		want                   equivalence.Kind // empty for equivalent ones
	}{
		{name: "the same rows", original: `SELECT name FROM boxes`, scoped: `SELECT name FROM boxes WHERE tenant_id = $1`},
		{name: "other rows", original: `SELECT name FROM boxes`, scoped: `SELECT name FROM boxes WHERE $1 > 0`, want: equivalence.Rows},
		{name: "other columns", original: `SELECT 1 AS x`, scoped: `SELECT 1 AS y WHERE $1 > 0`, want: equivalence.Columns},
		{name: "NULL is not empty", original: `SELECT NULL::text AS x`, scoped: `SELECT '' AS x WHERE $1 > 0`, want: equivalence.Rows},
		{name: "as often", original: `SELECT 1 AS x`, scoped: `SELECT 1 AS x FROM boxes WHERE tenant_id = $1`, want: equivalence.Rows},
		{
			name: "generated values", original: `INSERT INTO boxes (name) VALUES ('x'), ('y') RETURNING *, now(), random(), gen_random_uuid(), CURRENT_TIMESTAMP`,
			scoped: `INSERT INTO boxes (name, tenant_id) VALUES ('x', $1), ('y', $1) RETURNING *, now(), random(), gen_random_uuid(), CURRENT_TIMESTAMP`,
		},
		{
			name: "affected", original: `UPDATE boxes SET name = name WHERE name = 'a'`,
			scoped: `UPDATE boxes SET name = name WHERE tenant_id = $1`, want: equivalence.Tag,
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
			name: "errors of two classes", original: `SELECT 1 / (SELECT 0)`,
			scoped: `INSERT INTO boxes (name, tenant_id) VALUES (NULL, $1)`, want: equivalence.Failure,
		},
		{
			name: "a deferred constraint", original: `INSERT INTO items (box_id) VALUES (gen_random_uuid())`,
			scoped: `INSERT INTO items (box_id) SELECT id FROM boxes WHERE name = 'a' AND tenant_id = $1`, want: equivalence.Failure,
		},
		{
			name: "another state", original: `UPDATE boxes SET name = 'x' WHERE name = 'a'`,
			scoped: `UPDATE boxes SET name = 'y' WHERE name = 'a' AND tenant_id = $1`, want: equivalence.State,
		},
		{
			name: "written by one", original: `SELECT 1 FROM boxes WHERE false`,
			scoped: `WITH i AS (INSERT INTO kinds VALUES ('new')) SELECT 1 FROM boxes WHERE tenant_id = $1 AND false`, want: equivalence.State,
		},
		{
			name: "a global row", original: `UPDATE kinds SET name = name`, scoped: `UPDATE kinds SET name = name || $1`, want: equivalence.State,
		},
		{
			name: "another tenant's row", original: `DELETE FROM boxes WHERE name = 'c'`,
			scoped: `WITH d AS (DELETE FROM boxes WHERE name = 'c' AND $1 > 0) DELETE FROM boxes WHERE false`, want: equivalence.Foreign,
		},
		{
			name: "through a cascade", original: `DELETE FROM boxes WHERE name = 'a'`,
			scoped: `DELETE FROM boxes WHERE name = 'a' AND tenant_id = $1`,
		},
		{
			name: "a child that moves", original: `UPDATE items SET what = what`, want: equivalence.Foreign,
			scoped: `UPDATE items SET box_id = (SELECT id FROM boxes WHERE name = 'c') WHERE what IN (SELECT 'in ' || name FROM boxes WHERE tenant_id = $1)`,
		},
	} {
		st := &equivalence.Statement{Name: c.name, Original: c.original, Scoped: c.scoped, Tenant: 1}
		out, err := pair.Compare(t.Context(), st, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := equivalence.Kind("")
		if out.Difference != nil {
			got = out.Difference.Kind
		}
		if got != c.want {
			t.Errorf("%s: got a difference in %q, want %q\n%v", c.name, got, c.want, out.Difference)
		}
	}
}

// TestParametersKeepTheirOrder binds two of the author's parameters to the
// tenant.
func TestParametersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	st := &equivalence.Statement{Tenant: 2, Params: []equivalence.Param{{Name: "a"}, {Name: "t", Tenant: true}, {Name: "b"}, {Name: "u", Tenant: true}, {Name: "c"}}}
	got := st.ScopedArguments([]equivalence.Argument{[]byte("1"), nil, nil, nil, []byte("3")}, "7")
	if diff := cmp.Diff([][]byte{[]byte("1"), []byte("7"), nil, []byte("3")}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestArguments looks for each kind of value among the arguments.
func TestArguments(t *testing.T) {
	t.Parallel()
	pair, cat := newPair(t)
	st := &equivalence.Statement{
		Name: "q", Original: `SELECT * FROM boxes WHERE name = ANY ($1::text[]) OR name = $2`,
		Scoped: `SELECT * FROM boxes WHERE (name = ANY ($1::text[]) OR name = $2) AND tenant_id = $3`,
		Params: []equivalence.Param{{Name: "names"}, {Name: "name"}}, Tenant: 3, Tables: []*catalog.Table{cat.Lookup("", "boxes")},
	}
	lists, err := pair.Arguments(t.Context(), st, 60)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, args := range lists {
		for _, a := range args {
			seen[a.String()] = true
		}
	}
	for _, want := range []string{`'a'`, `'b'`, `'c'`, `'fresh'`, `NULL`, `'{"a","b"}'`, `'{"c"}'`, `'{}'`, `'{NULL}'`, `'{"a","b","c","fresh","","%","a"}'`} {
		if !seen[want] {
			t.Errorf("%s is not among the arguments: %v", want, lists)
		}
	}
}
