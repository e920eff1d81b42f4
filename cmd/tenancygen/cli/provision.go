package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/provision"
	"github.com/tenancygen/tenancygen/generator/diag"
)

// databaseEnv is the variable of the environment that has the database's URL.
const databaseEnv = "DATABASE_URL"

func (a *app) provisionCommand() *cobra.Command {
	var f provision.Options
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Make the schemas, tables or databases of many tenants",
		Long: `Provision makes the place of every tenant it is given, from the schema files of
the project, and leaves those that are complete as they are. So it can be
stopped at any time, and run again to go on.

The tenants are their ids, one on a line. The role of the database's URL needs
the rights to make schemas and tables, and for --strategy database also
databases. The project needs the option emit_layout.

Exit codes: 0 every tenant has its place, 1 some do not, 2 wrong usage.`,
		Example: `  tenancygen provision --strategy schema --tenants ids.txt
  psql -qAt -c 'SELECT id FROM tenants' | tenancygen provision --strategy prefix --tenants -
  tenancygen provision --strategy schema --tenants-query 'SELECT id FROM tenants' --workers 4`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.provision(cmd.Context(), f) },
	}
	flags := cmd.Flags()
	flags.StringVar((*string)(&f.Strategy), "strategy", "", "what a tenant gets: schema, prefix or database (required)")
	flags.StringVar(&f.DatabaseURL, "database", "", "the database's URL (default $"+databaseEnv+")")
	flags.StringVar(&f.Tenants, "tenants", "", "a file with the tenants' ids, - for standard input")
	flags.StringVar(&f.Query, "tenants-query", "", "a query whose first column are the tenants' ids")
	flags.IntVar(&f.Workers, "workers", 2, "how many tenants to make at once")
	flags.BoolVar(&f.Shared, "shared", false, "first make what all tenants share, where no migration has")
	_ = cmd.MarkFlagRequired("strategy")
	cmd.MarkFlagsOneRequired("tenants", "tenants-query")
	cmd.MarkFlagsMutuallyExclusive("tenants", "tenants-query")
	return cmd
}

// provision makes the tenants' places.
func (a *app) provision(ctx context.Context, f provision.Options) error {
	switch {
	case f.Workers < 1:
		return fmt.Errorf("--workers: %d is less than 1", f.Workers)
	case f.DatabaseURL == "" && os.Getenv(databaseEnv) == "":
		return fmt.Errorf("no database: use --database, or set %s", databaseEnv)
	case f.DatabaseURL == "":
		f.DatabaseURL = os.Getenv(databaseEnv)
	}
	r := &diag.Report{}
	result, err := a.generate(ctx, r)
	if err := a.finish(r, err); err != nil {
		return err
	}
	if result.IR == nil || result.IR.Layout == nil {
		return fmt.Errorf("%s has no layout: set \"go: {emit_layout: true}\"", a.configPath)
	}
	f.Stdin, f.Stdout, f.Stderr, f.Columns = a.stdin, a.stdout, a.stderr, width(a.stderr)
	err = provision.Run(ctx, result.IR, f)
	var usage provision.UsageError
	switch {
	case err == nil || errors.As(err, &usage):
		return err
	case errors.Is(err, provision.ErrIncomplete):
		return errFindings
	}
	return failure{err}
}
