-- name: PutTotal :execrows
INSERT INTO invoice (invoice_id, invoice_date, total)
VALUES (sqlc.arg('number'), sqlc.arg('dated'), sqlc.arg('amount'))
ON CONFLICT (invoice_id) DO UPDATE SET total = excluded.total;

-- name: InvoicesOf :many
SELECT i.invoice_id AS number FROM invoice AS i WHERE i.invoice_id = ANY (sqlc.arg('numbers')::int[]) ORDER BY i.invoice_id;
