package mysql

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
)

// The registry says whose a database or a prefix is. It is a table of the shared
// database. Nothing in it is text: a collation could take two tenants for one, by case,
// by accents, or by spaces at the end. DDL ends a transaction here, so a place is
// recorded before it is made, and once more when all of it is there.
const (
	registryTable = "tenancy_namespaces"

	makeRegistry = "CREATE TABLE IF NOT EXISTS " + registryTable + ` (
    namespace   VARBINARY(64)  NOT NULL,
    strategy    VARBINARY(16)  NOT NULL,
    tenant_id   VARBINARY(255) NOT NULL,
    complete    BOOLEAN        NOT NULL,
    fingerprint VARBINARY(255) NOT NULL,
    created_at  TIMESTAMP      NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (namespace, strategy),
    UNIQUE (tenant_id, strategy)
) ENGINE = InnoDB`
)

// record is a row of the registry.
type record struct {
	namespace, tenantID string
	complete            bool
}

// lockWait is how long the server is asked to wait for a lock, again and again.
const lockWait = 1

// locked runs fn on a connection that alone works on a place, among all processes.
func locked(ctx context.Context, pool *sql.DB, name string, fn func(*sql.Conn) error) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// Locks are the server's, not the database's, and their names have 64 characters.
	sum := sha256.Sum256([]byte(name))
	lock := "tenancygen_" + hex.EncodeToString(sum[:20])
	for {
		var got sql.NullInt64
		err := conn.QueryRowContext(ctx, "SELECT GET_LOCK(CONCAT(?, LEFT(SHA2(DATABASE(), 256), 12)), ?)", lock, lockWait).Scan(&got)
		if err != nil {
			return err
		}
		if got.Int64 == 1 {
			break
		}
	}
	defer func() {
		// Not with ctx, which may be over. A lock that cannot be released goes with its
		// connection.
		release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.ExecContext(release, "DO RELEASE_LOCK(CONCAT(?, LEFT(SHA2(DATABASE(), 256), 12)))", lock); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
		}
	}()
	return fn(conn)
}

// hasRegistry reports whether anything was ever initialized here.
func hasRegistry(ctx context.Context, q sqlspace.Querier) (bool, error) {
	found, err := columns(ctx, q, "", registryTable)
	return len(found) > 0, err
}

// recorded returns the record of a tenant's place, nil when there is none. An error
// that is runtime.ErrForeignNamespace says that the place is another's.
func recorded(ctx context.Context, q sqlspace.Querier, strategy runtime.Strategy, name, id string) (*record, error) {
	has, err := hasRegistry(ctx, q)
	if !has || err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, "SELECT namespace, tenant_id, complete FROM "+registryTable+
		" WHERE strategy = ? AND (namespace = ? OR tenant_id = ?)", []byte(strategy), []byte(name), []byte(id))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found *record
	for rows.Next() {
		var r record
		if err := rows.Scan(&r.namespace, &r.tenantID, &r.complete); err != nil {
			return nil, err
		}
		switch {
		case r.tenantID != id:
			return nil, fmt.Errorf("%w: %s is recorded as another's", runtime.ErrForeignNamespace, name)
		case r.namespace != name:
			return nil, fmt.Errorf("%w: the tenant's place is %s and not %s", runtime.ErrNamespaceName, r.namespace, name)
		}
		found = &r
	}
	return found, rows.Err()
}

// enter writes a record of a place that is not complete.
func enter(ctx context.Context, q sqlspace.Querier, strategy runtime.Strategy, name, id, fingerprint string) error {
	if _, err := q.ExecContext(ctx, makeRegistry); err != nil {
		return err
	}
	_, err := q.ExecContext(ctx, "INSERT INTO "+registryTable+" (namespace, strategy, tenant_id, complete, fingerprint) VALUES (?, ?, ?, FALSE, ?)",
		[]byte(name), []byte(strategy), []byte(id), []byte(fingerprint))
	return err
}

func complete(ctx context.Context, q sqlspace.Querier, strategy runtime.Strategy, name, id string) error {
	_, err := q.ExecContext(ctx, "UPDATE "+registryTable+" SET complete = TRUE WHERE namespace = ? AND strategy = ? AND tenant_id = ?",
		[]byte(name), []byte(strategy), []byte(id))
	return err
}

func strike(ctx context.Context, q sqlspace.Querier, strategy runtime.Strategy, name, id string) error {
	_, err := q.ExecContext(ctx, "DELETE FROM "+registryTable+" WHERE namespace = ? AND strategy = ? AND tenant_id = ?",
		[]byte(name), []byte(strategy), []byte(id))
	return err
}
