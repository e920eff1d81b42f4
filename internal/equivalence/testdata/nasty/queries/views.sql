-- Views by their bodies.

-- name: ViewJoin :many
SELECT * FROM doc_people WHERE title <> $1;

-- name: ViewAggregate :many
SELECT title, notes, body FROM note_counts WHERE notes >= $1::bigint OR title = 'Doc 2';

-- name: ViewLimit :many
SELECT * FROM longest_docs;

-- name: ViewLimitOfLimit :many
SELECT title FROM longest_docs WHERE words > $1 ORDER BY words LIMIT 1;

-- name: ViewWindow :many
SELECT r.title, r.place, r.before FROM ranked_docs AS r WHERE r.place < 3;

-- name: ViewDistinctOn :many
SELECT f.* FROM first_docs AS f;

-- name: ViewSetOperation :many
SELECT called FROM all_names;

-- name: ViewWith :many
SELECT b."note count", b.doc FROM busy_docs AS b ORDER BY b.doc;

-- name: ViewScalars :one
SELECT docs, words, people FROM totals;

-- name: ViewNested :many
SELECT * FROM busy_totals;

-- name: ViewFull :many
SELECT s.k, s.a, s.b FROM sides AS s WHERE s.a IS NULL OR s.b IS NULL OR s.k > $1;

-- name: ViewNatural :many
SELECT k, a, b FROM natural_sides;

-- name: ViewRecursive :many
SELECT id, boss_id, depth FROM bosses;

-- name: ViewOfChildren :many
SELECT mark, bodies FROM notes_by_mark;

-- name: ViewLateral :many
SELECT n, title FROM values_and_docs;

-- name: ViewStarBefore :many
SELECT * FROM crate_stars;

-- name: ViewOfRenamed :many
SELECT s.label FROM shelves s NATURAL LEFT JOIN crate_stars;

-- name: ViewMaterialized :many
SELECT c.title, d.words FROM doc_copies c LEFT JOIN docs d ON d.title = c.title WHERE c.title <> $1;

-- name: ViewLeftJoined :many
SELECT p.name, l.title FROM people AS p LEFT JOIN longest_docs AS l ON l.id % 7 = p.id OR l.title = $1;

-- name: ViewRightJoined :many
SELECT l.title, p.name FROM longest_docs AS l RIGHT JOIN people AS p ON l.words = p.id * 10 + 1;

-- name: ViewFullJoined :many
SELECT c.notes, f.id, c.title, f.title FROM note_counts AS c FULL JOIN first_docs AS f ON f.title = c.title;

-- name: ViewUsing :many
SELECT title, a.place, b.notes FROM ranked_docs AS a LEFT JOIN note_counts AS b USING (title);

-- name: ViewSelfJoin :many
SELECT a.id, b.id FROM bosses AS a JOIN bosses AS b ON b.boss_id = a.id AND b.depth > a.depth;

-- name: ViewRenamedColumns :many
SELECT x.one, x.title, y.name FROM longest_docs AS x (one) LEFT JOIN all_names AS y (name) ON y.name = x.title OR x.one > 0;

-- name: ViewWholeRow :many
SELECT t, t.*, to_jsonb(t) AS json FROM totals AS t;

-- name: ViewInSubqueries :many
SELECT p.id, (SELECT l.title FROM longest_docs AS l WHERE l.id % 10 > p.id ORDER BY l.id LIMIT 1) AS title
FROM people AS p
WHERE p.name IN (SELECT called FROM all_names) OR NOT EXISTS (SELECT 1 FROM bosses AS b WHERE b.boss_id = p.id);

-- name: ViewNotIn :many
SELECT title FROM docs WHERE title NOT IN (SELECT title FROM longest_docs);

-- name: ViewInHavingAndOrder :many
SELECT state, count(*) FROM docs GROUP BY state
HAVING count(*) * 3 > (SELECT docs FROM totals) ORDER BY (SELECT min(f.id) FROM first_docs AS f WHERE f.state = docs.state);

-- name: ViewCaptured :many
WITH docs AS (SELECT 1 AS id, 'mine' AS title, 9999 AS words), notes AS (SELECT 1 AS doc_id), people AS (SELECT 'nobody' AS name)
SELECT l.title, b.doc, a.called, d.title AS own
FROM longest_docs AS l, busy_docs AS b, all_names AS a, docs AS d;

-- name: ViewCapturedNested :many
WITH totals AS (SELECT 0 AS docs), longest_docs AS (SELECT 0 AS words), busy_docs AS (SELECT 0)
SELECT b.docs, b.people, b.doc FROM busy_totals AS b;

-- name: ViewCapturedFull :many
WITH lefts AS (SELECT 7 AS k), rights AS (SELECT 7 AS k) SELECT s.k, s.b FROM sides AS s;

-- name: ViewCapturedParent :many
WITH docs AS (SELECT 1 AS id), notes AS (SELECT 1 AS id) SELECT mark, bodies FROM notes_by_mark;

-- name: ViewIsExpression :many
WITH longest_docs AS (SELECT title FROM docs WHERE words < 30) SELECT title FROM longest_docs UNION ALL SELECT title FROM public.longest_docs;

-- name: ViewInExpression :many
WITH l AS (SELECT * FROM longest_docs), n AS (SELECT count(*) AS n FROM l) SELECT l.title, n.n FROM l, n;

-- name: ViewUnion :many
SELECT title FROM longest_docs UNION ALL SELECT called FROM all_names EXCEPT SELECT title FROM first_docs;

-- name: ViewLateralJoin :many
SELECT p.id, x.title FROM people AS p CROSS JOIN LATERAL (SELECT r.title FROM ranked_docs AS r WHERE r.place = p.id ORDER BY r.id LIMIT 2) AS x;

-- name: ViewLocked :many
SELECT d.id, v.title FROM docs AS d JOIN longest_docs AS v ON v.id = d.id FOR UPDATE;

-- name: ViewLockedOther :many
SELECT p.id FROM people AS p JOIN all_names AS a ON a.called = p.name FOR SHARE OF p;

-- name: ViewTenant :many
SELECT v.title FROM live_docs AS v WHERE v.org_id = $1 AND v.title <> $2;

-- name: ViewInUpdate :execrows
UPDATE docs SET words = words + c.notes FROM note_counts AS c WHERE c.title = docs.title AND docs.id IN (SELECT id FROM longest_docs);

-- name: ViewInDelete :execrows
DELETE FROM notes USING doc_people AS v WHERE v.id = notes.doc_id AND v.owner_name = $1;

-- name: ViewInInsert :many
INSERT INTO lefts (k, a) SELECT r.place, r.title FROM ranked_docs AS r RETURNING k, a, (SELECT people FROM totals);

-- name: ViewInConflict :execrows
INSERT INTO counters (name, value) SELECT doc, "note count" FROM busy_docs
ON CONFLICT (org_id, name) DO UPDATE SET value = (SELECT docs FROM totals);

-- name: ViewInChange :many
WITH gone AS (DELETE FROM docs WHERE id IN (SELECT id FROM longest_docs) RETURNING title) SELECT g.title, t.docs FROM gone AS g, totals AS t;

-- name: ViewOfShared :many
SELECT v.code, v.label FROM labelled_forms AS v WHERE v.id > $1 OR v.org_id IS NULL;

-- name: ViewCountsShared :many
SELECT f.form, f.width FROM form_widths AS f LEFT JOIN forms ON forms.code = f.form;

-- name: ViewLockedShared :many
SELECT v.code FROM labelled_forms AS v FOR SHARE;
