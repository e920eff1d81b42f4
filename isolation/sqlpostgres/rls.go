package sqlpostgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"fmt"

	"github.com/tenancygen/tenancygen/isolation/internal/policy"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// RLS is the provider for row-level security: it tells PostgreSQL the tenant in
// a setting that is local to the transaction of each statement, and policies on
// the tables do the rest. See the package documentation for what holds.
//
// Make it with NewRLS, and close it; the zero value cannot be used. It is safe for
// concurrent use, and so are its handles.
type RLS struct {
	pool    *sql.DB
	setting string
	ids     runtime.IDForm
}

var _ sqldb.Provider = (*RLS)(nil)

// NewRLS returns a provider with a pool of its own, whose connections the connector
// makes: pq.NewConnector and stdlib.GetConnector return one. It does no I/O; call
// VerifyRole to know that policies hold for the connector's role. A nil connector is
// ErrNoPool, and a bad setting name ErrSettingName.
func NewRLS(connector driver.Connector, opts ...Option) (*RLS, error) {
	if connector == nil {
		return nil, ErrNoPool
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	return &RLS{pool: sql.OpenDB(scopedConnector{connector}), setting: o.setting, ids: o.ids}, nil
}

// Pool returns the pool, for its limits and statistics. It does not run statements:
// they are ErrNoHandle there.
func (p *RLS) Pool() *sql.DB { return p.pool }

// Close closes the pool. Statements and transactions that have begun come to their
// end first.
func (p *RLS) Close() error { return p.pool.Close() }

// For returns a handle on which every statement, and every transaction, runs
// as t. For a tenant that may not act, every method of the handle returns the
// error of Tenant.Check, and with WithLayout that of an id that is not of its form.
//
// A transaction keeps the tenant until it ends. PrepareContext is
// ErrPrepareUnderRLS but in a transaction.
func (p *RLS) For(t runtime.Tenant) sqldb.DB {
	if err := t.CheckAs(p.ids); err != nil {
		return sqldb.Refuse(err)
	}
	// Qualified, so that no search_path can put other functions in their place. The
	// name of the setting has been checked. The id is written in hexadecimal, which
	// no setting of the server reads in another way.
	return handle{p.pool, scope{set: "SELECT pg_catalog.set_config('" + p.setting +
		"', pg_catalog.convert_from(pg_catalog.decode('" + hex.EncodeToString([]byte(t.ID)) + "', 'hex'), 'UTF8'), true)"}}
}

// Global returns a handle whose statements run without a tenant. Policies then
// show no rows and accept none.
func (p *RLS) Global() sqldb.DB { return handle{p.pool, scope{}} }

// VerifyRole asks the database whether policies hold for the connector's role. It
// returns an error that is ErrUnsafeConnection when the role is a superuser, has
// BYPASSRLS, or owns a table that has row-level security (an owner is not
// subject to policies, or can switch them off), and when the setting of the
// tenant has a value of its own on the connection, as after ALTER ROLE … SET,
// with which Global would act as that tenant. Any other error is the database's.
//
// It is optional, looks at one connection of the pool, and is meant for the
// start of an application. It does not look at the policies themselves.
func (p *RLS) VerifyRole(ctx context.Context) error {
	var role policy.Role
	err := p.Global().QueryRowContext(ctx, policy.RoleSQL, p.setting).
		Scan(&role.Superuser, &role.Bypass, &role.Owned, &role.Preset)
	if err != nil {
		return fmt.Errorf("tenancy: look up the role of the pool: %w", err)
	}
	if why := role.Unsafe(p.setting); why != "" {
		return fmt.Errorf("%w: %s", ErrUnsafeConnection, why)
	}
	return nil
}

// handle runs statements in its scope: it tells the driver in the context.
type handle struct {
	pool  *sql.DB
	scope scope
}

// scope says as whom a statement runs.
type scope struct {
	// set is the statement that sets the tenant; empty for none.
	set string
}

// scopeKey is the context key of the scope. Its type is private, so that nothing but
// a handle can put one there.
type scopeKey struct{}

func (d handle) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, scopeKey{}, d.scope)
}

// scopeOf returns the scope of a context, or ErrNoHandle.
func scopeOf(ctx context.Context) (scope, error) {
	s, ok := ctx.Value(scopeKey{}).(scope)
	if !ok {
		return s, ErrNoHandle
	}
	return s, nil
}

func (d handle) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return d.pool.ExecContext(d.in(ctx), query, args...)
}

func (d handle) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return d.pool.QueryContext(d.in(ctx), query, args...)
}

func (d handle) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return d.pool.QueryRowContext(d.in(ctx), query, args...)
}

func (handle) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, ErrPrepareUnderRLS
}

func (d handle) BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error) {
	return d.pool.BeginTx(d.in(ctx), opts)
}
