package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// undoTimeout bounds what Initialize takes back after it failed.
const undoTimeout = 15 * time.Second

// places has what Database and Prefix have in common.
type places struct {
	*sqlspace.Places
	// admin is a pool without tenants, for what makes and removes places.
	admin *sql.DB
	// shared is the database of what tenants share.
	shared string
	seed   Seed
	kind   kind
}

// kind is what is different between Database and Prefix. Its functions run while the
// place is locked.
type kind interface {
	// occupied says what stands in a place; empty where nothing does.
	occupied(ctx context.Context, q sqlspace.Querier, space namespace.Space) (string, error)
	// prepare makes what the tables will be in.
	prepare(ctx context.Context, conn *sql.Conn, space namespace.Space, id string) error
	// mine returns an error where what stands in a place that is recorded as not complete
	// cannot be what the provider made.
	mine(ctx context.Context, q sqlspace.Querier, space namespace.Space, id string) error
	// drop removes all that stands in a place.
	drop(ctx context.Context, q sqlspace.Querier, space namespace.Space) error
	// name is that under which a place is recorded.
	name(space namespace.Space) string
}

func newPlaces(config *mysql.Config, strategy runtime.Strategy, layout runtime.Layout, opts []Option,
	space func(shared string, t runtime.Tenant) (namespace.Space, error), handwritten bool) (*places, error) {
	if config == nil {
		return nil, ErrNoPool
	}
	if config.DBName == "" {
		return nil, ErrNoDatabase
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	connector, err := newConnector(config)
	if err != nil {
		return nil, err
	}
	admin := connector
	if o.admin != nil {
		if o.admin.DBName != config.DBName {
			return nil, fmt.Errorf("%w: that of WithAdmin is another", ErrNoDatabase)
		}
		if admin, err = newConnector(o.admin); err != nil {
			return nil, err
		}
	}
	e := engine
	e.Shared.Schema = config.DBName
	var use func(namespace.Space) string
	if handwritten {
		use = func(s namespace.Space) string { return "USE " + s.Quote(s.Schema) }
	}
	common, err := sqlspace.NewPlaces(connector, e, strategy, layout, o.filter, func(t runtime.Tenant) (namespace.Space, error) {
		return space(config.DBName, t)
	}, use)
	if err != nil {
		return nil, err
	}
	return &places{Places: common, admin: sql.OpenDB(admin), shared: config.DBName, seed: o.seed}, nil
}

// newConnector returns a connector that sends one statement at a time, of which the
// provider then knows what it is.
func newConnector(config *mysql.Config) (driver.Connector, error) {
	config = config.Clone()
	config.MultiStatements = false
	return mysql.NewConnector(config)
}

// DB returns the pool of the handles, for its limits and statistics. It does not run
// statements: they are ErrNoHandle there.
func (p *places) DB() *sql.DB { return p.Pool }

// Close closes the provider's pools. Statements and transactions that have begun come
// to their end.
func (p *places) Close() error {
	err := p.Places.Close()
	if closed := p.admin.Close(); err == nil {
		err = closed
	}
	return err
}

// Initialize makes the tenant's place: the tables of the layout, and what WithSeed
// writes. DDL cannot be taken back here, so the place is recorded first, and is the
// tenant's when all that is in it has been made; a call after one that was interrupted
// begins anew, and one that fails removes what it has made. For a place that is there as
// the tenant's it does nothing.
//
// What tenants share has to be there before.
func (p *places) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.Layout.IDs.Check(t.ID); err != nil {
		return err
	}
	space, err := p.Place(t)
	if err != nil {
		return err
	}
	name := p.kind.name(space)
	err = locked(ctx, p.admin, name, func(conn *sql.Conn) error {
		rec, err := recorded(ctx, conn, p.Strategy(), name, t.ID)
		if err != nil {
			return err
		}
		there, err := p.kind.occupied(ctx, conn, space)
		switch {
		case err != nil:
			return err
		case rec != nil && rec.complete && there == "":
			return fmt.Errorf("%w: %s is recorded and is not there: restore it, or call Destroy first", runtime.ErrNotInitialized, name)
		case rec != nil && rec.complete:
			return nil
		case rec == nil && there != "":
			return fmt.Errorf("%w: %s is there and was not recorded", runtime.ErrForeignNamespace, there)
		case rec != nil && there != "":
			if err := p.kind.mine(ctx, conn, space, t.ID); err != nil {
				return err
			}
			if err := p.kind.drop(ctx, conn, space); err != nil {
				return err
			}
		case rec == nil:
			if err := enter(ctx, conn, p.Strategy(), name, t.ID, p.Layout.Fingerprint); err != nil {
				return err
			}
		}
		if err := p.make(ctx, conn, space, t); err != nil {
			return joinErr(err, p.undo(ctx, space, t.ID))
		}
		return complete(ctx, conn, p.Strategy(), name, t.ID)
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize a tenant: %w", err)
	}
	return nil
}

func (p *places) make(ctx context.Context, conn *sql.Conn, space namespace.Space, t runtime.Tenant) error {
	if err := p.sharedThere(ctx, conn); err != nil {
		return err
	}
	if err := p.kind.prepare(ctx, conn, space, t.ID); err != nil {
		return err
	}
	for _, ddl := range p.DDL(space) {
		if _, err := conn.ExecContext(ctx, ddl); err != nil {
			return err
		}
	}
	for _, own := range sqlspace.Own(&p.Layout) {
		found, err := columns(ctx, conn, space.Schema, space.Relation(own.Name))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%w: its DDL has not made %s", ErrLayout, own.Name)
		}
	}
	if p.seed == nil {
		return nil
	}
	return sqlspace.InTx(ctx, conn, func(tx *sql.Tx) error { return p.seed(ctx, tx, t) })
}

