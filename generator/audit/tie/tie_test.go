package tie_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/audit/tie"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/source"
)

// schema has tables with a tenant column, par with the child ch and the grandchild
// gch, par2 with a key of two columns, the global g, and sh with shared rows.
const schema = `
CREATE TABLE tenants (id uuid PRIMARY KEY, name text);
CREATE TABLE g (id bigint PRIMARY KEY, name text);
CREATE TABLE o (id bigint PRIMARY KEY, t uuid NOT NULL, k text UNIQUE, q int);
CREATE TABLE o2 (id bigint PRIMARY KEY, t uuid NOT NULL, q int);
CREATE TABLE li (id bigint PRIMARY KEY, t uuid NOT NULL, oid bigint REFERENCES o (id), qty int);
CREATE TABLE nt (id bigint PRIMARY KEY, t uuid);
CREATE TABLE sh (id bigint PRIMARY KEY, t uuid, v text);
CREATE TABLE par (id bigint PRIMARY KEY, t uuid NOT NULL, name text);
CREATE TABLE ch (id bigint PRIMARY KEY, pid bigint NOT NULL REFERENCES par (id), v text);
CREATE TABLE gch (id bigint PRIMARY KEY, cid bigint NOT NULL REFERENCES ch (id), v text);
CREATE TABLE par2 (a bigint, b bigint, t uuid NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE ch2 (id bigint, a bigint NOT NULL, b bigint NOT NULL, FOREIGN KEY (a, b) REFERENCES par2 (a, b));
`

func specCatalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	report := &diag.Report{}
	cat := catalog.Load(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", schema)}, report)
	cat.Classify(&config.Config{Tenant: config.Tenant{Column: "t", Root: "tenants"}, Tables: []config.Table{
		{Pattern: "g", Class: ir.ClassGlobal},
		{Pattern: "sh", Class: ir.ClassTenant, Shared: true},
		{Pattern: "ch", Class: ir.ClassChild, Parent: "par"},
		{Pattern: "gch", Class: ir.ClassChild, Parent: "ch"},
		{Pattern: "ch2", Class: ir.ClassChild, Parent: "par2"},
	}}, report)
	if report.HasErrors() {
		t.Fatalf("the schema of the test is wrong: %s", report.Sorted()[0].Message)
	}
	return cat
}

