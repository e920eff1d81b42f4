package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
)

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "tenancygen",
		Short: "Typed Go methods from SQL that cannot cross a tenant boundary",
		Long: `tenancygen reads a schema, annotated queries and tenancy.yaml, and generates
typed Go methods that cannot cross a tenant boundary, and the database policies
that hold even if someone goes round them. What it cannot prove, it refuses.

Exit codes: 0 fine, 1 findings in the input, 2 wrong usage or a bug.`,
		Example: `  tenancygen init        # write tenancy.yaml after a look at the schema
  tenancygen generate    # write the package
  tenancygen diff        # in CI: is the package up to date?`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVarP(&a.configPath, "file", "f", config.DefaultPath, "the configuration file")
	flags.Var(&a.diagnostics, "diagnostics", "how to print diagnostics on stderr: "+formats(", ")+" (pretty on a terminal, otherwise plain)")
	root.AddCommand(a.generateCommand(), a.compileCommand(), a.diffCommand(), a.vetCommand(), a.explainCommand(), a.initCommand(), a.auditCommand(), a.provisionCommand(), a.versionCommand())
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  tenancygen version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.stdout, "tenancygen %s\n", Version)
			return err
		},
	}
}

// formatFlag is the value of --diagnostics.
type formatFlag struct{ format diag.Format }

func (f *formatFlag) String() string {
	return string(f.format)
}

func (f *formatFlag) Type() string { return "format" }

func (f *formatFlag) Set(s string) error {
	for _, known := range diag.Formats {
		if string(known) == s {
			f.format = known
			return nil
		}
	}
	return fmt.Errorf("use %s", formats(" or "))
}

func formats(separator string) string {
	names := make([]string, len(diag.Formats))
	for i, f := range diag.Formats {
		names[i] = string(f)
	}
	return strings.Join(names, separator)
}
