-- name: SharedList :many
SELECT id, org_id, code, label FROM forms ORDER BY id;

-- name: SharedByCode :many
SELECT id, label FROM forms WHERE code = $1 OR label = $2;

-- name: SharedByAuthor :many
SELECT id FROM forms AS f WHERE (f.org_id = $1 OR f.org_id IS NULL) AND f.code >= $2;

-- name: SharedOnlyByAuthor :many
SELECT id, label FROM forms WHERE org_id IS NULL;

-- name: OwnOnlyByAuthor :many
SELECT id FROM forms WHERE (org_id IS NULL OR org_id = sqlc.arg('org_id')) AND org_id IS NOT NULL;

-- name: SharedCount :one
SELECT count(*), count(org_id), count(DISTINCT code) FROM forms;

-- name: SharedJoin :many
SELECT a.id, f.code, b.code AS base FROM answers a JOIN forms f ON f.id = a.form_id LEFT JOIN forms b ON b.id = f.base_id;

-- name: SharedRightJoin :many
SELECT a.answer, f.id, f.label FROM answers a RIGHT JOIN forms f ON f.id = a.form_id;

-- name: SharedLeftJoin :many
SELECT d.id, f.id, f.code FROM docs d LEFT JOIN forms f ON f.code = left(d.title, 1) OR f.base_id = d.owner_id;

-- name: SharedFullJoin :many
SELECT a.id, f.id FROM answers a FULL JOIN forms f ON f.id = a.old_id;

-- name: SharedUsing :many
SELECT id, a.answer, f.label FROM forms f LEFT JOIN answers a USING (id);

-- name: SharedRenamed :many
SELECT x.c, x.l FROM forms AS x (i, o, c, l) WHERE x.o IS NULL OR x.c = $1;

-- name: SharedNotIn :many
SELECT id FROM answers WHERE form_id NOT IN (SELECT f.id FROM forms f WHERE f.label LIKE 'Shared%');

-- name: SharedNotExists :many
SELECT f.id FROM forms f WHERE NOT EXISTS (SELECT 1 FROM answers a WHERE a.form_id = f.id);

-- name: SharedExcept :many
SELECT code FROM forms WHERE label IS NOT NULL EXCEPT SELECT code FROM forms WHERE label IS NULL;

-- name: SharedTree :many
WITH RECURSIVE up AS (
    SELECT id, base_id, 0 AS depth FROM forms WHERE code = $1
    UNION ALL
    SELECT f.id, f.base_id, up.depth + 1 FROM forms f JOIN up ON up.base_id = f.id
)
SELECT id, depth FROM up;

-- name: SharedWindow :many
SELECT id, rank() OVER (PARTITION BY code ORDER BY org_id NULLS LAST, id) FROM forms;

-- name: SharedOwnFirst :many
SELECT DISTINCT ON (code) code, id, label FROM forms ORDER BY code, org_id IS NULL, id;

-- name: SharedView :many
SELECT * FROM labelled_forms WHERE label > $1 OR code = 'a';

-- name: SharedChildren :many
SELECT * FROM fields WHERE width IS NULL OR width > $1;

-- name: SharedChildrenJoined :many
SELECT f.id, d.name, c.choice FROM forms f LEFT JOIN fields d ON d.form_id = f.id LEFT JOIN choices c ON c.field_id = d.id;

-- name: SharedGrandchildren :many
SELECT choice, count(*) FROM choices GROUP BY choice;

-- name: SharedLock :many
SELECT id, label FROM forms WHERE org_id IS NOT NULL ORDER BY id FOR UPDATE;

-- name: SharedLockAll :many
SELECT id FROM forms FOR SHARE;

-- name: SharedLockOf :many
SELECT a.id, f.label FROM answers a JOIN forms f ON f.id = a.form_id FOR UPDATE OF a;

-- name: SharedLockChildren :many
SELECT d.id FROM (SELECT fields.id, form_id FROM fields) AS d WHERE d.form_id > 10 FOR NO KEY UPDATE SKIP LOCKED;

-- name: SharedInsert :one
INSERT INTO forms (code, label) VALUES ($1, $2) RETURNING org_id, code, label;

-- name: SharedInsertGiven :execrows
INSERT INTO forms (org_id, id, code) VALUES ($1, $2, $3);

-- name: SharedCopy :many
INSERT INTO forms (code, label, base_id) SELECT code || ' copy', label, id FROM forms WHERE code = $1 RETURNING code, base_id;

