package testpg

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// The environment variables that the package reads.
const (
	// EnvURL holds the URL of a superuser of a running server.
	EnvURL = "TENANCY_TEST_POSTGRES_URL"
	// EnvRequire, when it is 1, turns a skip for want of a server into a failure.
	EnvRequire = testserver.EnvRequire
	// EnvCache holds the directory where StartRelease keeps what it fetched.
	EnvCache = "TENANCY_TEST_POSTGRES_CACHE"
	// EnvBouncer holds the path of the PgBouncer that Bouncer runs.
	EnvBouncer = "TENANCY_TEST_PGBOUNCER"
)

// shared is the server of this test binary.
var shared testserver.Shared[*Server]

// Main runs the tests, stops the server if one was started, and exits. It is all
// that a TestMain has to call:
//
//	func TestMain(m *testing.M) { testpg.Main(m) }
//
// The checks run after the server has stopped, such as one for goroutines that
// the tests left behind; an error of theirs fails the run.
func Main(m *testing.M, checks ...func() error) { testserver.Main(m, checks...) }

// URL returns the URL of a superuser in the server's maintenance database. It
// skips t when there is no server, or fails it when servers are required. It may
// be called from parallel tests.
func URL(t testing.TB) string {
	t.Helper()
	return shared.Get(t, Start).URL
}

// Version returns the server's major version. It skips or fails t as URL does.
func Version(t testing.TB) int {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), URL(t))
	if err != nil {
		t.Fatalf("testpg: connect: %v", err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	var number int
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
		t.Fatalf("testpg: version: %v", err)
	}
	return number / 10000
}

// Required reports whether a missing server is a failure.
func Required() bool { return testserver.Required() }

// Database makes an empty database for t, drops it when t ends, and returns the
// URL of a superuser in it.
func Database(t testing.TB) string {
	t.Helper()
	server := URL(t)
	name := testserver.UniqueName("test")
	run(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	// The context of a test is over when its cleanup runs.
	t.Cleanup(func() { run(t, server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return edit(t, server, func(u *url.URL) { u.Path = "/" + name })
}

// Role makes a login role for t that is no superuser, owns nothing, and may use
// schema public, and returns its URL in the same database. superuser is a URL
// that Database returned. The role is dropped when t ends, with its privileges.
func Role(t testing.TB, superuser string) (name, roleURL string) {
	t.Helper()
	name = testserver.UniqueName("app")
	password := testserver.UniqueName("pw")
	run(t, superuser,
		"CREATE ROLE "+name+" LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '"+password+"'",
		"GRANT USAGE ON SCHEMA public TO "+name)
	t.Cleanup(func() {
		run(t, superuser,
			// A connection that the test left open may hold locks.
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+name+"'",
			"DROP OWNED BY "+name,
			"DROP ROLE "+name)
	})
	return name, edit(t, superuser, func(u *url.URL) { u.User = url.UserPassword(name, password) })
}

func run(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatalf("testpg: connect: %v", err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			word, _, _ := strings.Cut(s, " ")
			t.Fatalf("testpg: %s: %v", word, err)
		}
	}
}

func edit(t testing.TB, dsn string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		// The parse error would print the URL, and with it the password.
		t.Fatalf("testpg: %s is not a URL", EnvURL)
	}
	change(u)
	return u.String()
}
