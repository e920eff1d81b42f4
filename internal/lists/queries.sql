-- name: GetThing :one
SELECT * FROM things WHERE id = $1;

-- name: ListThings :many
SELECT * FROM things ORDER BY id;

-- name: ListEmbedded :many
SELECT sqlc.embed(things), id AS number FROM things ORDER BY id;

-- name: ListNotes :many
SELECT note FROM things ORDER BY id;

-- name: ListRaws :many
SELECT raw FROM things ORDER BY id;

-- name: ListWords :many
SELECT words FROM things ORDER BY id;

-- name: ListSettings :many
SELECT settings FROM things ORDER BY id;

-- name: ListProfiles :many
SELECT profile FROM things ORDER BY id;

-- name: ListMarks :many
SELECT marks FROM things ORDER BY id;

-- name: ListOrders :many
SELECT * FROM orders ORDER BY id LIMIT $1;

-- name: ListOrderIDs :many
SELECT id FROM orders ORDER BY id LIMIT $1;
