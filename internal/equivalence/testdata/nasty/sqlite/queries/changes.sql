-- name: UpdateAll :execrows
UPDATE docs SET words = words + 1;

-- name: UpdateOr :execrows
UPDATE docs SET words = 0 WHERE id = ? OR state = 'live';

-- name: UpdateByKey :execrows
UPDATE people SET name = ? WHERE id = ?;

-- name: UpdateSubquery :execrows
UPDATE docs SET words = (SELECT count(*) FROM notes WHERE notes.doc_id = docs.id), state = coalesce((SELECT max(mark) FROM marks), state);

-- name: UpdateFrom :execrows
UPDATE docs AS d SET words = p.score FROM people AS p WHERE p.id = d.owner_id AND p.org_id = d.org_id AND p.score IS NOT NULL;

-- name: UpdateFromGlobal :execrows
UPDATE people SET name = regions.name FROM regions WHERE regions.code = people.region;

-- name: UpdateFromOneSided :execrows
UPDATE notes SET body = f.name FROM (SELECT max(name) AS name FROM folders) AS f;

-- name: UpdateFromLeft :execrows
UPDATE docs SET words = x.n FROM (SELECT p.id, count(f.id) AS n FROM people p LEFT JOIN files f ON f.size = p.id GROUP BY p.id) AS x WHERE x.id = docs.owner_id;

-- name: UpdateReturning :many
UPDATE docs SET words = words * 2 WHERE words > ? RETURNING id, words, (SELECT count(*) FROM notes WHERE notes.doc_id = docs.id) AS notes;

-- name: UpdateColumns :execrows
UPDATE docs SET (words, state) = (SELECT count(*), 'done' FROM notes) WHERE id = ?;

-- name: UpdateWith :execrows
WITH busy AS (SELECT doc_id FROM notes GROUP BY doc_id HAVING count(*) > 1) UPDATE docs SET state = 'busy' WHERE id IN (SELECT doc_id FROM busy);

-- name: UpdateTargetNamedLikeCTE :execrows
WITH docs AS (SELECT 101 AS id) UPDATE docs SET words = 7 WHERE id IN (SELECT id FROM docs);

-- name: UpdateChild :execrows
UPDATE notes SET body = ? WHERE n = 1;

-- name: UpdateGrandchild :execrows
UPDATE marks SET mark = 'x' WHERE mark <> ?;

-- name: UpdateIgnore :execrows
UPDATE OR IGNORE docs SET title = 'Doc 1' WHERE words > ?;

-- name: UpdateAbort :execrows
UPDATE OR ABORT docs SET title = 'Doc 1' WHERE words = ?;

-- name: UpdateReplaceOwn :execrows
UPDATE OR REPLACE counters SET name = 'main' WHERE value < ?;

-- name: UpdateByRowid :execrows
UPDATE docs SET words = 0 WHERE rowid = sqlc.arg(id);

-- name: UpdateIndexed :execrows
UPDATE docs INDEXED BY docs_by_words SET state = 'x' WHERE words > ?;

-- name: UpdateQuoted :execrows
UPDATE "Order" SET "select" = ? WHERE "Order"."No" > 1;

-- name: UpdateRoot :execrows
UPDATE orgs SET name = ?;

-- name: UpdateByTenant :execrows
UPDATE docs SET words = 1 WHERE org_id = ? AND id = ?;

-- name: DeleteAll :execrows
DELETE FROM notes;

-- name: DeleteOr :execrows
DELETE FROM notes WHERE n = ? OR body IS NULL;

-- name: DeleteIn :execrows
DELETE FROM notes WHERE doc_id IN (SELECT id FROM docs WHERE words > ?);

-- name: DeleteNotIn :execrows
DELETE FROM docs WHERE id NOT IN (SELECT doc_id FROM notes);

-- name: DeleteAlias :execrows
DELETE FROM docs AS d WHERE EXISTS (SELECT 1 FROM people p WHERE p.id = d.owner_id AND p.score > ?);

-- name: DeleteReturning :many
DELETE FROM tags WHERE label <> ? RETURNING id, label;

-- name: DeleteWith :execrows
WITH top AS (SELECT max(words) AS words FROM docs) DELETE FROM docs WHERE words >= (SELECT words FROM top);

-- name: DeleteByRowid :execrows
DELETE FROM lefts WHERE rowid IN (SELECT min(rowid) FROM lefts GROUP BY k);

-- name: DeleteGrandchild :execrows
DELETE FROM marks WHERE note_id IN (SELECT id FROM notes WHERE n = 1);

-- name: DeleteCascade :execrows
DELETE FROM docs WHERE id = ?;

-- name: DeleteQuoted :execrows
DELETE FROM [Order Item] WHERE "Order Item"."Text" IS NULL;

-- name: DeleteNobodys :execrows
DELETE FROM rights WHERE k IS NOT ?;
