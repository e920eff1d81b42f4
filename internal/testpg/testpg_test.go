package testpg

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// envHelper makes the test binary start a server, and a PgBouncer when it is
// "bouncer", and wait to be killed.
const envHelper = "TENANCY_TESTPG_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(envHelper) != "" {
		if err := help(context.Background(), os.Getenv(envHelper) == "bouncer"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		select {}
	}
	Main(m)
}

// help starts what the helper starts and prints its URL.
func help(ctx context.Context, bouncer bool) error {
	s, err := startLocal(ctx)
	if err != nil {
		return err
	}
	dsn := s.URL
	if bouncer {
		if dsn, err = startHelpersBouncer(ctx, dsn); err != nil {
			return err
		}
	}
	fmt.Println(dsn)
	return nil
}

func local(t *testing.T) {
	t.Helper()
	if _, err := findBinaries(); err != nil {
		if Required() {
			t.Fatal("no postgres and initdb on this machine")
		}
		t.Skip("no postgres and initdb on this machine")
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// awaitShutdown waits until the server ends conn.
func awaitShutdown(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := conn.WaitForNotification(ctx)
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) || pgErr.Code != "57P01" {
		t.Fatalf("the connection ended with %v, want the server's shutdown", err)
	}
}

func TestServerStopsAtClose(t *testing.T) {
	t.Parallel()
	local(t)
	s, err := startLocal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, s.URL)
	var directory, addresses string
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('data_directory'), current_setting('listen_addresses')").Scan(&directory, &addresses); err != nil {
		t.Fatal(err)
	}
	if addresses != "127.0.0.1" {
		t.Errorf("the server listens on %q", addresses)
	}
	s.Close()
	s.Close()
	awaitShutdown(t, conn)
	if _, err := os.Stat(directory); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the data directory is still there: %v", err)
	}
	if _, err := pgx.Connect(t.Context(), s.URL); err == nil {
		t.Error("the server still takes connections")
	}
}

func TestServerStopsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	local(t)
	awaitShutdown(t, orphan(t, "server"))
}

// orphan returns a connection to what a helper has started, whom it has killed.
func orphan(t *testing.T, what string) *pgx.Conn {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := exec.CommandContext(t.Context(), exe)
	helper.Env = append(os.Environ(), envHelper+"="+what)
	helper.Stderr = os.Stderr
	stdout, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err, helper.Wait())
	}
	conn := connect(t, strings.TrimSpace(line))
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait() // it was killed
	return conn
}

func TestDatabaseAndRole(t *testing.T) {
	t.Parallel()
	server := URL(t)
	var name, role string
	t.Run("exist during the test", func(t *testing.T) {
		dsn := Database(t)
		var roleURL string
		role, roleURL = Role(t, dsn)
		if other := Database(t); other == dsn {
			t.Errorf("two databases have the same URL")
		}
		var super, bypass, tables bool
		conn := connect(t, roleURL)
		err := conn.QueryRow(t.Context(), `SELECT current_database(), rolsuper, rolbypassrls, has_schema_privilege('public', 'CREATE')
			FROM pg_roles WHERE rolname = current_user AND rolname = $1`, role).Scan(&name, &super, &bypass, &tables)
		if err != nil {
			t.Fatal(err)
		}
		if super || bypass {
			t.Errorf("the role is superuser %v, bypasses RLS %v", super, bypass)
		}
		// DROP OWNED has to cope with privileges.
		run(t, dsn, "CREATE TABLE x (id int)", "GRANT SELECT ON x TO "+role)
	})
	var left int
	err := connect(t, server).QueryRow(t.Context(), `SELECT (SELECT count(*) FROM pg_database WHERE datname = $1)
		+ (SELECT count(*) FROM pg_roles WHERE rolname = $2)`, name, role).Scan(&left)
	if err != nil {
		t.Fatal(err)
	}
	if left != 0 {
		t.Error("the database or the role is still there")
	}
}

func TestVersionOrder(t *testing.T) {
	t.Parallel()
	if a, b := version("/usr/lib/postgresql/9/bin"), version("/usr/lib/postgresql/15/bin"); a != 9 || b != 15 {
		t.Errorf("versions %d, %d", a, b)
	}
}
