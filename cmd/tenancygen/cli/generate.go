package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/emit/manifest"
	"github.com/tenancygen/tenancygen/generator/output"
	"github.com/tenancygen/tenancygen/generator/source"
)

func (a *app) generateCommand() *cobra.Command {
	var verbose, timings bool
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Generate the Go package and the DDL",
		Long: `Generate compiles the schema and the queries, and writes the Go package and the
DDL to go.out: all files or, if anything is wrong, none. Files that it wrote
before and that are no longer generated are removed; files that it did not write
are never replaced.`,
		Example: `  tenancygen generate
  tenancygen generate -f billing/tenancy.yaml
  tenancygen generate --verbose
  tenancygen generate --diagnostics=json 2>findings.json

  //go:generate go tool tenancygen generate`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := &diag.Report{}
			if timings {
				a.stages.begin()
			}
			result, err := a.generate(cmd.Context(), r)
			if err == nil && result != nil {
				err = a.write(result, verbose, r)
				a.stages.done("write")
			}
			if err == nil && timings && result != nil {
				a.stages.print(a.stderr, result.Analysis)
			}
			return a.finish(r, err)
		},
	}
	cmd.Flags().BoolVar(&timings, "timings", false, "print how long each stage took")
	cmd.Flags().BoolVarP(&verbose, "verbose", "v", false, "list the files that did not change, too")
	return cmd
}

// write writes the files and says so.
func (a *app) write(result *generator.Result, verbose bool, r *diag.Report) error {
	written, err := output.Write(result.Dir, result.Files)
	if err != nil {
		return unwritable(err, r)
	}
	for _, name := range written.Written {
		fmt.Fprintf(a.stdout, "wrote %s\n", filepath.ToSlash(filepath.Join(result.Dir, name)))
	}
	if verbose {
		for _, name := range written.Unchanged {
			fmt.Fprintf(a.stdout, "unchanged %s\n", filepath.ToSlash(filepath.Join(result.Dir, name)))
		}
	}
	for _, name := range written.Removed {
		fmt.Fprintf(a.stdout, "removed %s\n", filepath.ToSlash(filepath.Join(result.Dir, name)))
	}
	for _, name := range written.SQLC {
		r.Warnf(diag.OutputOfSQLC, source.Span{}, "%s was written by sqlc, and nothing replaces it", filepath.ToSlash(filepath.Join(result.Dir, name))).
			WithHelp("remove it if sqlc does not write it any more: its statements are tied to no tenant")
	}
	files := counts{{len(written.Written), "written"}, {len(written.Unchanged), "unchanged"}, {len(written.Removed), "removed"}}
	fmt.Fprintf(a.stdout, "%s: %s\n", plural(len(written.Written)+len(written.Unchanged), "file", "files"), files)
	fmt.Fprintf(a.stdout, "%s: %s\n", plural(len(result.Queries), "query", "queries"), byStatus(result.Queries))
	if _, ok := result.Files[manifest.ReportFile]; ok {
		fmt.Fprintf(a.stdout, "what is not protected: %s\n", filepath.ToSlash(filepath.Join(result.Dir, manifest.ReportFile)))
	}
	return nil
}

// unwritable turns an error of package output into a diagnostic.
func unwritable(err error, r *diag.Report) error {
	var e *output.Error
	if !errors.As(err, &e) {
		return err
	}
	r.Errorf(diag.OutputUnwritable, source.Span{}, "%v", e).WithHelp("%s", e.Help)
	return nil
}

// counts prints "3 written, 1 removed", without what is zero.
type counts []struct {
	n    int
	what string
}

func (c counts) String() string {
	var parts []string
	for _, count := range c {
		if count.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count.n, count.what))
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ", ")
}

func byStatus(queries []generator.Explained) counts {
	n := map[generator.Status]int{}
	for _, q := range queries {
		n[q.Status]++
	}
	var out counts
	for _, s := range []generator.Status{
		generator.StatusAccepted, generator.StatusGlobal, generator.StatusUnscoped, generator.StatusRefused,
	} {
		out = append(out, struct {
			n    int
			what string
		}{n[s], string(s)})
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
