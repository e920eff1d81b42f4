package places_test

import (
	"errors"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testmysql"
)

// TestKeysThatMySQLChanges is why the compiler refuses a foreign key between tenants' rows
// whose column does not hold every key: the server takes it, looks up the thief's row, and
// stores the victim's key.
func TestKeysThatMySQLChanges(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ mode, parent, child, keys string }{
		{"''", "VARBINARY(9)", "VARBINARY(3)", "('thief', 'abcd'), ('victim', 'abc')"},
		{"'STRICT_ALL_TABLES'", "VARCHAR(9)", "VARCHAR(3)", "('thief', 'abc '), ('victim', 'abc')"},
	} {
		config, err := mysqldriver.ParseDSN(testmysql.Database(t))
		if err != nil {
			t.Fatal("not a DSN")
		}
		config.Params = map[string]string{"sql_mode": tc.mode}
		db := testmysql.Open(t, config.FormatDSN())
		exact := "utf8mb4_0900_bin"
		if testmysql.IsMariaDB(t, config.FormatDSN()) {
			exact = "utf8mb4_nopad_bin"
		}
		var failed error
		for _, text := range []string{
			"ALTER DATABASE COLLATE " + exact,
			"CREATE TABLE parents (tenant_id VARBINARY(9) NOT NULL, id " + tc.parent + " PRIMARY KEY)",
			"CREATE TABLE children (parent_id " + tc.child + " NOT NULL, FOREIGN KEY (parent_id) REFERENCES parents (id))",
			"INSERT INTO parents VALUES " + tc.keys,
			"INSERT INTO children VALUES ((SELECT p.id FROM parents AS p WHERE p.tenant_id = 'thief'))",
		} {
			_, err := db.ExecContext(t.Context(), text)
			failed = errors.Join(failed, err)
		}
		var whose string
		err = db.QueryRowContext(t.Context(), "SELECT p.tenant_id FROM children AS c JOIN parents AS p ON p.id = c.parent_id").Scan(&whose)
		if err := errors.Join(failed, err); err != nil || whose != "victim" {
			t.Errorf("%s of %s: the row is of %q, %v: there is nothing to guard", tc.child, tc.parent, whose, err)
		}
	}
}
