package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	speedQueries = flag.String("speed.queries", "20", "sizes of the made-up projects of TestSpeed, in queries")
	speedRuns    = flag.Int("speed.runs", 1, "how often TestSpeed runs each program")
)

// TestSpeed times `tenancygen generate` against `sqlc generate`, both as processes
// and one after the other, on projects that are made up and on minder.
// `make bench-generate` prints the table; the short run only checks that both
// generate. Times in a shared machine say little: read the ratios. It is not run
// beside other tests, for the same reason.
func TestSpeed(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-16s %28s %28s %8s\n", "", "time: sqlc, ours, ratio", "processor: sqlc, ours, ratio", "analysis")
	for _, size := range strings.Split(*speedQueries, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		madeUp(t, dir, n)
		table.WriteString(race(t, dir).row(size + " queries"))
	}
	if dir := t.TempDir(); minder(t, dir) {
		table.WriteString(race(t, dir).row("minder"))
	}
	table.WriteString("the least of the runs, in ms; analysis is sqlc's part of the processor time of ours\n")
	t.Logf("%d runs of each\n%s", *speedRuns, table.String())
}

// effort is what one run takes.
type effort struct{ time, processor, analysis time.Duration }

type comparison struct{ sqlc, ours effort }

func (c comparison) row(name string) string {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	pair := func(a, b time.Duration) string { return fmt.Sprintf("%.0f %.0f %.2f", ms(a), ms(b), ms(b)/ms(a)) }
	return fmt.Sprintf("%-16s %28s %28s %7.0f%%\n", name, pair(c.sqlc.time, c.ours.time), pair(c.sqlc.processor, c.ours.processor),
		100*ms(c.ours.analysis)/ms(c.ours.processor))
}

// race runs both programs in a project, in turns, and takes the least of each.
func race(t *testing.T, dir string) comparison {
	t.Helper()
	var sqlc, ours []effort
	for range *speedRuns {
		sqlc = append(sqlc, timed(t, dir, "__sqlc", "generate"))
		ours = append(ours, timed(t, dir, "generate", "--timings"))
	}
	return comparison{least(sqlc), least(ours)}
}

func least(all []effort) effort {
	by := func(of func(effort) time.Duration) time.Duration {
		return of(slices.MinFunc(all, func(a, b effort) int { return cmp.Compare(of(a), of(b)) }))
	}
	return effort{
		by(func(e effort) time.Duration { return e.time }),
		by(func(e effort) time.Duration { return e.processor }),
		by(func(e effort) time.Duration { return e.analysis }),
	}
}

var analysisTime = regexp.MustCompile(`(?m)^sqlc +([0-9.]+) ms`)

// timed runs tenancygen in a directory.
func timed(t *testing.T, dir string, args ...string) effort {
	t.Helper()
	c := exec.CommandContext(t.Context(), "tenancygen", args...)
	var out bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = dir, &out, &out
	start := time.Now()
	if err := c.Run(); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, out.String())
	}
	e := effort{time: time.Since(start), processor: c.ProcessState.UserTime() + c.ProcessState.SystemTime()}
	if found := analysisTime.FindStringSubmatch(out.String()); found != nil {
		took, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		e.analysis = time.Duration(took * float64(time.Millisecond))
	} else if args[0] == "generate" {
		t.Errorf("generate --timings does not tell sqlc's time:\n%s", out.String())
	}
	return e
}

const speedTenancy = `version: "1"
sqlc: sqlc.yaml
tenant: {column: tenant_id, root: tenants}
rls: {role: app}
go: {out: ours}
`

const speedSQLC = `version: "2"
sql:
  - engine: postgresql
    schema: schema.sql
    queries: queries
    gen: {go: {package: db, out: theirs, sql_package: pgx/v5}}
`

// madeUp writes a project with five queries for each table, and as many tables as
// that takes: by key, a join, an insert, an update, and a sum in a WITH clause.
func madeUp(t *testing.T, dir string, queries int) {
	t.Helper()
	tables := queries / 5
	var schema strings.Builder
	schema.WriteString("CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);\n")
	for i := range tables {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf(",\n    FOREIGN KEY (tenant_id, parent_id) REFERENCES t%d (tenant_id, id)", i-1)
		}
		fmt.Fprintf(&schema, `
CREATE TABLE t%d (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    name text NOT NULL,
    status text NOT NULL DEFAULT 'new',
    amount numeric(12, 2),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz,
    data jsonb,
    parent_id uuid,
    UNIQUE (tenant_id, id)%s
);
CREATE INDEX ON t%d (tenant_id, created_at);
`, i, parent, i)
		store(t, filepath.Join(dir, "queries", fmt.Sprintf("t%d.sql", i)), fmt.Sprintf(`
-- name: GetT%[1]d :one
SELECT * FROM t%[1]d WHERE id = $1;

-- name: ListT%[1]d :many
SELECT a.id, a.name, a.status, b.name AS other FROM t%[1]d AS a
LEFT JOIN t%[2]d AS b ON b.id = a.parent_id
WHERE a.status = $1 OR a.created_at > $2
ORDER BY a.created_at DESC LIMIT $3;

-- name: CreateT%[1]d :one
INSERT INTO t%[1]d (name, status, amount, data) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: UpdateT%[1]d :execrows
UPDATE t%[1]d SET name = sqlc.arg(name), amount = sqlc.narg(amount), updated_at = now() WHERE id = sqlc.arg(id);

-- name: SumT%[1]d :many
WITH totals AS (
    SELECT status, sum(amount)::numeric AS total, count(*) AS n FROM t%[1]d WHERE created_at > @since GROUP BY status
)
SELECT status, total, n FROM totals WHERE n > @least::bigint ORDER BY total DESC;
`, i, max(i-1, 0)))
	}
	store(t, filepath.Join(dir, "schema.sql"), schema.String())
	store(t, filepath.Join(dir, "sqlc.yaml"), speedSQLC)
	store(t, filepath.Join(dir, "tenancy.yaml"), speedTenancy)
}

// minder writes a project that reads minder's files where they are; false where
// they are not beside the repository.
func minder(t *testing.T, dir string) bool {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "corpora", "minder"))
	if err != nil {
		t.Fatal(err)
	}
	settings, err := os.ReadFile(filepath.Join(root, "sqlc.yaml"))
	if err != nil {
		t.Log("the minder project is not beside the repository")
		return false
	}
	tenancy, err := os.ReadFile(filepath.Join("..", "..", "examples", "minder", "tenancy.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	store(t, filepath.Join(dir, "sqlc.yaml"), string(settings))
	store(t, filepath.Join(dir, "tenancy.yaml"), regexp.MustCompile(`(?m)^sqlc: .*$`).ReplaceAllString(string(tenancy), "sqlc: sqlc.yaml"))
	if err := os.Symlink(filepath.Join(root, "database"), filepath.Join(dir, "database")); err != nil {
		t.Fatal(err)
	}
	return true
}

func store(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
