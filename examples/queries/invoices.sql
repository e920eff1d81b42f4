-- name: ListInvoices :many
-- ListInvoices returns the newest invoices, of one status or of all.
SELECT i.id, i.number, i.status, i.issued_on, i.due_on, i.total_cents, c.name AS customer_name
FROM invoices AS i
JOIN customers AS c ON c.id = i.customer_id
WHERE sqlc.narg('status')::invoice_status IS NULL OR i.status = sqlc.narg('status')::invoice_status
ORDER BY i.created_at DESC, i.id
LIMIT sqlc.arg('max_rows')::integer;

-- name: GetInvoiceWithCustomer :one
SELECT sqlc.embed(i), sqlc.embed(c)
FROM invoices AS i
JOIN customers AS c ON c.id = i.customer_id
WHERE i.id = sqlc.arg('id');

-- name: CreateInvoice :one
-- CreateInvoice starts a draft. The tenant needs no mention.
INSERT INTO invoices (customer_id, number, due_on, note)
VALUES (sqlc.arg('customer_id'), sqlc.arg('number'), sqlc.narg('due_on'), sqlc.narg('note'))
RETURNING *;

-- name: UpsertInvoice :one
-- UpsertInvoice imports an invoice under its number. The tenant's parameter is
-- written out, and still not one of the method's.
INSERT INTO invoices (tenant_id, customer_id, number, due_on, note)
VALUES (sqlc.arg('tenant_id'), sqlc.arg('customer_id'), sqlc.arg('number'), sqlc.narg('due_on'), sqlc.narg('note'))
ON CONFLICT (tenant_id, number) DO UPDATE
SET customer_id = excluded.customer_id, due_on = excluded.due_on, note = excluded.note
RETURNING *;

-- name: CopyInvoice :one
-- CopyInvoice makes a draft like an existing invoice, without its lines.
INSERT INTO invoices (customer_id, number, total_cents, note)
SELECT i.customer_id, sqlc.arg('number')::text, i.total_cents, i.note
FROM invoices AS i
WHERE i.id = sqlc.arg('source_id')
RETURNING *;

-- name: SendInvoice :execrows
-- SendInvoice sends a draft that has at least one line.
UPDATE invoices AS i
SET status = 'sent', issued_on = current_date
WHERE i.id = sqlc.arg('id')
  AND i.status = 'draft'
  AND EXISTS (SELECT 1 FROM invoice_lines AS l WHERE l.invoice_id = i.id);

-- name: MarkInvoicesPaid :many
UPDATE invoices
SET status = 'paid', paid_at = now()
WHERE id = ANY(sqlc.arg('ids')::uuid[]) AND status = 'sent'
RETURNING id, number;

-- name: DeleteDraftInvoice :execrows
DELETE FROM invoices
WHERE id = sqlc.arg('id') AND status = 'draft';

-- name: CountInvoicesByStatus :many
SELECT status, count(*) AS invoices
FROM invoices
WHERE tenant_id = $1
GROUP BY status
ORDER BY status;

-- name: ListInvoicesDueBefore :many
SELECT *
FROM open_invoices
WHERE due_on < sqlc.arg('day')::date
ORDER BY due_on, number;
