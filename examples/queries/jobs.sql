-- name: ListRemindersOfAllTenants :many
-- @tenancy unscoped reason="nightly job: one run sends the reminders of all tenants"
SELECT o.tenant_id, o.number, o.total_cents, c.email
FROM open_invoices AS o
JOIN customers AS c ON c.id = o.customer_id AND c.tenant_id = o.tenant_id
WHERE o.due_on < current_date AND c.email IS NOT NULL
ORDER BY o.tenant_id, o.number;
