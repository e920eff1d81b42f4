package parse

import (
	"database/sql"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	sqlitetoken "github.com/sqlc-dev/meyer/token"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

// realSQLite is an empty database in memory.
func realSQLite(t testing.TB) *sql.DB { return testsqlite.Open(t, ":memory:", 1) }

// answer is the first value that a statement gives on SQLite itself, or its error.
func answer(t testing.TB, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = rows.Close() }()
	var value any
	for first := true; rows.Next(); first = false {
		dest := make([]any, 1)
		if names, _ := rows.Columns(); len(names) > 1 {
			dest = make([]any, len(names))
		}
		for i := range dest {
			dest[i] = new(any)
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		if first {
			value = *dest[0].(*any)
		}
	}
	if err := rows.Err(); err != nil {
		return err.Error()
	}
	if b, ok := value.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(value)
}

// TestSQLiteFacts asks SQLite for what the tree says of its SQL, where that is not what
// other databases do.
func TestSQLiteFacts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ setup, query, want string }{
		// All names of a WITH clause are seen in all of its bodies.
		{"CREATE TABLE t (a)", "WITH t AS (SELECT * FROM t) SELECT * FROM t", "circular reference: t"},
		{"CREATE TABLE b (x); INSERT INTO b VALUES (1)", "WITH a AS (SELECT * FROM b), b AS (SELECT 7 AS x) SELECT x FROM a", "7"},
		{"", "WITH c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT max(n) FROM c", "5"},
		{"CREATE TABLE c (x); INSERT INTO c VALUES (1), (2)", "WITH c AS (SELECT 0 UNION ALL SELECT 1 FROM c LIMIT 5) SELECT count(*) FROM c", "5"},
		{"CREATE TABLE t (a); INSERT INTO t VALUES (1); WITH t AS (SELECT 3 AS a) UPDATE t SET a = a + 1", "SELECT a FROM t", "2"},
		{"CREATE TABLE t (a); INSERT INTO t VALUES (1); WITH t AS (SELECT 3 AS a) UPDATE t SET a = u.a FROM t AS u", "SELECT a FROM t", "3"},
		// Set operators have one precedence.
		{"", "SELECT count(*) FROM (SELECT 1 UNION SELECT 2 INTERSECT SELECT 3)", "0"},
		// A comma is a join of the same precedence.
		{"CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO b VALUES (1); CREATE TABLE c (z); INSERT INTO c VALUES (1)", "SELECT count(*) FROM a, b RIGHT JOIN c ON y = z", "1"},
		{"CREATE TABLE a (x); CREATE TABLE b (y); INSERT INTO b VALUES (1); CREATE TABLE c (z); INSERT INTO c VALUES (1)", "SELECT count(y) FROM a, b RIGHT JOIN c ON y = z", "0"},
		{"CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE b (y); INSERT INTO b VALUES (2)", "SELECT count(*) FROM a, b ON x = y", "0"},
		{"CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE b (y); INSERT INTO b VALUES (2)", "SELECT count(*) FROM a LEFT RIGHT JOIN b ON x = y", "2"},
		{"CREATE TABLE a (x); INSERT INTO a VALUES (1); CREATE TABLE b (y); INSERT INTO b VALUES (2)", "SELECT u.y FROM a, (b AS u)", "no such column: u.y"},
		{"CREATE TABLE t (a); INSERT INTO t VALUES (1)", "SELECT count(*) FROM t x JOIN t y ON x.a IN t", "1"},
		// What may stand for a constant.
		{"CREATE TABLE t (true); INSERT INTO t VALUES (5)", "SELECT true FROM t", "5"},
		{"", "SELECT 2 IS TRUE", "1"},
		{"", "SELECT 2 = TRUE", "0"},
		{"", "SELECT 1 /* no end", "1"},
		{"", "SELECT ('a' COLLATE nocase) = 'A'", "1"},
		// What is written twice.
		{"CREATE TABLE t (a); INSERT INTO t (a, a) VALUES (1, 2)", "SELECT count(*) FROM t", "1"},
		{"CREATE TABLE t (a); INSERT INTO t VALUES (0); UPDATE t SET a = 1, a = 2", "SELECT a FROM t", "2"},
		{`CREATE TABLE "Ä" (a); CREATE TABLE "ä" (b)`, `SELECT count(*) FROM sqlite_schema`, "2"},
		// Which columns take NULL.
		{"CREATE TABLE t (a TEXT PRIMARY KEY); INSERT INTO t VALUES (NULL)", "SELECT a IS NULL FROM t", "1"},
		{"CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (NULL)", "SELECT a IS NULL FROM t", "1"},
		{"CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (NULL)", "SELECT a FROM t", "1"},
		{"CREATE TABLE t (a INTEGER (4) PRIMARY KEY); INSERT INTO t VALUES (NULL)", "SELECT a IS NULL FROM t", "1"},
		{"CREATE TABLE t (a INTEGER PRIMARY KEY DESC); INSERT INTO t VALUES (NULL)", "SELECT a IS NULL FROM t", "1"},
		{"CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC)); INSERT INTO t VALUES (NULL)", "SELECT a FROM t", "1"},
		{"CREATE TABLE t (a INTEGER, b, PRIMARY KEY (a, b)); INSERT INTO t VALUES (NULL, NULL)", "SELECT a IS NULL FROM t", "1"},
		{"CREATE TABLE t (a TEXT PRIMARY KEY) STRICT", "INSERT INTO t VALUES (NULL)", "NOT NULL constraint failed: t.a"},
		{"CREATE TABLE t (a INTEGER PRIMARY KEY) WITHOUT ROWID", "INSERT INTO t VALUES (NULL)", "NOT NULL constraint failed: t.a"},
		{"CREATE TABLE t (a TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'x'); INSERT INTO t VALUES (NULL)", "SELECT a FROM t", "x"},
		{"CREATE TABLE t (a INT NOT NULL ON CONFLICT IGNORE); INSERT INTO t VALUES (NULL)", "SELECT count(*) FROM t", "0"},
		// What deletes rows.
		{"CREATE TABLE t (a, b UNIQUE ON CONFLICT REPLACE); INSERT INTO t VALUES (1, 1), (2, 2); UPDATE t SET b = 1 WHERE a = 2", "SELECT count(*) FROM t", "1"},
		{"CREATE TABLE t (a, b UNIQUE); INSERT INTO t VALUES (1, 1), (2, 2); UPDATE OR REPLACE t SET b = 1 WHERE a = 2", "SELECT count(*) FROM t", "1"},
		{"CREATE TABLE t (a, half AS (a / 2) STORED, other GENERATED ALWAYS AS (a)); INSERT INTO t VALUES (4)", "SELECT half FROM t", "2"},
	} {
		db := realSQLite(t)
		if _, err := db.Exec(tt.setup); err != nil {
			t.Errorf("%s\n%v", tt.setup, err)
			continue
		}
		if got := answer(t, db, tt.query); !strings.Contains(got, tt.want) {
			t.Errorf("%s; %s\n got %s, want %s", tt.setup, tt.query, got, tt.want)
		}
	}
}

