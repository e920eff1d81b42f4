-- What package mysqlstore keeps, on MySQL and MariaDB. It can be run again. The store's
-- Init runs it where something of it is missing.

-- Ids and what is searched for are bytes: to every collation of text that both servers
-- have, 'acme' and 'acme ' are the same.
CREATE TABLE IF NOT EXISTS tenancy_tenants (
    id              VARBINARY(255) NOT NULL PRIMARY KEY,
    identifier      VARBINARY(63)  NOT NULL,
    -- A deleted tenant frees its identifier.
    live_identifier VARBINARY(63)  GENERATED ALWAYS AS (CASE WHEN status <> 'deleted' THEN identifier END) VIRTUAL,
    name            VARCHAR(255)   CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- The name with ASCII letters in lower case, for searches.
    folded_name     VARBINARY(255) NOT NULL,
    status          VARBINARY(16)  NOT NULL,
    -- Text keeps every value as it is written; MySQL's JSON makes doubles of numbers.
    metadata        LONGTEXT       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- Empty leaves the choice to the provider.
    strategy        VARBINARY(16)  NOT NULL DEFAULT '',
    schema_name     LONGTEXT       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    -- It may hold a password: see field encryption in docs/stores.md.
    database_url    LONGTEXT       CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    version         BIGINT         NOT NULL DEFAULT 1,
    -- Microseconds since 1970: FROM_UNIXTIME(created_at / 1000000). No time zone, of a
    -- session or of a driver, changes them.
    created_at      BIGINT         NOT NULL,
    updated_at      BIGINT         NOT NULL,
    UNIQUE KEY tenancy_tenants_identifier (live_identifier),
    -- The order of lists, of all tenants and of those of one status.
    KEY tenancy_tenants_created (created_at, id),
    KEY tenancy_tenants_status_created (status, created_at, id),
    CONSTRAINT tenancy_tenants_status CHECK (status IN ('provisioning', 'active', 'suspended', 'deleting', 'deleted')),
    -- No more than that: to JSON_VALID of MySQL, numbers above 1e308 are none.
    CONSTRAINT tenancy_tenants_metadata CHECK (metadata LIKE '{%}')
) ENGINE = InnoDB;

-- The ids of tenants that were deleted for good. They are never given out again, since
-- rows that such a tenant left behind somewhere would become another's.
CREATE TABLE IF NOT EXISTS tenancy_forgotten_tenants (
    id           VARBINARY(255) NOT NULL PRIMARY KEY,
    forgotten_at BIGINT         NOT NULL
) ENGINE = InnoDB;

-- No tenant has this id. Whoever creates or deletes one counts here first, so that they
-- come one after the other.
INSERT IGNORE INTO tenancy_forgotten_tenants (id, forgotten_at) VALUES ('', 0);
