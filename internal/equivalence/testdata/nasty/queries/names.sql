-- name: Union :many
SELECT name FROM people UNION SELECT title FROM docs UNION ALL SELECT name FROM regions;

-- name: Except :many
SELECT k FROM lefts EXCEPT ALL SELECT k FROM rights;

-- name: Intersect :many
(SELECT id FROM people ORDER BY id LIMIT 3) INTERSECT SELECT k FROM rights;

-- name: UnionInSubquery :many
SELECT count(*) FROM (SELECT k FROM lefts UNION SELECT k FROM rights) AS u WHERE k IN (SELECT id FROM people);

-- name: ShadowingCTE :many
WITH docs AS (SELECT id, name AS title FROM people) SELECT * FROM docs;

-- name: ShadowingItself :many
WITH docs AS (SELECT * FROM docs WHERE words > 20) SELECT d.title FROM docs d;

-- name: ShadowedButQualified :many
WITH docs AS (SELECT 1 AS one) SELECT q.title, docs.one FROM docs, public.docs AS q;

-- name: ForwardReference :many
WITH x AS (SELECT count(*) AS n FROM docs), docs AS (SELECT 1 AS one) SELECT x.n, docs.one FROM x, docs;

-- name: InnerCTE :many
SELECT o.n FROM (WITH docs AS (SELECT name AS n FROM regions) SELECT * FROM docs) AS o, docs WHERE docs.words > 40;

-- name: RecursiveCTE :many
WITH RECURSIVE chain AS (
    SELECT id, boss_id, 1 AS depth FROM people WHERE boss_id IS NULL
    UNION ALL
    SELECT p.id, p.boss_id, c.depth + 1 FROM people p JOIN chain c ON p.boss_id = c.id WHERE c.depth < 6
) SELECT * FROM chain;

-- name: RecursiveForward :many
WITH RECURSIVE a AS (SELECT k FROM b), b AS (SELECT k FROM rights) SELECT a.k FROM a;

-- name: ChainOf :many
WITH RECURSIVE up AS (
    SELECT id, boss_id FROM people WHERE id = $1
    UNION
    SELECT p.id, p.boss_id FROM up JOIN people p ON p.id = up.boss_id
) SELECT id FROM up;

-- name: NamedAsParent :many
WITH docs AS (SELECT 1 AS id) SELECT n.id FROM notes n, docs WHERE n.n = docs.id;

-- name: AliasesSwapped :many
SELECT docs.n, notes.title FROM notes AS docs JOIN docs AS notes ON notes.id = docs.doc_id;

-- name: AliasIsParent :many
SELECT docs.mark FROM marks AS docs LEFT JOIN lefts AS notes ON notes.k = 1;

-- name: TargetIsNoCTE :execrows
WITH docs AS (SELECT 101 AS id) UPDATE docs SET words = 0 FROM docs AS d WHERE d.id = docs.id;

-- name: DeleteTargetIsNoCTE :execrows
WITH notes AS (SELECT 1 AS id) DELETE FROM notes WHERE n = (SELECT id FROM notes);

-- name: CTEColumns :many
WITH x (a, b) AS MATERIALIZED (SELECT id, name FROM people), y AS NOT MATERIALIZED (SELECT a FROM x WHERE a > 1)
SELECT x.b, (SELECT count(*) FROM y), (SELECT count(*) FROM people p WHERE p.id > x.a) FROM x;

-- name: CTEInSubquery :many
SELECT name FROM people WHERE id IN (WITH people AS (SELECT 2 AS id) SELECT id FROM people);

-- name: CTEOfArm :many
SELECT title FROM docs UNION ALL (WITH docs AS (SELECT name FROM people) SELECT name FROM docs);

-- name: Schema :many
SELECT docs.title, public.docs.words FROM public.docs WHERE public.docs.words > 20 OR docs.owner_id = 1;

-- name: Quoted :many
SELECT o."No", "Order Item"."Text", o."select" FROM "Order" o LEFT JOIN "Order Item" ON "Order Item"."Order No" = o."No" WHERE o.total > 2 OR false;

-- name: QuotedFull :many
SELECT "o O"."No", i."Text" FROM "Order" AS "o O" FULL JOIN "Order Item" i ON i."Order No" = "o O"."No" + 1;

-- name: FoldedCase :many
SELECT DOCS.Title, P.NAME FROM DOCS LEFT JOIN PEOPLE AS P ON P.ID = Docs.OWNER_ID;

-- name: UnionNested :many
SELECT k FROM lefts UNION (SELECT k FROM rights EXCEPT SELECT id FROM people) INTERSECT SELECT n FROM events ORDER BY 1 NULLS FIRST LIMIT 3;

-- name: RecursiveUnionOuter :many
WITH RECURSIVE t AS (
    SELECT id, name, boss_id FROM people WHERE boss_id IS NULL
    UNION
    SELECT p.id, coalesce(d.title, p.name), p.boss_id FROM t JOIN people p ON p.boss_id = t.id LEFT JOIN docs d ON d.owner_id = p.id
) SELECT t.*, (SELECT count(*) FROM notes n JOIN docs ON docs.id = n.doc_id WHERE docs.title = t.name) FROM t;
