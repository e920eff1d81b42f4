package parse

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// readsSchema has the tables and columns that the statements of these tests name.
const readsSchema = `CREATE TABLE a (id INTEGER PRIMARY KEY, x, y, z); CREATE TABLE b (id, x, y, z); CREATE TABLE c (x, y, z);
CREATE TABLE d (x, y, z); CREATE TABLE e (x, y); CREATE TABLE main_t (id, z); CREATE INDEX ai ON a (x);
CREATE TABLE t (id INTEGER PRIMARY KEY, a UNIQUE, b, c, x, y, z, tags); CREATE UNIQUE INDEX i ON t (a, b COLLATE nocase) WHERE a > 0;
CREATE TABLE u (id INTEGER PRIMARY KEY, x, y); CREATE TABLE v (id, x, y); CREATE TABLE w (x, y);`

// touched is what SQLite reports to its authorizer for a statement: the tables that it
// reads or writes, and the functions that it calls. A table of which it reads no column
// is reported as any item of FROM, perhaps a common table expression.
func touched(t testing.TB, db *sql.DB, text string) (map[string]bool, error) {
	t.Helper()
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	out := map[string]bool{}
	var prepared error
	err = conn.Raw(func(driver any) error {
		c := driver.(interface{ Raw() *sqlite3.Conn }).Raw()
		err := c.SetAuthorizer(func(action sqlite3.AuthorizerActionCode, third, fourth, _, _ string) sqlite3.AuthorizerReturnCode {
			switch action {
			case sqlite3.AUTH_READ:
				if fourth == "" {
					out["rows of "+foldASCII(third)] = true
					break
				}
				out["table "+foldASCII(third)] = true
			case sqlite3.AUTH_INSERT, sqlite3.AUTH_UPDATE, sqlite3.AUTH_DELETE:
				out["table "+foldASCII(third)] = true
			case sqlite3.AUTH_FUNCTION:
				out["function "+foldASCII(fourth)] = true
			}
			return sqlite3.AUTH_OK
		})
		if err != nil {
			return err
		}
		defer func() { _ = c.SetAuthorizer(nil) }()
		stmt, _, err := c.Prepare(text)
		if prepared = err; err == nil {
			return stmt.Close()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out, prepared
}

// namedIn are the same by the tree. Operators may be functions, too.
func namedIn(q *Query) map[string]bool {
	out := map[string]bool{}
	for _, operator := range []string{"like", "glob", "->", "->>", "current_time", "current_date", "current_timestamp"} {
		out["function "+operator] = true
	}
	nameRelations(q, nil, out)
	for what := range maps.Clone(out) {
		if table, ok := strings.CutPrefix(what, "table "); ok {
			out["rows of "+table] = true
		}
	}
	q.EachQuery(func(q *Query) {
		if q.With != nil {
			for _, cte := range q.With.CTEs {
				out["rows of "+cte.Name] = true
			}
		}
	})
	return out
}

func nameRelations(q *Query, ctes map[string]bool, out map[string]bool) {
	if q == nil {
		return
	}
	ctes = maps.Clone(ctes)
	if q.With != nil {
		if ctes == nil {
			ctes = map[string]bool{}
		}
		for _, cte := range q.With.CTEs {
			ctes[cte.Name] = true
		}
		for _, cte := range q.With.CTEs {
			nameRelations(cte.Query, ctes, out)
		}
	}
	var from []*From
	switch {
	case q.Select != nil:
		from = q.Select.From
	case q.SetOp != nil:
		nameRelations(q.SetOp.Left, ctes, out)
		nameRelations(q.SetOp.Right, ctes, out)
	case q.Insert != nil:
		out["table "+q.Insert.Target.Name] = true
		nameRelations(q.Insert.Source, ctes, out)
	case q.Update != nil:
		out["table "+q.Update.Target.Name] = true
		from = q.Update.From
	case q.Delete != nil:
		out["table "+q.Delete.Target.Name] = true
	}
	for _, table := range Tables(from) {
		if !ctes[table.Name] {
			out["table "+table.Name] = true
		}
	}
	eachFromItem(from, func(f *From) {
		nameRelations(f.Query, ctes, out)
		for _, e := range f.Function {
			out["table "+e.Name] = true
		}
	})
	q.Expressions(func(e *Expr) {
		if e.Kind == FuncExpr {
			out["function "+e.Name] = true
		}
		nameRelations(e.Query, ctes, out)
	})
}

func eachFromItem(from []*From, visit func(*From)) {
	for _, f := range from {
		visit(f)
		if f.Join != nil {
			eachFromItem([]*From{f.Join.Left, f.Join.Right}, visit)
		}
	}
}

// unseen are the things that SQLite touches and the tree does not name.
func unseen(touched, named map[string]bool) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(touched)), func(what string) bool { return named[what] })
}

