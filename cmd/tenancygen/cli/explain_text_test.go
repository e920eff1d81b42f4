package cli

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/diag"
)

var explained = []generator.Explained{
	{
		Name: "ListInvoices", Cmd: ":many", File: "queries/invoices.sql", Line: 3, Column: 1, Status: generator.StatusAccepted,
		SQL:       "SELECT i.id, c.name\n  FROM invoices i JOIN customers c ON c.id = i.customer_id\n\tWHERE i.status = $1",
		ScopedSQL: "SELECT i.id, c.name\n  FROM invoices i JOIN customers c ON (c.id = i.customer_id) AND c.tenant_id = $2\n\tWHERE (i.status = $1) AND i.tenant_id = $2",
		Params:    []generator.ExplainedParam{{Position: 1, Placeholder: "$1", Name: "status"}, {Position: 2, Placeholder: "$2", Name: "tenant_id", Tenant: true}},
		Tables: []generator.ExplainedTable{
			{Table: "invoices", Alias: "i", Tenancy: "tenant", Anchor: "i.tenant_id = $2", Line: 4, Column: 8},
			{Table: "customers", Alias: "c", Tenancy: "tenant", Anchor: "c.tenant_id = $2", Line: 4, Column: 24},
		},
	},
	{
		Name: "ListPlans", Cmd: ":many", File: "queries/plans.sql", Line: 1, Column: 1, Status: generator.StatusGlobal,
		SQL: "SELECT * FROM plans", ScopedSQL: "SELECT * FROM plans",
		Tables: []generator.ExplainedTable{{Table: "plans", Alias: "plans", Tenancy: "global", Line: 1, Column: 15}},
	},
	{
		Status: generator.StatusRefused, SQL: "TRUNCATE invoices",
		Diagnostics: []generator.ExplainedDiagnostic{{
			Code: diag.StatementRefused, Severity: diag.Error, Message: "TRUNCATE removes the rows of all tenants", Line: 1, Column: 1,
			Help: "use DELETE FROM invoices",
		}},
	},
}

func TestExplainText(t *testing.T) {
	t.Parallel()
	const want = `ListInvoices :many · accepted · queries/invoices.sql:3:1
  in
    SELECT i.id, c.name
      FROM invoices i JOIN customers c ON c.id = i.customer_id
        WHERE i.status = $1
  out
    SELECT i.id, c.name
      FROM invoices i JOIN customers c ON (c.id = i.customer_id) AND c.tenant_id = $2
        WHERE (i.status = $1) AND i.tenant_id = $2
  parameters
    $1  status
    $2  tenant_id  the tenant
  tables
    4:8   invoices i   tenant  i.tenant_id = $2
    4:24  customers c  tenant  c.tenant_id = $2

ListPlans :many · global · queries/plans.sql:1:1
  in
    SELECT * FROM plans
  out
    (as it is)
  tables
    1:15  plans  global

refused
  in
    TRUNCATE invoices
  findings
    1:1: error: TRUNCATE removes the rows of all tenants [TG0203]
      = help: use DELETE FROM invoices

3 queries: 1 accepted, 1 global, 1 refused
`
	if diff := cmp.Diff(want, explainText(explained, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := explainText(nil, 0); got != "" {
		t.Errorf("nothing is %q", got)
	}
}

// The text fits the terminal, and folding drops nothing but spaces.
func TestExplainTextFits(t *testing.T) {
	t.Parallel()
	wide := strings.Fields(explainText(explained, 0))
	for _, width := range []int{40, 60, 80} {
		got := explainText(explained, width)
		for line := range strings.Lines(got) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
				t.Errorf("%d columns in a width of %d: %s", n, width, line)
			}
		}
		if diff := cmp.Diff(wide, strings.Fields(got)); diff != "" {
			t.Errorf("width %d (-want +got):\n%s", width, diff)
		}
	}
	// What cannot be folded stays whole.
	if got := explainText(explained, 1); !strings.Contains(got, "queries/invoices.sql:3:1") {
		t.Errorf("width 1:\n%s", got)
	}
}
