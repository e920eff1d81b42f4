-- name: ListPlans :many
SELECT * FROM plans ORDER BY monthly_cents;

-- name: ListInvoices :many
SELECT i.id, i.number, c.name AS customer
FROM invoices AS i
JOIN customers AS c ON c.id = i.customer_id
ORDER BY i.number;

-- name: SearchInvoices :many
SELECT i.id, i.number, c.name AS customer
FROM invoices AS i
JOIN customers AS c ON c.id = i.customer_id
WHERE i.number = sqlc.arg('term') OR c.name LIKE sqlc.arg('term')
ORDER BY i.number;

-- name: GetInvoice :one
SELECT i.id, i.number, c.name AS customer
FROM invoices AS i
JOIN customers AS c ON c.id = i.customer_id
WHERE i.id = ?;

-- name: ListInvoiceLines :many
SELECT l.line_no, l.description, l.cents
FROM invoice_lines AS l
WHERE l.invoice_id = ?
ORDER BY l.line_no;

-- name: PutCustomer :one
INSERT INTO customers (name) VALUES (?)
ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name
RETURNING id;

-- name: CreateInvoice :one
INSERT INTO invoices (customer_id, number) VALUES (?, ?)
RETURNING id;

-- name: AddInvoiceLine :exec
INSERT INTO invoice_lines (invoice_id, line_no, description, cents) VALUES (?, ?, ?, ?);

-- name: DeleteInvoice :execrows
DELETE FROM invoices WHERE id = ?;
