CREATE TABLE tenants (id uuid PRIMARY KEY);

-- Values that have memory of their own.
CREATE TABLE things (
    id        bigint  PRIMARY KEY,
    tenant_id uuid    NOT NULL REFERENCES tenants (id),
    note      text,
    raw       bytea,
    words     text[],
    counts    bigint[],
    data      jsonb,
    settings  jsonb,
    profile   jsonb   NOT NULL DEFAULT '{}',
    marks     jsonb,
    price     numeric
);

-- What a list of a shop looks like; the benchmark reads it.
CREATE TABLE orders (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    tenant_id  uuid        NOT NULL REFERENCES tenants (id),
    number     text        NOT NULL,
    qty        integer     NOT NULL,
    cents      bigint      NOT NULL,
    paid       boolean     NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX orders_by_tenant ON orders (tenant_id, id);
