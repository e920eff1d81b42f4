package certify_test

import (
	"testing"

	"github.com/tenancygen/tenancygen/generator/dialect"
)

const mySQLSchema = "CREATE TABLE g (id BIGINT PRIMARY KEY, name VARCHAR(20));" + `
CREATE TABLE par (id BIGINT PRIMARY KEY AUTO_INCREMENT, t VARBINARY(36) NOT NULL, name VARCHAR(20));
CREATE TABLE o (id BIGINT PRIMARY KEY, t VARBINARY(36) NOT NULL, k VARCHAR(20) UNIQUE, q INT);
CREATE TABLE own (t VARBINARY(36) NOT NULL, k VARCHAR(20) NOT NULL, q INT, PRIMARY KEY (t, k));
CREATE TABLE cut (t VARBINARY(36) NOT NULL, k VARCHAR(20) NOT NULL, UNIQUE (t(3), k));
CREATE TABLE ch (id BIGINT PRIMARY KEY, pid BIGINT NOT NULL, v VARCHAR(20), FOREIGN KEY (pid) REFERENCES par (id));
CREATE TABLE chn (pid BIGINT NOT NULL, v VARCHAR(20) NOT NULL, PRIMARY KEY (pid, v), FOREIGN KEY (pid) REFERENCES par (id));
CREATE TABLE two (a BIGINT, b BIGINT, t VARBINARY(36) NOT NULL, PRIMARY KEY (a, b));
CREATE TABLE tree (id BIGINT PRIMARY KEY, t VARBINARY(36) NOT NULL, up BIGINT, FOREIGN KEY (up) REFERENCES tree (id));
CREATE TABLE twice (t VARBINARY(36) NOT NULL, a BIGINT, b BIGINT, x BIGINT, y BIGINT, FOREIGN KEY (a, b) REFERENCES two (a, b));
`

// The look-up that fails is the one that the rewriter writes; see dialect.MySQL.
const mySQLLookup = `(SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE EXP(CASE WHEN p.id IS NULL THEN 1000 END) IS NULL)`

// The same for a key of two columns, the second of which becomes the column y.
const mySQLLookupOfTwo = `(SELECT p.a FROM (SELECT 1 AS one) AS given LEFT JOIN two AS p ON p.a = $2 AND p.b = twice.y AND p.t = $1 WHERE EXP(CASE WHEN p.a IS NULL THEN 1000 END) IS NULL)`

// mySQLLookupApart is the first one for a table that the statement updates.
func mySQLLookupApart(where string) string {
	return "(SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN (SELECT DISTINCT p.id FROM tree AS p WHERE " + where + ") AS p ON p.id = $2 WHERE EXP(CASE WHEN p.id IS NULL AND $2 IS NOT NULL THEN 1000 END) IS NULL)"
}

