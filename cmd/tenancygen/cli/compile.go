package cli

import (
	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator/diag"
)

func (a *app) compileCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compile",
		Short: "Check the schema and the queries, and write nothing",
		Long: `Compile does all that generate does but for writing files: it says what is
refused, and exits with 1 if anything is. It does not look at the files that were
generated before; diff does.`,
		Example: `  tenancygen compile
  tenancygen compile -f billing/tenancy.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := &diag.Report{}
			_, err := a.generate(cmd.Context(), r)
			return a.finish(r, err)
		},
	}
}
