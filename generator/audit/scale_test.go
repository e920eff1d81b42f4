package audit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/generator/audit"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

// project writes a schema of tables, each fourth of them a child of the one
// before, and queries of every kind on them.
func project(tables, queries int) (schema, query *source.File) {
	var ddl, sql strings.Builder
	ddl.WriteString("CREATE TABLE tenants (id uuid PRIMARY KEY, name text);\n")
	for i := range tables {
		if i%4 == 3 {
			fmt.Fprintf(&ddl, "CREATE TABLE t%d (id uuid PRIMARY KEY, parent uuid NOT NULL REFERENCES t%d (id), body text);\n", i, i-1)
			continue
		}
		fmt.Fprintf(&ddl, "CREATE TABLE t%d (id uuid PRIMARY KEY, tenant_id uuid NOT NULL REFERENCES tenants (id), body text, state int, UNIQUE (tenant_id, body));\n", i)
	}
	kinds := []string{
		"SELECT * FROM t{own} WHERE tenant_id = $1 AND id = $2",
		"SELECT * FROM t{own} WHERE id = $1",
		"UPDATE t{own} SET body = sqlc.arg(body) WHERE id = @id",
		"DELETE FROM t{child} WHERE id = $1",
		"SELECT a.*, b.body, c.n FROM t{own} a JOIN t{next} b ON b.tenant_id = a.tenant_id LEFT JOIN (SELECT tenant_id, count(*) AS n FROM t{own} GROUP BY tenant_id) c ON c.tenant_id = a.tenant_id WHERE a.tenant_id = $1 ORDER BY a.id LIMIT 10",
		"WITH x AS (SELECT id, tenant_id FROM t{own} WHERE state = $1), y AS (SELECT x.id FROM x JOIN t{next} b ON b.id = x.id) SELECT * FROM y JOIN t{child} c ON c.parent = y.id WHERE EXISTS (SELECT 1 FROM t{next} d WHERE d.id = y.id)",
		"INSERT INTO t{own} (id, tenant_id, body) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
	}
	for i := range queries {
		own := i * 4 % tables // these have the column
		names := strings.NewReplacer("{own}", fmt.Sprint(own), "{next}", fmt.Sprint(own+1), "{child}", fmt.Sprint(own+3))
		fmt.Fprintf(&sql, "-- name: Q%d :many\n%s;\n\n", i, names.Replace(kinds[i%len(kinds)]))
	}
	return source.NewFile("schema.sql", ddl.String()), source.NewFile("queries.sql", sql.String())
}

func run(t *testing.T, tables, queries int) (*audit.Report, time.Duration) {
	t.Helper()
	schema, query := project(tables, queries)
	start := time.Now()
	cat, problems := audit.Schema(dialect.PostgreSQL, []*source.File{schema})
	if _, ok := audit.Detect(cat, nil, ""); !ok || len(problems) > 0 {
		t.Fatalf("no column was detected: %v", problems)
	}
	texts, broken, problems := audit.Queries(dialect.PostgreSQL, []*source.File{query})
	if len(broken) > 0 || len(problems) > 0 {
		t.Fatalf("broken: %v, %v", broken, problems)
	}
	report := audit.Run([]*audit.Input{{Catalog: cat, Queries: texts}})
	return report, time.Since(start)
}

// TestScale audits 1,500 queries over 200 tables and prints the time, which says
// more about the machine than a test may hold.
func TestScale(t *testing.T) {
	t.Parallel()
	_, small := run(t, 200, 150)
	report, large := run(t, 200, 1500)
	if n := report.Summary.Classes[audit.Unparsed]; n > 0 || report.Summary.Queries != 1500 || report.Summary.Findings[audit.Error] == 0 {
		t.Errorf("%d queries, %d unparsed", report.Summary.Queries, n)
	}
	t.Logf("150 queries in %s, 1,500 in %s: %v", small.Round(time.Millisecond), large.Round(time.Millisecond), report.Summary.Classes)
}