var mySQLAccepted = []string{
	`SELECT * FROM o WHERE o.t = $1`,
	"SELECT * FROM `o` WHERE `o`.`t` = $1 AND (k = 'a' OR q > 1)",
	`SELECT * FROM o FORCE INDEX (k) WHERE o.t = $1`,
	`SELECT * FROM par STRAIGHT_JOIN o ON o.q = par.id WHERE par.t = $1 AND o.t = $1`,
	`SELECT * FROM par AS p LEFT JOIN o ON o.q = p.id AND o.t = $1 WHERE p.t = $1`,
	`INSERT INTO o (t, k) VALUES ($1, 'a')`,
	`INSERT INTO ch (id, pid) VALUES (1, ` + mySQLLookup + `)`,
	`INSERT INTO own (t, k) VALUES ($1, 'a') ON DUPLICATE KEY UPDATE q = 1`,
	`INSERT INTO chn (pid, v) VALUES (` + mySQLLookup + `, 'a') ON DUPLICATE KEY UPDATE v = VALUES(v)`,
	`REPLACE INTO own (t, k) VALUES ($1, 'a')`,
	`UPDATE o SET o.q = 1 WHERE o.t = $1 ORDER BY o.id LIMIT 1`,
	`UPDATE o JOIN par ON par.id = o.q SET o.q = 1 WHERE o.t = $1 AND par.t = $1`,
	`DELETE FROM o WHERE o.t = $1 LIMIT 1`,
	`DELETE o FROM o JOIN par ON par.id = o.q WHERE o.t = $1 AND par.t = $1`,
	`UPDATE twice SET a = ` + mySQLLookupOfTwo + `, b = twice.y, x = 1 WHERE twice.t = $1`,
	// The target is read in a subquery of FROM.
	`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT p.id FROM par AS p WHERE p.t = $1) AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
	`UPDATE tree SET up = ` + mySQLLookupApart("p.t = $1") + ` WHERE tree.t = $1`,
}

func TestMySQL(t *testing.T) {
	t.Parallel()
	statements{
		accepted: mySQLAccepted,
		refused: []string{
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT p.id FROM par AS p) AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT p.id FROM par AS p WHERE p.t = 'x') AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
			// Another column is called id.
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT p.name AS id FROM par AS p WHERE p.t = $1) AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT g.id FROM g JOIN par AS p ON p.t = $1) AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
			// Not every row is the tenant's.
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT p.id FROM par AS p WHERE p.t = $1 UNION SELECT g.id FROM g) AS p WHERE p.id = ch.pid)) WHERE par.t = $1`,
			`UPDATE par SET name = (SELECT max(ch.v) FROM ch WHERE EXISTS (SELECT 1 FROM (SELECT DISTINCT p.id FROM par AS p WHERE p.t = $1) AS p WHERE p.id = ch.id)) WHERE par.t = $1`,
			`UPDATE tree SET up = ` + mySQLLookupApart("p.t = 'x'") + ` WHERE tree.t = $1`,
			`UPDATE tree SET up = ` + mySQLLookupApart("p.id = $2") + ` WHERE tree.t = $1`,
			`UPDATE tree SET up = (SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN (SELECT DISTINCT p.id, p.up FROM tree AS p WHERE p.t = $1) AS p ON p.up = $2 WHERE EXP(CASE WHEN p.id IS NULL THEN 1000 END) IS NULL) WHERE tree.t = 'x'`,
			// The value of y is not the one that was looked up.
			`UPDATE twice SET a = ` + mySQLLookupOfTwo + `, y = 9, b = twice.y WHERE twice.t = $1`,
			`SELECT * FROM o`,
			`SELECT * FROM o WHERE o.t <=> $1`,
			`SELECT * FROM o WHERE o.t = $1 OR 1 = 1`,
			`SELECT * FROM o WHERE o.t = $1 XOR 1 = 1`,
			`SELECT * FROM o WHERE o.t = $1 = 1`,
			`SELECT * FROM o WHERE o.t = $1 COLLATE utf8mb4_general_ci`,
			`SELECT * FROM o WHERE LOWER(o.t) = $1`,
			`SELECT * FROM o WHERE BINARY o.t = $1 OR 0`,
			`SELECT t AS x FROM o HAVING x = $1`,
			`SELECT * FROM other.o WHERE o.t = $1`,
			`SELECT * FROM o WHERE o.t = $1 AND LAST_INSERT_ID() = 1`,
			`SELECT * FROM o WHERE o.t = $1 AND o.q = @x`,
			`SELECT * FROM par AS p LEFT JOIN o ON o.q = p.id WHERE p.t = $1`,
			`INSERT INTO o (t, k) VALUES ('x', 'a')`,
			`INSERT IGNORE INTO o (t, k) VALUES ($1, 'a')`,
			`UPDATE IGNORE o SET q = 1 WHERE o.t = $1`,
			// The key on k, the primary key, or a part of the tenant is what all share.
			`INSERT INTO o (t, k) VALUES ($1, 'a') ON DUPLICATE KEY UPDATE q = 1`,
			`INSERT INTO cut (t, k) VALUES ($1, 'a') ON DUPLICATE KEY UPDATE k = 'b'`,
			`REPLACE INTO o (t, k) VALUES ($1, 'a')`,
			`REPLACE INTO cut (t, k) VALUES ($1, 'a')`,
			`INSERT INTO own (t, k) VALUES ($1, 'a') ON DUPLICATE KEY UPDATE t = 'x'`,
			// Without the strict mode NULL becomes 0, or the empty text.
			`INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM par AS p WHERE p.id = $2 AND p.t = $1))`,
			`INSERT INTO own (t, k) VALUES (CASE WHEN $2 = $1 THEN $1 END, 'a')`,
			`INSERT INTO ch (id, pid) VALUES (1, NULL)`,
			`INSERT INTO ch (id, pid) VALUES (1, (SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN par AS p ON p.id = $2 AND p.t = $1 WHERE EXP(CASE WHEN p.id IS NULL THEN 100 END) IS NULL))`,
			`INSERT INTO ch (id, pid) VALUES (1, $2)`,
			`UPDATE o JOIN par ON par.id = o.q SET o.q = 1 WHERE o.t = $1`,
			`UPDATE o JOIN par ON par.id = o.q SET o.q = 1 WHERE par.t = $1`,
			`DELETE o FROM o JOIN par ON par.id = o.q WHERE par.t = $1`,
			`UPDATE o SET t = 'x' WHERE o.t = $1`,
			`DELETE FROM o LIMIT 1`,
		},
	}.run(t, dialectCatalog(t, dialect.MySQL, mySQLSchema))
}
