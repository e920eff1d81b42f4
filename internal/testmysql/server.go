package testmysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// Server is a MariaDB server, or a MySQL server, for tests.
type Server struct {
	// URL is the DSN of a user with all privileges, without a database.
	URL string

	watchdog *testserver.Watchdog // nil for a server that we did not start
}

// Start finds or starts a server, in the order of the package documentation. The
// caller closes it. The error, when there is none to be had, is one sentence
// that says what was tried and what to do.
func Start(ctx context.Context) (*Server, error) {
	if dsn := os.Getenv(EnvURL); dsn != "" {
		config, err := mysql.ParseDSN(dsn)
		if err != nil {
			// The error would print the DSN, and with it the password.
			return nil, fmt.Errorf("testmysql: %s is not a DSN", EnvURL)
		}
		return &Server{URL: withTimes(config)}, nil
	}
	s, err := testserver.First(ctx, with(startLocal), with(startInstalled), startContainer)
	if errors.Is(err, testserver.ErrAbsent) {
		return nil, fmt.Errorf("no MariaDB for this test: set %s to a DSN, or install mariadb-server-core or docker", EnvURL)
	}
	return s, err
}

// Close stops the server if Start started it, and returns once it is gone. It
// may be called more than once.
func (s *Server) Close() { s.watchdog.Stop() }

// New starts a server for t, with settings such as "--lower-case-table-names=1", and
// stops it when t ends. It returns the DSN of a user with all privileges. It skips t
// when there is no binary on this machine, or fails it when servers are required.
func New(t testing.TB, settings ...string) string {
	t.Helper()
	s, err := testserver.First(t.Context(), with(startLocal, settings...), with(startInstalled, settings...))
	if errors.Is(err, testserver.ErrAbsent) {
		testserver.Missing(t, errors.New("no MariaDB of this test's own: install mariadb-server-core"))
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s.URL
}

// with is a source of servers that have settings.
func with(start func(context.Context, ...string) (*Server, error), settings ...string) func(context.Context) (*Server, error) {
	return func(ctx context.Context) (*Server, error) { return start(ctx, settings...) }
}

// startContainer starts a server with docker.
func startContainer(ctx context.Context) (*Server, error) {
	address, w, err := testserver.StartContainer(ctx, testserver.Image{
		Name: "mariadb:10.11", Port: 3306,
		Env:     []string{"MARIADB_ALLOW_EMPTY_ROOT_PASSWORD=1"},
		Command: []string{"--max-connections=500", "--innodb-flush-log-at-trx-commit=0"},
	})
	if err != nil {
		return nil, err
	}
	return ready(ctx, "tcp", address, w)
}

// ready returns the server at an address once it takes connections.
func ready(ctx context.Context, network, address string, w *testserver.Watchdog) (*Server, error) {
	config := mysql.NewConfig()
	config.User, config.Net, config.Addr = "root", network, address
	config.Logger = &mysql.NopLogger{} // it does not answer yet
	connector, err := mysql.NewConnector(config)
	if err != nil {
		w.Stop()
		return nil, err
	}
	db := sql.OpenDB(connector)
	defer func() { _ = db.Close() }()
	if err := testserver.WaitReady(ctx, w.Done(), db.PingContext); err != nil {
		w.Stop()
		return nil, fmt.Errorf("testmysql: %w", err)
	}
	return &Server{URL: withTimes(config), watchdog: w}, nil
}

// withTimes returns the DSN with which a time is a time.Time, as code of sqlc has it.
func withTimes(config *mysql.Config) string {
	config.ParseTime = true
	return config.FormatDSN()
}
