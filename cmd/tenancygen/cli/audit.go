package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator/audit"
)

// auditFlags are the flags of audit.
type auditFlags struct {
	columns     []string
	root        string
	format      string
	json, sarif bool
	output      string
	all         bool
	failOn      string
}

func (a *app) auditCommand() *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit [directory]",
		Short: "Find the queries of an sqlc project that are tied to no tenant",
		Long: `Audit reads the schema and the queries of a project as they are and says of each
query whether its author has tied it to a tenant. It needs no tenancy.yaml and
changes nothing: sqlc.yaml is enough. The tenant column is found in the schema;
--column names it. Where there is a tenancy.yaml, what that declares counts.

The most dangerous come first: UPDATE and DELETE of any tenant's rows, and upserts
that may meet another tenant's row. With each finding stands the SQL that
tenancygen would send.

Exit codes: 0 nothing found, 1 findings, 2 wrong usage. Notes are no findings
unless --fail-on=note.`,
		Example: `  tenancygen audit
  tenancygen audit services/billing
  tenancygen audit -f db/sqlc.yaml --column tenant_id,org_id
  tenancygen audit --json | jq -r '.queries[] | select(.class == "unanchored") | .name'
  tenancygen audit --sarif -o audit.sarif --fail-on=never`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			path := "."
			switch given := cmd.Flags().Changed("file"); {
			case given && len(args) > 0:
				return errors.New("give a directory or -f, not both")
			case given:
				path = a.configPath
			case len(args) > 0:
				path = args[0]
			}
			report, err := loadAudit(path, flags.columns, flags.root)
			if err != nil {
				return failure{err}
			}
			if err := a.printAudit(report, flags); err != nil {
				return failure{err}
			}
			return flags.verdict(report)
		},
	}
	set := cmd.Flags()
	set.StringSliceVar(&flags.columns, "column", nil, "the tenant column; of several, each table's is the first that it has")
	set.StringVar(&flags.root, "root", "", "the table of tenants")
	set.StringVar(&flags.format, "format", "pretty", "how to print: pretty, json, sarif")
	set.BoolVar(&flags.json, "json", false, "the same as --format=json")
	set.BoolVar(&flags.sarif, "sarif", false, "the same as --format=sarif, for code scanning")
	set.StringVarP(&flags.output, "output", "o", "", "write to this file, not to stdout")
	set.BoolVar(&flags.all, "all", false, "list all queries, also those without findings")
	set.StringVar(&flags.failOn, "fail-on", "warning", "exit with 1 from this level on: error, warning, note, never")
	return cmd
}

func (f *auditFlags) check() error {
	if f.json && f.sarif || (f.json || f.sarif) && f.format != "pretty" {
		return errors.New("give one of --json, --sarif and --format")
	}
	switch {
	case f.json:
		f.format = "json"
	case f.sarif:
		f.format = "sarif"
	}
	if !slices.Contains([]string{"pretty", "json", "sarif"}, f.format) {
		return fmt.Errorf("--format: use pretty, json or sarif, not %q", f.format)
	}
	if !slices.Contains([]string{"error", "warning", "note", "never"}, f.failOn) {
		return fmt.Errorf("--fail-on: use error, warning, note or never, not %q", f.failOn)
	}
	for i, c := range f.columns {
		if f.columns[i] = strings.TrimSpace(c); f.columns[i] == "" {
			return errors.New("--column: a name is empty")
		}
	}
	return nil
}

// verdict makes findings of a level, or of a worse one, the error of the command.
func (f *auditFlags) verdict(r *audit.Report) error {
	if f.failOn == "never" {
		return nil
	}
	for _, level := range []audit.Level{audit.Error, audit.Warning, audit.Note} {
		if r.Summary.Findings[level] > 0 {
			return errFindings
		}
		if string(level) == f.failOn {
			break
		}
	}
	return nil
}

func (a *app) printAudit(r *audit.Report, flags auditFlags) error {
	out, colours := a.stdout, colored(a.stdout)
	columns := width(a.stdout)
	var file *os.File
	if flags.output != "" && flags.output != "-" {
		var err error
		if file, err = os.Create(flags.output); err != nil {
			return err
		}
		out, colours, columns = file, false, 0
	}
	err := writeAudit(out, r, flags, columns, colours)
	if file == nil {
		return err
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "wrote %s: %s\n", filepath.ToSlash(flags.output), auditCounts(r))
	return nil
}

func writeAudit(out io.Writer, r *audit.Report, flags auditFlags, columns int, colours bool) error {
	switch flags.format {
	case "json":
		return r.JSON(out)
	case "sarif":
		return r.SARIF(out, Version)
	}
	_, err := io.WriteString(out, auditText(r, flags.all, columns, colours))
	return err
}

func auditCounts(r *audit.Report) string {
	n := r.Summary.Findings
	return fmt.Sprintf("%s: %s, %s, %s", plural(r.Summary.Queries, "query", "queries"),
		plural(n[audit.Error], "error", "errors"), plural(n[audit.Warning], "warning", "warnings"), plural(n[audit.Note], "note", "notes"))
}
