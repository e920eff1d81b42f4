-- name: RecordEvent :exec
INSERT INTO audit_log (actor_id, action, subject, details)
VALUES (sqlc.narg('actor_id'), sqlc.arg('action'), sqlc.arg('subject'), sqlc.arg('details'));
