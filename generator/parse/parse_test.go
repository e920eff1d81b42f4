package parse

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/sqlc-dev/oliphant/parser"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

// statements hold tables, parameters, columns and functions in every corner that
// the tree has a place for.
var statements = []string{
	"SELECT 1",
	"SELECT DISTINCT ON (a.x, f($1)) a.*, (SELECT max(b.y) FROM b) AS m FROM a, LATERAL (SELECT * FROM c WHERE c.x = a.x LIMIT $2) z",
	"SELECT left(a.x, 2) FROM a LEFT JOIN b ON left(a.x, 2) = b.x RIGHT OUTER JOIN (c CROSS JOIN d) USING (x) WHERE a.x IS NOT DISTINCT FROM b.x",
	"SELECT * FROM ((a JOIN b ON a.x = b.x) JOIN (c JOIN d ON true) AS j ON j.x = a.x) NATURAL FULL JOIN e",
	"SELECT * FROM a JOIN b JOIN c ON b.x = c.x ON a.x = b.x",
	"SELECT * FROM (SELECT * FROM a JOIN b ON a.x = b.x) AS q JOIN ((SELECT * FROM c JOIN d ON true) UNION SELECT 1) AS r ON q.x = r.x",
	"(SELECT x FROM a ORDER BY f(x)) UNION ALL (SELECT x FROM b EXCEPT SELECT x FROM c) ORDER BY 1 LIMIT (SELECT max(n) FROM d)",
	"WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < $1) SELECT * FROM t, generate_series(1, $2) WITH ORDINALITY AS g(v, i)",
	"SELECT count(*) FILTER (WHERE a.x > $1) OVER (PARTITION BY a.y ORDER BY f(a.z) ROWS BETWEEN $2 PRECEDING AND CURRENT ROW) FROM a WINDOW w AS (ORDER BY g(a.x))",
	"SELECT CASE a.x WHEN (SELECT 1 FROM b) THEN coalesce(f(a.y), $1) ELSE greatest(a.z, (ARRAY[a.w])[1]) END FROM a GROUP BY GROUPING SETS ((a.x), (f(a.y))) HAVING bool_or(a.z)",
	"SELECT * FROM ONLY (s.a) AS a TABLESAMPLE system ($1) REPEATABLE (f(2)) FOR UPDATE OF a SKIP LOCKED",
	"SELECT a.limit, a.from FROM a AS a WHERE a.where = ANY (ARRAY(SELECT b.x FROM b)) AND (a.x, a.y) IN (SELECT c.x, c.y FROM c)",
	"INSERT INTO s.a AS t (x, y) OVERRIDING USER VALUE VALUES ($1, (SELECT max(b.x) FROM b)), (DEFAULT, f($2)) ON CONFLICT (x, lower(y)) WHERE x > 0 DO UPDATE SET (x, y) = (SELECT c.x, $3 FROM c), z[f(1)] = excluded.z WHERE t.x = g(excluded.x) RETURNING t.x, (SELECT 1 FROM d)",
	"WITH RECURSIVE t(x, \"set\") AS (SELECT x, y FROM a UNION ALL SELECT b.x, $1 FROM b JOIN t ON t.x = b.y) SEARCH DEPTH FIRST BY x, \"set\" SET o CYCLE x SET m TO 'a' DEFAULT 'b' USING p, u AS (SELECT * FROM c) SELECT * FROM t, u",
	"INSERT INTO a DEFAULT VALUES",
	"INSERT INTO a WITH q AS (SELECT * FROM b) SELECT * FROM q ON CONFLICT DO NOTHING",
	"UPDATE ONLY a AS t SET x = DEFAULT, (y, z) = (f($1), t.z), w[(SELECT 1 FROM b)] = 2 FROM c LEFT JOIN d ON c.x = d.x WHERE t.x = c.x RETURNING *",
	"DELETE FROM a USING b, (SELECT * FROM c) q WHERE a.x = b.x AND NOT EXISTS (SELECT 1 FROM d WHERE d.x = q.x) RETURNING a.x",
	"MERGE INTO ONLY s.a AS t USING (b JOIN c ON b.x = c.x) AS j ON CASE WHEN j.x = $1 THEN t.x = j.x END WHEN MATCHED AND CASE j.x WHEN f($2) THEN true END THEN UPDATE SET x = CASE WHEN j.x = 1 THEN $3 ELSE (SELECT d.x FROM d) END, (y, z) = (SELECT e.y, $4 FROM e) WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED BY TARGET AND j.x > $5 THEN INSERT (x, y) OVERRIDING USER VALUE VALUES (j.x, (SELECT max(f.x) FROM f)) RETURNING WITH (OLD AS o) merge_action(), o.x, j.*, (SELECT $6)",
	"WITH q AS (SELECT * FROM b) MERGE INTO a USING q ON a.x = q.x WHEN NOT MATCHED BY SOURCE AND NOT EXISTS (SELECT 1 FROM c WHERE c.x = a.x) THEN DELETE WHEN NOT MATCHED BY SOURCE THEN UPDATE SET x = DEFAULT WHEN NOT MATCHED THEN INSERT VALUES (q.x, DEFAULT)",
	"WITH m AS (MERGE INTO a USING f($1) AS s (x) ON true WHEN NOT MATCHED THEN INSERT DEFAULT VALUES RETURNING a.*) SELECT * FROM m",
	"WITH gone AS (DELETE FROM a WHERE x = $1 RETURNING *), put AS (INSERT INTO b SELECT * FROM gone RETURNING x) UPDATE c SET x = put.x FROM put",
}

