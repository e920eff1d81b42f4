-- name: NoWhere :many
SELECT title FROM docs;

-- name: LeadingOr :many
SELECT title FROM docs WHERE words = ? OR state = 'live';

-- name: OrWithoutBlanks :many
SELECT title FROM docs WHERE(words=?)OR(state='live');

-- name: CommaJoin :many
SELECT d.title, n.body FROM docs d, notes n WHERE n.doc_id = d.id;

-- name: PlainJoin :many
SELECT p.name, d.title FROM people p JOIN docs d ON d.owner_id = p.id WHERE p.score = ? OR d.words > 20;

-- name: CrossJoin :many
SELECT a.title, b.title FROM docs a CROSS JOIN docs AS b WHERE a.words < b.words;

-- name: JoinUsing :many
SELECT l.a, r.b FROM lefts l JOIN rights r USING (k);

-- name: JoinNatural :many
SELECT k, a, b FROM lefts NATURAL JOIN rights;

-- name: LeftUsing :many
SELECT k, a, b FROM lefts LEFT JOIN rights USING (org_id, k);

-- name: NaturalLeft :many
SELECT * FROM lefts NATURAL LEFT JOIN rights;

-- name: LeftJoin :many
SELECT d.title, n.body FROM docs d LEFT JOIN notes n ON n.doc_id = d.id AND n.n = ?;

-- name: LeftThenRight :many
SELECT l.a, r.b, f.name FROM lefts l LEFT JOIN rights r ON r.k = l.k RIGHT JOIN folders f ON f.id = l.k + 10;

-- name: RightFromGlobal :many
SELECT g.name, o.name FROM regions g RIGHT JOIN people o ON o.region = g.code;

-- name: LeftFromGlobal :many
SELECT g.name, o.name FROM regions g LEFT JOIN people o ON o.region = g.code;

-- name: OnlyJoinedHasTenant :many
SELECT g.name FROM regions g JOIN people p ON p.region = g.code;

-- name: NestedJoins :many
SELECT d.title, n.body, m.mark FROM docs d LEFT JOIN (notes n JOIN marks m ON m.note_id = n.id) ON n.doc_id = d.id;

-- name: SubqueryEverywhere :many
SELECT (SELECT count(*) FROM notes) AS n, CASE WHEN EXISTS (SELECT 1 FROM marks WHERE mark = 'bad') THEN 1 ELSE (SELECT max(words) FROM docs) END AS c,
    coalesce((SELECT min(score) FROM people), 0) + (SELECT sum(hits) FROM slugs) AS s
FROM docs WHERE words BETWEEN (SELECT min(words) FROM docs) AND (SELECT max(words) FROM docs);

-- name: SubqueryInOn :many
SELECT d.title, p.name FROM docs d LEFT JOIN people p ON p.id = d.owner_id AND p.score > (SELECT avg(score) FROM people);

-- name: SubqueryInHaving :many
SELECT state, count(*) AS n FROM docs GROUP BY state HAVING count(*) >= (SELECT count(*) FROM lefts) / 2;

-- name: SubqueryInOrderBy :many
SELECT id FROM docs ORDER BY (SELECT count(*) FROM notes WHERE notes.doc_id = docs.id) DESC, id LIMIT 3;

-- name: InSubquery :many
SELECT title FROM docs WHERE id IN (SELECT doc_id FROM notes WHERE body IS NOT NULL);

-- name: NotInSubquery :many
SELECT title FROM docs WHERE id NOT IN (SELECT doc_id FROM tags WHERE doc_id IS NOT NULL);

-- name: NotExists :many
SELECT title FROM docs d WHERE NOT EXISTS (SELECT 1 FROM docs e WHERE e.words > d.words);

-- name: NotLeading :many
SELECT title FROM docs WHERE NOT (words > ?) AND NOT EXISTS (SELECT 1 FROM people WHERE score IS NULL AND people.id = docs.owner_id);

-- name: RowIn :many
SELECT title FROM docs WHERE (id, 1) IN (SELECT doc_id, n FROM notes);

-- name: Recursive :many
WITH RECURSIVE b (id, depth) AS (
    SELECT id, 0 FROM people WHERE boss_id IS NULL
    UNION SELECT p.id, b.depth + 1 FROM people p JOIN b ON p.boss_id = b.id WHERE b.depth < 5
)
SELECT id, depth FROM b;

-- name: Unions :many
SELECT name FROM people UNION SELECT title FROM docs EXCEPT SELECT name FROM folders ORDER BY 1;

-- name: ExceptOthers :many
SELECT title FROM docs EXCEPT SELECT title FROM docs WHERE words > ?;

-- name: Windows :many
SELECT title, rank() OVER (PARTITION BY state ORDER BY words) AS place, sum(words) OVER (ORDER BY id) AS running FROM docs;

