package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// drainTimeout bounds how long Destroy waits for statements that have begun.
const drainTimeout = 10 * time.Second

// begun returns the key of a tenant's file, for what takes tenants of any status.
func (p *File) begun(t runtime.Tenant) (fileKey, error) {
	if t.ID == "" {
		return fileKey{}, runtime.ErrNoTenant
	}
	name, err := p.name(t)
	return fileKey{name: name, id: t.ID}, err
}

// Initialize makes the tenant's file: the tables of the layout, a copy of the rows of
// global tables, and what WithSeed writes. The file is made under another name, and is
// the tenant's when all of it is there. For a file that is the tenant's already it does
// nothing; a layout that has changed since is a matter for migrations, and Verify tells.
//
// Meanwhile nobody else writes in the shared database.
func (p *File) Initialize(ctx context.Context, t runtime.Tenant) error {
	if err := p.layout.IDs.Check(t.ID); err != nil {
		return err
	}
	key, err := p.begun(t)
	if err != nil {
		return err
	}
	err = locked(ctx, p.shared, func(tx *sql.Tx) error {
		rec, err := recorded(ctx, tx, p.Strategy(), key.name, t.ID)
		if err != nil {
			return err
		}
		there, err := look(ctx, p.path(key.name), t.ID)
		switch {
		case err != nil:
			return err
		case there == foreign:
			return fmt.Errorf("%w: file %s", runtime.ErrForeignNamespace, key.name)
		case there == absent && rec != nil:
			return fmt.Errorf("%w: file %s is recorded and is not there: restore it, or call Destroy first", runtime.ErrNotInitialized, key.name)
		case there == absent:
			if err := p.make(ctx, tx, key, t); err != nil {
				return err
			}
		case rec != nil:
			return nil
		}
		return enter(ctx, tx, record{namespace: key.name, tenantID: t.ID, strategy: p.Strategy(), fingerprint: p.layout.Fingerprint})
	})
	if err != nil {
		return fmt.Errorf("tenancy: initialize a tenant: %w", err)
	}
	return nil
}

// make makes a file beside its place, and moves it there.
func (p *File) make(ctx context.Context, shared *sql.Tx, key fileKey, t runtime.Tenant) (err error) {
	path := p.path(key.name)
	making := path + ".making"
	// What an interrupted call left. A journal beside the place would be taken for that
	// of the new file.
	if err := removeAll(making); err != nil {
		return err
	}
	if err := removeAll(path); err != nil {
		return err
	}
	if err := p.fill(ctx, shared, making, t); err != nil {
		return joinErr(err, removeAll(making))
	}
	for _, left := range sideFiles(making) {
		if _, err := os.Lstat(left); err == nil {
			return joinErr(fmt.Errorf("%s is left", left), removeAll(making))
		}
	}
	if err := os.Rename(making, path); err != nil {
		return joinErr(err, removeAll(making))
	}
	return syncDir(p.dir)
}

// fill writes what a new file has, in one transaction.
func (p *File) fill(ctx context.Context, shared *sql.Tx, path string, t runtime.Tenant) (err error) {
	pool, err := openOwn(path, "rwc")
	if err != nil {
		return err
	}
	defer func() { err = joinErr(err, pool.Close()) }()
	if _, err := pool.ExecContext(ctx, "PRAGMA journal_mode = wal"); err != nil {
		return err
	}
	if err := p.attachShared(ctx, pool, shared); err != nil {
		return err
	}
	return sqlspace.InTx(ctx, pool, func(tx *sql.Tx) error {
		for _, d := range p.layout.DDL {
			if _, err := tx.ExecContext(ctx, d.SQL); err != nil {
				return err
			}
		}
		if err := p.copyGlobals(ctx, tx); err != nil {
			return err
		}
		if p.options.seed != nil {
			if err := p.options.seed(ctx, tx, t); err != nil {
				return err
			}
		}
		if err := checkForeignKeys(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, makeMarker); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO "+markerTable+" (only_row, tenant_id, fingerprint) VALUES (1, ?, ?)", t.ID, p.layout.Fingerprint)
		return err
	})
}

// sharedName is what the shared database is called where it is attached.
const sharedName = "tenancy_shared"

// attachShared attaches the shared database where there are global tables to copy.
func (p *File) attachShared(ctx context.Context, pool *sql.DB, shared sqlspace.Querier) error {
	if len(p.globals()) == 0 {
		return nil
	}
	var path string
	if err := shared.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path); err != nil {
		return err
	}
	if path == "" {
		return fmt.Errorf("the shared database is in memory, so its global tables cannot be copied: %w", runtime.ErrUnsupported)
	}
	_, err := pool.ExecContext(ctx, "ATTACH DATABASE ? AS "+sharedName, fileURL(path, map[string][]string{"mode": {"ro"}}))
	return err
}

// globals are the tables of the layout that all tenants share.
func (p *File) globals() []*runtime.Table {
	var globals []*runtime.Table
	for i := range p.layout.Tables {
		if t := &p.layout.Tables[i]; t.Class == runtime.ClassGlobal && !t.View {
			globals = append(globals, t)
		}
	}
	return globals
}

