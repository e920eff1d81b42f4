-- name: ListPlans :many
-- ListPlans touches no tenant's table, so it is a method of the global handle.
SELECT *
FROM plans
ORDER BY monthly_cents, code;

-- name: GetCurrentPlan :one
SELECT p.*
FROM tenants AS t
JOIN plans AS p ON p.code = t.plan_code;
