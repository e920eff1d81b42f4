package testmysql

import (
	"context"
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// EnvURL holds the DSN of a user with all privileges on a running server.
const EnvURL = "TENANCY_TEST_MYSQL_URL"

// shared is the server of this test binary.
var shared testserver.Shared[*Server]

// Main runs the tests, stops the server if one was started, and exits, as that of
// testpg does. It is all that a TestMain has to call, also of a package that uses
// both:
//
//	func TestMain(m *testing.M) { testmysql.Main(m) }
func Main(m *testing.M, checks ...func() error) { testserver.Main(m, checks...) }

// Required reports whether a missing server is a failure.
func Required() bool { return testserver.Required() }

// URL returns the DSN of a user with all privileges, without a database. It skips t
// when there is no server, or fails it when servers are required. It may be called
// from parallel tests.
func URL(t testing.TB) string {
	t.Helper()
	return shared.Get(t, Start).URL
}

// Database makes an empty database for t, drops it when t ends, and returns the DSN of
// a user with all privileges in it. It skips or fails t as URL does.
func Database(t testing.TB) string {
	t.Helper()
	return DatabaseOn(t, URL(t))
}

// DatabaseOn is Database on the server of a DSN, such as one of New.
func DatabaseOn(t testing.TB, server string) string {
	t.Helper()
	name := testserver.UniqueName("test")
	// Not the server's own default, which differs from version to version.
	run(t, server, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4")
	// Tables of other databases may refer to it, where a test has failed.
	t.Cleanup(func() { run(t, server, "SET foreign_key_checks = 0", "DROP DATABASE IF EXISTS "+name) })
	return edit(t, server, func(c *mysql.Config) { c.DBName = name })
}

// User makes a user for t that may read and write the rows of the DSN's database and
// nothing else, and returns its DSN in that database. The user is dropped when t ends.
func User(t testing.TB, admin string) (name, userURL string) {
	t.Helper()
	name = testserver.UniqueName("app")
	password := testserver.UniqueName("pw")
	var database string
	edit(t, admin, func(c *mysql.Config) { database = c.DBName })
	run(t, admin,
		"CREATE USER "+name+" IDENTIFIED BY '"+password+"'",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON `"+database+"`.* TO "+name)
	t.Cleanup(func() { run(t, admin, "DROP USER "+name) })
	return name, edit(t, admin, func(c *mysql.Config) { c.User, c.Passwd = name, password })
}

// Open returns a pool on a DSN that is closed when t ends.
func Open(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		// The error would print the DSN, and with it the password.
		t.Fatal("testmysql: not a DSN")
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// IsMariaDB reports whether the server of a DSN is a MariaDB.
func IsMariaDB(t testing.TB, dsn string) bool {
	t.Helper()
	var version string
	if err := Open(t, dsn).QueryRowContext(t.Context(), "SELECT VERSION()").Scan(&version); err != nil {
		t.Fatalf("testmysql: version: %v", err)
	}
	return strings.Contains(version, "MariaDB")
}

func run(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	// The context of a test is over when its cleanup runs.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		t.Fatal("testmysql: not a DSN")
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			word, _, _ := strings.Cut(s, " ")
			t.Fatalf("testmysql: %s: %v", word, err)
		}
	}
}

func edit(t testing.TB, dsn string, change func(*mysql.Config)) string {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatalf("testmysql: %s is not a DSN", EnvURL)
	}
	change(config)
	return config.FormatDSN()
}
