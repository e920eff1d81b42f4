package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// databaseWork is the work on a tenant's database, by the only caller of all who use
// the registry. It has one connection of the admin pool, and takes no second one,
// since others may hold all of them and wait for this one.
type databaseWork struct {
	d    *Database
	t    runtime.Tenant
	name string
	// conn leads to the shared database, with the registry, and holds the lock.
	conn *pgxpool.Conn
	// server leads to the server of the tenant's database: it is conn, or, where
	// that is another server, a connection of its own.
	server interface {
		Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}
	// inside is how to connect to the tenant's database as the one who makes it.
	inside *pgx.ConnConfig
	// recordedIn is the name of the shared database, by which a marker tells two
	// applications on one server apart.
	recordedIn string
}

// work calls fn with the lock on the tenant's database.
func (d *Database) work(ctx context.Context, t runtime.Tenant, fn func(*databaseWork) error) error {
	if err := d.begin(); err != nil {
		return err
	}
	defer d.working.Done()
	name, err := d.databaseName(t)
	if err != nil {
		return err
	}
	conn, err := d.options.admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	w := &databaseWork{d: d, t: t, name: name, conn: conn, server: conn}
	inside, elsewhere, err := d.inside(t)
	if err != nil {
		return err
	}
	w.inside = inside
	if elsewhere {
		config := inside.Copy()
		config.Database = maintenanceDatabase
		server, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return err
		}
		defer closeConn(ctx, server)
		w.server = server
	}
	unlock, err := lockSession(ctx, conn.Conn(), name)
	if err != nil {
		return err
	}
	defer unlock()
	if err := conn.QueryRow(ctx, "SELECT pg_catalog.current_database()").Scan(&w.recordedIn); err != nil {
		return err
	}
	return fn(w)
}

// begin counts a call, for Close to wait for.
func (d *Database) begin() error {
	d.pools.mu.Lock()
	defer d.pools.mu.Unlock()
	if d.pools.closed {
		return runtime.ErrClosed
	}
	d.working.Add(1)
	return nil
}

// maintenanceDatabase is where CREATE DATABASE is sent on a server that nothing else
// is known of.
const maintenanceDatabase = "postgres"

// inside returns how to connect to the tenant's database as the one who makes it, and
// whether it is on another server than the admin pool.
func (d *Database) inside(t runtime.Tenant) (_ *pgx.ConnConfig, elsewhere bool, err error) {
	tenant, err := d.connConfig(t)
	if err != nil {
		return nil, false, err
	}
	admin := d.options.admin.Config().ConnConfig
	if t.DatabaseURL != "" && (tenant.ConnConfig.Host != admin.Host || tenant.ConnConfig.Port != admin.Port) {
		return tenant.ConnConfig, true, nil
	}
	admin.Database = tenant.ConnConfig.Database
	return admin, false, nil
}

// lockSession makes the connection the only one that works on a database. The lock is
// the connection's, since CREATE DATABASE and DROP DATABASE cannot be in a
// transaction, and is gone when that is lost.
func lockSession(ctx context.Context, conn *pgx.Conn, name string) (unlock func(), err error) {
	sum := sha256.Sum256([]byte("tenancygen database " + name))
	key := int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits
	if _, err := conn.Exec(ctx, "SELECT pg_catalog.pg_advisory_lock($1)", key); err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
		defer cancel()
		if _, err := conn.Exec(ctx, "SELECT pg_catalog.pg_advisory_unlock($1)", key); err != nil {
			_ = conn.Close(ctx) // the pool must not keep a connection with the lock
		}
	}, nil
}

// connect returns a connection into the tenant's database.
func (w *databaseWork) connect(ctx context.Context) (*pgx.Conn, error) {
	return pgx.ConnectConfig(ctx, w.inside)
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTimeout)
	defer cancel()
	_ = conn.Close(ctx)
}

// exists reports whether there is a database of the name.
func (w *databaseWork) exists(ctx context.Context) (found bool, err error) {
	err = w.server.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)", w.name).Scan(&found)
	return found, err
}

// drop removes the database, whoever is connected to it.
func (w *databaseWork) drop(ctx context.Context) error {
	_, err := w.server.Exec(ctx, "DROP DATABASE IF EXISTS "+namespace.Quote(w.name)+" WITH (FORCE)")
	return err
}

// record returns the record of the database, nil when there is none. A record without
// objects is that of a database that was never complete.
func (w *databaseWork) record(ctx context.Context) (found *record, err error) {
	err = pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error {
		if err := ensureRegistry(ctx, tx); err != nil {
			return err
		}
		found, err = recorded(ctx, tx, runtime.StrategyDatabase, w.name, w.t.ID)
		return err
	})
	return found, err
}

// row is the record as it is before there is a database.
func (w *databaseWork) row() record {
	return record{
		Namespace: w.name, Strategy: string(runtime.StrategyDatabase), TenantID: w.t.ID,
		Objects: []string{}, Fingerprint: w.d.layout.Fingerprint,
	}
}

func (w *databaseWork) enter(ctx context.Context) error {
	return pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error { return enter(ctx, tx, w.row()) })
}

func (w *databaseWork) strike(ctx context.Context) error {
	return pgx.BeginFunc(ctx, w.conn, func(tx pgx.Tx) error { return strike(ctx, tx, w.row()) })
}

// complete records what was made.
func (w *databaseWork) complete(ctx context.Context) error {
	objects := []string{}
	for _, ddl := range w.d.layout.DDL {
		objects = append(objects, ddl.Creates...)
	}
	if len(objects) == 0 {
		objects = append(objects, markerTable)
	}
	// It changes no record that is complete.
	_, err := w.conn.Exec(ctx, "UPDATE "+registryTable+" SET objects = $1 WHERE namespace = $2 AND tenant_id = $3 AND objects = '{}'",
		objects, w.name, w.t.ID)
	if err != nil {
		return fmt.Errorf("record of database %s: %w", w.name, err)
	}
	return nil
}
