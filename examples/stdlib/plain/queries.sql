-- name: CreateThing :one
INSERT INTO things (name, parent, mood, moods, tags, price, small, ratio, done, doc, extra, raw, on_day, at, host, net, mac, span, place)
VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19) RETURNING *;
-- name: ListThings :many
SELECT * FROM things ORDER BY id;
-- name: FindThings :many
SELECT id FROM things WHERE mood = ANY(@moods::mood[]);
-- name: DropThings :execrows
DELETE FROM things WHERE id = ANY(@ids::bigint[]);
