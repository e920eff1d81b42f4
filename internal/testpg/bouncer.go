package testpg

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenancygen/tenancygen/internal/testserver"
)

// bouncerBinary is the PgBouncer of this test binary.
var bouncerBinary struct {
	once         sync.Once
	path         string
	major, minor int
	err          error
}

// Bouncer starts a PgBouncer in transaction mode, stops it when t ends, and
// returns dsn's URL through it. Every client that comes to it, for whatever
// database of the server, is logged in as the user of dsn, without a password.
//
// It has three connections to the server for each database, and takes them in
// turn, so that transactions of one client move from one to another as often as
// they can. Each of settings, such as "default_pool_size=1", is a line of section
// pgbouncer of its configuration and overrides that. It skips t when there is no
// PgBouncer, or fails it when servers are required, unless the package cannot be
// fetched.
func Bouncer(t testing.TB, dsn string, settings ...string) string {
	t.Helper()
	requireBouncer(t)
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatalf("testpg: %v", err) // it hides the password
	}
	var failure error
	// Another process can take the free port before PgBouncer does.
	for range 3 {
		dsn, w, err := startBouncer(t.Context(), config, settings)
		if err == nil {
			t.Cleanup(w.Stop)
			return dsn
		}
		failure = errors.Join(failure, err)
	}
	t.Fatalf("testpg: PgBouncer: %v", failure)
	return ""
}

// BouncerVersion returns the version of the PgBouncer that Bouncer runs, such as 1
// and 18. It skips or fails t as Bouncer does.
func BouncerVersion(t testing.TB) (major, minor int) {
	t.Helper()
	requireBouncer(t)
	return bouncerBinary.major, bouncerBinary.minor
}

// BouncerPrepares reports whether PgBouncer can carry prepared statements from one
// connection to another, for which setting max_prepared_statements came with 1.21.
// It skips or fails t as Bouncer does.
func BouncerPrepares(t testing.TB) bool {
	t.Helper()
	major, minor := BouncerVersion(t)
	return major > 1 || minor >= 21
}

func requireBouncer(t testing.TB) {
	t.Helper()
	b := &bouncerBinary
	b.once.Do(func() {
		if b.path, b.err = findOrInstallBouncer(context.Background()); b.err == nil {
			b.major, b.minor, b.err = askBouncer(b.path)
		}
	})
	if b.err != nil {
		// Where Debian's archive cannot be reached, nobody can do anything about it.
		if Required() && !errors.Is(b.err, errArchive) {
			t.Fatal(b.err)
		}
		t.Skip(b.err)
	}
}

// errArchive is returned where a package cannot be fetched.
var errArchive = errors.New("the archive of packages cannot be reached")

func findOrInstallBouncer(ctx context.Context) (string, error) {
	if path := os.Getenv(EnvBouncer); path != "" {
		return path, nil
	}
	if path, err := findBouncer(); err == nil {
		return path, nil
	}
	switch err := testserver.Install(ctx, "pgbouncer"); {
	case err == nil:
		if path, err := findBouncer(); err == nil {
			return path, nil
		}
	case err != testserver.ErrAbsent:
		return "", fmt.Errorf("no PgBouncer for this test: %w: %w", errArchive, err)
	}
	return "", fmt.Errorf("no PgBouncer for this test: install pgbouncer, or set %s to the path of its binary", EnvBouncer)
}

func findBouncer() (string, error) {
	if path, err := exec.LookPath("pgbouncer"); err == nil {
		return path, nil
	}
	// Where Debian puts it, which is not in the PATH of everybody.
	if path := "/usr/sbin/pgbouncer"; testserver.Executable(path) {
		return path, nil
	}
	return "", testserver.ErrAbsent
}

// askBouncer asks a binary for its version.
func askBouncer(path string) (major, minor int, err error) {
	out, err := exec.Command(path, "--version").Output()
	if err == nil {
		_, err = fmt.Sscanf(string(out), "PgBouncer %d.%d", &major, &minor)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("testpg: %s --version: %w", path, err)
	}
	return major, minor, nil
}

// startBouncer starts a PgBouncer in a directory of its own.
func startBouncer(ctx context.Context, server *pgconn.Config, settings []string) (_ string, _ *testserver.Watchdog, err error) {
	// PgBouncer refuses to run as root, as PostgreSQL does.
	asServer, own, err := testserver.ServerUser()
	if err != nil {
		return "", nil, err
	}
	port, err := testserver.FreePort(ctx)
	if err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp("", "testpg-")
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	ini := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(ini, []byte(bouncerConfig(server, port, settings)), 0o600); err != nil {
		return "", nil, err
	}
	if err := errors.Join(own(ini), own(dir)); err != nil {
		return "", nil, err
	}
	// It has nothing to save. Which other signal ends it at once depends on its
	// version.
	w, err := testserver.Run(asServer, dir, "KILL", bouncerBinary.path, "-q", ini)
	if err != nil {
		return "", nil, err
	}
	dsn := url.URL{
		Scheme: "postgres", User: url.User(server.User), Path: "/" + server.Database,
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), RawQuery: "sslmode=disable",
	}
	if err := waitReady(ctx, dsn.String(), w.Done()); err != nil {
		w.Stop()
		return "", nil, err
	}
	return dsn.String(), w, nil
}

// bouncerConfig returns the text of pgbouncer.ini.
func bouncerConfig(server *pgconn.Config, port int, settings []string) string {
	quoted := func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
	login := fmt.Sprintf("host=%s port=%d user=%s", quoted(server.Host), server.Port, quoted(server.User))
	if server.Password != "" {
		login += " password=" + quoted(server.Password)
	}
	return strings.Join(append([]string{
		"[databases]",
		"* = " + login,
		"[pgbouncer]",
		"listen_addr=127.0.0.1",
		"listen_port=" + strconv.Itoa(port),
		"unix_socket_dir=",
		"auth_type=any", // nobody but this machine can reach it
		"pool_mode=transaction",
		"default_pool_size=3",
		"server_round_robin=1",
		"max_client_conn=300",
		// A client that waits for ever would look like a slow test.
		"query_wait_timeout=" + strconv.Itoa(int((30 * time.Second).Seconds())),
	}, settings...), "\n") + "\n"
}
