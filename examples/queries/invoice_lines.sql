-- name: ListInvoiceLines :many
SELECT *
FROM invoice_lines
WHERE invoice_id = sqlc.arg('invoice_id')
ORDER BY line_no;

-- name: AddInvoiceLine :one
INSERT INTO invoice_lines (invoice_id, line_no, description, quantity, unit_cents)
VALUES (sqlc.arg('invoice_id'), sqlc.arg('line_no'), sqlc.arg('description'), sqlc.arg('quantity'), sqlc.arg('unit_cents'))
RETURNING *;

-- name: UpdateInvoiceTotal :one
UPDATE invoices AS i
SET total_cents = (
    SELECT coalesce(sum(l.quantity * l.unit_cents), 0)::bigint
    FROM invoice_lines AS l
    WHERE l.invoice_id = i.id
)
WHERE i.id = sqlc.arg('id')
RETURNING i.total_cents;
