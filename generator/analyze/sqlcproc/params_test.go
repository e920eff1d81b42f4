package sqlcproc_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/analyze"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/generator/source"
)

// anyParam matches the parameters of the statements here. It is no parser.
var anyParam = regexp.MustCompile(`(?i)sqlc\.(?:arg|narg|slice)\s*\(\s*'?(\w+)'?\s*\)|[@:$]([a-zA-Z]\w*)|\?(\d*)`)

// markParams marks the parameters as the rewriter does: a name has one number, and
// each ? one of its own; ?n has its own already.
func markParams(text string) string {
	numbers, next := map[string]int{}, 1
	return anyParam.ReplaceAllStringFunc(text, func(use string) string {
		m := anyParam.FindStringSubmatch(use)
		name := m[1] + m[2] + m[3]
		n := numbers[name]
		switch given, err := strconv.Atoi(m[3]); {
		case err == nil:
			n = given
		case name == "" || n == 0:
			n = next
			next++
			numbers[name] = n
		}
		return analyze.ParamMark + strconv.Itoa(n) + "*/" + use + analyze.ParamEnd
	})
}

var numbered = regexp.MustCompile(`\$(\d+)`)

// placeholders are the places of all $n of a text.
func placeholders(text string) []ir.Placeholder {
	var out []ir.Placeholder
	for _, m := range numbered.FindAllStringSubmatchIndex(text, -1) {
		n, _ := strconv.Atoi(text[m[2]:m[3]])
		out = append(out, ir.Placeholder{Start: m[0], End: m[1], Number: n})
	}
	return out
}

// paramSchema is read by both engines.
const paramSchema = `CREATE TABLE Notes (
    id integer PRIMARY KEY,
    Body varchar(20) NOT NULL, -- ünïcode
    score decimal(10,2),
    grüße text
);
`

// analyzeFor analyses one statement, and returns it or what is said of it.
func analyzeFor(t *testing.T, engine, cmd, sql string) (ir.Query, string) {
	t.Helper()
	schema := paramSchema
	if engine == "sqlite" {
		schema = strings.ReplaceAll(schema, "grüße", `"grüße"`)
	}
	q := statement("Q", cmd, markParams(sql))
	var report diag.Report
	out, err := newEngine(t).Analyze(t.Context(), analyze.Input{
		Engine: engine, Schema: []*source.File{source.NewFile("schema.sql", schema)},
		Queries: []analyze.Query{statement("Before", ":many", "SELECT id FROM notes WHERE body = 'ä'"), q},
	}, &report)
	if err != nil {
		t.Fatal(err)
	}
	if out == nil {
		var said []string
		for _, d := range report.Sorted() {
			said = append(said, d.Message)
		}
		return ir.Query{}, strings.Join(said, "\n")
	}
	return out.Queries[1], ""
}

// printed is a query's text, and its parameters with where they come from.
func printed(q ir.Query) string {
	var b strings.Builder
	b.WriteString(q.SQL)
	for _, p := range q.Params {
		fmt.Fprintf(&b, "\n$%d %s %s of %d", p.Number, p.Column.Name, p.Column.Type.Name, p.Origin)
		for _, also := range p.Also {
			fmt.Fprintf(&b, ", also %s", also.Type.Name)
		}
	}
	return b.String()
}

