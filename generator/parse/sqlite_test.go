package parse

import (
	"strings"
	"testing"

	"github.com/sqlc-dev/meyer/parser"
)

// sqliteRefusals are statements that are refused, at which place and with what words.
var sqliteRefusals = []struct{ sql, at, want string }{
	{"", "", "there is no statement"},
	{"SELECT 1; SELECT 2", "SELECT 2", "more than one statement"},
	{"SELECT FROM t", "FROM", "syntax error"},
	{"SELECT 1\x00 FROM t", "\x00", "NUL"},
	{"SELECT 'a", "'a", "unrecognized token"},
	{"SELECT 1 /* x", "/* x", "unterminated"},
	{"SELECT 1 FROM t /*/", "/*/", "unterminated"},
	{"SELECT (1", "(", "unmatched"},
	{"ATTACH 'x' AS y", "ATTACH", "ATTACH is refused"},
	{"DETACH y", "DETACH", "DETACH is refused"},
	{"PRAGMA table_info(t)", "PRAGMA", "PRAGMA is refused"},
	{"VACUUM INTO 'x'", "VACUUM", "VACUUM is refused"},
	{"EXPLAIN QUERY PLAN SELECT 1", "EXPLAIN", "EXPLAIN is refused"},
	{"BEGIN", "BEGIN", "BEGIN is refused"},
	{"SAVEPOINT x", "SAVEPOINT", "SAVEPOINT is refused"},
	{"CREATE TABLE t (a)", "CREATE", "CREATE is refused"},
	{"DROP TABLE t", "DROP", "DROP is refused"},
	{"SELECT * FROM main.t", "main.t", "a table name with a database"},
	{"SELECT * FROM temp.t", "temp.t", "a table name with a database"},
	{"INSERT INTO other.t VALUES (1)", "other.t", "a table name with a database"},
	{"SELECT main.t.x FROM t", "main.t.x", "a column name with a database"},
	{"SELECT * FROM main.json_each('[]')", "main.json_each", "a table name with a database"},
	{"SELECT * FROM pragma_table_info('t')", "pragma_", "pragma_table_info is not supported"},
	{"SELECT * FROM pragma_database_list", "pragma_", "pragma_database_list is not supported"},
	{"SELECT * FROM 't'", "'t'", "the string 't' as a name"},
	{"SELECT x AS 'y' FROM t", "'y'", "the string 'y' as a name"},
	{"SELECT x 'y' FROM t", "'y'", "the string 'y' as a name"},
	{"SELECT 't'.x FROM t", "'t'", "the string 't' as a name"},
	{"INSERT INTO t ('a') VALUES (1)", "'a'", "the string 'a' as a name"},
	{"UPDATE t SET 'a' = 1", "'a'", "the string 'a' as a name"},
	{"SELECT x AS true FROM t", "true", "the name true"},
	{"SELECT t.\"False\" FROM t", "\"False\"", "the name \"False\""},
	{"SELECT ?", "?", "the parameter ?"},
	{"SELECT ?1", "?1", "the parameter ?1"},
	{"SELECT :x", ":x", "the parameter :x"},
	{"SELECT @x", "@x", "the parameter @x"},
	{"SELECT $x", "$x", "the parameter $x"},
	{"SELECT $0", "$0", "the parameter $0"},
	{"SELECT $1::text", "$1::text", "no parameter"},
	{"SELECT $1(x)", "$1(x)", "no parameter"},
	{"SELECT #1", "#1", "no parameter"},
	{"SELECT * FROM (t)", "(t)", "a single table or subquery in parentheses"},
	{"SELECT * FROM u, (t AS x)", "(t", "a single table or subquery in parentheses"},
	{"SELECT * FROM ((SELECT 1)) AS x", "((", "a single table or subquery"},
	{"SELECT * FROM (t JOIN u) AS x", "x", "an alias of a join"},
	{"SELECT * FROM t LEFT RIGHT JOIN u", "LEFT", "the join LEFT RIGHT JOIN"},
	{"SELECT * FROM t OUTER JOIN u", "OUTER", "the join OUTER JOIN"},
	{"SELECT * FROM t LEFT x JOIN u", "LEFT", "the join LEFT X JOIN"},
	{"SELECT * FROM t NATURAL CROSS JOIN u", "NATURAL", "the join NATURAL CROSS JOIN"},
	{"SELECT * FROM t NATURAL JOIN u ON true", "NATURAL", "NATURAL join"},
	{"SELECT * FROM t ON true", "t", "required before ON"},
	{"SELECT 1 ORDER BY 1 UNION SELECT 2", "ORDER BY", "come after the last SELECT"},
	{"SELECT 1 LIMIT 1 UNION SELECT 2", "LIMIT", "come after the last SELECT"},
	{"SELECT x IN t FROM u", "t FROM", "IN with the name of a table"},
	{"SELECT x IN json_each('[]') FROM u", "json_each", "IN with the name of a table"},
	{"SELECT NOT x NOT NULL FROM u", "NOT x", "NOT NULL behind a NOT"},
	{"SELECT a = NOT x + y NOT NULL FROM u", "a =", "NOT NULL behind a NOT"},
	{"SELECT RAISE(IGNORE)", "RAISE", "RAISE outside of a trigger"},
	{"INSERT INTO t (a, A) VALUES (1, 2)", "A)", "names \"a\" twice"},
	{"UPDATE t SET a = 1, A = 2", "A = 2", "assigned to twice"},
	{"UPDATE t SET (a, a) = (1, 2)", "a) =", "assigned to twice"},
	{"INSERT INTO t (rowid) VALUES (1)", "rowid", "writing rowid"},
	{"UPDATE t SET OID = 1", "OID", "writing oid"},
	{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO UPDATE SET _rowid_ = 1", "_rowid_", "writing _rowid_"},
	{"INSERT INTO t VALUES (1) ON CONFLICT (a) DO NOTHING ON CONFLICT (b) DO NOTHING", "ON CONFLICT (b)", "more than one ON CONFLICT"},
	{"INSERT INTO t VALUES (1) ON CONFLICT (a DESC) DO NOTHING", "a DESC", "an order in ON CONFLICT"},
	{"INSERT OR FAIL INTO t VALUES (1)", "t VALUES", "OR FAIL"},
	{"UPDATE OR ROLLBACK t SET a = 1", "t SET", "OR ROLLBACK"},
	{"INSERT INTO t (a) DEFAULT VALUES", "(a)", "DEFAULT VALUES behind a column list"},
	{"DELETE FROM t ORDER BY a LIMIT 1", "a LIMIT", "ORDER BY of an UPDATE or DELETE"},
	{"UPDATE t SET a = 1 LIMIT 1", "LIMIT", "LIMIT of an UPDATE or DELETE"},
	{"DELETE FROM t RETURNING t.*", "t.*", "table.*"},
}

func TestSQLiteRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range sqliteRefusals {
		_, err := SQLite.Statement(tt.sql)
		if err == nil {
			t.Errorf("%s: accepted", tt.sql)
			continue
		}
		e := err.(*Error)
		if !strings.Contains(e.Message, tt.want) || !strings.HasPrefix(tt.sql[e.Pos:], tt.at) {
			t.Errorf("%s: at %q: %s", tt.sql, tt.sql[e.Pos:], e.Message)
		}
		if e.Help == "" && tt.sql != "" {
			t.Errorf("%s: no way out", tt.sql)
		}
	}
}

