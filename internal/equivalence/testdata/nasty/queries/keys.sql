-- name: ChildFromSelect :execrows
INSERT INTO notes (doc_id, n) SELECT id, 9 FROM docs;

-- name: ChildJoined :execrows
INSERT INTO notes (n, doc_id) SELECT p.id + 100, d.id FROM people p LEFT JOIN docs d ON d.owner_id = p.id AND d.words > $1 WHERE d.id IS NOT NULL;

-- name: ChildShifted :execrows
INSERT INTO notes (doc_id, n) SELECT id + $1::bigint, 9 FROM docs WHERE title = 'Doc 2';

-- name: ChildStar :execrows
INSERT INTO notes (doc_id, n) SELECT v.* FROM (SELECT id + 1, 9 FROM docs WHERE title = $1) AS v;

-- name: ChildUnion :execrows
INSERT INTO notes (doc_id, n, body) SELECT id, 9, 'a' FROM docs WHERE words > 30 UNION SELECT sqlc.arg('doc_id')::bigint, 10, 'b';

-- name: ChildExcept :execrows
INSERT INTO notes (doc_id, n) SELECT 100 + k, 9 FROM generate_series(1, 3) AS k EXCEPT SELECT $1::bigint, 9;

-- name: ChildValues :execrows
INSERT INTO notes (doc_id, n) VALUES ($1::bigint + 100, 9), ((SELECT id FROM docs WHERE title = 'Doc 1'), 10), (CASE WHEN $2 > 5 THEN 102 END, $2);

-- name: ChildSeries :execrows
INSERT INTO notes (doc_id, n, body) SELECT generate_series(sqlc.arg('doc_id')::bigint, sqlc.arg('doc_id')::bigint + 1), 9, 'series';

-- name: ChildGrouped :execrows
INSERT INTO notes (doc_id, n) SELECT max(d.id), count(*) + 100 FROM docs d GROUP BY d.state HAVING count(*) > $1;

-- name: ChildWindow :execrows
INSERT INTO notes (doc_id, n) SELECT first_value(d.id) OVER (ORDER BY d.words), 100 + row_number() OVER (ORDER BY d.id) FROM docs d;

-- name: ChildLimited :execrows
INSERT INTO notes (doc_id, n) SELECT k, 9 FROM generate_series(100, 110) AS k ORDER BY k LIMIT 1 OFFSET $1::bigint % 10;

-- name: ChildWith :execrows
WITH d AS (SELECT id, title FROM docs) INSERT INTO notes (doc_id, n) WITH e (key) AS (SELECT id FROM d WHERE title = $1) SELECT key, 9 FROM e;

-- name: ChildOfNewParents :execrows
WITH d AS (INSERT INTO docs (title) VALUES ($1), ('other') RETURNING id)
INSERT INTO notes (doc_id, n) SELECT id, 1 FROM d;

-- name: ChildOfReturned :execrows
WITH d AS (INSERT INTO docs AS x (title) VALUES ($1) ON CONFLICT (org_id, title) DO UPDATE SET words = 1 RETURNING *)
INSERT INTO notes (doc_id, n) VALUES ((SELECT d.id FROM d), 1);

-- name: ChildOfUpdated :many
WITH d AS (UPDATE docs SET words = words + 1 FROM people p WHERE p.id = docs.owner_id AND p.name = $1 RETURNING docs.id AS doc)
INSERT INTO notes (doc_id, n) SELECT DISTINCT doc, 9 FROM d RETURNING doc_id;

-- name: Family :execrows
WITH d AS (INSERT INTO docs (title) VALUES ($1) RETURNING id),
n AS (INSERT INTO notes (id, doc_id, n) SELECT 9000, d.id, 1 FROM d RETURNING *)
INSERT INTO marks (note_id, mark) SELECT n.id, 'new' FROM n;

