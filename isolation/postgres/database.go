package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/pgxdb"
)

// What a Database provider does where no option says otherwise.
const (
	defaultMaxPools       = 100
	defaultMaxConns       = 50
	defaultIdleTime       = 5 * time.Minute
	defaultTenantConns    = 4
	defaultConnectTimeout = 10 * time.Second
)

// Database is the provider for a database for each tenant. Statements are sent as
// they are, on a pool of the tenant's own, which is opened by the first statement and
// closed when it has not been used for a while. A new connection is asked whose
// database it leads to before it is used, so that a URL that is stored with the wrong
// tenant is an error (runtime.ErrForeignNamespace).
//
// Make it with NewDatabase; the zero value cannot be used. It is safe for concurrent
// use, and so are its handles.
type Database struct {
	master  *pgxpool.Pool
	global  *plain
	layout  runtime.Layout
	options options
	pools   *pools
	// working counts the calls of Initialize, Destroy and the like, for Close.
	working sync.WaitGroup
}

var _ pgxdb.Isolation = (*Database)(nil)

// NewDatabase returns a provider. The master pool leads to the shared database: it is
// the handle of Global, it holds the registry of tenants' databases, and, with another
// name of a database, it is the template of the tenants' pools (see WithURLTemplate
// and WithPoolConfig). It stays the caller's to close. With WithAdmin, what makes and
// removes databases is done on another pool, whose role needs CREATEDB.
//
// It does no I/O. A nil pool is ErrNoPool, and a layout without DDL ErrNoDDL.
func NewDatabase(master *pgxpool.Pool, layout runtime.Layout, opts ...Option) (*Database, error) {
	if master == nil {
		return nil, ErrNoPool
	}
	if len(layout.DDL) == 0 {
		return nil, ErrNoDDL
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	if o.admin == nil {
		o.admin = master
	}
	d := &Database{master: master, global: newPlain(master), layout: layout, options: o}
	d.pools = newPools(o.database.maxPools, o.database.maxConns, o.database.idleTime, d.poolConfig)
	return d, nil
}

// Strategy returns runtime.StrategyDatabase.
func (d *Database) Strategy() runtime.Strategy { return runtime.StrategyDatabase }

// For returns a handle on the tenant's database. For a tenant that may not act,
// every method of the handle returns the error of Tenant.Check, for an id that is not of
// the layout's form runtime.ErrTenantID, and for one without a
// database runtime.ErrNotInitialized. A statement waits for a connection as long as
// its context lasts. Who holds one, as a transaction does, and asks for a second, can
// wait for themselves.
func (d *Database) For(t runtime.Tenant) pgxdb.Handle {
	if err := t.CheckAs(d.layout.IDs); err != nil {
		return pgxdb.Refuse(err)
	}
	return databaseHandle{d.pools, t}
}

// Global returns a handle on the shared database.
func (d *Database) Global() pgxdb.Handle { return d.global }

// Close closes the tenants' pools and waits for what is in use, so it must not be
// called within a transaction. The master pool stays open.
func (d *Database) Close() error {
	d.pools.close()
	d.working.Wait()
	return nil
}

// PoolStats are the tenants' pools at a moment.
type PoolStats struct {
	// Pools are those that are open, and InUse those of them that somebody uses, or
	// waits for.
	Pools, InUse int
	// Conns are the connections of all of them that are open or being opened.
	Conns int
}

// Stats returns how many pools and connections there are.
func (d *Database) Stats() PoolStats { return d.pools.stats() }

// SchemaName is runtime.ErrUnsupported: a tenant's tables are in the schemas that
// they were declared in.
func (d *Database) SchemaName(t runtime.Tenant) (string, error) {
	if t.ID == "" {
		return "", runtime.ErrNoTenant
	}
	return "", fmt.Errorf("%w: under strategy %s tenants have no schema of their own", runtime.ErrUnsupported, runtime.StrategyDatabase)
}

// ApplyFilters scopes dynamic SQL with the filter of WithFilter. The handle runs it
// as it is.
func (d *Database) ApplyFilters(q runtime.Query, t runtime.Tenant) (runtime.Query, error) {
	if err := t.CheckAs(d.layout.IDs); err != nil {
		return runtime.Query{}, err
	}
	if d.options.filter == nil {
		return runtime.Query{}, runtime.ErrNoFilter
	}
	text, args, err := d.options.filter.Filter(q, t)
	if err != nil {
		return runtime.Query{}, err
	}
	return runtime.Query{SQL: text.SQL, Args: args}, nil
}

// poolConfig returns the configuration of the tenant's pool.
func (d *Database) poolConfig(t runtime.Tenant) (*pgxpool.Config, error) {
	config, err := d.connConfig(t)
	if err != nil {
		return nil, err
	}
	config.MaxConns = defaultTenantConns
	config.MaxConnIdleTime = d.options.database.idleTime
	if config.ConnConfig.ConnectTimeout <= 0 {
		config.ConnConfig.ConnectTimeout = defaultConnectTimeout
	}
	if d.options.database.poolConfig != nil {
		database := config.ConnConfig.Database
		if err := d.options.database.poolConfig(config, t); err != nil {
			return nil, err
		}
		// The name is that of Verify and Destroy, too.
		config.ConnConfig.Database = database
	}
	// Two steps for one statement are not safe behind a pooler; see splits.
	if config.ConnConfig.DefaultQueryExecMode == pgx.QueryExecModeDescribeExec {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	after := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := checkMarker(ctx, conn, t.ID); err != nil {
			return err
		}
		if after != nil {
			return after(ctx, conn)
		}
		return nil
	}
	return config, nil
}

// checkMarker asks a connection whose database it leads to.
func checkMarker(ctx context.Context, conn *pgx.Conn, id string) error {
	var own bool
	err := conn.QueryRow(ctx, "SELECT tenant_id = $1 FROM "+markerTable, pgx.QueryExecModeExec, id).Scan(&own)
	switch {
	case errors.Is(err, pgx.ErrNoRows), hasCode(err, undefinedTable):
		return runtime.ErrNotInitialized
	case err != nil:
		return err
	case !own:
		return runtime.ErrForeignNamespace
	}
	return nil
}

// markerTable is the table that says, in a tenant's database, whose it is.
var markerTable = namespace.Quote(namespace.RegistrySchema) + ".identity"

// The codes of errors of the server.
const (
	undefinedTable      = "42P01"
	undefinedDatabase   = "3D000"
	foreignKeyViolation = "23503"
	restrictViolation   = "23001"
)

// hasCode reports whether the server said that.
func hasCode(err error, code string) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Code == code
}

// connectError returns the error of a connection that could not be had.
func connectError(err error) error {
	if hasCode(err, undefinedDatabase) {
		return runtime.ErrNotInitialized
	}
	return err
}
