package cli

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/output"
)

func (a *app) diffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff",
		Short: "Compare the generated files with those on disk",
		Long: `Diff prints what generate would change as a unified diff, missing and stale
files included, and exits with 1 if that is anything. It writes no file.`,
		Example: `  tenancygen diff
  tenancygen diff | patch -p1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := &diag.Report{}
			result, err := a.generate(cmd.Context(), r)
			var text string
			if err == nil && result != nil {
				if text, err = output.Diff(result.Dir, result.Files); err != nil {
					err = unwritable(err, r)
				}
			}
			if err := a.finish(r, err); err != nil {
				return err
			}
			if text == "" {
				return nil
			}
			if _, err := io.WriteString(a.stdout, text); err != nil {
				return failure{err}
			}
			return errFindings
		},
	}
}
