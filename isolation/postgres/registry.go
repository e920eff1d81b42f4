package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/tenancygen/tenancygen/isolation/internal/namespace"
	"github.com/tenancygen/tenancygen/runtime"
)

// The registry says whose a namespace is and what was made in it. It is written in
// the transactions that make and remove namespaces, so that what it says is what is
// there. Only the role that provisions has rights on it.
const (
	registryName  = "namespaces"
	registryTable = namespace.RegistrySchema + "." + registryName

	makeRegistry = `
CREATE SCHEMA IF NOT EXISTS ` + namespace.RegistrySchema + `;
CREATE TABLE IF NOT EXISTS ` + registryTable + ` (
    namespace   text        NOT NULL,
    strategy    text        NOT NULL,
    -- Empty for what all tenants share.
    tenant_id   text        NOT NULL,
    -- The relations that were made, without their schema.
    objects     text[]      NOT NULL,
    fingerprint text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- A tenant's schema and its database have the same name.
    PRIMARY KEY (namespace, strategy)
);
CREATE UNIQUE INDEX IF NOT EXISTS namespaces_of_tenants ON ` + registryTable + ` (tenant_id, strategy) WHERE tenant_id <> '';
COMMENT ON TABLE ` + registryTable + ` IS 'Whose a namespace is. Written by tenancygen.';`
)

// strategyShared is the strategy of the row for what all tenants share.
const strategyShared runtime.Strategy = "shared"

// record is a row of the registry.
type record struct {
	Namespace, Strategy, TenantID string
	Objects                       []string
	Fingerprint                   string
}

// lock makes the transaction the only one that works on a namespace, until it ends.
// Keys of advisory locks are shared by all that use the database, so they are hashes
// of names that are nobody else's.
func lock(ctx context.Context, tx pgx.Tx, name string) error {
	sum := sha256.Sum256([]byte("tenancygen namespace " + name))
	_, err := tx.Exec(ctx, "SELECT pg_catalog.pg_advisory_xact_lock($1)", int64(binary.BigEndian.Uint64(sum[:]))) //nolint:gosec // any 64 bits
	return err
}

// ensureRegistry makes the registry where it is missing.
func ensureRegistry(ctx context.Context, tx pgx.Tx) error {
	found, err := hasRegistry(ctx, tx)
	if found || err != nil {
		return err
	}
	// IF NOT EXISTS does not wait for another transaction that makes the same.
	if err := lock(ctx, tx, registryTable); err != nil {
		return err
	}
	// Asked again: on a registry that is in use, CREATE INDEX IF NOT EXISTS would wait.
	if found, err = hasRegistry(ctx, tx); found || err != nil {
		return err
	}
	_, err = tx.Exec(ctx, makeRegistry)
	return err
}

// hasRegistry reads the catalog's tables: to_regclass would answer from a cache that
// does not know yet what another transaction has just made.
func hasRegistry(ctx context.Context, tx pgx.Tx) (found bool, err error) {
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relname = $2)`, namespace.RegistrySchema, registryName).Scan(&found)
	return found, err
}

// recorded returns the record of a tenant's namespace, nil when there is none. An
// error that is runtime.ErrForeignNamespace says that the namespace is another's,
// and one that is runtime.ErrNamespaceName that the tenant's is another one.
func recorded(ctx context.Context, tx pgx.Tx, strategy runtime.Strategy, name, id string) (*record, error) {
	rows, err := tx.Query(ctx, `
		SELECT namespace, strategy, tenant_id, objects, fingerprint FROM `+registryTable+`
		 WHERE strategy = $3 AND (namespace = $1 OR tenant_id = $2 AND tenant_id <> '')`, name, id, string(strategy))
	if err != nil {
		return nil, err
	}
	records, err := pgx.CollectRows(rows, pgx.RowToStructByPos[record])
	if err != nil {
		return nil, err
	}
	var found *record
	for i, r := range records {
		switch {
		case r.TenantID != id:
			return nil, fmt.Errorf("%w: %s is recorded as another's", runtime.ErrForeignNamespace, name)
		case r.Namespace != name:
			return nil, fmt.Errorf("%w: the tenant's namespace is %s and not %s", runtime.ErrNamespaceName, r.Namespace, name)
		}
		found = &records[i]
	}
	return found, nil
}

// enter writes a record.
func enter(ctx context.Context, tx pgx.Tx, r record) error {
	_, err := tx.Exec(ctx, "INSERT INTO "+registryTable+" (namespace, strategy, tenant_id, objects, fingerprint) VALUES ($1, $2, $3, $4, $5)",
		r.Namespace, r.Strategy, r.TenantID, r.Objects, r.Fingerprint)
	return err
}

// strike removes a record, which has to be there.
func strike(ctx context.Context, tx pgx.Tx, r record) error {
	tag, err := tx.Exec(ctx, "DELETE FROM "+registryTable+" WHERE namespace = $1 AND tenant_id = $2 AND strategy = $3", r.Namespace, r.TenantID, r.Strategy)
	if err == nil && tag.RowsAffected() != 1 {
		err = errors.New("the record of the namespace is gone")
	}
	return err
}
