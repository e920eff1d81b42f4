-- name: Since17Functions :many
SELECT d.id, to_bin(d.words), to_oct(d.words), unicode_assigned(p.name) FROM docs d LEFT JOIN people p ON p.id = d.owner_id WHERE d.words > $1 OR d.owner_id IS NULL;
