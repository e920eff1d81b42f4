-- Rows for examples/schema.sql. The tenants overlap in everything that the
-- schema lets them: names, emails, invoice numbers, line numbers, totals and
-- dates. Tenant 4 has no rows. Ids follow from what they are the id of.

CREATE FUNCTION pg_temp.tenant(n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid $$;
CREATE FUNCTION pg_temp.key(tenant integer, what text, n integer) RETURNS uuid LANGUAGE sql AS
    $$ SELECT md5(tenant || what || n)::uuid $$;

INSERT INTO plans (code, name, monthly_cents, max_users) VALUES
    ('free', 'Free', 0, 3), ('team', 'Team', 4900, NULL), ('big', 'Big', 49000, NULL);

INSERT INTO tenants (id, slug, name, plan_code, created_at)
SELECT pg_temp.tenant(t), 'tenant-' || t, 'Acme', (ARRAY['free', 'team', 'team', 'free'])[t], '2026-01-01Z'
FROM generate_series(1, 4) AS t;

-- u is 1 to 4; the fourth has done nothing.
INSERT INTO users (id, tenant_id, email, name, is_admin, created_at)
SELECT pg_temp.key(t, 'user', u), pg_temp.tenant(t), 'user' || u || '@example.com', 'User ' || u % 2, u = 1, '2026-01-01Z'
FROM generate_series(1, 3) AS t, generate_series(1, 4) AS u;

-- Customers 5 and 6 have no invoices, 4 has no email, 3 is archived.
INSERT INTO customers (id, tenant_id, name, email, tags, discount_percent, archived_at, created_at)
SELECT pg_temp.key(t, 'customer', c), pg_temp.tenant(t), 'Customer ' || c % 4,
    CASE WHEN c <> 4 THEN 'customer' || c || '@example.com' END,
    CASE c % 3 WHEN 0 THEN '{}' WHEN 1 THEN '{a,b}' ELSE ARRAY[NULL, 'x,y'] END::text[],
    CASE WHEN c % 2 = 0 THEN c * 2.5 END, CASE c WHEN 3 THEN '2026-02-01Z'::timestamptz END,
    '2026-01-01Z'
FROM generate_series(1, 3) AS t, generate_series(1, 6) AS c;

-- Two invoices in each status, overdue and not, with and without lines. Tenant 2
-- has three sent ones for the customer that has only drafts elsewhere.
INSERT INTO invoices (id, tenant_id, customer_id, created_by, number, status, issued_on, due_on, paid_at, total_cents, note, created_at)
SELECT pg_temp.key(t, 'invoice', i), pg_temp.tenant(t), pg_temp.key(t, 'customer', CASE WHEN t = 2 AND i < 4 THEN 4 ELSE 1 + i % 4 END),
    CASE WHEN i % 3 > 0 THEN pg_temp.key(t, 'user', i % 3) END, 'INV-' || i,
    CASE WHEN t = 2 AND i < 4 THEN 'sent' ELSE (ARRAY['draft', 'sent', 'paid', 'void'])[1 + i % 4] END::invoice_status,
    CASE WHEN i % 2 = 0 THEN date '2026-01-01' + i END, CASE WHEN i % 5 > 0 THEN date '2026-01-15' + (i % 2) * 36500 END,
    CASE WHEN i % 4 = 2 THEN timestamptz '2026-02-27Z' + i * interval '1 day' END, 1000 * i + t, CASE WHEN i = 1 THEN 'same note' END,
    timestamptz '2026-01-01Z' + i % 3 * interval '1 hour'
FROM generate_series(1, 3) AS t, generate_series(1, 9) AS i;

INSERT INTO invoice_lines (id, invoice_id, line_no, description, quantity, unit_cents)
SELECT pg_temp.key(t, 'line', i * 10 + l), pg_temp.key(t, 'invoice', i), l, 'Article ' || l, t + l, 100 * l
FROM generate_series(1, 3) AS t, generate_series(1, 6) AS i, generate_series(1, 2) AS l
WHERE i <> 5;

INSERT INTO audit_log (org_id, actor_id, action, subject, details, happened_at)
SELECT pg_temp.tenant(t), CASE WHEN a < 4 THEN pg_temp.key(t, 'user', a) END, 'action ' || a || ' of ' || t, 'subject', '{"a": 1}',
    timestamptz '2026-01-01Z' + a * interval '1 minute'
FROM generate_series(1, 3) AS t, generate_series(1, 5) AS a;