-- name: SharedUpsert :execrows
INSERT INTO forms (code, label) VALUES ($1, $2) ON CONFLICT (org_id, code) DO UPDATE SET label = excluded.label;

-- name: SharedUpsertByID :many
INSERT INTO forms (id, code, label) VALUES ($1, $2, 'upserted') ON CONFLICT (id) DO UPDATE SET label = excluded.label RETURNING id, code, label;

-- name: SharedNothing :execrows
INSERT INTO forms (id, code) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING;

-- name: SharedUpdateAll :execrows
UPDATE forms SET label = 'mine';

-- name: SharedUpdate :many
UPDATE forms SET label = $1 WHERE id = $2 OR code = $3 RETURNING id, org_id, label;

-- name: SharedUpdateFrom :many
UPDATE forms AS f SET label = b.label FROM forms AS b WHERE b.id = f.base_id RETURNING f.id, b.id, b.label;

-- name: SharedUpdateOther :execrows
UPDATE answers SET answer = f.label FROM forms f WHERE f.id = answers.form_id;

-- name: SharedDelete :execrows
DELETE FROM forms WHERE id = $1;

-- name: SharedDeleteUsing :many
DELETE FROM answers USING forms f WHERE f.id = answers.form_id AND f.org_id IS NULL RETURNING answers.id, f.code;

-- name: SharedDeleteSelf :execrows
DELETE FROM forms AS f USING forms AS b WHERE b.code = f.code AND b.id < f.id AND f.label IS NULL;

-- name: SharedDeleteInCTE :many
WITH gone AS (DELETE FROM fields WHERE name = 'field 1' RETURNING id, form_id) SELECT g.id, f.code FROM gone g JOIN forms f ON f.id = g.form_id;

-- name: SharedChildInsert :one
INSERT INTO fields (form_id, name, width) VALUES ($1, $2, 7) RETURNING form_id, name;

-- name: SharedChildUpsert :execrows
INSERT INTO fields (form_id, name) VALUES ($1, $2) ON CONFLICT (form_id, name) DO UPDATE SET width = 99;

-- name: SharedChildUpdate :many
UPDATE fields SET width = coalesce(width, 0) + 1 WHERE name = $1 RETURNING id, width;

-- name: SharedChildMove :execrows
UPDATE fields SET form_id = $1, name = 'moved' WHERE id = $2;

-- name: SharedChildDelete :execrows
DELETE FROM fields WHERE width > $1 OR width IS NULL;

-- name: SharedGrandchildUpdate :execrows
UPDATE choices SET choice = 'perhaps' FROM fields d JOIN forms f ON f.id = d.form_id WHERE d.id = choices.field_id AND f.code = $1;

-- name: SharedGrandchildInsert :execrows
INSERT INTO choices (field_id, choice) VALUES ($1, 'new');

-- name: SharedParent :one
INSERT INTO answers (form_id, answer) VALUES ($1, $2) RETURNING form_id, answer;

-- name: SharedParentChange :execrows
UPDATE answers SET form_id = $1 WHERE id = $2;

-- name: SharedParentNullable :execrows
UPDATE answers SET old_id = $1 WHERE answer LIKE 'to%';

-- name: SharedTableParent :execrows
INSERT INTO stamps (name, folder_id) VALUES ('new', $1);

-- name: SharedTableParents :execrows
UPDATE stamps SET folder_id = $1, name = 'moved' WHERE name >= 's';

-- name: SharedTableOldParent :execrows
UPDATE stamps SET old_id = $1 WHERE name = 's';

-- name: SharedMerge :execrows
MERGE INTO forms AS f USING (VALUES (sqlc.arg('code'), sqlc.arg('label')), ('new', 'New')) AS s (code, label) ON f.code = s.code
WHEN MATCHED AND f.label IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET label = s.label
WHEN NOT MATCHED THEN INSERT (code, label) VALUES (s.code, s.label);

-- name: SharedMergeSource :execrows
MERGE INTO answers AS a USING forms AS f ON f.id = a.form_id
WHEN MATCHED AND f.org_id IS NULL THEN UPDATE SET answer = f.label
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (form_id, answer) VALUES (sqlc.arg('form_id'), f.code);

-- name: SharedMergeChildren :execrows
MERGE INTO fields AS d USING forms AS f ON d.form_id = f.id AND f.code = $1
WHEN MATCHED THEN UPDATE SET width = 50;