// authored are statements as people write them. want says of each reference to a
// table of tenants, in the order of the text, how strongly it is tied: + anchored,
// ~ weak, - not at all.
var authored = []struct{ name, sql, want string }{
	// What counts as the tenant.
	{"parameter", `SELECT * FROM o WHERE o.t = $1`, `o+`},
	{"bare column", `SELECT * FROM o WHERE t = $1 AND id = $2`, `o+`},
	{"column with its schema", `SELECT * FROM o WHERE public.o.t = $1`, `o+`},
	{"constant", `SELECT * FROM o WHERE t = '00000000-0000-0000-0000-000000000001'`, `o+`},
	{"NULL", `SELECT * FROM o WHERE t = NULL`, `o~`},
	{"setting", `SELECT * FROM o WHERE t = current_setting('app.tenant')::uuid`, `o+`},
	{"expression of parameters", `SELECT * FROM o WHERE t = NULLIF($1, '')::uuid`, `o+`},
	{"list", `SELECT * FROM o WHERE t = ANY($1::uuid[])`, `o+`},
	{"in", `SELECT * FROM o WHERE t IN ($1, $2)`, `o+`},
	{"not distinct", `SELECT * FROM o WHERE t IS NOT DISTINCT FROM $1`, `o+`},
	{"row", `SELECT * FROM o WHERE (t, id) = ($1, $2)`, `o+`},
	{"rows", `SELECT * FROM o WHERE (t, id) IN (($1, $2), ($3, $4))`, `o+`},
	{"scalar subquery", `SELECT * FROM o WHERE t = (SELECT t FROM par WHERE id = $1)`, `o+ par-`},
	{"scalar subquery on itself", `SELECT * FROM o WHERE t = (SELECT x.t FROM par x WHERE x.id = o.id)`, `o- x-`},
	{"its own column", `SELECT * FROM o WHERE t = t`, `o-`},
	{"another column", `SELECT * FROM o WHERE t = k::uuid`, `o-`},
	{"column of a global table", `SELECT * FROM o JOIN g ON o.t = g.name::uuid`, `o-`},
	{"nothing", `SELECT * FROM o WHERE id = $1`, `o-`},
	{"no condition", `SELECT * FROM o`, `o-`},

	// Weak forms.
	{"or", `SELECT * FROM o WHERE t = $1 OR q = 1`, `o~`},
	{"or NULL", `SELECT * FROM o WHERE ($1::uuid IS NULL OR t = $1)`, `o~`},
	{"or of tenants", `SELECT * FROM o WHERE t = $1 OR t = $2`, `o+`},
	{"or with the tenant on both sides", `SELECT * FROM o WHERE (t = $1 AND q = 1) OR (q = 2 AND t = $1)`, `o+`},
	{"coalesce", `SELECT * FROM o WHERE t = COALESCE($1, t)`, `o~`},
	{"coalesce of the test", `SELECT * FROM o WHERE COALESCE(t = $1, true)`, `o~`},
	{"case", `SELECT * FROM o WHERE CASE WHEN $2 THEN t = $1 ELSE true END`, `o~`},
	{"not", `SELECT * FROM o WHERE NOT t = $1`, `o~`},
	{"inequality", `SELECT * FROM o WHERE t <> $1`, `o~`},
	{"is not null", `SELECT * FROM o WHERE t IS NOT NULL`, `o-`},
	{"not in", `SELECT * FROM o WHERE t NOT IN ($1)`, `o~`},

	{"shared rows", `SELECT * FROM sh WHERE t = $1 OR t IS NULL`, `sh+`},
	{"shared rows, to write", `UPDATE sh SET v = '' WHERE t = $1 OR t IS NULL`, `sh~`},
	{"shared rows, the others", `SELECT * FROM sh WHERE t = $1 OR t IS NOT NULL`, `sh~`},
	{"rows that there are none of", `SELECT * FROM o WHERE t = $1 OR t IS NULL`, `o+`},
	{"rows that there are none of, to write", `DELETE FROM o WHERE o.t IS NULL OR $1 = o.t`, `o+`},
	{"rows that there are none of, alone", `SELECT * FROM o WHERE t IS NULL`, `o-`},
	{"rows that are not shared", `SELECT * FROM nt WHERE t = $1 OR t IS NULL`, `nt~`},

	// Joins and their places.
	{"two tables, one tied", `SELECT * FROM o JOIN li ON li.oid = o.id WHERE o.t = $1`, `o+ li-`},
	{"join equality", `SELECT * FROM o JOIN li ON li.oid = o.id AND li.t = o.t WHERE o.t = $1`, `o+ li+`},
	{"join equality, order of the text", `SELECT * FROM li JOIN o ON li.t = o.t WHERE o.t = $1`, `li+ o+`},
	{"join equality in a chain", `SELECT * FROM o2 JOIN li ON li.t = o2.t JOIN o ON o.t = li.t WHERE o.t = $1`, `o2+ li+ o+`},
	{"join equality alone", `SELECT * FROM o JOIN li ON li.t = o.t`, `o- li-`},
	{"join equality with a weak one", `SELECT * FROM o JOIN li ON li.t = o.t WHERE o.t = $1 OR $1 IS NULL`, `o~ li~`},
	{"using", `SELECT * FROM o JOIN li USING (t) WHERE o.t = $1`, `o+ li+`},
	{"using, bare", `SELECT * FROM o JOIN li USING (t) WHERE t = $1`, `o+ li+`},
	{"using another column", `SELECT * FROM o JOIN o2 USING (id) WHERE o.t = $1`, `o+ o2-`},
	{"natural", `SELECT * FROM o NATURAL JOIN o2 WHERE o.t = $1`, `o+ o2+`},
	{"left join, tied by ON", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND li.t = o.t WHERE o.t = $1`, `o+ li+`},
	{"left join, preserved side in ON", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND o.t = $1 AND li.t = $1`, `o~ li+`},
	{"left join, missing side in WHERE", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1`, `o+ li+`},
	{"left join, missing side weak in WHERE", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id WHERE o.t = $1 AND (li.t = $1 OR li.t IS NULL)`, `o+ li~`},
	{"left join, equated in WHERE", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = o.t`, `o+ li+`},
	{"right join, missing side in WHERE", `SELECT * FROM o RIGHT JOIN li ON li.oid = o.id WHERE o.t = $1`, `o+ li-`},
	{"left joins in a chain", `SELECT * FROM o LEFT JOIN ch ON ch.id = o.id LEFT JOIN par ON par.id = ch.pid WHERE o.t = $1 AND par.t = $1`, `o+ ch+ par+`},
	{"left join reduced by an inner one", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND o.t = $1 JOIN o2 ON o2.id = li.qty AND o2.t = $1 AND li.t = o2.t`, `o+ li+ o2+`},
	{"left join, NULL passes", `SELECT * FROM o LEFT JOIN li ON li.oid = o.id AND o.t = $1 WHERE li.t IS NOT DISTINCT FROM $1`, `o~ li~`},
	{"full join in WHERE", `SELECT * FROM o FULL JOIN li ON li.oid = o.id WHERE o.t = $1`, `o+ li-`},
	{"full join in WHERE, both", `SELECT * FROM o FULL JOIN li ON li.oid = o.id WHERE o.t = $1 AND li.t = $1`, `o+ li+`},
	{"aliased join", `SELECT * FROM (o JOIN li ON li.oid = o.id AND o.t = $1 AND li.t = $1) AS j`, `o+ li+`},
	{"compared by another operator with a query", `SELECT * FROM o WHERE t <> ANY (SELECT par.t FROM par WHERE par.t = $1)`, `o- par+`},
	{"compared by = ANY with a query", `SELECT * FROM o WHERE t = ANY (SELECT par.t FROM par WHERE par.t = $1)`, `o+ par+`},
	{"full join", `SELECT * FROM o FULL JOIN li ON li.t = o.t AND o.t = $1`, `o~ li-`},
	{"comma", `SELECT * FROM o, li WHERE o.t = $1 AND li.t = o.t`, `o+ li+`},
	{"root by its key", `SELECT * FROM tenants WHERE id = $1`, `tenants+`},
	{"root by a name", `SELECT * FROM tenants WHERE name = $1`, `tenants-`},
	{"through the root", `SELECT * FROM tenants x JOIN o ON o.t = x.id WHERE x.id = $1`, `x+ o+`},
	{"root through a table", `SELECT * FROM o JOIN tenants x ON o.t = x.id WHERE o.t = $1`, `o+ x+`},

	// Subqueries, common table expressions, other levels.
	{"exists, correlated", `SELECT * FROM o WHERE t = $1 AND EXISTS (SELECT 1 FROM li WHERE li.t = o.t AND li.oid = o.id)`, `o+ li+`},
	{"exists, not tied", `SELECT * FROM o WHERE t = $1 AND EXISTS (SELECT 1 FROM li WHERE li.oid = o.id)`, `o+ li-`},
	{"in a query that is tied", `SELECT * FROM o WHERE t IN (SELECT x.t FROM par x WHERE x.t = $1)`, `o+ x+`},
	{"in a query that is not", `SELECT * FROM o WHERE t IN (SELECT x.t FROM par x WHERE x.id = $1)`, `o- x-`},
	{"derived table", `SELECT * FROM (SELECT * FROM o WHERE t = $1) x JOIN li ON li.t = x.t`, `o+ li+`},
	{"derived table, tied outside", `SELECT * FROM (SELECT * FROM o) x WHERE x.t = $1`, `o-`},
	{"common table expression", `WITH x AS (SELECT id, t FROM o WHERE t = $1) SELECT * FROM x JOIN li ON li.oid = x.id AND li.t = x.t`, `o+ li+`},
	{"its columns renamed", `WITH x (a, b) AS (SELECT id, t FROM o WHERE t = $1) SELECT * FROM x JOIN li ON li.t = x.b`, `o+ li+`},
	{"expression that is not tied", `WITH x AS (SELECT id, t FROM o) SELECT * FROM x JOIN li ON li.t = x.t`, `o- li-`},
	{"parameters in an expression", `WITH x AS (SELECT $1::uuid AS t) SELECT * FROM x JOIN o USING (t)`, `o+`},
	{"parameters in an expression, ON", `WITH x AS (SELECT $1::uuid AS t) SELECT * FROM x JOIN o ON o.t = x.t`, `o+`},
	{"values", `SELECT * FROM (VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, $1::uuid)) AS x JOIN o ON o.t = x.column10`, `o+`},
	{"another of the values", `SELECT * FROM (VALUES (1, 2, 3, 4, 5, 6, 7, 8, 9, $1::uuid, (SELECT par.t FROM par))) AS x JOIN li ON li.t = x.column11 JOIN o ON o.t = x.column10`, `par- li+ o+`},
	{"unnest", `SELECT * FROM unnest($1::uuid[]) AS x JOIN o ON o.t = x`, `o+`},
	{"unnest with a column", `SELECT * FROM unnest($1::uuid[]) AS x (t) JOIN o ON o.t = x.t`, `o+`},
	{"union", `SELECT id FROM o WHERE t = $1 UNION SELECT id FROM o2`, `o+ o2-`},
	{"union as a source", `SELECT * FROM (SELECT t FROM o WHERE t = $1 UNION SELECT t FROM o2) x JOIN li ON li.t = x.t`, `o+ o2- li-`},
	{"recursive", `WITH RECURSIVE x AS (SELECT id, t FROM o WHERE t = $1 UNION ALL SELECT o.id, o.t FROM o JOIN x ON o.t = x.t AND o.q = x.id) SELECT * FROM x`, `o+ o+`},
	{"recursive, not tied", `WITH RECURSIVE x AS (SELECT id, t FROM o UNION ALL SELECT o.id, o.t FROM o JOIN x ON o.t = x.t) SELECT * FROM x`, `o- o-`},
	{"recursive, by id", `WITH RECURSIVE x AS (SELECT id, t FROM o WHERE t = $1 UNION ALL SELECT o.id, o.t FROM o JOIN x ON o.q = x.id) SELECT * FROM x`, `o+ o-`},
	{"lateral", `SELECT * FROM o, LATERAL (SELECT * FROM li WHERE li.t = o.t LIMIT 1) x WHERE o.t = $1`, `o+ li+`},
	{"name of a table shadowed", `WITH o AS (SELECT 1 AS t) SELECT * FROM o JOIN li ON li.t = $1`, `li+`},
	{"returning", `WITH x AS (UPDATE o SET q = 1 WHERE t = $1 RETURNING id, t) INSERT INTO li (id, t, oid) SELECT 1, x.t, x.id FROM x`, `o+ li+`},

	// Children.
	{"child alone", `SELECT * FROM ch WHERE id = $1`, `ch-`},
	{"child by its key", `SELECT * FROM ch WHERE pid = $1`, `ch-`},
	{"child with its parent", `SELECT * FROM ch JOIN par ON par.id = ch.pid WHERE par.t = $1`, `ch+ par+`},
	{"child with its parent, bare", `SELECT * FROM ch JOIN par ON pid = par.id WHERE t = $1`, `ch+ par+`},
	{"child with a parent that is not tied", `SELECT * FROM ch JOIN par ON par.id = ch.pid WHERE par.id = $1`, `ch- par-`},
	{"child of a parent on the left", `SELECT * FROM ch LEFT JOIN par ON par.id = ch.pid AND par.t = $1`, `ch- par+`},
	{"left child", `SELECT * FROM par LEFT JOIN ch ON par.id = ch.pid WHERE par.t = $1`, `par+ ch+`},
	{"child by exists", `SELECT * FROM ch WHERE EXISTS (SELECT 1 FROM par WHERE par.id = ch.pid AND par.t = $1)`, `ch+ par+`},
	{"child by exists, bare", `DELETE FROM ch WHERE id = $1 AND EXISTS (SELECT 1 FROM par WHERE par.id = pid AND t = $2)`, `ch+ par+`},
	{"child by in", `DELETE FROM ch WHERE pid IN (SELECT id FROM par WHERE t = $1)`, `ch+ par+`},
	{"child by a scalar subquery", `SELECT * FROM ch WHERE pid = (SELECT id FROM par WHERE t = $1 AND id = $2)`, `ch+ par+`},
	{"child by not in", `SELECT * FROM ch WHERE pid NOT IN (SELECT id FROM par WHERE t = $1)`, `ch- par+`},
	{"grandchild", `SELECT * FROM gch JOIN ch ON ch.id = gch.cid JOIN par ON par.id = ch.pid WHERE par.t = $1`, `gch+ ch+ par+`},
	{"grandchild without the child", `SELECT * FROM gch JOIN par ON par.id = gch.cid WHERE par.t = $1`, `gch- par+`},
	{"siblings", `SELECT * FROM ch x JOIN ch y ON y.pid = x.pid JOIN par ON par.id = x.pid WHERE par.t = $1`, `x+ y+ par+`},
	{"child through an expression", `WITH x AS (SELECT id FROM par WHERE t = $1) SELECT * FROM x JOIN ch ON ch.pid = x.id`, `par+ ch+`},
	{"two columns", `SELECT * FROM ch2 JOIN par2 ON ch2.a = par2.a AND ch2.b = par2.b WHERE par2.t = $1`, `ch2+ par2+`},
	{"one of two columns", `SELECT * FROM ch2 JOIN par2 ON ch2.a = par2.a WHERE par2.t = $1`, `ch2- par2+`},
	{"two columns by USING", `SELECT * FROM ch2 JOIN par2 USING (a, b) WHERE par2.t = $1`, `ch2+ par2+`},

	// Writes.
	{"update", `UPDATE o SET q = 1 WHERE id = $1 AND t = $2`, `o+`},
	{"update all", `UPDATE o SET q = 1`, `o-`},
	{"update from", `UPDATE o SET q = 1 FROM li WHERE li.oid = o.id AND li.t = $1`, `o- li+`},
	{"update from, equated", `UPDATE o SET q = 1 FROM li WHERE li.t = o.t AND li.t = $1`, `o+ li+`},
	{"update of the tenant", `UPDATE o SET t = $1 WHERE t = $2`, `o+ moved`},
	{"update of the tenant to itself", `UPDATE o SET t = $1 WHERE t = $1`, `o+`},
	{"delete", `DELETE FROM o WHERE t = $1`, `o+`},
	{"delete using", `DELETE FROM o USING li WHERE li.oid = o.id AND li.t = $1`, `o- li+`},
	{"insert", `INSERT INTO o (id, t) VALUES ($1, $2)`, `o+`},
	{"insert rows", `INSERT INTO o (id, t) VALUES (1, $1), (2, DEFAULT)`, `o-`},
	{"insert without a list", `INSERT INTO o2 VALUES ($1, $2, $3)`, `o2+`},
	{"insert without the tenant", `INSERT INTO o (id) VALUES ($1)`, `o-`},
	{"insert defaults", `INSERT INTO o DEFAULT VALUES`, `o-`},
	{"insert select", `INSERT INTO o (id, t) SELECT li.oid, li.t FROM li WHERE li.t = $1`, `o+ li+`},
	{"insert select, not tied", `INSERT INTO o (id, t) SELECT oid, t FROM li`, `o- li-`},
	{"insert select, a parameter", `INSERT INTO o (id, t) SELECT oid, $1 FROM li`, `o+ li-`},
	{"insert a child", `INSERT INTO ch (id, pid) VALUES ($1, $2)`, `ch-`},
	{"insert a child of a query", `INSERT INTO ch (id, pid) SELECT $1, id FROM par WHERE t = $2 AND id = $3`, `ch+ par+`},
	{"insert a child of a value", `INSERT INTO ch (id, pid) VALUES ($1, (SELECT id FROM par WHERE t = $2 AND id = $3))`, `ch+ par+`},
	{"upsert, tenant in the arbiter", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (t, id) DO UPDATE SET q = 1`, `o+ covered`},
	{"upsert", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET q = 1`, `o+ stray`},
	{"upsert with a guard", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE o.t = excluded.t`, `o+ guarded`},
	{"upsert with a guard by parameter", `INSERT INTO o AS x (id, t) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE x.t = $2`, `x+ guarded`},
	{"upsert with another guard", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET q = 1 WHERE excluded.t = $2`, `o+ stray`},
	{"upsert that steals", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET t = excluded.t`, `o+ stray moved`},
	{"upsert that repeats", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id, t) DO UPDATE SET t = excluded.t, q = 1`, `o+ covered`},
	{"upsert by constraint", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT o_pkey DO UPDATE SET q = 1`, `o+ stray`},
	{"upsert of a child", `INSERT INTO ch (id, pid) VALUES ($1, $2) ON CONFLICT (pid) DO UPDATE SET v = ''`, `ch- covered`},
	{"do nothing", `INSERT INTO o (id, t) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, `o+ skips`},
}

