package main

import (
	"bytes"
	"context"
	"database/sql"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	_ "github.com/tenancygen/tenancygen/internal/testsqlite" // compiles SQLite once for all tests
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// play runs the demo and returns its exit code, and its lines.
func play(t *testing.T, around func(sqldb.Provider) sqldb.Provider, args ...string) (code int, lines []string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = command(t.Context(), args, &stdout, &stderr, around)
	lines = slices.Collect(strings.Lines(stdout.String()))
	if stderr.Len() > 0 {
		t.Log(stderr.String())
	}
	return code, lines
}

func TestDemo(t *testing.T) {
	t.Parallel()
	for _, isolation := range []string{"row", "prefix", "database"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			code, lines := play(t, nil, "-isolation", isolation)
			if code != 0 || len(lines) < 20 {
				t.Errorf("exit code %d\n%s", code, strings.Join(lines, ""))
			}
			for _, line := range lines {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
					t.Errorf("%d columns do not fit a terminal: %s", n, line)
				}
			}
		})
	}
	if code, _ := play(t, nil, "-isolation", "none"); code != 1 {
		t.Errorf("the exit code for an isolation that there is not is %d", code)
	}
}

// TestDemoSeesLeaks takes the filter out of what is sent, and the demo has to see it.
func TestDemoSeesLeaks(t *testing.T) {
	t.Parallel()
	code, lines := play(t, func(p sqldb.Provider) sqldb.Provider { return leaky{p} })
	if code != 1 {
		t.Errorf("the exit code is %d", code)
	}
	var wrong []string
	for _, line := range lines {
		if cells := regexp.MustCompile(` {2,}`).Split(strings.TrimSpace(line), -1); cells[len(cells)-1] == "NO" {
			wrong = append(wrong, cells[0]+" "+cells[1]+": "+cells[3])
		}
	}
	want := []string{
		"bob GET /invoices: 200 acme-1 globex-1",
		"bob GET /invoices?search=%25: 200 acme-1 globex-1",
		"bob GET /invoices/1: 200 acme-1",
		"bob DELETE /invoices/1: 204",
		"alice GET /invoices/1: 404",
	}
	if diff := cmp.Diff(want, wrong[:min(len(want), len(wrong))]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// leaky is a provider whose handles send no predicate of the tenant's.
type leaky struct{ sqldb.Provider }

func (l leaky) For(t runtime.Tenant) sqldb.DB { return leakyDB{l.Provider.For(t)} }

type leakyDB struct{ sqldb.DB }

var predicate = regexp.MustCompile(`\w+\.tenant_id = \?`)

// unfiltered keeps the place of the parameter.
func unfiltered(query string) string { return predicate.ReplaceAllString(query, "? IS NOT NULL") }

func (l leakyDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return l.DB.ExecContext(ctx, unfiltered(query), args...)
}

func (l leakyDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return l.DB.QueryContext(ctx, unfiltered(query), args...)
}

func (l leakyDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return l.DB.QueryRowContext(ctx, unfiltered(query), args...)
}
