package testmysql

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// envHelper makes the test binary start a server and wait to be killed.
const envHelper = "TENANCY_TESTMYSQL_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(envHelper) != "" {
		s, err := startLocal(context.Background())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(s.URL)
		select {}
	}
	Main(m)
}

func TestServerStopsWhenItsParentIsKilled(t *testing.T) {
	t.Parallel()
	New(t) // skips without a binary, and installs it for the helper
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	helper := exec.CommandContext(t.Context(), exe)
	helper.Env = append(os.Environ(), envHelper+"=server")
	helper.Stderr = os.Stderr
	stdout, err := helper.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	dsn, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	config, err := mysql.ParseDSN(strings.TrimSpace(dsn))
	if err != nil {
		t.Fatal(err)
	}
	if err := Open(t, config.FormatDSN()).PingContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = helper.Process.Kill()
	_ = helper.Wait()
	gone(t, filepath.Dir(config.Addr))
}

// gone returns once a directory is gone.
func gone(t *testing.T, dir string) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s is still there", dir)
		}
	}
}

func TestDatabasesAreApart(t *testing.T) {
	t.Parallel()
	a, b := Open(t, Database(t)), Open(t, Database(t))
	if _, err := a.ExecContext(t.Context(), "CREATE TABLE t (i int)"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.ExecContext(t.Context(), "SELECT * FROM t"); err == nil {
		t.Error("one test sees another's table")
	}
}

func TestUserMayNothingElse(t *testing.T) {
	t.Parallel()
	admin := Database(t)
	if _, err := Open(t, admin).ExecContext(t.Context(), "CREATE TABLE t (i int)"); err != nil {
		t.Fatal(err)
	}
	_, dsn := User(t, admin)
	db := Open(t, dsn)
	if _, err := db.ExecContext(t.Context(), "INSERT INTO t VALUES (1)"); err != nil {
		t.Error(err)
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE u (i int)"); err == nil {
		t.Error("the user made a table")
	}
}

// What is set on a server is set from its first start on, as lower_case_table_names
// has to be.
func TestNewHasSettings(t *testing.T) {
	t.Parallel()
	var folded int
	if err := Open(t, New(t, "--lower-case-table-names=1")).QueryRowContext(t.Context(), "SELECT @@lower_case_table_names").Scan(&folded); err != nil {
		t.Fatal(err)
	}
	if folded != 1 {
		t.Errorf("lower_case_table_names is %d", folded)
	}
}

func TestURLFromTheEnvironment(t *testing.T) {
	t.Setenv(EnvURL, "someone:secret@tcp(db.example.com:3306)/")
	s, err := Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if want := "someone:secret@tcp(db.example.com:3306)/?parseTime=true"; s.URL != want {
		t.Errorf("URL is %s, want %s", s.URL, want)
	}
	t.Setenv(EnvURL, "mysql://someone:secret@db.example.com/")
	if _, err := Start(t.Context()); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("error is %v", err)
	}
}
