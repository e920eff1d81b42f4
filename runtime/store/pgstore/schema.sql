-- What package pgstore keeps. It can be run again. The store's Init runs it where
-- something of it is missing; a role that may not create runs it in its migrations.

CREATE SCHEMA IF NOT EXISTS tenancy;

CREATE TABLE IF NOT EXISTS tenancy.tenants (
    -- The collation is that of bytes, so that the order is the same on every server.
    id            text COLLATE "C" PRIMARY KEY,
    identifier    text COLLATE "C" NOT NULL,
    name          text        NOT NULL,
    status        text        NOT NULL
        CONSTRAINT tenants_status CHECK (status IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted')),
    -- json keeps the text of every value; jsonb would make 100 of 1e2, and drop keys.
    metadata      json        NOT NULL DEFAULT '{}'
        CONSTRAINT tenants_metadata CHECK (pg_catalog.json_typeof(metadata) = 'object'),
    -- Empty leaves the choice to the provider.
    strategy      text        NOT NULL DEFAULT '',
    schema_name   text        NOT NULL DEFAULT '',
    -- It may hold a password: see field encryption in docs/stores.md.
    database_url  text        NOT NULL DEFAULT '',
    version       bigint      NOT NULL DEFAULT 1,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

-- A deleted tenant frees its identifier.
CREATE UNIQUE INDEX IF NOT EXISTS tenants_identifier ON tenancy.tenants (identifier) WHERE status <> 'deleted';
-- The order of lists, of all tenants and of those of one status.
CREATE INDEX IF NOT EXISTS tenants_created ON tenancy.tenants (created_at, id);
CREATE INDEX IF NOT EXISTS tenants_status_created ON tenancy.tenants (status, created_at, id);

-- The ids of tenants that were deleted for good. They are never given out again, since
-- rows that such a tenant left behind somewhere would become another's.
CREATE TABLE IF NOT EXISTS tenancy.forgotten_tenants (
    id           text COLLATE "C" PRIMARY KEY,
    forgotten_at timestamptz NOT NULL DEFAULT now()
);

-- Fence reports whether a tenant is active, and holds back whoever changes that and
-- waits, until the caller's transaction ends. A caller needs no right on the tables.
CREATE OR REPLACE FUNCTION tenancy.fence(tenant text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $fence$
BEGIN
    -- Whoever changes the status waits for this lock behind its commit. Not for nothing:
    -- who is not active must not keep the one waiting who made it so.
    IF NOT EXISTS (SELECT FROM tenancy.tenants WHERE id = tenant AND status = 'active') THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('tenancy.tenants ' || tenant, 0));
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        -- All statements read what was there when the transaction began. A row lock fails
        -- where that is not what is there now.
        PERFORM FROM tenancy.tenants WHERE id = tenant AND status = 'active' FOR SHARE;
        RETURN FOUND;
    END IF;
    -- A change from before the lock can be seen by now, and one from now on waits.
    RETURN EXISTS (SELECT FROM tenancy.tenants WHERE id = tenant AND status = 'active');
END
$fence$;
REVOKE ALL ON FUNCTION tenancy.fence(text) FROM PUBLIC;

COMMENT ON TABLE tenancy.tenants IS 'The tenants. Written by tenancygen.';
COMMENT ON TABLE tenancy.forgotten_tenants IS 'Ids that are never given out again. Written by tenancygen.';
