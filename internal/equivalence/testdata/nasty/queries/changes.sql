-- name: ChildMove :execrows
UPDATE notes SET doc_id = $1, n = 77 WHERE id = $2;

-- name: UpdateFromSelf :many
UPDATE people AS p SET score = b.score FROM people b WHERE b.id = p.boss_id RETURNING p.id, p.score, b.name;

-- name: UpdateFromJoin :execrows
UPDATE docs SET words = words + 1 FROM people p LEFT JOIN regions r ON r.code = p.region
WHERE p.id = docs.owner_id AND (r.code IS NULL OR r.name > 'M');

-- name: UpdateNoWhere :execrows
UPDATE people SET score = NULL;

-- name: UpdateOr :execrows
UPDATE docs SET state = 'gone' WHERE id = $1 OR words > $2 OR owner_id IS NULL;

-- name: UpdateSubquery :many
UPDATE docs SET words = (SELECT count(*) FROM people), owner_id = (SELECT min(id) FROM people WHERE name = docs.title)
WHERE title IN (SELECT title FROM live_docs) RETURNING id, words, (SELECT max(score) FROM people);

-- name: UpdateChild :execrows
UPDATE notes SET body = upper(body) WHERE n = $1;

-- name: UpdateGrandchild :many
UPDATE marks m SET mark = 'seen' FROM notes n WHERE n.id = m.note_id AND n.body LIKE 'body%' RETURNING m.id, n.n;

-- name: DeleteUsing :execrows
DELETE FROM docs USING people p WHERE p.id = docs.owner_id AND p.name = $1;

-- name: DeleteUsingSelf :many
DELETE FROM docs d USING docs o WHERE o.title = d.title AND o.id = $1 RETURNING d.id, o.title;

-- name: DeleteGrandchild :execrows
DELETE FROM marks WHERE mark = $1;

-- name: DeleteNotIn :execrows
DELETE FROM people WHERE id NOT IN (SELECT owner_id FROM docs WHERE owner_id IS NOT NULL);

-- name: UpdateRow :execrows
UPDATE docs AS d SET (title, words) = (SELECT name || d.id, score FROM people WHERE id = d.owner_id), state = DEFAULT WHERE d.owner_id = $1;

-- name: UpdateOnly :execrows
UPDATE ONLY docs SET (words, title) = ROW (words - 1, title || $1) WHERE id > 0 OR id < 0;

-- name: UpdateKey :execrows
UPDATE people SET id = id + 100 WHERE id = $1;

-- name: UpdateFromSubquery :many
UPDATE people SET score = s.n FROM (SELECT owner_id, count(*)::int AS n FROM docs GROUP BY owner_id) AS s
WHERE s.owner_id = people.id RETURNING people.id, people.score, s.n;

-- name: UpdateFromFull :execrows
UPDATE people SET score = 0 FROM lefts l FULL JOIN rights r ON l.k = r.k WHERE people.id = coalesce(l.k, r.k);

-- name: UpdateForeignParent :execrows
UPDATE files SET folder_id = $1 WHERE size > 4;

-- name: UpdateQuoted :execrows
UPDATE "Order Item" AS "i i" SET "Text" = 'x' WHERE "Order No" = $1 OR "Text" IS NULL;

-- name: UpdateViewSource :execrows
UPDATE lefts SET a = v.title FROM live_docs AS v WHERE v.owner_id = lefts.k;

-- name: DeleteCascade :execrows
DELETE FROM docs AS d WHERE d.id = $1;

-- name: DeleteForeignCascade :execrows
DELETE FROM folders WHERE id = $1;

-- name: DeleteUsingLeft :many
DELETE FROM lefts USING people p LEFT JOIN docs d ON d.owner_id = p.id WHERE d.id IS NULL AND p.id = lefts.k RETURNING lefts.k;

-- name: DeleteAll :execrows
DELETE FROM marks;

-- name: DeleteQuoted :execrows
DELETE FROM "Order" WHERE "No" = $1 RETURNING total;

-- name: PinMove :many
UPDATE pins SET folder_id = sqlc.narg('folder_id'), hits = $1 WHERE name >= 'p' OR hits > 0 RETURNING name, folder_id;

-- name: PinMoveTo :execrows
UPDATE pins SET folder_id = f.id FROM folders AS f WHERE f.name = $1;
