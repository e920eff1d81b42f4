CREATE TABLE tenants (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);

-- What is read. A customer has a hundred tickets, which is the list.
CREATE TABLE tickets (
    id          bigint      PRIMARY KEY,
    tenant_id   uuid        NOT NULL REFERENCES tenants (id),
    customer_id bigint      NOT NULL,
    number      integer     NOT NULL,
    title       text        NOT NULL,
    amount      bigint      NOT NULL,
    open        boolean     NOT NULL,
    created_at  timestamptz NOT NULL
);
CREATE INDEX tickets_customer ON tickets (customer_id, id);
CREATE INDEX tickets_tenant_customer ON tickets (tenant_id, customer_id, id);

-- What is inserted. It has no foreign key to the tenant, as a table of many
-- events would not.
CREATE TABLE events (
    id         bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    tenant_id  uuid        NOT NULL,
    ticket_id  bigint      NOT NULL,
    note       text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
