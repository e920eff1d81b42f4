package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/runtime"
)

// shared has the duties that the strategies with shared tables, row and RLS, fulfil
// in the same way.
type shared struct {
	pool     *pgxpool.Pool
	plain    *plain
	strategy runtime.Strategy
	options  options
}

// Strategy returns the strategy.
func (s *shared) Strategy() runtime.Strategy { return s.strategy }

// admin is the pool for Destroy and for a look at the tables.
func (s *shared) admin() *pgxpool.Pool {
	if s.options.admin != nil {
		return s.options.admin
	}
	return s.pool
}

// check returns an error for a tenant that may not act. What it knows of ids is of the
// layout.
func (s *shared) check(t runtime.Tenant) error { return t.CheckAs(s.ids()) }

// ids is how tenants' ids are written.
func (s *shared) ids() runtime.IDForm {
	if s.options.layout == nil {
		return runtime.IDText
	}
	return s.options.layout.IDs
}

// layout returns the layout, or ErrNoLayout.
func (s *shared) layout() (*runtime.Layout, error) {
	if s.options.layout == nil || len(s.options.layout.Tables) == 0 {
		return nil, ErrNoLayout
	}
	return s.options.layout, nil
}

// Initialize makes nothing, as the tables are there for all tenants. With a layout it
// returns what Verify finds wrong with them, so that no tenant is taken in where it
// would not be isolated.
func (s *shared) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := s.ids().Check(t.ID); err != nil {
		return err
	}
	if s.options.layout == nil {
		return nil
	}
	report, err := s.Verify(ctx, t)
	if err != nil {
		return err
	}
	return report.Err()
}

// SchemaName returns the tenant's own SchemaName or runtime.ErrUnsupported: all
// tenants share their tables.
func (s *shared) SchemaName(t runtime.Tenant) (string, error) {
	return s.own(t, t.SchemaName, "schema")
}

// DatabaseURL returns the tenant's own DatabaseURL or runtime.ErrUnsupported: all
// tenants share their tables.
func (s *shared) DatabaseURL(t runtime.Tenant) (string, error) {
	return s.own(t, t.DatabaseURL, "database")
}

func (s *shared) own(t runtime.Tenant, stored, what string) (string, error) {
	switch {
	case t.ID == "":
		return "", runtime.ErrNoTenant
	case stored != "":
		return stored, nil
	}
	return "", fmt.Errorf("%w: under strategy %s tenants have no %s of their own", runtime.ErrUnsupported, s.strategy, what)
}

// ApplyFilters scopes dynamic SQL with the filter of WithFilter. The handle runs it
// as it is.
func (s *shared) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	if err := s.check(t); err != nil {
		return runtime.Query{}, err
	}
	if s.options.filter == nil {
		return runtime.Query{}, runtime.ErrNoFilter
	}
	text, args, err := s.options.filter.Filter(q, t)
	if err != nil {
		return runtime.Query{}, err
	}
	return runtime.Query{SQL: text.SQL, Args: args}, nil
}

// Close does nothing: the pools are the caller's.
func (s *shared) Close() error { return nil }

// rolledBack runs fn in a transaction that is rolled back whatever happens.
func rolledBack(ctx context.Context, pool *pgxpool.Pool, fn func(pgx.Tx) error) error {
	tx, err := pool.Begin(ctx)
	if err != nil {
		return err
	}
	defer abandon(ctx, tx)
	return fn(tx)
}

// actAs sets the tenant for the transaction.
func (s *shared) actAs(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, "SELECT pg_catalog.set_config($1, $2, true)", s.options.setting, id)
	return err
}

// relation returns the quoted name of a table, qualified with its schema, so that no
// search_path decides what it means.
func relation(l *runtime.Layout, t *runtime.Table) string {
	schema := t.Schema
	if schema == "" {
		schema = l.Schema
	}
	return pgx.Identifier{schema, t.Name}.Sanitize()
}
