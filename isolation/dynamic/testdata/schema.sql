CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);

CREATE TABLE orders (
    id        bigint  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    tenant_id uuid    NOT NULL REFERENCES tenants (id),
    number    text    NOT NULL,
    qty       integer NOT NULL
);