// TestSQLitePrecedence writes random expressions without parentheses, and again with
// all that the tree has. SQLite gives both the same value if the tree is SQLite's own.
// It does not matter what is refused.
func TestSQLitePrecedence(t *testing.T) {
	t.Parallel()
	db := realSQLite(t)
	random := rand.New(rand.NewPCG(1, 2))
	read, different := 0, 0
	for range 4000 {
		text := randomExpression(random, 4)
		q, err := SQLite.Statement("SELECT " + text)
		if err != nil {
			continue
		}
		read++
		grouped := parenthesized(q.Select.Targets[0].Expr)
		plain, other := answer(t, db, "SELECT quote("+text+")"), answer(t, db, "SELECT quote("+grouped+")")
		if plain != other {
			t.Errorf("%s is %s\n%s is %s", text, plain, grouped, other)
		}
		// The control: all operators in the order of the text.
		if answer(t, db, "SELECT quote("+fromLeft(text)+")") != plain {
			different++
		}
	}
	if t.Logf("%d expressions, %d of them depend on how they are grouped", read, different); read < 3000 || different < 1000 {
		t.Error("these are too few")
	}
}

// randomExpression has up to n operators, in a row.
func randomExpression(random *rand.Rand, n int) string {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	value := func() string { return pick("0", "1", "2", "3.5", "'a'", "'A'", "'1'", "'[1,[2]]'", "NULL") }
	operand := func() string {
		if n > 1 && random.IntN(4) == 0 {
			return randomExpression(random, n-2)
		}
		return pick("", "", "", "", "-", "~", "+", "NOT ") + value()
	}
	text := pick("", "", "", "NOT ", "-", "~", "+") + value()
	for range 1 + random.IntN(max(n, 1)) {
		switch random.IntN(14) {
		case 0:
			text += pick(" ISNULL", " NOTNULL", " NOT NULL", " IS NULL", " IS NOT NULL", " COLLATE nocase")
		case 1:
			text += pick(" BETWEEN ", " NOT BETWEEN ") + operand() + " AND " + operand()
		case 2:
			text += pick(" IN (", " NOT IN (") + value() + ", " + operand() + ")"
		case 3:
			text += pick(" LIKE ", " NOT LIKE ", " GLOB ") + operand()
		case 4:
			text += pick(" LIKE ", " NOT LIKE ") + operand() + " ESCAPE " + operand()
		case 5:
			text += pick(" IS DISTINCT FROM ", " IS NOT DISTINCT FROM ", " -> ", " ->> ") + operand()
		default:
			text += pick(" OR ", " AND ", " IS ", " IS NOT ", " = ", " <> ", " < ", " >= ", " & ", " | ", " << ", " >> ", " + ", " - ", " * ", " / ", " % ", " || ", " == ", " != ") + operand()
		}
	}
	return text
}

