package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"github.com/ncruces/go-sqlite3"
	sqlite3driver "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed" // SQLite itself

	"github.com/tenancygen/tenancygen/runtime"
)

// The marker says in a tenant's file whose it is. It is made with the tables in one
// transaction, so that a file that has it is complete.
const (
	markerTable = "tenancy_marker"

	makeMarker = `CREATE TABLE ` + markerTable + ` (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    tenant_id   TEXT NOT NULL,
    fingerprint TEXT NOT NULL
)`
	readMarker = "SELECT tenant_id FROM main." + markerTable + " WHERE only_row = 1"
)

var errNoMarker = errors.New("it is marked as nobody's")

// openFile opens a connection to a tenant's file, and looks whether it is the tenant's.
func openFile(ctx context.Context, dsn, id string) (driver.Conn, error) {
	connector, err := new(sqlite3driver.SQLite).OpenConnector(dsn)
	if err != nil {
		return nil, err
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		switch {
		case errors.Is(err, sqlite3.CANTOPEN):
			err = fmt.Errorf("%w: %w", runtime.ErrNotInitialized, err)
		case errors.Is(err, sqlite3.NOTADB):
			err = fmt.Errorf("%w: %w", runtime.ErrForeignNamespace, err)
		}
		return nil, err
	}
	raw := conn.(sqlite3driver.Conn).Raw()
	// No statement can undo this: ATTACH, and what is built on it, is an error from here.
	raw.Limit(sqlite3.LIMIT_ATTACHED, 0)
	if err := checkOwner(raw, id); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// checkOwner returns an error unless a file is marked as the tenant's.
func checkOwner(conn *sqlite3.Conn, id string) error {
	marked, err := ownerOf(conn)
	switch {
	case errors.Is(err, errNoMarker):
		return fmt.Errorf("%w: %w", runtime.ErrForeignNamespace, err)
	case err != nil:
		return err
	case marked != id:
		return fmt.Errorf("%w: the file is marked as another's", runtime.ErrForeignNamespace)
	}
	return nil
}

// ownerOf returns whose a file is, or errNoMarker.
func ownerOf(conn *sqlite3.Conn) (id string, err error) {
	stmt, _, err := conn.Prepare(readMarker)
	if err != nil {
		if errors.Is(err, sqlite3.ERROR) || errors.Is(err, sqlite3.NOTADB) { // there is no such table
			err = fmt.Errorf("%w: %w", errNoMarker, err)
		}
		return "", err
	}
	defer func() { _ = stmt.Close() }()
	if stmt.Step() {
		return stmt.ColumnText(0), nil
	}
	if err := stmt.Err(); err != nil {
		return "", err
	}
	return "", errNoMarker
}

// openOwn opens a pool of one connection on a file, for the provider's own work. The
// driver has foreign keys on; here they are off, and looked at before a commit.
func openOwn(path, mode string) (*sql.DB, error) {
	pool, err := sqlite3driver.Open(fileURL(path, map[string][]string{"mode": {mode}, "_pragma": {"busy_timeout(10000)", "foreign_keys(off)"}}))
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	return pool, nil
}

// state is what is at a path where a tenant's file should be.
type state int

const (
	absent  state = iota
	own           // a file that is marked as the tenant's
	foreign       // anything else
)

// look says what is at a path.
func look(ctx context.Context, path, id string) (state, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return absent, nil
	case err != nil:
		return foreign, err
	case !info.Mode().IsRegular():
		return foreign, nil // a link could lead to another tenant's file
	}
	conn, err := openFile(ctx, fileURL(path, map[string][]string{"mode": {"rw"}, "_pragma": {"busy_timeout(10000)"}}), id)
	if errors.Is(err, runtime.ErrForeignNamespace) {
		return foreign, nil
	}
	if err != nil {
		return foreign, err
	}
	return own, conn.Close()
}

// sideFiles are what SQLite puts beside a file.
func sideFiles(path string) []string {
	return []string{path + "-journal", path + "-wal", path + "-shm"}
}

// removeAll removes files that may be there. The file itself goes last, so that what
// belongs to it is never found by another of the same name.
func removeAll(path string) error {
	for _, name := range append(sideFiles(path), path) {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
