-- name: SharedRead :many
SELECT id, code, label FROM forms ORDER BY id;

-- name: SharedChildren :many
SELECT f.name, g.label FROM fields f JOIN forms g ON g.id = f.form_id;

-- name: SharedOuter :many
SELECT a.answer, f.label FROM answers a LEFT JOIN forms f ON f.id = a.old_id;

-- name: SharedInsert :execrows
INSERT INTO forms (code, label, base_id) VALUES (?, 'new', ?);