// TestParams holds how the parameters of MySQL and SQLite come back: as $n in the
// order of sqlc, those of one name as one, and with the author's numbers.
func TestParams(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ engine, cmd, sql, want string }{
		"mysql": {"mysql", ":many", "SELECT * FROM Notes WHERE Body = ? AND id IN (sqlc.slice(ids)) AND score > sqlc.arg('low') AND id = sqlc.arg(low) LIMIT ?",
			"SELECT id, body, score, grüße FROM Notes WHERE Body = $1 AND id IN ($2) AND score > $3 AND id = $3 LIMIT $4\n" +
				"$1 body varchar of 1\n$2 ids int of 2\n$3 low decimal of 3, also int\n$4 limit integer of 4"},
		"mysql, in another order": {"mysql", ":many", "SELECT id FROM Notes WHERE id > sqlc.arg(b) AND score < ? AND id <> sqlc.arg(b) ORDER BY id LIMIT ? OFFSET ?",
			"SELECT id FROM Notes WHERE id > $1 AND score < $2 AND id <> $1 ORDER BY id LIMIT $3 OFFSET $4\n" +
				"$1 b int of 1, also int\n$2 score decimal of 2\n$3 limit integer of 3\n$4 offset integer of 4"},
		"mysql, named limits": {"mysql", ":many", "SELECT id FROM Notes WHERE id > sqlc.arg(low) LIMIT /* x */ sqlc.arg('max_rows') OFFSET sqlc.arg(low)",
			"SELECT id FROM Notes WHERE id > $1 LIMIT /* x */ $2 OFFSET $1\n$1 low int of 1, also integer\n$2 max_rows integer of 2"},
		"mysql, upsert": {"mysql", ":exec", "INSERT INTO Notes (id, Body) VALUES (?, sqlc.arg(body))\nON DUPLICATE KEY UPDATE Body = sqlc.arg(body), score = score + ?",
			"INSERT INTO Notes (id, Body) VALUES ($1, $2)\nON DUPLICATE KEY UPDATE Body = $2, score = score + $3\n" +
				"$1 id int of 1\n$2 body varchar of 2, also varchar\n$3 score decimal of 3"},
		"mysql, comments and marks": {"mysql", ":many", "SELECT /*+ MAX_EXECUTION_TIME(9) */ id\n-- line\n# hash\n/* block */ FROM Notes/*tenancygen:0s*/ WHERE Body = /* x */ ? /*tenancygen:1s*/",
			"SELECT /*+ MAX_EXECUTION_TIME(9) */ id\n-- line\n# hash\n/* block */ FROM Notes/*tenancygen:0s*/ WHERE Body = /* x */ $1 /*tenancygen:1s*/\n$1 body varchar of 1"},
		"sqlite": {"sqlite", ":many", "SELECT * FROM Notes WHERE Body = ? AND id IN (sqlc.slice(ids)) AND score > sqlc.arg('low') AND id = @low LIMIT ?",
			`SELECT id, body, score, grüße FROM Notes WHERE Body = $1 AND id IN ($2) AND score > $3 AND id = $3 LIMIT $4` + "\n" +
				"$1 body varchar(20) of 1\n$2 ids integer of 2\n$3 low decimal(10,2) of 3\n$4 limit integer of 4"},
		"sqlite, numbered": {"sqlite", ":many", "SELECT id FROM Notes WHERE id > ?1 AND id <> ?1 AND Body = ?2",
			"SELECT id FROM Notes WHERE id > $1 AND id <> $1 AND Body = $2\n$1 id integer of 1\n$2 body varchar(20) of 2"},
		"sqlite, comments and marks": {"sqlite", ":many", "SELECT id\n-- line é\n/* block */ FROM Notes/*tenancygen:0s*/ WHERE /* é */ Body = 'é' || ?/*tenancygen:1s*/ /*tenancygen:2s*/",
			"SELECT id\n-- line é\n/* block */ FROM Notes/*tenancygen:0s*/ WHERE /* é */ Body = 'é' || $1/*tenancygen:1s*/ /*tenancygen:2s*/\n$1  text of 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q, said := analyzeFor(t, tt.engine, tt.cmd, tt.sql)
			if diff := cmp.Diff(tt.want, printed(q)); diff != "" {
				t.Errorf("%s\n(-want +got):\n%s", said, diff)
			}
		})
	}
}

// TestUnseenParams holds that a statement is refused where sqlc passes over a
// parameter: its method would send too few values.
func TestUnseenParams(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ engine, sql, want string }{
		"a row":       {"mysql", "DELETE FROM Notes WHERE (id, score) > (?, ?)", "sees 0 of 2"},
		"a sign":      {"mysql", "DELETE FROM Notes WHERE id = -? AND Body = ?", "sees 1 of 2"},
		"on conflict": {"sqlite", "INSERT INTO Notes (id, Body) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET Body = sqlc.arg(other)", "does not see"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, said := analyzeFor(t, tt.engine, ":exec", tt.sql); !strings.Contains(said, tt.want) {
				t.Errorf("said %q, want %q", said, tt.want)
			}
		})
	}
}