// fromLeft puts the first two words of an expression in parentheses, and what follows
// them one by one.
func fromLeft(text string) string {
	words := strings.Fields(text)
	out := words[0]
	for i := 1; i+1 < len(words); i += 2 {
		out = "(" + out + " " + words[i] + " " + words[i+1] + ")"
	}
	return out
}

func parenthesized(e *Expr) string {
	var args []string
	for _, a := range e.Args {
		args = append(args, parenthesized(a))
	}
	switch e.Kind {
	case ConstExpr:
		switch {
		case e.Null:
			return "NULL"
		case e.Quoted:
			return "'" + e.Text + "'"
		}
		return e.Text
	case AndExpr, OrExpr:
		return "(" + strings.Join(args, " "+string(e.Kind)+" ") + ")"
	case NotExpr:
		return "(NOT " + args[0] + ")"
	}
	switch name := e.Name; name {
	case "NullTest":
		if e.Null {
			return "(" + args[0] + " ISNULL)"
		}
		return "(" + args[0] + " NOTNULL)"
	case "CollateClause":
		return "(" + args[0] + " COLLATE nocase)"
	case "List":
		return strings.Join(args, "\x01")
	case "BETWEEN", "NOT BETWEEN":
		return "(" + args[0] + " " + name + " " + strings.ReplaceAll(args[1], "\x01", " AND ") + ")"
	case "IN =", "IN <>":
		return "(" + args[0] + map[string]string{"IN =": " IN (", "IN <>": " NOT IN ("}[name] + strings.ReplaceAll(args[1], "\x01", ", ") + "))"
	case "NOT_DISTINCT =":
		return "(" + args[0] + " IS " + args[1] + ")"
	case "DISTINCT =":
		return "(" + args[0] + " IS NOT " + args[1] + ")"
	default:
		if len(args) == 3 {
			return "(" + args[0] + " " + name + " " + args[1] + " ESCAPE " + args[2] + ")"
		}
		if len(args) == 1 {
			return "(" + name + " " + args[0] + ")"
		}
		return "(" + args[0] + " " + name + " " + args[1] + ")"
	}
}

// syntaxErrors are the errors of SQLite's parser. What comes after it, such as names
// that are not there, has other words.
var syntaxErrors = []string{"syntax error", "unrecognized token", "incomplete input", "unknown join type", "JOIN clause is required", "NATURAL join may not", "should come after"}

func isSyntaxError(err error) bool {
	return err != nil && slices.ContainsFunc(syntaxErrors, func(words string) bool { return strings.Contains(err.Error(), words) })
}

