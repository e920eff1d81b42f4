-- name: RightJoin :many
SELECT p.id, d.title FROM people p RIGHT JOIN docs d ON d.owner_id = p.id;

-- name: RightJoinOr :many
SELECT p.id, d.title FROM people p RIGHT JOIN docs d ON d.owner_id = p.id OR p.score > 20 WHERE d.words > 20 OR p.id IS NULL;

-- name: LeftJoinGlobalFirst :many
SELECT r.name, p.name FROM regions r LEFT JOIN people p ON p.region = r.code;

-- name: RightJoinGlobal :many
SELECT r.name, p.name FROM people p RIGHT JOIN regions r ON p.region = r.code OR false;

-- name: FullJoin :many
SELECT l.a, r.b FROM lefts l FULL JOIN rights r ON r.k = l.k;

-- name: FullJoinGlobal :many
SELECT r.name, p.name FROM regions r FULL JOIN people p ON p.region = r.code AND p.score IS NOT NULL;

-- name: FullJoinWhere :many
SELECT l.k, l.a, r.b FROM lefts AS l FULL JOIN rights AS r ON r.k = l.k WHERE l.a IS NULL OR r.b IS NULL;

-- name: NaturalJoin :many
SELECT * FROM lefts NATURAL JOIN rights;

-- name: NaturalLeftJoin :many
SELECT k, a, b FROM lefts NATURAL LEFT JOIN rights;

-- name: UsingJoin :many
SELECT k, a, b FROM lefts JOIN rights USING (k);

-- name: LeftJoinUsing :many
SELECT k, l.a, r.b FROM lefts AS l LEFT JOIN rights AS r USING (k);

-- name: RightJoinUsing :many
SELECT k, l.a, r.b FROM lefts AS l RIGHT JOIN rights AS r USING (k);

-- name: FullJoinUsing :many
SELECT k, a, b FROM lefts FULL JOIN rights USING (k);

-- name: UsingBothColumns :many
SELECT * FROM lefts JOIN rights USING (org_id, k);

-- name: CrossJoin :many
SELECT l.a, r.b FROM lefts l CROSS JOIN rights r;

-- name: CommaJoin :many
SELECT l.a, r.b, p.name FROM lefts l, rights r, people p WHERE l.k = r.k OR p.id = r.k;

-- name: NestedJoins :many
SELECT p.id, d.title, n.n FROM people p LEFT JOIN (docs d JOIN notes n ON n.doc_id = d.id) ON d.owner_id = p.id;

-- name: NestedOuterJoins :many
SELECT p.id, d.title, n.n
FROM people p LEFT JOIN (docs d LEFT JOIN notes n ON n.doc_id = d.id AND n.n = 1) ON d.owner_id = p.id AND d.state <> 'gone';

-- name: LeftThenRight :many
SELECT p.id, d.title, l.a
FROM people p LEFT JOIN docs d ON d.owner_id = p.id RIGHT JOIN lefts l ON l.k = p.id;

-- name: LeftThenInner :many
SELECT p.id, d.title, n.body
FROM people p LEFT JOIN docs d ON d.owner_id = p.id JOIN notes n ON n.doc_id = d.id OR n.n = p.id;

-- name: FullThenLeft :many
SELECT l.a, r.b, p.name FROM lefts l FULL JOIN rights r ON r.k = l.k LEFT JOIN people p ON p.id = coalesce(l.k, r.k);

-- name: AliasedJoin :many
SELECT j.name, j.title FROM (people p JOIN docs d ON d.owner_id = p.id) AS j;

-- name: AliasedLeftJoin :many
SELECT j.a, j.b FROM (lefts AS l LEFT JOIN rights AS r ON l.k = r.k) AS j WHERE j.b IS NULL OR j.a > 'a';

-- name: RenamedColumns :many
SELECT x, z FROM lefts AS l (w, x, z) WHERE x IS NOT NULL;

-- name: RenamedColumnsLeft :many
SELECT l.a, r.y FROM lefts l LEFT JOIN rights AS r (w, x, y) ON r.x = l.k;

-- name: SelfJoin :many
SELECT p.name, b.name AS boss FROM people p JOIN people b ON b.id = p.boss_id;

