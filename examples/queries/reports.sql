-- name: ListRevenueByMonth :many
WITH paid AS (
    SELECT date_trunc('month', paid_at)::date AS month, total_cents
    FROM invoices
    WHERE status = 'paid'
)
SELECT month, count(*) AS invoices, sum(total_cents)::bigint AS total_cents
FROM paid
GROUP BY month
ORDER BY month;

-- name: ListBestSellers :many
-- ListBestSellers reads the lines through their invoices and customers.
SELECT l.description, count(DISTINCT c.id) AS customers, sum(l.quantity)::bigint AS quantity
FROM invoice_lines AS l
JOIN invoices AS i ON i.id = l.invoice_id
JOIN customers AS c ON c.id = i.customer_id
WHERE i.status IN ('sent', 'paid')
GROUP BY l.description
ORDER BY quantity DESC, l.description
LIMIT sqlc.arg('max_rows')::integer;

-- name: ListTeam :many
-- ListTeam returns the users, each with what they did last.
SELECT u.id, u.email, u.name, coalesce(last.action, '')::text AS last_action
FROM users AS u
LEFT JOIN LATERAL (
    SELECT a.action
    FROM audit_log AS a
    WHERE a.actor_id = u.id
    ORDER BY a.happened_at DESC
    LIMIT 1
) AS last ON true
ORDER BY u.email;
