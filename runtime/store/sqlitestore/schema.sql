-- What package sqlitestore keeps. It can be run again. The store's Init runs it where
-- something of it is missing.

CREATE TABLE IF NOT EXISTS tenancy_tenants (
    id              TEXT    NOT NULL PRIMARY KEY,
    identifier      TEXT    NOT NULL,
    -- A deleted tenant frees its identifier.
    live_identifier TEXT    GENERATED ALWAYS AS (CASE WHEN status <> 'deleted' THEN identifier END) VIRTUAL,
    name            TEXT    NOT NULL,
    -- The name with ASCII letters in lower case, for searches.
    folded_name     TEXT    NOT NULL,
    status          TEXT    NOT NULL
        CONSTRAINT tenancy_tenants_status CHECK (status IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted')),
    -- Text keeps every value as it is written.
    metadata        TEXT    NOT NULL DEFAULT '{}'
        CONSTRAINT tenancy_tenants_metadata CHECK (CASE WHEN json_valid(metadata) THEN json_type(metadata) = 'object' ELSE 0 END),
    -- Empty leaves the choice to the provider.
    strategy        TEXT    NOT NULL DEFAULT '',
    schema_name     TEXT    NOT NULL DEFAULT '',
    -- It may hold a password: see field encryption in docs/stores.md.
    database_url    TEXT    NOT NULL DEFAULT '',
    version         INTEGER NOT NULL DEFAULT 1,
    -- Microseconds since 1970: datetime(created_at / 1000000, 'unixepoch').
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX IF NOT EXISTS tenancy_tenants_identifier ON tenancy_tenants (live_identifier);
-- The order of lists, of all tenants and of those of one status.
CREATE INDEX IF NOT EXISTS tenancy_tenants_created ON tenancy_tenants (created_at, id);
CREATE INDEX IF NOT EXISTS tenancy_tenants_status_created ON tenancy_tenants (status, created_at, id);

-- The ids of tenants that were deleted for good. They are never given out again, since
-- rows that such a tenant left behind somewhere would become another's.
CREATE TABLE IF NOT EXISTS tenancy_forgotten_tenants (
    id           TEXT    NOT NULL PRIMARY KEY,
    forgotten_at INTEGER NOT NULL
) STRICT;