// sharedThere looks for what tenants share. The server's error about a foreign key does
// not say that it is the other table that is missing.
func (p *places) sharedThere(ctx context.Context, q sqlspace.Querier) error {
	for _, t := range p.Layout.Tables {
		if t.Class != runtime.ClassGlobal {
			continue
		}
		found, err := columns(ctx, q, p.shared, t.Name)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return fmt.Errorf("%w: database %s has no table %s, which tenants share: make it first", ErrLayout, p.shared, t.Name)
		}
	}
	return nil
}

// undo removes what a call has made that failed. It has a connection of its own, since
// that of the call may be lost with its context; the lock is still held.
func (p *places) undo(ctx context.Context, space namespace.Space, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if err := p.kind.drop(ctx, p.admin, space); err != nil {
		return err
	}
	return strike(ctx, p.admin, p.Strategy(), p.kind.name(space), id)
}

// Destroy drops the tenant's place with everything in it. The report counts the rows of
// each table of the layout.
func (p *places) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	space, err := p.Place(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	name := p.kind.name(space)
	var removal runtime.Removal
	err = locked(ctx, p.admin, name, func(conn *sql.Conn) error {
		rec, err := recorded(ctx, conn, p.Strategy(), name, t.ID)
		if err != nil {
			return err
		}
		there, err := p.kind.occupied(ctx, conn, space)
		switch {
		case err != nil:
			return err
		case rec == nil && there != "":
			return fmt.Errorf("%w: %s is there and was not recorded", runtime.ErrForeignNamespace, there)
		case rec == nil:
			return nil
		}
		removal.Namespace = name
		if there != "" {
			if err := p.kind.mine(ctx, conn, space, t.ID); err != nil {
				return err
			}
			if removal.Tables, err = p.count(ctx, conn, space); err != nil {
				return err
			}
			if err := p.kind.drop(ctx, conn, space); err != nil {
				return err
			}
		}
		return strike(ctx, conn, p.Strategy(), name, t.ID)
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// count counts the rows of the tenant's tables, those that refer to others first.
func (p *places) count(ctx context.Context, q sqlspace.Querier, space namespace.Space) ([]runtime.RemovedTable, error) {
	var tables []runtime.RemovedTable
	for _, t := range slices.Backward(sqlspace.Own(&p.Layout)) {
		found, err := columns(ctx, q, space.Schema, space.Relation(t.Name))
		if err != nil {
			return nil, err
		}
		if t.View || len(found) == 0 {
			continue // one that was dropped by hand is no reason to keep the rest
		}
		table := runtime.RemovedTable{Name: t.Name}
		if err := q.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+space.Qualified(t.Name)).Scan(&table.Rows); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	return tables, nil
}

// relations returns the tables and views of a database whose names begin with a prefix,
// whatever their case is: on some systems the server has folded it.
func relations(ctx context.Context, q sqlspace.Querier, schema, prefix string) (tables, views []string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT TABLE_NAME, TABLE_TYPE = 'VIEW' FROM information_schema.TABLES
		WHERE TABLE_SCHEMA = ? AND CAST(LEFT(LOWER(TABLE_NAME), ?) AS BINARY) = CAST(? AS BINARY)`, schema, len(prefix), strings.ToLower(prefix))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var view bool
		if err := rows.Scan(&name, &view); err != nil {
			return nil, nil, err
		}
		if view {
			views = append(views, name)
		} else {
			tables = append(tables, name)
		}
	}
	return tables, views, rows.Err()
}

func joinErr(a, b error) error {
	if b == nil {
		return a
	}
	return fmt.Errorf("%w; and what was made could not be removed: %w", a, b)
}
