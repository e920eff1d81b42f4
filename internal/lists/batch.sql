-- name: ListThingsFrom :batchmany
SELECT * FROM things WHERE id >= $1 ORDER BY id;
