package cli

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/diag"
)

func (a *app) explainCommand() *cobra.Command {
	var asJSON bool
	var sql string
	cmd := &cobra.Command{
		Use:   "explain",
		Short: "Show what each query becomes, and why",
		Long: `Explain prints each query as it is written and as it is sent, its parameters, and
for every table in it what ties it to the tenant, or why the query is refused.
It looks at the scoping only: a statement that sqlc cannot type is explained
too. It exits with 1 if a query is refused.

--json prints an array with all of that, also when queries are refused.`,
		Example: `  tenancygen explain
  tenancygen explain --sql 'SELECT * FROM invoices WHERE status = $1'
  tenancygen explain --sql - < report.sql
  tenancygen explain --json | jq -r '.[] | select(.status == "refused") | .name'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			oneOff, err := a.oneOff(sql, cmd.Flags().Changed("sql"))
			if err != nil {
				return err
			}
			options, err := a.options()
			if err != nil {
				return failure{err}
			}
			r := &diag.Report{}
			all, err := a.compiler.explain(cmd.Context(), options, oneOff, r)
			if err == nil {
				err = a.printExplained(all, asJSON)
			}
			if err := a.finish(r, err); err != nil {
				return err
			}
			return refused(all)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON array on stdout")
	cmd.Flags().StringVar(&sql, "sql", "", "explain this statement, or with - standard input, not the project's queries")
	return cmd
}

// oneOff returns the SQL of --sql.
func (a *app) oneOff(sql string, given bool) (string, error) {
	if given && sql == "-" {
		text, err := io.ReadAll(a.stdin)
		if err != nil {
			return "", failure{err}
		}
		sql = string(text)
	}
	if given && strings.TrimSpace(sql) == "" {
		return "", errors.New("--sql: there is no statement")
	}
	return sql, nil
}

func (a *app) printExplained(all []generator.Explained, asJSON bool) error {
	if !asJSON {
		_, err := io.WriteString(a.stdout, explainText(all, width(a.stdout)))
		return err
	}
	if all == nil {
		all = []generator.Explained{}
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}

// refused makes refused queries findings, whatever the report holds.
func refused(all []generator.Explained) error {
	for _, e := range all {
		if e.Status == generator.StatusRefused {
			return errFindings
		}
	}
	return nil
}
