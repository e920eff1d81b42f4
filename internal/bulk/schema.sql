CREATE TYPE mood AS ENUM ('happy', 'so-so');
CREATE DOMAIN short AS varchar(3);
CREATE TYPE size AS (width integer, unit varchar(2));

CREATE TABLE tenants (id uuid PRIMARY KEY);

CREATE TABLE plans (code text PRIMARY KEY, name text NOT NULL);

-- Every column is of a type whose arrays can be sent.
CREATE TABLE items (
    id        bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid        NOT NULL REFERENCES tenants (id),
    number    varchar(9)  NOT NULL,
    qty       integer,
    mood      mood        NOT NULL DEFAULT 'happy',
    last_mood mood,
    price     numeric(8, 2),
    made_at   timestamptz,
    day       date,
    data      jsonb,
    raw       bytea,
    good      boolean     NOT NULL DEFAULT true,
    ref       uuid,
    UNIQUE (tenant_id, number)
);

-- Columns that unnest would take apart, or that a cast would change.
CREATE TABLE odd (
    id        bigint  PRIMARY KEY,
    tenant_id uuid    NOT NULL,
    tags      text[]  NOT NULL,
    code      short,
    size      size,
    grid      integer[]
);

CREATE TABLE lines (
    item_id bigint  NOT NULL REFERENCES items (id),
    line_no integer NOT NULL,
    note    text,
    PRIMARY KEY (item_id, line_no)
);

-- A key of all tenants together.
CREATE TABLE codes (code text PRIMARY KEY, tenant_id uuid NOT NULL, n integer NOT NULL);