func TestFind(t *testing.T) {
	t.Parallel()
	cat := specCatalog(t)
	for _, tt := range authored {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, strings.Join(strengths(t, tt.sql, cat), " ")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.sql, diff)
			}
		})
	}
}

func strengths(t *testing.T, sql string, cat *catalog.Catalog) []string {
	t.Helper()
	q, err := parse.PostgreSQL.Statement(sql)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	var out []string
	for _, ref := range tie.Find(sql, q, cat).References {
		if ref.Ref.Start < 0 || ref.Ref.Start >= len(sql) || ref.Reassigned >= len(sql) {
			t.Errorf("a reference lies outside of the statement")
		}
		if (ref.Anchor == "") != (ref.Strength == tie.Unanchored) {
			t.Errorf("%s is tied by %q", ref.Ref.Visible(), ref.Anchor)
		}
		out = append(out, fmt.Sprintf("%s%c", ref.Ref.Visible(), "-~+"[ref.Strength]))
		if k := ref.Conflict; k != nil {
			switch {
			case k.Covered:
				out = append(out, "covered")
			case k.Guarded:
				out = append(out, "guarded")
			case k.Update:
				out = append(out, "stray")
			default:
				out = append(out, "skips")
			}
		}
		if ref.Reassigned >= 0 {
			out = append(out, "moved")
		}
	}
	return out
}

// FuzzFind checks that no statement makes Find panic, and that it sees the same
// twice, in places of the text.
func FuzzFind(f *testing.F) {
	for _, tt := range authored {
		f.Add(tt.sql)
	}
	cat := specCatalog(f)
	f.Fuzz(func(t *testing.T, sql string) {
		if _, err := parse.PostgreSQL.Statement(sql); err != nil {
			return
		}
		if diff := cmp.Diff(strengths(t, sql, cat), strengths(t, sql, cat)); diff != "" {
			t.Errorf("a second look finds something else:\n%s", diff)
		}
	})
}
