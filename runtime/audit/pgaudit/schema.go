package pgaudit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// DDL makes the tables and functions, in the schema tenancy. Init runs it; it is
// exported for migrations. It is run once.
const DDL = `
CREATE SCHEMA IF NOT EXISTS tenancy;

CREATE TABLE tenancy.audit (
    tenant_id   text COLLATE "C" NOT NULL,
    -- Counts the entries of a tenant from 1, without gaps.
    seq         bigint           NOT NULL CHECK (seq > 0),
    at          timestamptz      NOT NULL,
    user_id     text             NOT NULL,
    action      text             NOT NULL,
    resource    text             NOT NULL,
    resource_id text             NOT NULL,
    -- A JSON object. It is text because jsonb would not keep it as it was hashed.
    metadata    text             NOT NULL,
    client_ip   text             NOT NULL,
    user_agent  text             NOT NULL,
    -- The master key of the hash; empty for SHA-256 without one.
    key_id      text             NOT NULL,
    -- The hash of the entry before; zeros for the first.
    previous    bytea            NOT NULL CHECK (octet_length(previous) = 32),
    hash        bytea            NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (tenant_id, seq)
);
COMMENT ON TABLE tenancy.audit IS 'Who did what as which tenant. It only grows. Written by tenancygen.';

-- The last entry of each tenant. Writers of one tenant wait for its row.
CREATE TABLE tenancy.audit_heads (
    tenant_id text COLLATE "C" PRIMARY KEY,
    seq       bigint NOT NULL,
    hash      bytea  NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION tenancy.audit_only_grows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    RAISE EXCEPTION '% of %.% is refused: it only grows', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$body$;
CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON tenancy.audit FOR EACH STATEMENT EXECUTE FUNCTION tenancy.audit_only_grows();
CREATE TRIGGER only_grows BEFORE DELETE OR TRUNCATE ON tenancy.audit_heads FOR EACH STATEMENT EXECUTE FUNCTION tenancy.audit_only_grows();
-- Also where session_replication_role is replica.
ALTER TABLE tenancy.audit ENABLE ALWAYS TRIGGER only_grows;
ALTER TABLE tenancy.audit_heads ENABLE ALWAYS TRIGGER only_grows;

-- Appends an entry behind the one that the caller takes for the last. Where that is not
-- the last, nothing is appended, and the caller learns what is. Either way nobody else
-- appends for this tenant before the transaction ends.
CREATE FUNCTION tenancy.audit_append(
    entry_tenant text, entry_at timestamptz, entry_user text, entry_action text, entry_resource text, entry_resource_id text,
    entry_metadata text, entry_ip text, entry_agent text, entry_key text, after_seq bigint, after_hash bytea, entry_hash bytea,
    OUT appended boolean, OUT head_seq bigint, OUT head_hash bytea
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF after_seq = 0 THEN
        INSERT INTO tenancy.audit_heads VALUES (entry_tenant, 0, decode(repeat('00', 32), 'hex')) ON CONFLICT DO NOTHING;
    END IF;
    UPDATE tenancy.audit_heads SET seq = after_seq + 1, hash = entry_hash
     WHERE tenant_id = entry_tenant AND seq = after_seq AND hash = after_hash
    RETURNING seq, hash INTO head_seq, head_hash;
    appended := FOUND;
    IF appended THEN
        INSERT INTO tenancy.audit (tenant_id, seq, at, user_id, action, resource, resource_id, metadata, client_ip, user_agent, key_id, previous, hash)
        VALUES (entry_tenant, head_seq, entry_at, entry_user, entry_action, entry_resource, entry_resource_id,
                entry_metadata, entry_ip, entry_agent, entry_key, after_hash, entry_hash);
    ELSE
        SELECT seq, hash INTO head_seq, head_hash FROM tenancy.audit_heads WHERE tenant_id = entry_tenant FOR UPDATE;
    END IF;
END
$body$;

CREATE FUNCTION tenancy.audit_head(of_tenant text) RETURNS TABLE (head_seq bigint, head_hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT seq, hash FROM tenancy.audit_heads WHERE tenant_id = of_tenant
$body$;

CREATE FUNCTION tenancy.audit_entries(of_tenant text, after_seq bigint, up_to integer) RETURNS SETOF tenancy.audit
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT * FROM tenancy.audit WHERE tenant_id = of_tenant AND seq > after_seq ORDER BY seq LIMIT up_to
$body$;

REVOKE ALL ON tenancy.audit, tenancy.audit_heads FROM PUBLIC;
REVOKE ALL ON FUNCTION tenancy.audit_append, tenancy.audit_head, tenancy.audit_entries, tenancy.audit_only_grows FROM PUBLIC;
`

