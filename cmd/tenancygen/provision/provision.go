// Package provision makes the places of many tenants for the command of that name. It
// is the one package that knows both the compiler's result and the run time.
package provision

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

	"github.com/tenancygen/tenancygen/generator/ir"
	"github.com/tenancygen/tenancygen/isolation/postgres"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// Options say what to make.
type Options struct {
	// Strategy is schema, prefix or database.
	Strategy runtime.Strategy
	// DatabaseURL leads to the shared database.
	DatabaseURL string
	// Tenants is a file with an id on each line, - for Stdin; Query, where it is
	// empty, asks the database for them.
	Tenants, Query string
	// Workers is how many tenants are made at once.
	Workers int
	// Shared makes what all tenants share before anything else.
	Shared bool

	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Columns is the width of Stderr; 0 when it is no terminal.
	Columns int
}

// ErrIncomplete is returned by Run, which has said then what is missing.
var ErrIncomplete = errors.New("some tenants do not have their place")

// UsageError is an error of the options.
type UsageError struct{ error }

func usagef(format string, args ...any) error { return UsageError{fmt.Errorf(format, args...)} }

// Run makes the places of the tenants in the tables of pkg, reports how far it is, and
// returns ErrIncomplete when some could not be made or ctx ended.
func Run(ctx context.Context, pkg *ir.Package, o Options) error {
	config, err := pgxpool.ParseConfig(o.DatabaseURL)
	if err != nil {
		return usagef("--database: not the URL of a database") // the error may hold a password
	}
	config.MaxConns = int32(o.Workers) + 1 // and one for the query
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	defer pool.Close()
	provider, err := newProvider(o.Strategy, pool, layoutOf(pkg))
	if err != nil {
		return err
	}
	defer func() { _ = provider.Close() }()
	if shared, ok := provider.(interface{ InitializeShared(context.Context) error }); ok && o.Shared {
		if err := shared.InitializeShared(ctx); err != nil {
			return err
		}
	}
	ids, err := tenantIDs(ctx, o, pool)
	if err != nil {
		return err
	}
	return initializeAll(ctx, provider, ids, o)
}

// newProvider returns the provider of a strategy that makes places.
func newProvider(strategy runtime.Strategy, pool *pgxpool.Pool, layout runtime.Layout) (pgxdb.Isolation, error) {
	switch strategy {
	case runtime.StrategySchema:
		return postgres.NewSchema(pool, layout)
	case runtime.StrategyPrefix:
		return postgres.NewPrefix(pool, layout)
	case runtime.StrategyDatabase:
		return postgres.NewDatabase(pool, layout)
	case runtime.StrategyRow, runtime.StrategyRLS:
		return nil, usagef("--strategy %s: tenants share their tables, so there is nothing to make: run your migrations, and rls.up.sql for rls", strategy)
	}
	return nil, usagef("--strategy: use schema, prefix or database, not %q", strategy)
}

// tenantIDs reads all ids, so that the end of the work is known from its beginning.
func tenantIDs(ctx context.Context, o Options, pool *pgxpool.Pool) ([]string, error) {
	if o.Query != "" {
		rows, err := pool.Query(ctx, o.Query, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return nil, err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("--tenants-query: %w", err)
		}
		return ids, nil
	}
	in := o.Stdin
	if o.Tenants != "-" {
		file, err := os.Open(o.Tenants)
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
func initializeAll(ctx context.Context, p pgxdb.Isolation, ids []string, o Options) error {
	progress := newProgress(o.Stderr, o.Columns, len(ids))
	began := time.Now()
	complete := 0
	err := runtime.InitializeAll(ctx, p, tenantsOf(ids), o.Workers, func(_ runtime.Tenant, err error) {
		if err == nil {
			complete++
		}
		progress.add()
	})
	progress.end()
	took := time.Since(began)
	fmt.Fprintf(o.Stdout, "%d of %d tenants have their place, in %s (%.0f a second)\n",
		complete, len(ids), took.Round(time.Millisecond), float64(complete)/took.Seconds())
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		fmt.Fprintln(o.Stderr, "tenancygen: stopped; run the command again to go on")
		return ErrIncomplete
	}
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		for _, one := range joined.Unwrap() {
			fmt.Fprintf(o.Stderr, "tenancygen: %v\n", one)
		}
	}
	return ErrIncomplete
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
