package generator

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/internal/testpg"
)

const minderConfig = "../examples/minder/tenancy.yaml"

// readMinder reads the project, which lies beside the repository.
func readMinder(t *testing.T) *Input {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "..", "shared", "corpora", "minder")); err != nil {
		t.Skip("the minder project is not beside the repository")
	}
	var report diag.Report
	in := read(minderConfig, &report)
	failOnErrors(t, &report)
	if in == nil {
		t.Fatal("no configuration")
	}
	return in
}

func failOnErrors(t *testing.T, report *diag.Report) {
	t.Helper()
	for _, d := range report.Sorted() {
		if d.IsError() {
			p := d.Span.Position()
			t.Errorf("%s:%d:%d: %s [%s]", p.Path, p.Line, p.Column, d.Message, d.Code)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// TestMinderRefusals pins which of minder's queries cannot be tied to a project,
// and why, without the exemptions of the configuration.
func TestMinderRefusals(t *testing.T) {
	t.Parallel()
	in := readMinder(t)
	in.Config.Unscoped = nil
	var report diag.Report
	cat := loadCatalog(in, &report)
	counts := map[Status]int{}
	got := map[string]string{}
	for _, q := range explained(scopeAll(statements(in, cat, &report), cat, in.Config, &report, nil)) {
		counts[q.Status]++
		if q.Status != StatusRefused {
			continue
		}
		for _, d := range q.Diagnostics {
			if d.Severity == diag.Error {
				got[q.Name] += fmt.Sprintf("%s: %s", d.Code, d.Message)
			}
		}
	}
	want := map[string]string{
		"CreateProject":        `TG0205: the statement creates a tenant: it inserts into "projects" without its key "id"`,
		"UpsertInstallationID": "TG0205: the statement sets the tenant column provider_github_app_installations.project_id",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused queries, -want +got:\n%s", diff)
	}
	t.Logf("minder: %d accepted, %d refused, %d global, %d unscoped", counts[StatusAccepted], counts[StatusRefused], counts[StatusGlobal], counts[StatusUnscoped])
	if diff := cmp.Diff(map[Status]int{StatusAccepted: 148, StatusRefused: 2, StatusGlobal: 8}, counts); diff != "" {
		t.Errorf("counts, -want +got:\n%s", diff)
	}
}

// TestMinder generates the project as its sqlc.yaml says, compiles the package, loads its migrations
// and the generated policies into a real server, and prepares every statement
// there as the application's role.
func TestMinder(t *testing.T) {
	t.Parallel()
	in := readMinder(t)
	var report diag.Report
	result, err := Compile(t.Context(), in, Options{Version: "v0.0.0", Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}, &report)
	if err != nil {
		t.Fatal(err)
	}
	failOnErrors(t, &report)
	checkLength(t, minderConfig)
	compiles(t, result.Files)

	conn := minderDatabase(t, in, result)
	prepared := 0
	for _, q := range result.Queries {
		if _, err := conn.Prepare(t.Context(), "", finalSQL(t, result.Files, q)); err != nil {
			t.Errorf("PREPARE %s: %v", q.Name, err)
			continue
		}
		prepared++
	}
	t.Logf("minder: %d statements prepared under the policies", prepared)
}

// TestMinderOnPgx generates the project for the driver that it does not use.
func TestMinderOnPgx(t *testing.T) {
	t.Parallel()
	in := readMinder(t)
	in.Config.Go.SQLPackage = "pgx/v5"
	var report diag.Report
	result, err := Compile(t.Context(), in, Options{Engine: sqlcproc.New([]string{os.Args[0], sqlcChild})}, &report)
	if err != nil {
		t.Fatal(err)
	}
	failOnErrors(t, &report)
	compiles(t, result.Files)
}

// minderDatabase loads the migrations and the generated policies, and connects
// as the application's role.
func minderDatabase(t *testing.T, in *Input, result *Result) *pgx.Conn {
	t.Helper()
	url := testpg.Database(t)
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	for _, file := range in.Schema {
		if _, err := admin.Exec(t.Context(), file.Text); err != nil {
			t.Fatalf("%s: %v", file.Path, err)
		}
	}
	for range 2 { // it can be run again
		if _, err := admin.Exec(t.Context(), string(result.Files["rls.up.sql"])); err != nil {
			t.Fatalf("rls.up.sql: %v", err)
		}
	}
	if _, err := admin.Exec(t.Context(), "SET ROLE "+in.Config.RLS.Role); err != nil {
		t.Fatal(err)
	}
	return admin
}

// finalSQL is the text of a query's constant in the generated files.
func finalSQL(t *testing.T, files map[string][]byte, q Explained) string {
	t.Helper()
	mark := "-- name: " + q.Name + " " + q.Cmd + "\n"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, rest, found := strings.Cut(string(files[name]), "= `"+mark)
		if !found {
			continue
		}
		sql, _, _ := strings.Cut(rest, "\n`\n")
		return sql
	}
	t.Fatalf("the generated files do not hold query %s", q.Name)
	return ""
}
