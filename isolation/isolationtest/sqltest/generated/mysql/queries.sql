-- name: ListNotes :many
SELECT concat(id, ' ', body) AS line FROM notes ORDER BY id;

-- name: ListSome :many
SELECT concat(id, ' ', body) AS line FROM notes WHERE id IN (sqlc.slice('ids')) ORDER BY id;

-- name: CountNotes :one
SELECT count(*) FROM notes;

-- name: InsertNote :exec
INSERT INTO notes (id, body) VALUES (?, ?);

-- name: InsertLink :exec
INSERT INTO links (id, note_id) VALUES (?, ?);

-- name: OneBody :one
SELECT notes.body FROM notes WHERE notes.id = ?;

-- name: CountJoined :one
SELECT count(*) FROM notes JOIN links ON links.note_id = notes.id;

-- name: UpperNotes :execrows
UPDATE notes SET body = upper(body);

-- name: DeleteNote :execrows
DELETE FROM notes WHERE id = ?;

-- name: DeleteNotes :execrows
DELETE FROM notes;

-- name: OnePlan :one
SELECT name FROM plans WHERE id = ?;
