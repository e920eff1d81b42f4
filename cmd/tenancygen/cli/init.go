package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenancygen/tenancygen/cmd/tenancygen/proposal"
	"github.com/tenancygen/tenancygen/generator/catalog"
	"github.com/tenancygen/tenancygen/generator/config"
	"github.com/tenancygen/tenancygen/generator/diag"
	"github.com/tenancygen/tenancygen/generator/dialect"
	"github.com/tenancygen/tenancygen/generator/project"
	"github.com/tenancygen/tenancygen/generator/source"
)

// initFlags are the flags of init.
type initFlags struct {
	schema, queries []string
	engine          string
	force           bool
}

func (a *app) initCommand() *cobra.Command {
	var flags initFlags
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a tenancy.yaml after a look at the schema",
		Long: `Init looks at the schema, proposes the tenant column and how each table belongs
to a tenant, and writes that, with comments, to tenancy.yaml. Tables that the
schema alone does not classify are in it as questions: generate fails until they
are answered.

Without flags it looks for sqlc.yaml, then for schema.sql or a migrations
directory, and guesses the database, postgresql, mysql (also MariaDB) or sqlite,
by the words of the schema. It does not overwrite a file without --force.`,
		Example: `  tenancygen init
  tenancygen init --schema db/migrations --queries db/queries
  tenancygen init --engine sqlite
  tenancygen init -f billing/tenancy.yaml --force`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if flags.engine != "" && dialect.For(flags.engine) == nil {
				return fmt.Errorf("--engine: there is no %q; use postgresql, mysql (also for MariaDB) or sqlite", flags.engine)
			}
			r := &diag.Report{}
			err := a.init(flags, r)
			return a.finish(r, err)
		},
	}
	cmd.Flags().StringSliceVar(&flags.schema, "schema", nil, "schema files or migrations directories, relative to tenancy.yaml")
	cmd.Flags().StringSliceVar(&flags.queries, "queries", nil, "query files or directories, relative to tenancy.yaml")
	cmd.Flags().StringVar(&flags.engine, "engine", "", "the database: postgresql, mysql or sqlite")
	cmd.Flags().BoolVar(&flags.force, "force", false, "overwrite the file")
	return cmd
}

func (a *app) init(flags initFlags, r *diag.Report) error {
	if _, err := os.Lstat(a.configPath); err == nil && !flags.force {
		r.Errorf(diag.OutputUnwritable, source.Span{}, "%s exists", a.configPath).
			WithHelp("use --force to overwrite it, or -f to write another file")
		return nil
	}
	in, schema := findInputs(filepath.Dir(a.configPath), flags, r)
	if r.HasErrors() {
		return nil
	}
	guessed := chooseEngine(&in, flags.engine, schema)
	if flags.engine != "" && flags.engine != in.Engine {
		r.Errorf(diag.ConfigInvalid, source.Span{}, "%s is for %s, and --engine says %s", in.SQLC, in.Engine, flags.engine).
			WithHelp("leave --engine out, or name the schema with --schema, so that %s is not read", in.SQLC)
		return nil
	}
	c := catalog.Load(dialect.For(in.Engine), schema, r)
	if r.HasErrors() {
		fmt.Fprint(a.stderr, guessed)
		return nil
	}
	p := proposal.Propose(c)
	if err := os.WriteFile(a.configPath, []byte(p.YAML(in)), 0o666); err != nil {
		r.Errorf(diag.OutputUnwritable, source.Span{}, "%v", err).WithHelp("make its directory writable, or use -f to write elsewhere")
		return nil
	}
	a.printProposal(p, guessed)
	return nil
}

// chooseEngine completes the inputs with the database: that of sqlc.yaml, of the flag, or
// else a guess, of which the returned line tells.
func chooseEngine(in *proposal.Inputs, flag string, schema []*source.File) (guessed string) {
	if in.Engine != "" {
		return ""
	}
	if in.Engine = flag; flag != "" {
		return ""
	}
	var why string
	if in.Engine, why = proposal.GuessEngine(schema); why == "" {
		return fmt.Sprintf("engine %s, since nothing in the schema tells (--engine names another)\n", in.Engine)
	}
	return fmt.Sprintf("engine %s, guessed by %s (--engine names another)\n", in.Engine, why)
}

