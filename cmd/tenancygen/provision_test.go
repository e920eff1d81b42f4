package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/internal/testpg"
)

var (
	provisionTenants = flag.Int("provision.tenants", 60, "tenants of TestProvision (make bench-provision takes 1,000)")
	// PostgreSQL does more for each such foreign key the more there are, see docs/isolation.md.
	provisionKeys = flag.Int("provision.keys", 10, "how many of a tenant's ten tables have a foreign key to a shared table in TestProvision")
)

// provisionProject is a project whose tenants have ten tables each.
func provisionProject(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	var schema strings.Builder
	schema.WriteString("CREATE TABLE plans (code text PRIMARY KEY);\n")
	for i := range 10 {
		references := ""
		if i < *provisionKeys {
			references = " REFERENCES plans"
		}
		fmt.Fprintf(&schema, "CREATE TABLE items_%d (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, tenant_id text NOT NULL, plan text%s, body text);\n", i, references)
		fmt.Fprintf(&schema, "CREATE INDEX items_%d_by_body ON items_%d (tenant_id, body);\n", i, i)
	}
	for name, text := range map[string]string{
		"schema.sql":  schema.String(),
		"queries.sql": "-- name: ListItems :many\nSELECT body FROM items_0;\n",
		"tenancy.yaml": `version: "1"
engine: postgresql
schema: schema.sql
queries: queries.sql
tenant: {column: tenant_id}
tables: {plans: global}
go: {package: gen, out: gen, emit_layout: true}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// provision returns the command, in the project, on the database.
func provision(t *testing.T, dir, database string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "tenancygen", append([]string{"provision"}, args...)...)
	c.Dir = dir
	c.Env = append(os.Environ(), "DATABASE_URL="+database)
	return c
}

// places counts the schemas of tenants, and the tables in them.
func places(t *testing.T, database string) (schemas, tables int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	err = conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant\_%'),
		       (SELECT count(*) FROM pg_tables WHERE schemaname LIKE 'tenant\_%')`).Scan(&schemas, &tables)
	if err != nil {
		t.Fatal(err)
	}
	return schemas, tables
}

// TestProvision kills the command in the middle of its work and runs it again: every
// tenant has all its tables then, and none has a part of them at any time.
func TestProvision(t *testing.T) {
	t.Parallel()
	database, dir, n := testpg.Database(t), provisionProject(t), *provisionTenants
	var ids strings.Builder
	for i := range n {
		fmt.Fprintf(&ids, "tenant %d\n", i)
	}
	if err := os.WriteFile(filepath.Join(dir, "ids.txt"), []byte(ids.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--strategy", "schema", "--tenants", "ids.txt", "--shared"}

	killed := provision(t, dir, database, args...)
	stderr, err := killed.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	// It says how far it is with every tenth of the work.
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if strings.Contains(lines.Text(), " of ") {
			break
		}
		t.Log(lines.Text())
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	schemas, tables := places(t, database)
	if schemas == 0 || schemas == n || tables != 10*schemas {
		t.Fatalf("killed in the middle, there are %d schemas with %d tables", schemas, tables)
	}
	t.Logf("killed after %d of %d tenants", schemas, n)

	var stdout, errors bytes.Buffer
	again := provision(t, dir, database, args...)
	again.Stdout, again.Stderr = &stdout, &errors
	if err := again.Run(); err != nil {
		t.Fatalf("%v\n%s", err, errors.String())
	}
	schemas, tables = places(t, database)
	if d := cmp.Diff([]int{n, 10 * n}, []int{schemas, tables}); d != "" {
		t.Errorf("schemas and tables, -want +got:\n%s", d)
	}
	if want := fmt.Sprintf("%d of %d tenants have their place", n, n); !strings.Contains(stdout.String(), want) {
		t.Errorf("stdout has no %q:\n%s", want, stdout.String())
	}
	t.Log(strings.TrimSpace(stdout.String()))
}

// What is wrong with the arguments is said before the database is asked for anything.
func TestProvisionMistakes(t *testing.T) {
	t.Parallel()
	dir := provisionProject(t)
	nowhere := "postgres://app:sesame@127.0.0.1:1/tenants?sslmode=disable"
	for name, tc := range map[string]struct {
		args     []string
		database string
		code     int
		says     string
	}{
		"no strategy":      {[]string{"--tenants", "-"}, nowhere, 2, `required flag(s) "strategy" not set`},
		"unknown strategy": {[]string{"--strategy", "schemas", "--tenants", "-"}, nowhere, 2, `use schema, prefix or database, not "schemas"`},
		"shared tables":    {[]string{"--strategy", "rls", "--tenants", "-"}, nowhere, 2, "there is nothing to make"},
		"no tenants":       {[]string{"--strategy", "schema"}, nowhere, 2, "tenants tenants-query"},
		"both":             {[]string{"--strategy", "schema", "--tenants", "-", "--tenants-query", "SELECT 1"}, nowhere, 2, "tenants tenants-query"},
		"no database":      {[]string{"--strategy", "schema", "--tenants", "-"}, "", 2, "use --database, or set DATABASE_URL"},
		"no URL":           {[]string{"--strategy", "schema", "--tenants", "-", "--database", "postgres://u:sesame@h:x/"}, nowhere, 2, "not the URL of a database"},
		"no workers":       {[]string{"--strategy", "schema", "--tenants", "-", "--workers", "0"}, nowhere, 2, "--workers: 0 is less than 1"},
		"no file":          {[]string{"--strategy", "schema", "--tenants", "nowhere.txt"}, nowhere, 2, "nowhere.txt"},
		"no server":        {[]string{"--strategy", "schema", "--tenants", "-"}, nowhere, 1, "tenant \"one\": "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			c := provision(t, dir, tc.database, tc.args...)
			c.Stdin, c.Stderr = strings.NewReader("one\n"), &stderr
			_ = c.Run()
			if got := c.ProcessState.ExitCode(); got != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("exit code %d, want %d; stderr has to say %q:\n%s", got, tc.code, tc.says, stderr.String())
			}
			if strings.Contains(stderr.String(), "sesame") {
				t.Errorf("the password is printed:\n%s", stderr.String())
			}
		})
	}
}
