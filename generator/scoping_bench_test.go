package generator

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/certify"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/parse"
	"github.com/tenancygen/tenancygen/generator/rewrite"
	"github.com/tenancygen/tenancygen/generator/scope"
)

// BenchmarkScoping times the way of a statement from parse to certify, stage by
// stage. `make bench-scoping` runs it. "of-parse" is what scope, rewrite and certify
// take together, in times of the parser's own; certify parses once more, so it is
// more than 1. "ns/unit" is per join, level and so on: where it grows down a
// table, the time grows faster than the statement.
func BenchmarkScoping(b *testing.B) {
	cat, cfg := fuzzCatalog(b)
	for _, kind := range benchKinds {
		b.Run("kind="+kind.name, func(b *testing.B) { benchStages(b, kind.sql, 1, cat, cfg) })
	}
	for _, form := range benchForms {
		for n := 1; n <= 64; n *= 4 {
			b.Run(fmt.Sprintf("%s=%d", form.name, n), func(b *testing.B) { benchStages(b, form.sql(n), n, cat, cfg) })
		}
	}
	for n := 1; n <= 1000; n *= 10 {
		b.Run(fmt.Sprintf("statements=%d", n), func(b *testing.B) { benchProject(b, n, cat, cfg) })
	}
	for n := 1; n <= 1000; n *= 10 {
		var more strings.Builder
		for i := range n {
			fmt.Fprintf(&more, "CREATE TABLE more_%d (id int PRIMARY KEY, tenant_id uuid NOT NULL);\n", i)
		}
		cat, cfg := schemaCatalog(b, more.String()+fuzzSchema)
		b.Run(fmt.Sprintf("tables=%d", n), func(b *testing.B) { benchStages(b, benchKinds[1].sql, 1, cat, cfg) })
	}
}

// benchKinds are statements as they are written.
var benchKinds = []struct{ name, sql string }{
	{"get", `SELECT * FROM orders WHERE id = $1`},
	{"joins", `SELECT o.number, i.qty, n.body, p.name FROM orders AS o JOIN items AS i ON i.order_id = o.id
		LEFT JOIN notes AS n ON n.order_id = o.id LEFT JOIN plans AS p ON p.id = o.plan_id
		WHERE o.qty > $1 OR i.qty > $2 ORDER BY o.number LIMIT $3`},
	{"ctes", `WITH big AS (SELECT * FROM orders WHERE qty > $1), lines AS (SELECT i.* FROM items AS i JOIN big ON big.id = i.order_id),
		sums AS (SELECT order_id, sum(qty) AS qty FROM lines GROUP BY order_id)
		SELECT o.number, s.qty FROM orders AS o JOIN sums AS s ON s.order_id = o.id WHERE EXISTS (SELECT 1 FROM notes AS n WHERE n.order_id = o.id)`},
	{"insert", `INSERT INTO orders (id, number, qty) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, number) DO UPDATE SET qty = excluded.qty RETURNING *`},
	{"update", `UPDATE items AS i SET qty = $1 FROM orders AS o WHERE o.id = i.order_id AND o.number = $2`},
	{"delete", `DELETE FROM notes AS n USING orders AS o WHERE o.id = n.order_id AND o.number = $1 RETURNING n.id`},
	{"merge", `MERGE INTO items AS i USING orders AS o ON i.order_id = o.id WHEN MATCHED AND i.qty < $1 THEN UPDATE SET qty = o.qty
		WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, order_id, qty) VALUES (o.id, o.id, $2)`},
}

