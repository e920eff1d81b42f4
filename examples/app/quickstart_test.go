package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/internal/testredis"
)

// asPsql makes the test binary a psql that knows -f and -c, so that the guide runs where
// there is only a server.
const asPsql = "QUICKSTART_AS_PSQL"

func TestMain(m *testing.M) {
	if os.Getenv(asPsql) != "" {
		if err := psql(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "psql:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	testpg.Main(m)
}

func psql(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("%d arguments", len(args))
	}
	sql := args[2]
	if args[1] == "-f" {
		text, err := os.ReadFile(args[2])
		if err != nil {
			return err
		}
		sql = string(text)
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, args[0])
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, sql)
	return err
}

// script returns the commands of a page as a script. A command with "# answer" behind it
// has to print that.
func script(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	out := "set -euo pipefail\nexpect() { if [ \"$1\" != \"$2\" ]; then echo \"$3: $1, want $2\" >&2; cat /tmp/answer >&2; exit 1; fi; }\n"
	commands, expected := 0, 0
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSuffix(line, "\n")
			if line != "" {
				commands++
			}
			if command, want, ok := strings.Cut(line, "   # "); ok {
				expected++
				line = fmt.Sprintf("ANSWER=$(%s); expect \"$ANSWER\" '%s' 'command %d'", command, want, commands)
			}
			out += line + "\n"
		}
	}
	if commands < 40 || expected < 15 {
		t.Fatalf("%s has only %d commands, %d with an answer", page, commands, expected)
	}
	return out
}

// TestQuickstart runs every command of docs/quickstart.md, with the servers of the tests in
// the place of those on localhost.
func TestQuickstart(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"bash", "curl", "jq", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the guide needs %s: apt-get install %s", tool, tool)
		}
	}
	dir := t.TempDir()
	superURL := testpg.Database(t)
	role, url := testpg.Role(t, superURL)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "psql"), []byte("#!/bin/sh\n"+asPsql+"=1 exec '"+self+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := script(t, "../../docs/quickstart.md")
	for old, other := range map[string]string{
		"postgres://postgres@localhost/app":                     "'" + superURL + "'",
		"postgres://web:web@localhost/app":                      "'" + url + "'",
		"redis://localhost:6379/0":                              testredis.URL(t) + " TENANCY_REDIS_PREFIX=" + strings.TrimSuffix(testredis.Prefix(t), ":"),
		"CREATE ROLE web LOGIN PASSWORD 'web' IN ROLE app_user": "GRANT app_user TO " + role,
		"localhost:8080":                                        address,
		"/tmp/app":                                              filepath.Join(dir, "app"),
		"/tmp/answer":                                           filepath.Join(dir, "answer"),
	} {
		if !strings.Contains(text, old) {
			t.Errorf("the guide does not have %q any more", old)
		}
		text = strings.ReplaceAll(text, old, other)
	}
	c := exec.CommandContext(t.Context(), "bash", "-c", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"+text+"wait\n")
	c.Dir = "../.."
	c.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "ADDRESS="+address)
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
