package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator/audit"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/source"
)

// audited audits queries on a schema; path is that of the query file.
func audited(t *testing.T, schema, path, queries string) *audit.Report {
	t.Helper()
	cat, problems := audit.Schema(dialect.PostgreSQL, []*source.File{source.NewFile("schema.sql", schema)})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	audit.Detect(cat, nil, "")
	texts, broken, _ := audit.Queries(dialect.PostgreSQL, []*source.File{source.NewFile(path, queries)})
	return audit.Run([]*audit.Input{{Catalog: cat, Queries: texts, Broken: broken}})
}

const notes = "CREATE TABLE notes (id bigint PRIMARY KEY, tenant_id uuid NOT NULL, body text);\n"

// sarif is what code scanning reads of a log.
type sarif struct {
	Version string
	Runs    []struct {
		Tool struct {
			Driver struct {
				Name  string
				Rules []struct {
					ID                   string
					Help                 struct{ Text, Markdown string }
					DefaultConfiguration struct{ Level string }
				}
			}
		}
		Results []struct {
			RuleID    string
			RuleIndex int
			Level     string
			Message   struct{ Text string }
			Locations []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           struct{ StartLine, StartColumn, EndLine, EndColumn int }
				}
			}
			PartialFingerprints map[string]string
		}
	}
}

func logOf(t *testing.T, r *audit.Report) sarif {
	t.Helper()
	var out bytes.Buffer
	if err := r.SARIF(&out, "v1.2.3"); err != nil {
		t.Fatal(err)
	}
	var log sarif
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	return log
}

// TestSARIF holds what the schema of SARIF does not: that rules and results fit,
// and that places are those of the text, in characters.
func TestSARIF(t *testing.T) {
	t.Parallel()
	log := logOf(t, audited(t, notes, "db/my queries.sql", `
-- name: Get :one
SELECT 'äöü' AS u, n.* FROM notes n WHERE id = $1;
-- name: Delete :exec
DELETE FROM notes;
-- name: Broken :exec
SELECT FROM;;
`))
	run := log.Runs[0]
	for _, rule := range run.Tool.Driver.Rules {
		if rule.ID == "" || rule.Help.Text == "" || rule.Help.Markdown == "" || rule.DefaultConfiguration.Level == "" {
			t.Errorf("rule %+v is not complete", rule)
		}
	}
	var got []string
	for _, r := range run.Results {
		if len(r.Locations) != 1 || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || run.Tool.Driver.Rules[r.RuleIndex].DefaultConfiguration.Level != r.Level {
			t.Fatalf("result %+v", r)
		}
		at := r.Locations[0].PhysicalLocation
		got = append(got, fmt.Sprintf("%s %s %d:%d-%d:%d", r.RuleID, at.ArtifactLocation.URI, at.Region.StartLine, at.Region.StartColumn, at.Region.EndLine, at.Region.EndColumn))
	}
	want := []string{
		"TA001 db/my%20queries.sql 5:13-5:18",
		"TA004 db/my%20queries.sql 3:29-3:34",
		"TA012 db/my%20queries.sql 7:12-7:13",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	if log.Version != "2.1.0" || run.Tool.Driver.Name != "tenancygen" {
		t.Errorf("%s by %s", log.Version, run.Tool.Driver.Name)
	}
}

// TestFingerprints holds that a finding stays the same one when lines come before
// it, and that two findings are never one.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	queries := "-- name: A :many\nSELECT * FROM notes;\n-- name: B :many\nSELECT * FROM notes;\n" +
		"-- name: C :exec\nWITH x AS (UPDATE notes SET body = '' RETURNING id) DELETE FROM notes;\n"
	prints := func(queries string) (list []string) {
		for _, r := range logOf(t, audited(t, notes, "q.sql", queries)).Runs[0].Results {
			list = append(list, r.PartialFingerprints["tenancygenFinding/v1"])
		}
		return list
	}
	first, moved := prints(queries), prints("-- a comment\n\n"+queries)
	if diff := cmp.Diff(first, moved); diff != "" {
		t.Errorf("fingerprints move with the lines (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, p := range first {
		if seen[p] || len(p) != 32 {
			t.Errorf("fingerprint %q of %v", p, first)
		}
		seen[p] = true
	}
}

// TestJSONHasNoNull holds that lists are never null, also without queries.
func TestJSONHasNoNull(t *testing.T) {
	t.Parallel()
	for _, queries := range []string{"", "-- name: A :one\nSELECT 1;\n"} {
		var out bytes.Buffer
		if err := audited(t, notes, "q.sql", queries).JSON(&out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "null") {
			t.Errorf("null in %s", out.String())
		}
	}
}
