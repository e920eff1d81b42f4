package generator

import (
	"database/sql"
	"errors"
	"testing"

	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testsqlite"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// The run time knows the error that a dialect provokes where a look-up finds nothing, and
// takes no other for it.
func TestErrorsOfLookups(t *testing.T) {
	t.Parallel()
	check := func(t *testing.T, db *sql.DB, d dialect.Dialect, others ...string) {
		t.Helper()
		const from = "SELECT p.id FROM (SELECT 1 AS one) AS given LEFT JOIN parents AS p ON p.id = 7 WHERE "
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE parents (id INT PRIMARY KEY)"); err != nil {
			t.Fatal(err)
		}
		got := func(query string) error {
			var id sql.NullInt64
			return sqldb.KeyError(db.QueryRowContext(t.Context(), query).Scan(&id))
		}
		if err := got(from + d.Failing("p.id IS NULL AND 7 IS NOT NULL")); !errors.Is(err, runtime.ErrForeignKey) {
			t.Errorf("error is %v", err)
		}
		if err := got(from + d.Failing("p.id IS NOT NULL")); err != nil {
			t.Errorf("error is %v, though nothing is missing", err)
		}
		for _, query := range others {
			if err := got(query); err == nil || errors.Is(err, runtime.ErrForeignKey) {
				t.Errorf("error of %s is %v", query, err)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		check(t, testsqlite.Open(t, "file:"+testsqlite.File(t), 1), dialect.SQLite,
			"SELECT json('')", "SELECT json_extract('{}', 'a path')", "INSERT INTO parents VALUES (1), (1)")
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("mysql", testmysql.Database(t))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		check(t, db, dialect.MySQL,
			"SELECT EXP(1000) FROM (SELECT 1 AS one) AS x", "SELECT 9223372036854775807 + one FROM (SELECT 1 AS one) AS x", "INSERT INTO parents VALUES (1), (1)")
	})
}