func (p *File) copyGlobals(ctx context.Context, tx *sql.Tx) error {
	for _, t := range p.globals() {
		var names []string
		for _, c := range t.Columns {
			names = append(names, namespace.Quote(c.Name))
		}
		list, table := strings.Join(names, ", "), namespace.Quote(t.Name)
		for _, sql := range []string{
			"DELETE FROM main." + table,
			"INSERT INTO main." + table + " (" + list + ") SELECT " + list + " FROM " + sharedName + "." + table,
		} {
			if _, err := tx.ExecContext(ctx, sql); err != nil {
				return fmt.Errorf("copy global table %s: %w", t.Name, err)
			}
		}
	}
	return nil
}

// CopyGlobals brings the tenant's copy of global tables up to date with the shared
// database, in one transaction. Where a row of the tenant refers to one that is gone,
// nothing is changed. Nothing else writes the copy: what changes in the shared database
// reaches a tenant with the next call.
func (p *File) CopyGlobals(ctx context.Context, t runtime.Tenant) error {
	key, err := p.begun(t)
	if err != nil {
		return err
	}
	if err := p.copyAgain(ctx, key); err != nil {
		return fmt.Errorf("tenancy: copy global tables: %w", err)
	}
	return nil
}

func (p *File) copyAgain(ctx context.Context, key fileKey) (err error) {
	there, err := look(ctx, p.path(key.name), key.id)
	switch {
	case err != nil:
		return err
	case there == absent:
		return runtime.ErrNotInitialized
	case there == foreign:
		return fmt.Errorf("%w: file %s", runtime.ErrForeignNamespace, key.name)
	}
	// Foreign keys are off here, so that no row of the tenant goes with the old copy.
	pool, err := openOwn(p.path(key.name), "rw")
	if err != nil {
		return err
	}
	defer func() { err = joinErr(err, pool.Close()) }()
	if err := p.attachShared(ctx, pool, p.shared); err != nil {
		return err
	}
	if len(p.globals()) == 0 {
		return nil
	}
	return sqlspace.InTx(ctx, pool, func(tx *sql.Tx) error {
		if err := p.copyGlobals(ctx, tx); err != nil {
			return err
		}
		return checkForeignKeys(ctx, tx)
	})
}

// checkForeignKeys returns an error where a row refers to one that is not there.
func checkForeignKeys(ctx context.Context, tx *sql.Tx) error {
	var broken int
	err := tx.QueryRowContext(ctx, "SELECT count(*) FROM pragma_foreign_key_check(NULL, 'main')").Scan(&broken)
	if err == nil && broken > 0 {
		err = fmt.Errorf("%d rows refer to rows that are not there", broken)
	}
	return err
}

// Destroy removes the tenant's file, with all that SQLite keeps beside it. Statements
// that have begun come to their end first; where one does not within 10 seconds, or
// another process has the file open, the error is ErrInUse and the file stays. The
// report counts the rows of each table of the tenant.
func (p *File) Destroy(ctx context.Context, t runtime.Tenant, confirm runtime.Confirmation) (runtime.Removal, error) {
	key, err := p.begun(t)
	if err != nil {
		return runtime.Removal{}, err
	}
	if string(confirm) != t.ID {
		return runtime.Removal{}, runtime.ErrNotConfirmed
	}
	var removal runtime.Removal
	err = locked(ctx, p.shared, func(tx *sql.Tx) error {
		rec, err := recorded(ctx, tx, p.Strategy(), key.name, t.ID)
		if err != nil {
			return err
		}
		there, err := look(ctx, p.path(key.name), t.ID)
		switch {
		case err != nil:
			return err
		case there == foreign:
			return fmt.Errorf("%w: file %s", runtime.ErrForeignNamespace, key.name)
		case there == own:
			if removal, err = p.destroy(ctx, key); err != nil {
				return err
			}
		}
		if rec == nil {
			return nil
		}
		return strike(ctx, tx, *rec)
	})
	if err != nil {
		return runtime.Removal{}, fmt.Errorf("tenancy: destroy a tenant: %w", err)
	}
	return removal, nil
}

// destroy counts what is in a file and removes it.
func (p *File) destroy(ctx context.Context, key fileKey) (removal runtime.Removal, err error) {
	removal.Namespace = key.name
	defer p.files.restore(key)
	drain, cancel := context.WithTimeout(ctx, drainTimeout)
	defer cancel()
	if err := p.files.remove(drain, key); err != nil {
		return removal, err
	}
	path := p.path(key.name)
	pool, err := openOwn(path, "rw")
	if err != nil {
		return removal, err
	}
	defer func() { err = joinErr(err, pool.Close()) }()
	// SQLite leaves this mode only for who is alone with the file, and the log is in the
	// file then and gone from beside it.
	var mode string
	err = pool.QueryRowContext(ctx, "PRAGMA journal_mode = delete").Scan(&mode)
	if err != nil || mode != "delete" {
		return removal, joinErr(ErrInUse, err)
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return removal, err
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return removal, joinErr(ErrInUse, err)
	}
	// Nobody reads or writes the file from here on, and it is gone before that changes.
	for _, t := range slices.Backward(sqlspace.Own(&p.layout)) {
		if t.View {
			continue
		}
		table := runtime.RemovedTable{Name: t.Name}
		if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM main."+namespace.Quote(t.Name)).Scan(&table.Rows); err != nil {
			return removal, err
		}
		removal.Tables = append(removal.Tables, table)
	}
	if err := os.Remove(path); err != nil {
		return removal, err
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		return removal, err
	}
	return removal, joinErr(removeAll(path), syncDir(p.dir))
}
