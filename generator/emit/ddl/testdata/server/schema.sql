CREATE SCHEMA billing;

CREATE TABLE plans (code text PRIMARY KEY);
CREATE TABLE counters (id serial PRIMARY KEY, n integer NOT NULL);
CREATE TABLE jobs (id serial PRIMARY KEY, tenant_id uuid NOT NULL);
CREATE TABLE tenants (id uuid PRIMARY KEY, name text NOT NULL);

CREATE TABLE customers (
    id        serial PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    name      text NOT NULL,
    UNIQUE (tenant_id, name)
);
CREATE TABLE invoices (
    id        integer PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id)
);
-- A child whose name is the alias that its policy would use for the parent.
CREATE TABLE parent (
    invoice_id integer NOT NULL REFERENCES invoices (id),
    line_no    integer NOT NULL,
    PRIMARY KEY (invoice_id, line_no)
);
CREATE TABLE billing.line_notes (
    invoice_id integer NOT NULL,
    line_no    integer NOT NULL,
    note       text NOT NULL,
    FOREIGN KEY (invoice_id, line_no) REFERENCES parent (invoice_id, line_no)
);
-- A tenant column of limited length: the setting must not be cut down to it.
CREATE TABLE billing.accounts (code varchar(3) NOT NULL);

CREATE TABLE events (tenant_id uuid NOT NULL, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE VIEW customer_names AS SELECT tenant_id, name FROM customers;
CREATE VIEW internals AS SELECT id, tenant_id FROM jobs;
CREATE MATERIALIZED VIEW totals AS SELECT tenant_id, count(*) AS n FROM customers GROUP BY tenant_id;

-- Rows without a tenant are everybody's to read.
CREATE TABLE templates (id integer PRIMARY KEY, tenant_id uuid REFERENCES tenants (id), body text NOT NULL DEFAULT '');
CREATE TABLE template_parts (template_id integer NOT NULL REFERENCES templates (id), n integer NOT NULL, PRIMARY KEY (template_id, n));