// TestNothingIsLost checks that the tree holds every table, column, parameter,
// function and query of a statement, and, as a control, that a statement which
// lacks one is seen.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	for _, sql := range statements {
		if _, err := PostgreSQL.Statement(sql); err != nil {
			t.Errorf("%s\n%v", sql, err)
		}
	}
	for i, sql := range statements[1:] {
		tree, err := parser.ParseToTree(sql)
		if err != nil {
			t.Fatal(err)
		}
		other, err := PostgreSQL.Statement(statements[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := checkComplete(tree.Stmts[0].Stmt, other); err == nil {
			t.Errorf("the tree of %q passes for that of %q", statements[i], sql)
		}
	}
}

// TestRanges checks that clauses are found where they stand.
func TestRanges(t *testing.T) {
	t.Parallel()
	sql := `SELECT a.x AS "where" FROM a LEFT JOIN b ON left(a.x, 2) = b.x AND a.y IS DISTINCT FROM b.y, c -- all of it
WHERE a.x = 1 OR (SELECT true FROM d WHERE d.x = 2) /* hm */ GROUP BY a.x`
	q, err := PostgreSQL.Statement(sql)
	if err != nil {
		t.Fatal(err)
	}
	text := func(r Range) string { return sql[r.Start:r.End] }
	sel := q.Select
	got := map[string]string{
		"where": text(sel.WhereRange), "on": text(sel.From[0].Join.OnRange), "right": text(sel.From[0].Join.Right.Range),
		"inner where": text(sel.Where.Args[1].Query.Select.WhereRange), "behind from": sql[sel.FromEnd:][:4],
	}
	want := map[string]string{
		"where": "a.x = 1 OR (SELECT true FROM d WHERE d.x = 2)", "on": "left(a.x, 2) = b.x AND a.y IS DISTINCT FROM b.y",
		"right": "b", "inner where": "d.x = 2", "behind from": " -- ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestMergeRanges checks that the parts of a MERGE are found where they stand.
func TestMergeRanges(t *testing.T) {
	t.Parallel()
	sql := `MERGE INTO a AS t USING b JOIN c ON b.x = c.x ON t.x = b.x AND CASE WHEN b.y THEN true END -- here
WHEN MATCHED AND CASE WHEN t.y THEN t.z END OR b.z THEN UPDATE SET x = CASE WHEN b.y THEN 1 END, y = $1
WHEN NOT MATCHED BY SOURCE /* then */ THEN DELETE
WHEN NOT MATCHED THEN INSERT (x, y) VALUES (b.x, CASE WHEN b.y THEN 2 END)
WHEN NOT MATCHED BY TARGET THEN INSERT DEFAULT VALUES
RETURNING t.x`
	q, err := PostgreSQL.Statement(sql)
	if err != nil {
		t.Fatal(err)
	}
	text := func(r Range) string { return sql[r.Start:r.End] }
	m := q.Merge
	values := m.Whens[2].Insert.Source
	got := []string{
		text(m.Target.Range), text(m.Source.Range), text(m.OnRange), text(m.Whens[0].ConditionRange),
		text(m.Whens[0].Update[0].ValueRange), text(m.Whens[0].Update[1].Range), sql[m.Whens[1].ThenAt:][:3],
		text(values.Range), text(values.Values.Rows[0].Items[1].Range), sql[m.Whens[2].Insert.ColumnsEnd:][:2],
		text(m.Whens[3].Insert.DefaultValues), sql[m.Whens[3].Insert.ColumnsEnd:][:4], text(m.Returning[0].Range),
	}
	want := []string{
		"a AS t", "b JOIN c ON b.x = c.x", "t.x = b.x AND CASE WHEN b.y THEN true END", "CASE WHEN t.y THEN t.z END OR b.z",
		"CASE WHEN b.y THEN 1 END", "y = $1", " /*",
		"VALUES (b.x, CASE WHEN b.y THEN 2 END)", "CASE WHEN b.y THEN 2 END", ") ",
		"DEFAULT VALUES", " DEF", "t.x",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var kinds []MatchKind
	for _, w := range m.Whens {
		kinds = append(kinds, w.Kind)
	}
	if diff := cmp.Diff([]MatchKind{Matched, NotMatchedBySource, NotMatched, NotMatched}, kinds); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestCorpus parses the PostgreSQL queries of sqlc's own tests, in place. A
// statement is parsed or refused by its kind; none may be lost on the way.
func TestCorpus(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("sqlc's test inputs are not beside the repository")
	}
	parsed, refused := 0, 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") || !strings.Contains(path, "postgres") && !strings.Contains(path, "minder") && !strings.Contains(path, "pgx") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var report diag.Report
		for _, q := range QueryFile(PostgreSQL, source.NewFile(path, string(text)), &report) {
			switch _, err := PostgreSQL.Statement(q.Text); {
			case err == nil:
				parsed++
			case strings.Contains(err.Error(), "located"):
				t.Errorf("%s: %s: %v", path, q.Name, err)
			default:
				refused++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements parsed, %d refused by their kind", parsed, refused)
	if parsed < 1000 {
		t.Errorf("only %d statements were found", parsed)
	}
}

// TestNUL checks that a NUL, at which the parser stops, is refused wherever SQL
// comes in: what is behind it would be sent, and not be seen.
func TestNUL(t *testing.T) {
	t.Parallel()
	const sql = "-- name: Q :many\nSELECT 1\x00;\nDROP TABLE a;"
	var report diag.Report
	if got := QueryFile(PostgreSQL, source.NewFile("q.sql", sql), &report); got != nil || !report.HasErrors() {
		t.Errorf("QueryFile gives %v without an error", got)
	}
	report = diag.Report{}
	if got := OneOff(PostgreSQL, source.NewFile("<sql>", "SELECT 1\x00"), &report); got != nil || !report.HasErrors() {
		t.Errorf("OneOff gives %v without an error", got)
	}
	if _, err := PostgreSQL.Statement("SELECT 1\x00; DROP TABLE a"); err == nil {
		t.Error("PostgreSQL does not refuse it")
	}
	if _, err := PostgreSQL.Schema("CREATE TABLE a (x int)\x00; CREATE TABLE b (x int)"); err == nil {
		t.Error("Schema does not refuse it")
	}
	if _, err := NumberedParams(PostgreSQL, "SELECT $1\x00, $2"); err == nil {
		t.Error("NumberedParams does not refuse it")
	}
}

// TestOneOff checks that SQL from the command line is one statement whatever its
// text holds, and that what is wrong with it is said.
func TestOneOff(t *testing.T) {
	t.Parallel()
	for sql, want := range map[string]string{
		"SELECT 1 FROM a WHERE x = 'name: y';":   "SELECT 1 FROM a WHERE x = 'name: y'",
		"-- why\n/*+ Hint */ SELECT @x":          "/*+ Hint */ SELECT $1",
		"-- name: Q :one\nSELECT sqlc.arg(Foo);": "SELECT $1",
	} {
		var report diag.Report
		got := OneOff(PostgreSQL, source.NewFile("<sql>", sql), &report)
		if len(got) != 1 || got[0].Text != want || report.HasErrors() {
			t.Errorf("%q gives %v, errors %v; want %q", sql, got, report.Sorted(), want)
		}
	}
	var report diag.Report
	if got := OneOff(PostgreSQL, source.NewFile("<sql>", "SELECT $2"), &report); got != nil || !report.HasErrors() {
		t.Errorf("a gap in the parameters gives %v without an error", got)
	}
}
