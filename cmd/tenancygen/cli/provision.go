package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// databaseEnv is the variable of the environment that has the database's URL.
const databaseEnv = "DATABASE_URL"

// provisionFlags are the flags of provision.
type provisionFlags struct {
	strategy string
	database string
	tenants  string
	query    string
	workers  int
	shared   bool
}

func (a *app) provisionCommand() *cobra.Command {
	var f provisionFlags
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
	flags.StringVar(&f.strategy, "strategy", "", "what a tenant gets: schema, prefix or database (required)")
	flags.StringVar(&f.database, "database", "", "the database's URL (default $"+databaseEnv+")")
	flags.StringVar(&f.tenants, "tenants", "", "a file with the tenants' ids, - for standard input")
	flags.StringVar(&f.query, "tenants-query", "", "a query whose first column are the tenants' ids")
	flags.IntVar(&f.workers, "workers", 2, "how many tenants to make at once")
	flags.BoolVar(&f.shared, "shared", false, "first make what all tenants share, where no migration has")
	_ = cmd.MarkFlagRequired("strategy")
	cmd.MarkFlagsOneRequired("tenants", "tenants-query")
	cmd.MarkFlagsMutuallyExclusive("tenants", "tenants-query")
	return cmd
}

// provision makes the tenants' places.
func (a *app) provision(ctx context.Context, f provisionFlags) error {
	switch {
	case f.workers < 1:
		return fmt.Errorf("--workers: %d is less than 1", f.workers)
	case f.database == "" && os.Getenv(databaseEnv) == "":
		return fmt.Errorf("no database: use --database, or set %s", databaseEnv)
	case f.database == "":
		f.database = os.Getenv(databaseEnv)
	}
	r := &diag.Report{}
	result, err := a.generate(ctx, r)
	if err := a.finish(r, err); err != nil {
		return err
	}
	if result.IR == nil || result.IR.Layout == nil {
		return fmt.Errorf("%s has no layout: set \"go: {emit_layout: true}\"", a.configPath)
	}
	config, err := pgxpool.ParseConfig(f.database)
	if err != nil {
		return fmt.Errorf("--database: not the URL of a database")
	}
	config.MaxConns = int32(f.workers) + 1 // and one for the query
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return failure{err}
	}
	defer pool.Close()
	provider, err := newProvider(f.strategy, pool, runtimeLayout(result.IR))
	if err != nil {
		return err
	}
	defer func() { _ = provider.Close() }()
	if shared, ok := provider.(interface{ InitializeShared(context.Context) error }); ok && f.shared {
		if err := shared.InitializeShared(ctx); err != nil {
			return failure{err}
		}
	}
	ids, err := a.tenantIDs(ctx, f, pool)
	if err != nil {
		return failure{err}
	}
	return a.initializeAll(ctx, provider, ids, f.workers)
}

// newProvider returns the provider of a strategy that makes places.
func newProvider(strategy string, pool *pgxpool.Pool, layout runtime.Layout) (pgxdb.Isolation, error) {
	switch runtime.Strategy(strategy) {
	case runtime.StrategySchema:
		return postgres.NewSchema(pool, layout)
	case runtime.StrategyPrefix:
		return postgres.NewPrefix(pool, layout)
	case runtime.StrategyDatabase:
		return postgres.NewDatabase(pool, layout)
	case runtime.StrategyRow, runtime.StrategyRLS:
		return nil, fmt.Errorf("--strategy %s: tenants share their tables, so there is nothing to make: run your migrations, and rls.up.sql for rls", strategy)
	}
	return nil, fmt.Errorf("--strategy: use schema, prefix or database, not %q", strategy)
}

// tenantIDs reads all ids, so that the end of the work is known from its beginning.
func (a *app) tenantIDs(ctx context.Context, f provisionFlags, pool *pgxpool.Pool) ([]string, error) {
	if f.query != "" {
		rows, err := pool.Query(ctx, f.query, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return nil, err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("--tenants-query: %w", err)
		}
		return ids, nil
	}
	in := a.stdin
	if f.tenants != "-" {
		file, err := os.Open(f.tenants)
		if err != nil {
			return nil, fmt.Errorf("--tenants: %w", err)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	var ids []string
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if id := strings.TrimSuffix(lines.Text(), "\r"); id != "" {
			ids = append(ids, id)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--tenants: %w", err)
	}
	return ids, nil
}

// initializeAll makes the places, shows how far it is, and says at the end what was
// done and what was not.
func (a *app) initializeAll(ctx context.Context, p pgxdb.Isolation, ids []string, workers int) error {
	progress := newProgress(a.stderr, len(ids))
	began := time.Now()
	complete := 0
	err := runtime.InitializeAll(ctx, p, tenantsOf(ids), workers, func(_ runtime.Tenant, err error) {
		if err == nil {
			complete++
		}
		progress.add()
	})
	progress.end()
	took := time.Since(began)
	fmt.Fprintf(a.stdout, "%d of %d tenants have their place, in %s (%.0f a second)\n",
		complete, len(ids), took.Round(time.Millisecond), float64(complete)/took.Seconds())
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		fmt.Fprintln(a.stderr, "tenancygen: stopped; run the command again to go on")
		return errFindings
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, one := range joined.Unwrap() {
			fmt.Fprintf(a.stderr, "tenancygen: %v\n", one)
		}
	}
	return errFindings
}

func tenantsOf(ids []string) iter.Seq2[runtime.Tenant, error] {
	return func(yield func(runtime.Tenant, error) bool) {
		for _, id := range ids {
			if !yield(runtime.Tenant{ID: id}, nil) {
				return
			}
		}
	}
}

// progress shows how much of long work is done: as a bar on a terminal, else as a
// line for every tenth of it.
type progress struct {
	bar         *progressbar.ProgressBar
	out         io.Writer
	done, total int
	told        int // tenths
}

func newProgress(out io.Writer, total int) *progress {
	p := &progress{out: out, total: total}
	if columns := width(out); columns > 0 && total > 0 {
		p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("tenants"),
			progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetPredictTime(true),
			progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

func (p *progress) add() {
	p.done++
	if p.bar != nil {
		_ = p.bar.Add(1)
		return
	}
	if tenths := p.done * 10 / p.total; tenths > p.told {
		p.told = tenths
		fmt.Fprintf(p.out, "%d of %d tenants\n", p.done, p.total)
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Exit()
		fmt.Fprintln(p.out)
	}
}