-- name: ConflictMoves :execrows
INSERT INTO notes (id, doc_id, n) VALUES ($1, $2, 7) ON CONFLICT (id) DO UPDATE SET doc_id = excluded.doc_id;

-- name: CompositeChildInsert :execrows
INSERT INTO "Order Item" ("Order No", "Order Org", "Text") VALUES ($1, $2, 'x');

-- name: PartInsert :execrows
INSERT INTO parts (what, box_b, box_a) VALUES ('new', $1, $2);

-- name: PartConstant :execrows
INSERT INTO parts (box_a, box_b) VALUES (1, $1), ($2, 2);

-- name: PartSelected :execrows
INSERT INTO parts (box_a, box_b, what) SELECT x.a, x.b, 'sel' FROM boxes x;

-- name: PartMixed :execrows
INSERT INTO parts (box_a, box_b, what) SELECT x.a, sqlc.arg('b')::integer, 'mix' FROM boxes x;

-- name: PartComputed :execrows
INSERT INTO parts (box_a, box_b, what) SELECT a, b + $1::integer, 'y' FROM boxes WHERE a = b;

-- name: PartSpare :execrows
INSERT INTO parts (box_a, box_b, spare_a, spare_b) SELECT a, b, sqlc.narg('a')::integer, sqlc.narg('b')::integer FROM boxes;

-- name: PartMove :execrows
UPDATE parts SET box_b = $1 WHERE what <> 'q';

-- name: PartMoveBoth :execrows
UPDATE parts SET box_b = $1, box_a = $2;

-- name: PartMoveRow :execrows
UPDATE parts AS p SET (box_a, what, box_b) = (SELECT x.a, 'moved', x.b FROM boxes x WHERE x.a = $1 ORDER BY x.b LIMIT 1) WHERE p.what = 'p';

-- name: PartMoveFrom :execrows
UPDATE parts SET (box_a, box_b) = ROW (x.a, x.b), spare_b = NULL FROM boxes x WHERE x.a = parts.box_a AND x.b <> $1;

-- name: TagInsert :execrows
INSERT INTO tags (doc_id, label) VALUES ($1, 'new');

-- name: TagFromSelect :execrows
INSERT INTO tags (doc_id, label) SELECT id, 'new' FROM docs WHERE words > $1;

-- name: TagMove :execrows
UPDATE tags SET doc_id = $1 WHERE label = 'tag 1';

-- name: ChildMoveOwnColumn :execrows
UPDATE tags SET doc_id = id WHERE label = 'tag 2';

-- name: ChildMoveBare :execrows
UPDATE notes SET doc_id = id / 10 + 1, n = n + 50 WHERE n = $1;

-- name: ChildMoveCoalesce :execrows
UPDATE notes SET doc_id = coalesce(sqlc.narg('doc_id'), doc_id), n = n + 50;

-- name: ChildMoveRow :execrows
UPDATE notes SET (n, doc_id) = (n + 50, sqlc.arg('doc_id')) WHERE body = 'body 3';

-- name: ChildMoveSelected :execrows
UPDATE notes SET (doc_id, n) = (SELECT d.id, notes.id FROM docs d WHERE d.title = sqlc.arg('title')), body = 'moved';

-- name: ChildMoveScalar :execrows
UPDATE notes SET doc_id = (SELECT max(id) FROM docs WHERE state = $1), n = id;

-- name: ChildOfValues :execrows
INSERT INTO notes (doc_id, n) SELECT v.column1, v.column2 FROM (VALUES ((SELECT d.id FROM docs AS d WHERE d.title = $1), 77), ((SELECT d.id FROM docs AS d WHERE d.title = $2), 78)) AS v;

-- name: ChildMoveFrom :many
UPDATE notes SET doc_id = d.id, n = notes.id FROM docs AS d WHERE d.title = $1 RETURNING notes.n, doc_id;

-- name: FileComputed :execrows
UPDATE files SET folder_id = folder_id + $1::bigint WHERE size = 5;
