package generator

import (
	"database/sql"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
)

// tellsAnothers runs a statement of acme's on a connection on which globex has added a row
// with a number, and reports whether the result tells a number that is none of acme's.
func tellsAnothers(t *testing.T, c *sql.Conn, statement string) bool {
	t.Helper()
	for _, q := range []string{
		"DELETE FROM notes",
		"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'a')",
		"INSERT INTO notes (tenant_id, k, body) VALUES ('globex', 'k', 'g')",
	} {
		if _, err := c.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	result, err := c.ExecContext(t.Context(), statement)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		t.Fatal(err)
	}
	var own int
	if err := c.QueryRowContext(t.Context(), "SELECT count(*) FROM notes WHERE tenant_id = 'acme' AND id = ?", id).Scan(&own); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d, %d own: %s", id, own, statement)
	return id != 0 && own == 0
}

// numberless are statements that add no row with a number.
var numberless = []string{
	"UPDATE notes SET body = 'b' WHERE tenant_id = 'acme'",
	"UPDATE notes SET body = 'b' WHERE tenant_id = 'initech'",
	"INSERT INTO notes (tenant_id, k, body) SELECT tenant_id, k, body FROM notes WHERE tenant_id = 'initech'",
	"INSERT INTO keyed (tenant_id, k) VALUES ('acme', 'new')",
	"DELETE FROM keyed WHERE tenant_id = 'acme'",
}

// A result of MySQL's tells of the statement's own row, so :execlastid and :execresult
// may be had of any statement. SQLite's tells what the connection remembers, whoever's it is.
func TestLastIDOfMySQLAndSQLite(t *testing.T) {
	t.Parallel()
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("mysql", testmysql.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		c := prepared(t, db,
			"CREATE TABLE notes (id BIGINT PRIMARY KEY AUTO_INCREMENT, tenant_id VARBINARY(36) NOT NULL, k VARBINARY(36) NOT NULL, body TEXT, UNIQUE (tenant_id, k))",
			"CREATE TABLE keyed (tenant_id VARBINARY(36) NOT NULL, k VARBINARY(36) NOT NULL, PRIMARY KEY (tenant_id, k))")
		for _, statement := range append([]string{
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'new', 'b')",
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'b') ON DUPLICATE KEY UPDATE body = VALUES(body)",
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'a') ON DUPLICATE KEY UPDATE body = VALUES(body)", // changes nothing
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'b') ON DUPLICATE KEY UPDATE k = 'moved'",
			"INSERT IGNORE INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'b')",
			"REPLACE INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'b')",
			"INSERT INTO notes (id, tenant_id, k, body) VALUES (1000000, 'acme', 'given', 'b')",
		}, numberless...) {
			if tellsAnothers(t, c, statement) {
				t.Errorf("the result tells another's number: %s", statement)
			}
		}
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := prepared(t, testsqlite.Open(t, "file:"+testsqlite.File(t), 1),
			"CREATE TABLE notes (id INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL, k TEXT NOT NULL, body TEXT, UNIQUE (tenant_id, k))",
			"CREATE TABLE keyed (tenant_id TEXT NOT NULL, k TEXT NOT NULL, PRIMARY KEY (tenant_id, k)) WITHOUT ROWID")
		for statement, tells := range map[string]bool{
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'new', 'b')":                                                               false,
			"INSERT INTO notes (tenant_id, k, body) VALUES ('acme', 'old', 'b') ON CONFLICT (tenant_id, k) DO UPDATE SET body = excluded.body": true,
			numberless[0]: true,
			numberless[3]: true,
		} {
			if tellsAnothers(t, c, statement) != tells {
				t.Errorf("whether the result tells another's number is not %t: %s", tells, statement)
			}
		}
	})
}

// prepared returns a connection, on which it has run statements.
func prepared(t *testing.T, db *sql.DB, statements ...string) *sql.Conn {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, s := range statements {
		if _, err := c.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return c
}
