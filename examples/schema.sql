-- A small invoicing service. Every tenant is a company that sends invoices to
-- its customers; plans are what the companies pay for, and the same for all.

CREATE TYPE invoice_status AS ENUM ('draft', 'sent', 'paid', 'void');

-- What a company can subscribe to.
CREATE TABLE plans (
    code          text    PRIMARY KEY,
    name          text    NOT NULL,
    monthly_cents bigint  NOT NULL CHECK (monthly_cents >= 0),
    max_users     integer
);

CREATE TABLE tenants (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    slug       text        NOT NULL UNIQUE,
    name       text        NOT NULL,
    plan_code  text        NOT NULL REFERENCES plans (code),
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Keys of a tenant's table begin with the tenant: (tenant_id, id) is what other
-- tables refer to, so that a reference cannot lead to another tenant, and what is
-- unique is unique within the tenant, so that nobody learns of others' values.

CREATE TABLE users (
    id         uuid        PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id  uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    email      text        NOT NULL,
    name       text        NOT NULL,
    is_admin   boolean     NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE TABLE customers (
    id               uuid          PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id        uuid          NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    name             text          NOT NULL,
    email            text,
    tags             text[]        NOT NULL DEFAULT '{}',
    discount_percent numeric(5, 2),
    archived_at      timestamptz,
    created_at       timestamptz   NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, email)
);

CREATE INDEX customers_by_name ON customers (tenant_id, name);

CREATE TABLE invoices (
    id          uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id   uuid           NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    customer_id uuid           NOT NULL,
    created_by  uuid,
    number      text           NOT NULL,
    status      invoice_status NOT NULL DEFAULT 'draft',
    issued_on   date,
    due_on      date,
    paid_at     timestamptz,
    total_cents bigint         NOT NULL DEFAULT 0,
    note        text,
    created_at  timestamptz    NOT NULL DEFAULT now(),
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, customer_id) REFERENCES customers (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id) ON DELETE SET NULL (created_by)
);

CREATE INDEX invoices_by_customer ON invoices (tenant_id, customer_id);
CREATE INDEX invoices_by_due_date ON invoices (tenant_id, due_on) WHERE status = 'sent';

-- The lines of an invoice have no tenant column: they belong to the tenant of
-- their invoice.
CREATE TABLE invoice_lines (
    id          uuid    PRIMARY KEY DEFAULT gen_random_uuid(),
    invoice_id  uuid    NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
    line_no     integer NOT NULL,
    description text    NOT NULL,
    quantity    integer NOT NULL CHECK (quantity > 0),
    unit_cents  bigint  NOT NULL,
    UNIQUE (invoice_id, line_no)
);

-- Who did what. The tenant has another name here.
CREATE TABLE audit_log (
    id          bigint      PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    org_id      uuid        NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    actor_id    uuid,
    action      text        NOT NULL,
    subject     text        NOT NULL,
    details     jsonb       NOT NULL DEFAULT '{}',
    happened_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (org_id, actor_id) REFERENCES users (tenant_id, id) ON DELETE SET NULL (actor_id)
);

CREATE INDEX audit_log_by_time ON audit_log (org_id, happened_at);

-- What customers still have to pay.
CREATE VIEW open_invoices AS
SELECT id, tenant_id, customer_id, number, due_on, total_cents
FROM invoices
WHERE status = 'sent';
