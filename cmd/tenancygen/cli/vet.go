package cli

import (
	"context"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator"
	"github.com/tenancygen/tenancygen/generator/analyze/sqlcproc"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/source"
)

func (a *app) vetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "vet",
		Short: "Hold rules against the queries: tenancy rules, and those of sqlc.yaml",
		Long: `Vet scopes the queries and holds the tenancy rules against them, such as: no
unscoped query writes tenants' rows. docs/vet.md lists the rules. Where tenancy.yaml
points at an sqlc.yaml whose entry has rules, sqlc vet runs as well.

A query is exempt from all rules with -- @sqlc-vet-disable, from rules of sqlc.yaml
with their names behind it, and from tenancy rules with -- @tenancy vet-disable and
their names. A rule is switched off with vet: {tenancy/global-write: false} in
tenancy.yaml.

Exit codes: 0 nothing found, 1 findings, 2 wrong usage or a bug.`,
		Example: `  tenancygen vet
  tenancygen vet -f billing/tenancy.yaml --diagnostics=json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r := &diag.Report{}
			return a.finish(r, a.vet(cmd.Context(), r))
		},
	}
}

// vet holds our rules against the queries, and then sqlc's.
func (a *app) vet(ctx context.Context, r *diag.Report) error {
	options, err := a.options()
	if err != nil {
		return err
	}
	vetted, err := a.compiler.vet(ctx, options, time.Now(), r)
	if err != nil || vetted == nil {
		return err
	}
	a.pkg = vetted.Package
	if vetted.SQLC == "" {
		return nil
	}
	command, err := sqlcCall()
	if err != nil {
		return err
	}
	lines, err := sqlcproc.Vet(ctx, command, vetted.SQLC)
	for _, line := range lines {
		addSQLC(r, vetted, line)
	}
	return err
}

var (
	// trippedLine is what sqlc says of a rule: the file, the query, and the rest.
	trippedLine = regexp.MustCompile(`^([^:]+): ([^:\s]+): (.+)$`)
	// placedLine is what it says of a mistake in a file.
	placedLine = regexp.MustCompile(`^(.+?):(\d+):(\d+): (.+)$`)
)

// addSQLC reports a line of sqlc's at the place that it is about, which sqlc does not
// always know.
func addSQLC(r *diag.Report, vetted *generator.Vetted, line string) {
	const help = "the rule is in sqlc's configuration; -- @sqlc-vet-disable and its name exempts the query"
	if m := placedLine.FindStringSubmatch(line); m != nil {
		for _, f := range vetted.Files {
			if f.Path == m[1] || strings.HasSuffix(f.Path, "/"+filepath.ToSlash(m[1])) {
				lineNumber, _ := strconv.Atoi(m[2]) // digits
				column, _ := strconv.Atoi(m[3])
				at := f.Offset(lineNumber, column)
				r.Errorf(diag.AnalysisFailed, f.Span(at, at), "sqlc vet: %s", m[4]).WithHelp("sqlc has to know the statement to vet it")
				return
			}
		}
	}
	if m := trippedLine.FindStringSubmatch(line); m != nil {
		if at, ok := vetted.Names[m[2]]; ok && filepath.Base(at.File.Path) == m[1] {
			r.Errorf(diag.RuleTripped, at, "%s: %s", m[2], m[3]).WithHelp(help).InQuery(m[2])
			return
		}
	}
	r.Errorf(diag.RuleTripped, source.Span{}, "sqlc vet: %s", line).WithHelp("sqlc says so of its configuration, or of a query of another entry")
}
