-- A small invoicing service. Every tenant is a company that sends invoices to its
-- customers; plans are what the companies pay for, and the same for all.

CREATE TABLE plans (
    code          TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    monthly_cents INTEGER NOT NULL
);

-- What is unique is unique within the tenant, and (tenant_id, id) is what other tables
-- refer to, so that a reference cannot lead to another tenant.

CREATE TABLE customers (
    id        INTEGER PRIMARY KEY,
    tenant_id TEXT NOT NULL,
    name      TEXT NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, name)
);

CREATE TABLE invoices (
    id          INTEGER PRIMARY KEY,
    tenant_id   TEXT    NOT NULL,
    customer_id INTEGER NOT NULL,
    number      TEXT    NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id)
);

-- The lines of an invoice have no tenant column: they belong to the tenant of their
-- invoice.
CREATE TABLE invoice_lines (
    invoice_id  INTEGER NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
    line_no     INTEGER NOT NULL,
    description TEXT    NOT NULL,
    cents       INTEGER NOT NULL,
    PRIMARY KEY (invoice_id, line_no)
);