func (a *app) printProposal(p *proposal.Proposal, guessed string) {
	fmt.Fprintf(a.stdout, "wrote %s\n%s", a.configPath, guessed)
	if p.Column == "" {
		fmt.Fprintln(a.stdout, "no column looks like the tenant's: name it under tenant:")
	} else {
		fmt.Fprintf(a.stdout, "tenant column %s", p.Column)
		if p.Root != "" {
			fmt.Fprintf(a.stdout, ", of table %s", p.Root)
		}
		fmt.Fprintln(a.stdout)
	}
	fmt.Fprintf(a.stdout, "tables: %s\n", counts{
		{len(p.Direct), "with that column"}, {len(p.Tables), "through a foreign key"}, {len(p.Questions), "to decide"},
	})
	for _, q := range p.Questions {
		fmt.Fprintf(a.stdout, "  decide: %s (%s)\n", q.Name, q.Why)
	}
}

// The places where projects keep their SQL, the more usual first.
var (
	schemaPlaces = []string{
		"schema.sql", "db/schema.sql", "sql/schema.sql", "database/schema.sql",
		"migrations", "db/migrations", "sql/migrations", "database/migrations", "schema", "db/schema", "sql/schema",
	}
	queryPlaces = []string{
		"queries.sql", "query.sql", "queries", "query", "db/queries.sql", "db/query.sql", "db/queries", "db/query",
		"sql/queries.sql", "sql/queries", "sql/query", "database/queries", "database/query",
	}
)

// findInputs returns where the SQL is, and the schema files.
func findInputs(dir string, flags initFlags, r *diag.Report) (proposal.Inputs, []*source.File) {
	in := proposal.Inputs{Package: "gen", Out: "gen", Schema: flags.schema, Queries: flags.queries}
	if len(in.Schema) == 0 && len(in.Queries) == 0 {
		if sqlc := first(dir, config.SQLCFiles); sqlc != "" {
			return fromSQLC(dir, sqlc, r)
		}
	}
	if len(in.Schema) == 0 {
		found := first(dir, schemaPlaces)
		if found == "" {
			r.Errorf(diag.FileMissing, source.Span{}, "no schema found").
				WithHelp("looked for %s; name yours with --schema", strings.Join(append(config.SQLCFiles[:1:1], schemaPlaces...), ", "))
			return in, nil
		}
		in.Schema = []string{found}
	}
	if len(in.Queries) == 0 {
		if found := first(dir, queryPlaces); found != "" {
			in.Queries = []string{found}
		}
	}
	c := &config.Config{Dir: dir, Schema: in.Schema, Queries: in.Queries}
	project.Queries(c, r) // what init writes must be there
	return in, project.Schema(c, r)
}

// first returns the first of the names that is in the directory.
func first(dir string, names []string) string {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) && err == nil {
			return name
		}
	}
	return ""
}

// fromSQLC reads the schema of an sqlc project by a configuration that says
// nothing but where it is.
func fromSQLC(dir, sqlc string, r *diag.Report) (proposal.Inputs, []*source.File) {
	in := proposal.Inputs{SQLC: sqlc}
	parse := func(options string, r *diag.Report) *config.Config {
		text := fmt.Sprintf("version: \"1\"\nsqlc: %q\ntenant: {column: unknown}\n%s", sqlc, options)
		file := source.NewFile(filepath.ToSlash(filepath.Join(dir, config.DefaultPath)), text)
		return config.Parse(file, config.Opener(dir), r)
	}
	c := parse("", &diag.Report{})
	if c == nil {
		// It may be a project for a sql_package that is not generated.
		if c = parse("go: {sql_package: pgx/v5}\n", r); c == nil {
			return in, nil
		}
	}
	in.Engine, in.SQLPackage = c.Engine, c.Go.SQLPackage
	in.Package = "tenantdb"
	in.Out = path.Join(path.Dir(filepath.ToSlash(filepath.Clean(c.Go.Out))), in.Package)
	return in, project.Schema(c, r)
}