// benchForms are statements that grow.
var benchForms = []struct {
	name string
	sql  func(n int) string
}{
	{"joins", func(n int) string {
		var s strings.Builder
		s.WriteString("SELECT t0.id FROM a AS t0")
		for i := range n {
			fmt.Fprintf(&s, "\nJOIN b AS t%d ON t%d.a_id = t%d.id", i+1, i+1, i)
		}
		return s.String()
	}},
	{"outer-joins", func(n int) string {
		var s strings.Builder
		s.WriteString("SELECT t0.id FROM a AS t0")
		for i := range n {
			fmt.Fprintf(&s, "\nLEFT JOIN b AS t%d ON t%d.a_id = t%d.id", i+1, i+1, i)
		}
		return s.String()
	}},
	{"child-joins", func(n int) string {
		var s strings.Builder
		s.WriteString("SELECT o.id FROM orders AS o")
		for i := range n {
			fmt.Fprintf(&s, "\nJOIN reactions AS t%d ON t%d.id = o.id", i, i)
		}
		return s.String()
	}},
	{"depth", func(n int) string {
		return strings.Repeat("SELECT id FROM a WHERE id IN (", n) + "SELECT id FROM a" + strings.Repeat(")", n)
	}},
	{"derived-depth", func(n int) string {
		return strings.Repeat("SELECT id FROM (", n) + "SELECT id FROM a" + strings.Repeat(") AS x", n)
	}},
	{"ctes", func(n int) string {
		var s strings.Builder
		s.WriteString("WITH c0 AS (SELECT id FROM a)")
		for i := range n {
			fmt.Fprintf(&s, ",\nc%d AS (SELECT c%d.id FROM c%d JOIN b ON b.a_id = c%d.id)", i+1, i, i, i)
		}
		fmt.Fprintf(&s, "\nSELECT id FROM c%d", n)
		return s.String()
	}},
	{"cte-depth", func(n int) string {
		return strings.Repeat("WITH c AS (", n) + "SELECT id FROM a" + strings.Repeat(") SELECT id FROM c", n)
	}},
	{"unions", func(n int) string { return strings.Repeat("SELECT id FROM a UNION ALL\n", n) + "SELECT id FROM b" }},
	{"rows", func(n int) string {
		return "INSERT INTO orders (id, number) VALUES " + strings.Repeat("(1, 'x'), ", n) + "(2, 'y')"
	}},
	{"conditions", func(n int) string {
		return "SELECT id FROM orders WHERE qty > 1" + strings.Repeat(" AND (number = 'x' OR qty = 2)", n)
	}},
	{"params", func(n int) string {
		var s strings.Builder
		s.WriteString("SELECT id FROM orders WHERE id IN (0")
		for i := range n {
			fmt.Fprintf(&s, ", $%d", i+1)
		}
		return s.String() + ")"
	}},
}

// benchStages times one statement's stages. units is its size in its own terms.
func benchStages(b *testing.B, sql string, units int, cat *catalog.Catalog, cfg *config.Config) {
	var report diag.Report
	text := oneStatement(dialect.PostgreSQL, sql, &report)[0]
	var took [4]time.Duration
	for b.Loop() {
		start := time.Now()
		lap := func(stage int) {
			now := time.Now()
			took[stage] += now.Sub(start)
			start = now
		}
		q, err := parse.PostgreSQL.Statement(text.Text)
		if err != nil {
			b.Fatal(err)
		}
		lap(0)
		plan := scope.Statement(text, q, cat, scope.Options{KeepTenantParams: cfg.KeepTenantParams}, &diag.Report{})
		lap(1)
		result, err := rewrite.Apply(text, plan, cat)
		if err != nil {
			b.Fatal(err)
		}
		lap(2)
		check := certify.Check(result.SQL, result.Tenant, cat)
		lap(3)
		if plan.Refused || len(check.Findings) > 0 {
			b.Fatalf("refused: %v", check.Findings)
		}
	}
	n := float64(b.N)
	all := took[0] + took[1] + took[2] + took[3]
	for i, stage := range []string{"parse", "scope", "rewrite", "certify"} {
		b.ReportMetric(float64(took[i].Nanoseconds())/n, stage+"-ns")
	}
	b.ReportMetric(float64(all-took[0])/float64(took[0]), "of-parse")
	b.ReportMetric(float64(all.Nanoseconds())/n/float64(units), "ns/unit")
}

// benchProject times n statements, as one project has them.
func benchProject(b *testing.B, n int, cat *catalog.Catalog, cfg *config.Config) {
	var texts []*parse.QueryText
	var report diag.Report
	for range n {
		texts = append(texts, oneStatement(dialect.PostgreSQL, benchKinds[1].sql, &report)...)
	}
	for b.Loop() {
		var report diag.Report
		scopeAll(texts, cat, cfg, &report, nil)
		if report.HasErrors() {
			b.Fatal(report.Sorted()[0].Message)
		}
	}
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(n)
	b.ReportMetric(each, "ns/unit")
	b.ReportMetric(each*1000/1e6, "ms/1000-statements")
}

// TestBenchStatements checks that what the benchmark times is accepted.
func TestBenchStatements(t *testing.T) {
	t.Parallel()
	cat, cfg := fuzzCatalog(t)
	var list []string
	for _, kind := range benchKinds {
		list = append(list, kind.sql)
	}
	for _, form := range benchForms {
		list = append(list, form.sql(1), form.sql(64))
	}
	for _, sql := range list {
		var report diag.Report
		scopeAll(oneStatement(dialect.PostgreSQL, sql, &report), cat, cfg, &report, nil)
		for _, d := range report.Sorted() {
			if d.IsError() {
				t.Errorf("%.80q: %s", sql, d.Message)
			}
		}
	}
}