// FuzzSQLite checks that nothing makes the parser panic, that all ranges lie in the
// text, and that SQLite reads what is accepted, and touches nothing that the tree does
// not name.
func FuzzSQLite(f *testing.F) {
	for _, tt := range sqliteShapes {
		f.Add(tt.sql)
	}
	for _, tt := range sqliteRefusals {
		f.Add(tt.sql)
	}
	db := realSQLite(f)
	if _, err := db.Exec(readsSchema); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = SQLite.Schema(text)
		q, err := SQLite.Statement(text)
		if err != nil {
			if pos := err.(*Error).Pos; pos < 0 || pos > len(text) {
				t.Errorf("an error at %d of %d bytes", pos, len(text))
			}
			return
		}
		_ = (shape{text}).query(q)
		if len(text) > 4000 {
			return // deeper than SQLite goes
		}
		found, err := touched(t, db, text)
		if isSyntaxError(err) {
			t.Errorf("accepted, but SQLite says %v", err)
		}
		if missed := unseen(found, namedIn(q)); err == nil && len(missed) > 0 {
			t.Errorf("the tree does not name %s", strings.Join(missed, ", "))
		}
	})
}

// TestSQLiteCorpus reads the SQLite files of sqlc's own tests, and Chinook, in place. A
// statement is parsed or refused by its kind; none may be lost on the way, and SQLite
// reads what is parsed.
func TestSQLiteCorpus(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "shared", "corpora")
	if _, err := os.Stat(root); err != nil {
		t.Skip("sqlc's test inputs are not beside the repository")
	}
	db := realSQLite(t)
	var parsed, schemas int
	refused := map[string]int{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".sql") || !strings.Contains(strings.ToLower(path), "sqlite") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text := string(raw)
		if !strings.Contains(text, "name:") {
			if _, err := SQLite.Schema(strings.TrimPrefix(text, "\ufeff")); err != nil {
				refused["schema: "+err.Error()]++
				return nil
			}
			schemas++
			return nil
		}
		var report diag.Report
		for _, q := range QueryFile(SQLite, source.NewFile(path, text), &report) {
			_, err := SQLite.Statement(q.Text)
			switch {
			case err != nil && strings.Contains(err.Error(), "located"):
				t.Errorf("%s: %s: %v", path, q.Name, err)
			case err != nil:
				refused[err.Error()]++
			default:
				parsed++
				stmt, err := db.Prepare(q.Text)
				if isSyntaxError(err) {
					t.Errorf("%s: %s: %v", path, q.Name, err)
				}
				if err == nil {
					_ = stmt.Close()
				}
			}
		}
		for _, d := range report.Sorted() {
			refused["file: "+d.Message]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d statements and %d schemas parsed", parsed, schemas)
	for message, n := range refused {
		t.Logf("%d refused: %s", n, message)
	}
	if parsed < 200 || schemas < 80 {
		t.Errorf("only %d statements and %d schemas were parsed", parsed, schemas)
	}
}

// TestSQLiteQuote makes tables of columns with names of all kinds: quoted, each is its
// own to SQLite, and to the tree.
func TestSQLiteQuote(t *testing.T) {
	t.Parallel()
	db := realSQLite(t)
	names := strings.Fields(`left right cross natural full inner outer like glob regexp temp temporary column autoincrement window over
		filter raise cast current_date current_time current_timestamp x'00' a"b [a] 1a $a ä a-b rowid indexed name`)
	for kind := sqlitetoken.Kind(0); kind < sqlitetoken.KindCount; kind++ {
		if word := strings.ToLower(kind.String()); sqlitetoken.Lookup(word) != sqlitetoken.ID {
			names = append(names, word)
		}
	}
	if len(names) < 130 {
		t.Fatalf("only %d names", len(names))
	}
	for i, name := range names {
		quoted := SQLite.Quote(name)
		schema := fmt.Sprintf("CREATE TABLE t%d (%s TEXT, UNIQUE (%[2]s)); INSERT INTO t%[1]d (%[2]s) VALUES ('v')", i, quoted)
		if _, err := db.Exec(schema); err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		if ddl, err := SQLite.Schema(schema); err != nil || ddl[0].CreateTable.Columns[0].Name != name {
			t.Errorf("%s: %v, %+v", schema, err, ddl)
		}
		query := fmt.Sprintf("SELECT u.%s AS %[1]s FROM t%d AS u WHERE u.%[1]s = 'v' ORDER BY u.%[1]s", quoted, i)
		if got := answer(t, db, query); got != "v" {
			t.Errorf("%s is %s", query, got)
		}
		q, err := SQLite.Statement(query)
		if err != nil || q.Select.Targets[0].Name != name || !slices.Equal(q.Select.Targets[0].Expr.Path, []string{"u", name}) {
			t.Errorf("%s: %v", query, err)
		}
	}
}
