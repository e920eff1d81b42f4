-- name: SharedRead :many
SELECT id, code, label FROM forms ORDER BY id;

-- name: SharedChildren :many
SELECT f.name, g.label FROM fields f JOIN forms g ON g.id = f.form_id;

-- name: SharedOuter :many
SELECT a.answer, f.label FROM answers a LEFT JOIN forms f ON f.id = a.old_id;

-- name: SharedUpdate :execrows
UPDATE forms SET label = ?;

-- name: SharedDelete :execrows
DELETE FROM fields WHERE width > ?;

-- name: SharedInsert :execrows
INSERT INTO forms (code, label, base_id) VALUES (?, 'new', ?);

-- name: SharedUpsert :execrows
INSERT INTO forms (code, label) VALUES (?, 'new') ON CONFLICT (org_id, code) DO UPDATE SET label = forms.label || '!';
