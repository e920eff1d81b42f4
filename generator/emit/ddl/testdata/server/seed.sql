INSERT INTO plans VALUES ('free'), ('pro');
INSERT INTO tenants VALUES
    ('00000000-0000-0000-0000-00000000000a', 'a'),
    ('00000000-0000-0000-0000-00000000000b', 'b');
INSERT INTO customers (tenant_id, name) SELECT id, name || '''s customer' FROM tenants;
INSERT INTO invoices SELECT 1, id FROM tenants WHERE name = 'a';
INSERT INTO invoices SELECT 2, id FROM tenants WHERE name = 'b';
INSERT INTO parent SELECT id, 1 FROM invoices;
INSERT INTO billing.line_notes SELECT invoice_id, line_no, 'note' FROM parent;
INSERT INTO billing.accounts VALUES ('acm'), ('xyz');
INSERT INTO events SELECT id, '2026-05-01' FROM tenants;
INSERT INTO jobs (tenant_id) SELECT id FROM tenants;
REFRESH MATERIALIZED VIEW totals;
INSERT INTO templates VALUES (0, NULL, 'shared');
INSERT INTO templates SELECT 1, id, 'own' FROM tenants WHERE name = 'a';
INSERT INTO templates SELECT 2, id, 'own' FROM tenants WHERE name = 'b';
INSERT INTO template_parts SELECT id, 1 FROM templates;
