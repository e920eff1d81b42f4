package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tenancygen/tenancygen/internal/testmysql"
	"github.com/tenancygen/tenancygen/internal/testpg"
	"github.com/tenancygen/tenancygen/internal/testredis"
	"github.com/tenancygen/tenancygen/internal/testserver"
)

func TestMain(m *testing.M) { testserver.Main(m) }

func TestRun(t *testing.T) {
	// The command is given servers that run already, so that the test is about the
	// command and not about starting servers.
	t.Setenv(testpg.EnvURL, testpg.URL(t))
	t.Setenv(testredis.EnvURL, testredis.URL(t))
	t.Setenv(testmysql.EnvURL, testmysql.URL(t))
	for name, tc := range map[string]struct {
		args   []string
		code   int
		stdout string
	}{
		"success":        {[]string{"--", "sh", "-c", `test -n "$TENANCY_TEST_POSTGRES_URL" && test -n "$TENANCY_TEST_REDIS_URL" && test -n "$TENANCY_TEST_MYSQL_URL" && echo set`}, 0, "set\n"},
		"exit code":      {[]string{"sh", "-c", "exit 3"}, 3, ""},
		"signalled":      {[]string{"sh", "-c", "kill -TERM $$"}, 143, ""},
		"no command":     {[]string{"--"}, 2, ""},
		"absent command": {[]string{"/nonexistent/command"}, 127, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(tc.args, &stdout, &stderr); code != tc.code {
				t.Errorf("exit code %d, want %d: %s", code, tc.code, stderr.String())
			}
			if stdout.String() != tc.stdout {
				t.Errorf("stdout %q, want %q", stdout.String(), tc.stdout)
			}
			if strings.Contains(stderr.String(), "://") || strings.Contains(stderr.String(), "@") {
				t.Errorf("stderr shows a URL: %s", stderr.String())
			}
		})
	}
}