-- name: SelfLeftJoin :many
SELECT p.id, b.id AS boss FROM people p LEFT JOIN people b ON b.id = p.boss_id WHERE b.id IS NULL OR p.score > 10;

-- name: UsingChain :many
SELECT k, l.a, r.b, m.a AS again FROM lefts l LEFT JOIN rights r USING (k) LEFT JOIN lefts m USING (k);

-- name: UsingThenInner :many
SELECT k, l.a, r.b, p.name FROM lefts l LEFT JOIN rights r USING (k) JOIN people p ON p.id = k;

-- name: LeftOfRightNested :many
SELECT p.id, d.title, n.n FROM people p LEFT JOIN (docs d RIGHT JOIN notes n ON n.doc_id = d.id AND d.words > 20) ON n.n = p.id;

-- name: LeftOfFullNested :many
SELECT p.id, l.a, r.b FROM people p LEFT JOIN (lefts l FULL JOIN rights r ON l.k = r.k) ON coalesce(l.k, r.k) = p.id;

-- name: FullOfLeftNested :many
SELECT l.a, r.b, p.name FROM (lefts l LEFT JOIN rights r ON l.k = r.k) FULL JOIN people p ON p.id = l.k;

-- name: RightOfRight :many
SELECT l.a, r.b, p.name FROM lefts l RIGHT JOIN rights r ON l.k = r.k OR r.k IS NULL RIGHT JOIN people p ON p.id = r.k;

-- name: LeftOnOtherSide :many
SELECT l.k, r.b FROM lefts l LEFT JOIN rights r ON l.a = 'a1' OR r.b IS NULL;

-- name: LeftOnTrue :many
SELECT l.k, r.b FROM lefts l LEFT JOIN rights r ON true WHERE r.k IS DISTINCT FROM l.k;

-- name: LeftAuthorScoped :many
SELECT l.k, r.b FROM lefts l LEFT JOIN rights r ON r.k = l.k AND r.org_id = $1 AND l.org_id = $1;

-- name: FullOnly :many
SELECT l.a, r.b FROM ONLY lefts l FULL JOIN ONLY (rights) AS r ON l.k = r.k;

-- name: FullStar :many
SELECT l.a, b FROM lefts * l FULL JOIN rights * ON false;

-- name: FullPartitions :many
SELECT e.what, l.a FROM events e FULL JOIN lefts l ON l.k = e.n;

-- name: WholeRows :many
SELECT to_jsonb(l), to_jsonb(r), l IS NULL AS no_left, count(r) OVER () AS n FROM lefts l FULL JOIN rights r ON r.k = l.k;

-- name: WholeRowsLeft :many
SELECT l, r FROM lefts l LEFT JOIN rights r ON r.k = l.k;

-- name: AliasedFullJoin :many
SELECT j.k, j.b FROM (lefts FULL JOIN rights USING (k)) AS j WHERE k > 1 OR k IS NULL;

-- name: JoinUsingAlias :many
SELECT x.k, l.a, r.b FROM lefts l JOIN rights r USING (k) AS x;

-- name: CrossTenantReference :many
SELECT f.id, o.name FROM files f LEFT JOIN folders o ON o.id = f.folder_id;

-- name: CrossTenantReferenceRight :many
SELECT f.id, f.size, o.name FROM files f RIGHT JOIN folders o ON o.id = f.folder_id AND f.size > 1;

-- name: CrossTenantReferenceFull :many
SELECT f.id, o.name FROM files f FULL JOIN folders o ON o.id = f.folder_id;

-- name: NaturalRoot :many
SELECT count(*) FROM orgs NATURAL LEFT JOIN people;

-- name: LockDerived :many
SELECT l.y FROM lefts AS l (x, y) WHERE l.y > 1 FOR UPDATE;

-- name: Sampled :many
SELECT count(*) FROM docs TABLESAMPLE BERNOULLI (100) REPEATABLE (1);

-- name: UnnestJoin :many
SELECT u.id, p.name FROM unnest(sqlc.arg('ids')::integer[]) WITH ORDINALITY AS u (id, n) LEFT JOIN people p ON p.id = u.id AND (p.score > 10 OR u.n = 1);
