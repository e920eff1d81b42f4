-- name: InvoicesOf :many
SELECT i.invoice_id AS number FROM invoice AS i WHERE i.invoice_id IN (sqlc.slice('numbers')) ORDER BY i.invoice_id;