// TestSQLiteNothingIsLost checks that the tree holds what the parser's holds, and, as
// a control, that a tree which lacks some of it is seen.
func TestSQLiteNothingIsLost(t *testing.T) {
	t.Parallel()
	list := []string{
		"SELECT 1",
		"SELECT x FROM t",
		"SELECT x, $1 FROM t",
		"SELECT f(x), true, \"t\".\"true_\" FROM t, u",
		"SELECT * FROM t JOIN json_each(t.x, $1) AS e ON e.a = (SELECT max(b) FROM c) WHERE x REGEXP y AND z LIKE $2 ESCAPE w",
		"SELECT sum(x) FILTER (WHERE y) OVER (w PARTITION BY z ORDER BY a ROWS BETWEEN f(b) PRECEDING AND $1 FOLLOWING) FROM t WINDOW w AS (ORDER BY g(c)) ORDER BY h(d) LIMIT $2 OFFSET (SELECT e FROM u)",
		"WITH c AS (SELECT * FROM t UNION SELECT x FROM u) INSERT INTO t (a) SELECT x FROM c WHERE $1 ON CONFLICT (a, f(b)) WHERE d DO UPDATE SET (a, b) = (SELECT e, $2) WHERE g RETURNING h, (SELECT i)",
		"UPDATE t SET a = CASE b WHEN c THEN CAST(d AS text) ELSE e COLLATE nocase END FROM u LEFT JOIN (v, w) ON u.x IS v.x WHERE (f, g) IN (VALUES ($1, h))",
		"DELETE FROM t WHERE a BETWEEN b AND -c OR d IN (e, $1) AND EXISTS (SELECT 1 FROM u GROUP BY f(g) HAVING h NOTNULL)",
	}
	for i, sql := range list {
		q, err := SQLite.Statement(sql)
		if err != nil {
			t.Errorf("%s\n%v", sql, err)
			continue
		}
		other, err := parser.ParseString(list[(i+1)%len(list)])
		if err != nil {
			t.Fatal(err)
		}
		if sqliteComplete(other[0], q) == nil {
			t.Errorf("the tree of %q passes for that of %q", sql, list[(i+1)%len(list)])
		}
	}
}

// TestOwnQuotes holds that only quotes and case change, and that nothing moves.
func TestOwnQuotes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		dialect  Dialect
		in, want string
	}{
		{SQLite, "CREATE TABLE [Song] (`Id` INTEGER, \"Name\" TEXT DEFAULT '[x]') -- [Y]", "CREATE TABLE \"song\" (\"id\" INTEGER, \"Name\" TEXT DEFAULT '[x]') -- [Y]"},
		{SQLite, "CREATE TABLE [a\"b] (`c``d` TEXT)", "CREATE TABLE [a\"b] (`c``d` TEXT)"},
		{SQLite, "CREATE TABLE [a", "CREATE TABLE [a"},
		{PostgreSQL, `CREATE TABLE "Song" (a int[])`, `CREATE TABLE "Song" (a int[])`},
	} {
		if got := OwnQuotes(test.dialect, test.in); got != test.want {
			t.Errorf("%s\n%s, want\n%s", test.in, got, test.want)
		}
	}
}

// TestSQLiteSpelling holds under which name sqlc knows a table.
func TestSQLiteSpelling(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{`Song`: "song", `[Song]`: "song", "`Song`": "song", `"Song"`: "Song"} {
		ddl, err := SQLite.Schema("CREATE TABLE " + name + " (id INTEGER)")
		if err != nil || ddl[0].CreateTable.Spelling != want || ddl[0].CreateTable.Name.Name != "song" {
			t.Errorf("%s: %+v, %v", name, ddl, err)
		}
	}
}
