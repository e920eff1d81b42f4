package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// undoTimeout bounds what Initialize takes back after it failed.
const undoTimeout = 15 * time.Second

// makeMarker makes the table that says whose the database is, and where that is
// recorded. It is made with the tables in one transaction, so that a database that
// has it is complete.
var makeMarker = `
CREATE SCHEMA ` + namespace.RegistrySchema + `;
CREATE TABLE ` + markerTable + ` (
    tenant_id   text        NOT NULL,
    recorded_in text        NOT NULL,
    fingerprint text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row)
);
COMMENT ON TABLE ` + markerTable + ` IS 'Whose this database is. Written by tenancygen.'`

// Initialize makes the tenant's database: the tables of the layout, a copy of the rows
// of global tables (see CopyGlobals), what WithSeed writes, and the rights of the
// application's role, which is the layout's where the user of the tenant's pool is a
// member of it, and else that user. PUBLIC may not connect to it.
//
// A database cannot be made in a transaction. So it is recorded before it is made, and
// is the tenant's, for handles too, when a transaction has made all that is in it. A
// call after one that was interrupted goes on where that stopped. A call that fails
// removes a database that it has made itself.
//
// A stored URL to another server than that of the pool of WithAdmin, or of the master
// pool, is used as it is, and its user needs CREATEDB there.
func (d *Database) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := d.layout.IDs.Check(t.ID); err != nil {
		return err
	}
	err := d.work(ctx, t, func(w *databaseWork) error {
		record, err := w.record(ctx)
		if err != nil {
			return err
		}
		exists, err := w.exists(ctx)
		switch {
		case err != nil:
			return err
		case exists && record == nil:
			return fmt.Errorf("%w: there is no record of database %s", runtime.ErrForeignNamespace, w.name)
		case !exists && record != nil && len(record.Objects) > 0:
			return fmt.Errorf("%w: database %s is recorded and is not there: restore it, or call Destroy first", runtime.ErrNotInitialized, w.name)
		}
		if record == nil {
			if err := w.enter(ctx); err != nil {
				return err
			}
		}
		if !exists {
			if err := w.create(ctx); err != nil {
				return err
			}
		}
		if err := w.fill(ctx); err != nil {
			if !exists {
				return errors.Join(err, w.undo(ctx))
			}
			return err
		}
		return w.complete(ctx)
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize a tenant: %w", err)
	}
	return nil
}

// create makes the database. It comes from template0, which is empty and has no
// connections, so that what is in it has been made by fill.
func (w *databaseWork) create(ctx context.Context) error {
	_, err := w.server.Exec(ctx, "CREATE DATABASE "+namespace.Quote(w.name)+" TEMPLATE template0")
	return err
}

// fill makes what is in the database, unless that has been done.
func (w *databaseWork) fill(ctx context.Context) error {
	conn, err := w.connect(ctx)
	if err != nil {
		return err
	}
	defer closeConn(ctx, conn)
	own, err := w.marked(ctx, conn)
	if own || err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_catalog.set_config('search_path', $1, true), pg_catalog.set_config($2, $3, true)",
			namespace.Quote(w.d.layout.Schema), w.d.options.setting, w.t.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, w.script()); err != nil {
			return err
		}
		if err := w.copyGlobals(ctx, tx); err != nil {
			return err
		}
		if w.d.options.seed != nil {
			if err := w.d.options.seed(ctx, tx, w.t); err != nil {
				return err
			}
		}
		if err := w.mark(ctx, tx); err != nil {
			return err
		}
		return w.grant(ctx, tx)
	})
}

// script is all DDL of the layout, as it was written.
func (w *databaseWork) script() string {
	var script strings.Builder
	script.WriteString(strings.Join(namespace.Before(w.d.layout.Schema), ";\n") + ";\n")
	for _, ddl := range w.d.layout.DDL {
		// A statement may end in a comment.
		script.WriteString(ddl.SQL + "\n;\n")
	}
	return script.String()
}

// mark writes whose the database is.
func (w *databaseWork) mark(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, makeMarker); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO "+markerTable+" (tenant_id, recorded_in, fingerprint) VALUES ($1, $2, $3)",
		w.t.ID, w.recordedIn, w.d.layout.Fingerprint)
	return err
}

// marked reports whether the database is complete and the tenant's. A database that
// is recorded, and has something in it and no marker, was not made by Initialize.
func (w *databaseWork) marked(ctx context.Context, conn *pgx.Conn) (bool, error) {
	var there, empty bool
	err := conn.QueryRow(ctx, `
		SELECT pg_catalog.to_regclass($1) IS NOT NULL,
		       NOT EXISTS (SELECT FROM pg_catalog.pg_class c
		                    WHERE c.relnamespace NOT IN (SELECT n.oid FROM pg_catalog.pg_namespace n
		                                                  WHERE n.nspname LIKE 'pg\_%' OR n.nspname = 'information_schema'))`,
		markerTable).Scan(&there, &empty)
	if err != nil {
		return false, err
	}
	foreign := fmt.Errorf("%w: database %s is recorded as the tenant's, and what is in it is not", runtime.ErrForeignNamespace, w.name)
	if !there {
		if !empty {
			return false, foreign
		}
		return false, nil
	}
	var id, recordedIn string
	err = conn.QueryRow(ctx, "SELECT tenant_id, recorded_in FROM "+markerTable).Scan(&id, &recordedIn)
	if err == nil && (id != w.t.ID || recordedIn != w.recordedIn) {
		err = foreign
	}
	return err == nil, err
}

// undo removes the database that this call has made. The lock is still held, so
// nobody else has begun to use it. Where the connection is lost, the next call goes on
// with what is there.
func (w *databaseWork) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if w.conn.Conn().IsClosed() {
		return nil
	}
	if err := w.drop(ctx); err != nil {
		return err
	}
	return w.strike(ctx)
}