// Grants returns the statements that let an application's role write and read entries,
// and take from it what else it may have on the tables.
func Grants(role string) string {
	to := pgx.Identifier{role}.Sanitize()
	return `
GRANT USAGE ON SCHEMA tenancy TO ` + to + `;
REVOKE ALL ON tenancy.audit, tenancy.audit_heads FROM ` + to + `;
GRANT EXECUTE ON FUNCTION tenancy.audit_append, tenancy.audit_head, tenancy.audit_entries TO ` + to + `;
`
}

// initLock is the key of the advisory lock of Init. Keys are shared by all that use the
// database, so it is the hash of a name that is nobody else's.
func initLock() int64 {
	sum := sha256.Sum256([]byte("tenancygen pgaudit"))
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits
}

// Init makes the tables and functions, and gives Options.Role its rights. What is there
// already is left alone, so that a role without the right to make anything can call it,
// too. It can be called again, and by several processes at once.
func (w *Writer) Init(ctx context.Context) error {
	if done, err := w.initialized(ctx, w.pool); done || err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_catalog.pg_advisory_xact_lock($1)", initLock()); err != nil {
			return err
		}
		made, err := w.exists(ctx, tx)
		if err != nil {
			return err
		}
		if !made {
			if _, err := tx.Exec(ctx, DDL, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		if w.role == "" {
			return nil
		}
		_, err = tx.Exec(ctx, Grants(w.role), pgx.QueryExecModeSimpleProtocol)
		return err
	})
	if err != nil {
		return fmt.Errorf("tenancy: audit: init: %w", err)
	}
	return nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// exists reads the catalog's tables: to_regclass would answer from a cache that does not
// know yet what another transaction has just made.
func (w *Writer) exists(ctx context.Context, q querier) (found bool, err error) {
	err = q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = 'tenancy' AND c.relname = 'audit_heads')`, w.inOne()...).Scan(&found)
	return found, err
}

// initialized reports whether there is nothing to do. The owner of the tables has all
// rights on them, and nothing takes them away.
func (w *Writer) initialized(ctx context.Context, q querier) (bool, error) {
	done, err := w.exists(ctx, q)
	if err != nil || !done || w.role == "" {
		return done, initError(err)
	}
	err = q.QueryRow(ctx, `
		SELECT pg_catalog.has_schema_privilege($1::name, n.oid, 'USAGE')
		   AND (SELECT count(*) = 3 FROM pg_catalog.pg_proc p
		         WHERE p.pronamespace = n.oid AND p.proname IN ('audit_append', 'audit_head', 'audit_entries')
		           AND pg_catalog.has_function_privilege($1::name, p.oid, 'EXECUTE'))
		   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
		         WHERE c.relnamespace = n.oid AND c.relname IN ('audit', 'audit_heads') AND NOT pg_catalog.pg_has_role($1::name, c.relowner, 'USAGE')
		           AND pg_catalog.has_table_privilege($1::name, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'))
		  FROM pg_catalog.pg_namespace n WHERE n.nspname = 'tenancy'`, w.inOne(w.role)...).Scan(&done)
	return done, initError(err)
}

func initError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("tenancy: audit: init: %w", err)
}
