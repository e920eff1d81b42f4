-- name: GetTicket :one
SELECT * FROM tickets WHERE id = $1 AND tenant_id = $2;

-- name: ListTickets :many
SELECT * FROM tickets WHERE customer_id = $1 AND tenant_id = $2 ORDER BY id LIMIT 100;

-- name: AddEvent :exec
INSERT INTO events (tenant_id, ticket_id, note) VALUES ($1, $2, $3);

-- name: SetAmount :exec
UPDATE tickets SET amount = $2 WHERE id = $1 AND tenant_id = $3;
