package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/tenancygen/tenancygen/isolation/internal/sqlspace"
	"github.com/tenancygen/tenancygen/runtime"
	"github.com/tenancygen/tenancygen/runtime/sqldb"
)

// The registry says whose a file or a prefix is. It is a table of the shared database,
// written in the transactions that make and remove tenants' places; whoever writes is
// the only one that does, so that transaction is also the lock.
const (
	registryTable = "tenancy_namespaces"

	makeRegistry = `CREATE TABLE IF NOT EXISTS main.` + registryTable + ` (
    namespace   TEXT NOT NULL,
    strategy    TEXT NOT NULL,
    tenant_id   TEXT NOT NULL,
    -- The relations that were made, one in a line.
    objects     TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    created_at  TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (namespace, strategy),
    UNIQUE (tenant_id, strategy)
)`
)

// record is a row of the registry.
type record struct {
	namespace, tenantID string
	strategy            runtime.Strategy
	objects             []string
	fingerprint         string
}

// locked runs fn in a transaction of the shared database that no other writer is in.
func locked(ctx context.Context, pool sqldb.DB, fn func(*sql.Tx) error) error {
	// The driver begins a serializable transaction as its writer.
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it says nothing after a commit
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// recorded returns the record of a tenant's place, nil when there is none. An error
// that is runtime.ErrForeignNamespace says that the place is another's.
func recorded(ctx context.Context, q sqlspace.Querier, strategy runtime.Strategy, name, id string) (*record, error) {
	var there int
	err := q.QueryRowContext(ctx, "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?", registryTable).Scan(&there)
	if err != nil || there == 0 {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT namespace, tenant_id, objects, fingerprint FROM main.`+registryTable+`
		WHERE strategy = ? AND (namespace = ? OR tenant_id = ?)`, string(strategy), name, id)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var found *record
	for rows.Next() {
		r := record{strategy: strategy}
		var objects string
		if err := rows.Scan(&r.namespace, &r.tenantID, &objects, &r.fingerprint); err != nil {
			return nil, err
		}
		switch {
		case r.tenantID != id:
			return nil, fmt.Errorf("%w: %s is recorded as another's", runtime.ErrForeignNamespace, name)
		case r.namespace != name:
			return nil, fmt.Errorf("%w: the tenant's place is %s and not %s", runtime.ErrNamespaceName, r.namespace, name)
		}
		if objects != "" {
			r.objects = strings.Split(objects, "\n")
		}
		found = &r
	}
	return found, rows.Err()
}

// enter writes a record.
func enter(ctx context.Context, tx *sql.Tx, r record) error {
	if _, err := tx.ExecContext(ctx, makeRegistry); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO main."+registryTable+" (namespace, strategy, tenant_id, objects, fingerprint) VALUES (?, ?, ?, ?, ?)",
		r.namespace, string(r.strategy), r.tenantID, strings.Join(r.objects, "\n"), r.fingerprint)
	return err
}

// strike removes a record.
func strike(ctx context.Context, tx *sql.Tx, r record) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM main."+registryTable+" WHERE namespace = ? AND strategy = ? AND tenant_id = ?",
		r.namespace, string(r.strategy), r.tenantID)
	return err
}