// TestSQLiteTouches compares what SQLite says that a statement touches with the tree.
// The trees of other statements are the control.
func TestSQLiteTouches(t *testing.T) {
	t.Parallel()
	db := realSQLite(t)
	if _, err := db.Exec(readsSchema); err != nil {
		t.Fatal(err)
	}
	statements := []string{
		"SELECT count(*) FROM a",
		"SELECT x FROM a WHERE EXISTS (SELECT 1 FROM b WHERE b.x = (SELECT max(c.x) FROM c LIMIT (SELECT count(*) FROM d)))",
		"SELECT a.x FROM a JOIN (b LEFT JOIN c ON b.x = c.x) ON a.x = (SELECT min(d.x) FROM d), e ORDER BY (SELECT u.x FROM u)",
		"WITH a AS (SELECT * FROM b UNION SELECT x, y, z, 1 FROM c) SELECT * FROM a JOIN d ON d.x IN (SELECT e.x FROM e GROUP BY (SELECT u.x FROM u) HAVING count(*) > (SELECT v.x FROM v))",
		"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n JOIN a ON a.x = i WHERE i < (SELECT count(*) FROM b)) SELECT * FROM n, c WHERE c.x = i",
		"SELECT sum(x) FILTER (WHERE y IN (SELECT b.x FROM b)) OVER (PARTITION BY (SELECT c.x FROM c) ORDER BY (SELECT d.x FROM d)) FROM a WINDOW o AS (ORDER BY lower(x))",
		"SELECT CASE (SELECT x FROM a) WHEN (SELECT x FROM b) THEN (SELECT x FROM c) ELSE (SELECT x FROM d) END, coalesce((SELECT x FROM e), upper((SELECT x FROM u)))",
		"SELECT value FROM a, json_each(a.x, (SELECT b.x FROM b)) WHERE value BETWEEN (SELECT c.x FROM c) AND (SELECT d.x FROM d) AND value LIKE (SELECT e.x FROM e) ESCAPE (SELECT u.x FROM u)",
		"VALUES ((SELECT x FROM a)), ((SELECT x FROM b)) UNION SELECT x FROM c EXCEPT VALUES ((SELECT x FROM d))",
		"WITH b AS (SELECT x FROM c) INSERT INTO t (a) SELECT x FROM b WHERE true ON CONFLICT (a) DO UPDATE SET b = (SELECT x FROM d), (c, x) = (SELECT x, y FROM e) WHERE t.x = (SELECT x FROM u) RETURNING (SELECT x FROM v)",
		"UPDATE t SET (a, b) = (SELECT x, y FROM a), c = (SELECT x FROM b) FROM c JOIN d ON c.x = d.x WHERE t.x = (SELECT x FROM e) RETURNING (SELECT x FROM u)",
		"WITH t AS (SELECT x FROM a) DELETE FROM t WHERE x NOT IN (SELECT x FROM t) RETURNING (SELECT x FROM b)",
	}
	for _, s := range sqliteShapes {
		statements = append(statements, s.sql)
	}
	var trees []*Query
	compared, seen := 0, 0
	for _, text := range statements {
		q, err := SQLite.Statement(text)
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			continue
		}
		found, err := touched(t, db, text)
		if err != nil {
			if len(trees) < 12 {
				t.Errorf("%s\n%v", text, err)
			}
			continue
		}
		if missed := unseen(found, namedIn(q)); len(missed) > 0 {
			t.Errorf("%s\nthe tree does not name %s", text, strings.Join(missed, ", "))
		}
		if len(found) > 0 {
			compared++
		}
		for _, other := range trees {
			if len(unseen(found, namedIn(other))) > 0 {
				seen++
			}
		}
		trees = append(trees, q)
	}
	if t.Logf("%d statements compared, %d of other trees told apart", compared, seen); compared < 20 || seen < 150 {
		t.Error("these are too few")
	}
}
