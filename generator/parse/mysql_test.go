package parse

import (
	"strings"
	"testing"
)

// mysqlRefusals are statements, where they are refused, and with what words.
var mysqlRefusals = []struct{ sql, at, want string }{
	{"", "", "there is no statement"},
	{";", "", "there is no statement"},
	{"SELECT 1; SELECT 2", "SELECT 2", "more than one statement"},
	{"SELECT FROM t", "FROM", "syntax error at or near \"FROM\""},
	{"SELECT 1 +", "", "at the end"},
	{"SELECT 1\x00 FROM t", "\x00", "NUL"},
	{"SELECT 'a", "'a", "a string has no end"},
	{"SELECT `a", "`a", "a quoted name has no end"},
	{"SELECT 1 /* x", "/* x", "the comment has no end"},
	{"SELECT 1 \x01", "\x01", "no meaning"},
	{"SELECT '\xff'", "'\xff'", "not valid UTF-8"},
	{"SELECT (1", "(", "unmatched"},
	// What a server may split into other tokens.
	{"SELECT /*! 1 + */ 1", "/*!", "some servers execute"},
	{"SELECT /*!50000 1 + */ 1", "/*!", "some servers execute"},
	{"SELECT /*M! 1 + */ 1", "/*M!", "some servers execute"},
	{"SELECT /*T! 1 + */ 1", "/*T!", "some servers execute"},
	{"SELECT /*+ SET_VAR(sql_mode='') */ 1", "/*+", "hint"},
	{"SELECT /*+ set_var(sql_mode=1) */ 1", "/*+", "the hint SET_VAR"},
	{"SELECT /*+ QB_NAME(\"*/ 1", "/*+", "hint with quotes"},
	{`SELECT 'it\'s'`, `'it`, "a backslash before a quote"},
	{`SELECT '\'' OR 1 -- '`, `'\'`, "a backslash before a quote"},
	{`SELECT N'\''`, `N'`, "a backslash before a quote"},
	{`SELECT "x"`, `"x"`, "a string in double quotes"},
	{`SELECT 1 AS "\\"`, `"\\"`, "a string in double quotes"},
	{"SELECT \\N", "\\N", "a backslash outside"},
	{"SELECT `a\\` FROM t", "`a", "a backslash outside"},
	{"SELECT 1a FROM t", "1a", "the name 1a without quotes"},
	{"SELECT t.1a FROM t", ".1a", "right beside"},
	{"SELECT t.1 FROM t", ".1", "right beside"},
	{"SELECT 1e5x", "1e5x", "without quotes"},
	{"SELECT 1.5x", "1.5", "right beside"},
	{"SELECT $a", "$a", "the name $a"},
	{"SELECT $$a$$", "$$", "the name $$a$$"},
	{"SELECT $1a", "$1a", "the name $1a"},
	{"SELECT ?", "?", "the parameter ?"},
	{"SELECT _ucs2'ab'", "_ucs2", "the character set _ucs2"},
	{"SELECT @x := 1", "@x", "the variable @x"},
	{"SELECT @'x'", "@'x'", "the variable"},
	{"SELECT @@sql_mode", "@@sql_mode", "the variable"},
	{"SELECT a || b FROM t", "||", "the operator ||"},
	{"SELECT {d '2020-01-01'}", "{", "{ is not supported"},
	{"SELECT * FROM {OJ a LEFT JOIN b ON a.x = b.x}", "{", "{ is not supported"},
	{"SELECT " + strings.Repeat("(", 201) + "1" + strings.Repeat(")", 201), "(1", "nested as deeply"},
	{"SELECT `Größe`, `Ä` FROM t", "`Ä`", "the name `Ä`"},
	{"SELECT * FROM \u212A", "\u212A", "whose case"},
	// What would take the parser too long.
	{"SELECT " + strings.Repeat("((SELECT ", 60) + "1 1 1" + strings.Repeat("))", 60), "((", "nested as deeply"},
	{"SELECT " + strings.Repeat("1 + INTERVAL (", 60) + "1" + strings.Repeat(") DAY", 60), "(1", "nested as deeply"},
	{"SELECT " + strings.Repeat("INTERVAL(1, ", 60) + "1" + strings.Repeat(")", 60), "(1", "nested as deeply"},
	{"SELECT " + strings.Repeat("json_value(", 60) + "1" + strings.Repeat(", 1)", 60), "(json", "nested as deeply"},
	{"SELECT " + strings.Repeat("INTERVAL ", 60) + "1" + strings.Repeat(" DAY + 1", 60), "INTERVAL", "INTERVAL of an INTERVAL"},
	// Statements that are none of ours.
	{"LOAD DATA INFILE 'x' INTO TABLE t", "LOAD", "LOAD is refused"},
	{"HANDLER t OPEN", "HANDLER", "HANDLER is refused"},
	{"CALL f()", "CALL", "CALL is refused"},
	{"DO sleep(1)", "DO", "DO is refused"},
	{"SET sql_mode = ''", "SET", "SET is refused"},
	{"PREPARE s FROM 'SELECT 1'", "PREPARE", "PREPARE is refused"},
	{"LOCK TABLES t READ", "LOCK", "LOCK is refused"},
	{"TRUNCATE t", "TRUNCATE", "TRUNCATE is refused"},
	{"EXPLAIN SELECT 1", "EXPLAIN", "EXPLAIN is refused"},
	{"BATCH ON id LIMIT 1 DELETE FROM t", "BATCH", "BATCH is refused"},
	{"TABLE t", "TABLE", "TABLE as a statement"},
	{"VALUES ROW(1)", "VALUES", "VALUES as a statement"},
	{"SELECT * FROM (VALUES ROW(1)) AS v", "VALUES", "TABLE or VALUES"},
	{"INSERT INTO t TABLE u", "TABLE", "TABLE or VALUES"},
	{"SELECT 1 INTO OUTFILE 'x'", "SELECT", "SELECT … INTO"},
	{"SELECT a INTO b FROM t", "SELECT", "SELECT … INTO"},
	{"SELECT 1 UNION SELECT 2 FOR UPDATE", "SELECT", "FOR UPDATE behind a set operation"},
	// Other databases, and names that differ by case alone.
	{"SELECT * FROM mysql.user", "mysql", "a table name with a database"},
	{"DELETE FROM x.t", "x.t", "a table name with a database"},
	{"SELECT x.t.a FROM t", "x.t.a", "a column name with a database"},
	{"SELECT x.t.* FROM t", "x.t", "a column name with a database"},
	{"WITH X AS (SELECT 1) SELECT * FROM x", "x", "x beside X"},
	{"SELECT * FROM t AS O WHERE EXISTS (SELECT 1 FROM u AS o)", "o)", "o beside O"},
	{"SELECT * FROM t AS O, u AS o", "o", "o beside O"},
	{"SELECT * FROM t AS excluded", "excluded", "the name excluded"},
	{"SELECT excluded.a FROM t", "excluded", "the name excluded"},
	// FROM.
	{"SELECT * FROM (SELECT 1)", "(", "without a name"},
	{"SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) AS j", "JSON_TABLE", "JSONTable in FROM"},
	{"SELECT * FROM t AS OF TIMESTAMP '2020-01-01'", "t", "a sample or past state"},
	{"SELECT * FROM t TABLESAMPLE (1)", "t", "a sample or past state"},
	{"WITH a AS (SELECT 1) (WITH b AS (SELECT 2) SELECT * FROM b)", "WITH b", "a WITH clause inside"},
	{"(SELECT a FROM t LIMIT 1) LIMIT 2", "(", "a second ORDER BY"},
	// Expressions.
	{"SELECT NEXT VALUE FOR s", "", "not supported"},
	{"SELECT VALUES(a) FROM t", "VALUES", "outside of ON DUPLICATE KEY UPDATE"},
	{"INSERT INTO t (a) VALUES (1) ON DUPLICATE KEY UPDATE a = (SELECT VALUES(b) FROM u)", "VALUES(b)", "outside of ON DUPLICATE"},
	{"SELECT group_concat(a ORDER BY b) OVER () FROM t", "group_concat", "not supported"},
	{"SELECT CAST(a AS char ARRAY) FROM t", "CAST", "not supported"},
	{"SELECT a ILIKE 'x' FROM t", "a", "not supported"},
	// Writing.
	{"INSERT INTO t SET a = 1", "INSERT", "INSERT … SET"},
	{"INSERT DELAYED INTO t VALUES (1)", "INSERT", "INSERT DELAYED"},
	{"INSERT INTO t (a) VALUES (1) AS n (x) ON DUPLICATE KEY UPDATE a = x", "INSERT", "names for the columns"},
	{"INSERT INTO t PARTITION (p) VALUES (1)", "t", "PARTITION"},
	{"INSERT INTO t (a, A) VALUES (1, 2)", "A)", "names \"a\" twice"},
	{"INSERT INTO t (u.a) VALUES (1)", "u.a", "of another table"},
	{"INSERT INTO t (a) VALUES (1) RETURNING a", "RETURNING", "RETURNING"},
	{"DELETE FROM t RETURNING", "RETURNING", "RETURNING"},
	{"UPDATE t, u SET t.a = 1, u.a = 2", "t.a", "more than one table"},
	{"UPDATE t, u SET a = 1", "a = 1", "without the table's name"},
	{"UPDATE t SET u.a = 1", "u.a", "of another table"},
	{"UPDATE t JOIN u ON t.x = u.x SET v.a = 1", "v.a", "writing \"v\""},
	{"UPDATE t JOIN u ON t.x = u.x SET t.a = 1 LIMIT 1", "UPDATE", "ORDER BY or LIMIT"},
	{"UPDATE (SELECT 1 AS a) AS d SET d.a = 1", "d.a", "writing \"d\""},
	{"DELETE t, u FROM t JOIN u ON t.x = u.x", "t, u", "more than one table"},
	{"DELETE v FROM t JOIN u ON t.x = u.x", "v", "writing \"v\""},
	{"DELETE x.t FROM t JOIN u ON t.x = u.x", "DELETE", "with the name of its database"},
	{"DELETE HISTORY FROM t", "HISTORY", "writing \"history\""},
}

func TestMySQLRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range mysqlRefusals {
		_, err := MySQL.Statement(tt.sql)
		if err == nil {
			t.Errorf("%s\nis accepted", tt.sql)
			continue
		}
		e := err.(*Error)
		if !strings.Contains(e.Message, tt.want) || e.Pos > len(tt.sql) || !strings.HasPrefix(tt.sql[e.Pos:], tt.at) || e.Help == "" && tt.sql != "" {
			t.Errorf("%s\nat %d: %s (%s)", tt.sql, e.Pos, e.Message, e.Help)
		}
	}
}
