-- name: SearchCustomers :many
-- SearchCustomers finds customers by a part of their name; without one, all.
SELECT id, name, email, tags
FROM customers
WHERE archived_at IS NULL
  AND (sqlc.narg('name')::text IS NULL OR name ILIKE '%' || sqlc.narg('name')::text || '%')
ORDER BY name, id
LIMIT sqlc.arg('max_rows')::integer;

-- name: GetCustomersByIDs :many
SELECT *
FROM customers
WHERE id = ANY(@ids::uuid[])
ORDER BY name, id;

-- name: ListCustomerBalances :many
-- ListCustomerBalances says what every customer still has to pay, also those who
-- have nothing to pay.
SELECT c.id, c.name, count(i.id) AS open_invoices, coalesce(sum(i.total_cents), 0)::bigint AS open_cents
FROM customers AS c
LEFT JOIN invoices AS i ON i.customer_id = c.id AND i.status = 'sent'
GROUP BY c.id, c.name
ORDER BY open_cents DESC, c.name;

-- name: ListLatePayers :many
SELECT c.id, c.name, c.email
FROM customers AS c
WHERE EXISTS (
    SELECT 1
    FROM open_invoices AS o
    WHERE o.customer_id = c.id AND o.due_on < current_date
)
ORDER BY c.name, c.id;

-- name: ListCustomersWithoutInvoices :many
SELECT c.id, c.name
FROM customers AS c
WHERE NOT EXISTS (SELECT 1 FROM invoices AS i WHERE i.customer_id = c.id)
ORDER BY c.name, c.id;

-- name: ArchiveCustomer :execrows
-- ArchiveCustomer archives a customer who has nothing to pay.
UPDATE customers AS c
SET archived_at = now()
WHERE c.id = sqlc.arg('id')
  AND c.archived_at IS NULL
  AND c.id NOT IN (SELECT o.customer_id FROM open_invoices AS o);