-- name: WindowsByName :many
SELECT title, first_value(title) OVER w AS first FROM docs WINDOW w AS (PARTITION BY state ORDER BY (SELECT count(*) FROM notes WHERE notes.doc_id = docs.id), id);

-- name: SwappedAliases :many
SELECT docs.name, people.title FROM people AS docs, docs AS people WHERE docs.id = people.owner_id;

-- name: InnerAliasHides :many
SELECT d.title FROM docs d WHERE EXISTS (SELECT 1 FROM notes d WHERE d.n = 2 AND d.body IS NULL);

-- name: UnqualifiedInner :many
SELECT title FROM docs WHERE id IN (SELECT doc_id FROM notes WHERE n = (SELECT count(*) FROM marks WHERE note_id = notes.id));

-- name: StringsAndComments :many
SELECT title /* FROM people */, 'it''s FROM people WHERE' AS s -- FROM people
FROM docs -- WHERE 1 = 1 OR
WHERE title <> 'WHERE ''' OR 1 = 0;

-- name: AuthorsTenant :many
SELECT title FROM docs WHERE org_id = ? AND words > ?;

-- name: AuthorsTenantUnderOr :many
SELECT title FROM docs WHERE org_id = ? OR words > 10;

-- name: TenantOfItself :many
SELECT title FROM docs WHERE org_id = org_id AND title = title;

-- name: TenantFromOther :many
SELECT d.title, p.name FROM docs d JOIN people p ON p.org_id = d.org_id AND p.id = d.owner_id;

-- name: OneSided :many
SELECT n.body, p.name FROM notes n JOIN people p ON p.id = n.n;

-- name: Slices :many
SELECT title FROM docs WHERE id IN (sqlc.slice('ids')) AND words > ?;

-- name: SlicesTwice :many
SELECT d.title FROM docs d JOIN people p ON p.id IN (sqlc.slice('ids')) AND p.id = d.owner_id WHERE d.id IN (sqlc.slice('doc_id')) OR p.name = ?;

-- name: NamedTwice :many
SELECT title FROM docs WHERE words > sqlc.arg(words) OR id = sqlc.arg(words) + 100 OR owner_id = sqlc.arg(owner_id);

-- name: Optional :many
SELECT title FROM docs WHERE state = coalesce(sqlc.narg('state'), state);

-- name: Children :many
SELECT m.mark, n.body FROM marks m JOIN notes n ON n.id = m.note_id;

-- name: Grandchild :many
SELECT mark FROM marks WHERE note_id > ?;

-- name: ChildOfTwoColumns :many
SELECT p.what, b.a FROM parts p LEFT JOIN boxes b ON b.a = p.spare_a AND b.b = p.spare_b;

-- name: NullableChild :many
SELECT label FROM tags;

-- name: Root :one
SELECT name, region FROM orgs;

-- name: StraightJoin :many
SELECT d.title, n.body FROM docs d STRAIGHT_JOIN notes n ON n.doc_id = d.id WHERE d.words > ? OR n.n = 1;

-- name: IndexHints :many
SELECT d.title, n.body FROM docs AS d USE INDEX (docs_by_words) LEFT JOIN notes AS n IGNORE INDEX (PRIMARY) ON n.doc_id = d.id WHERE d.words > ?;

-- name: NullSafe :many
SELECT name FROM people WHERE email <=> ? OR NOT (region <=> 'n') OR score DIV 2 = 5;

-- name: AnyAndAll :many
SELECT title FROM docs WHERE words >= ALL (SELECT score FROM people WHERE score IS NOT NULL) OR id = ANY (SELECT doc_id FROM tags);

-- name: GroupConcat :many
SELECT state, GROUP_CONCAT(title ORDER BY title SEPARATOR '|') AS titles FROM docs GROUP BY state;

-- name: XorAndPipes :many
SELECT title FROM docs WHERE words > ? XOR state = 'live';

-- name: ForUpdate :many
SELECT title FROM docs WHERE words > ? FOR UPDATE;

-- name: ShareMode :many
SELECT d.title, n.body FROM docs d JOIN notes n ON n.doc_id = d.id LOCK IN SHARE MODE;

-- name: LimitTwo :many
SELECT id FROM docs ORDER BY id LIMIT ?, 2;

-- name: Functions :many
SELECT IF((SELECT max(words) FROM docs) = 1, title, state) AS x, IFNULL(owner_id, (SELECT count(*) FROM people)) AS y FROM docs;

-- name: BackticksAndComments :many
SELECT `docs`.`title`, 'it''s FROM people WHERE' AS s # FROM people
FROM `docs` -- WHERE 1 = 1 OR
WHERE `docs`.`title` <> 'Doc 1' /* OR 1 = 1 */;

-- name: ExecutableComment :many
SELECT title FROM docs /*! UNION SELECT title FROM docs */;
