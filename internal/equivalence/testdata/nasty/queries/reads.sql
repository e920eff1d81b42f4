-- name: Grandchildren :many
SELECT m.mark, n.n FROM marks m JOIN notes n ON n.id = m.note_id;

-- name: GrandchildrenLeft :many
SELECT d.title, n.n, m.mark FROM docs d LEFT JOIN notes n ON n.doc_id = d.id LEFT JOIN marks m ON m.note_id = n.id;

-- name: ChildFull :many
SELECT n.n, m.mark FROM notes n FULL JOIN marks m ON m.note_id = n.id + 1;

-- name: RootRead :many
SELECT * FROM orgs;

-- name: RootJoin :many
SELECT o.name, r.name AS region, count(p.id) AS people
FROM orgs o LEFT JOIN regions r ON r.code = o.region LEFT JOIN people p ON p.org_id = o.id GROUP BY o.name, r.name;

-- name: RootUpdate :execrows
UPDATE orgs SET name = $1 WHERE id = $2;

-- name: Lateral :many
SELECT p.id, l.title FROM people p LEFT JOIN LATERAL (SELECT d.title FROM docs d WHERE d.owner_id = p.id ORDER BY d.words DESC LIMIT 1) l ON true;

-- name: LateralCross :many
SELECT p.id, l.n FROM people p, LATERAL (SELECT count(*) AS n FROM docs d WHERE d.words > p.score) l;

-- name: OrderBySubquery :many
SELECT id FROM people p ORDER BY (SELECT count(*) FROM docs d WHERE d.owner_id = p.id) DESC, id LIMIT 2;

-- name: LimitSubquery :many
SELECT title FROM docs ORDER BY title LIMIT (SELECT count(*) FROM notes) / 4 OFFSET (SELECT count(*) FROM orgs);

-- name: HavingSubquery :many
SELECT region, count(*) FROM people GROUP BY region HAVING count(*) >= (SELECT count(*) / 4 FROM docs);

-- name: CaseSubquery :many
SELECT id, CASE WHEN EXISTS (SELECT 1 FROM docs d WHERE d.owner_id = p.id AND d.state = 'live') THEN 'live'
    WHEN p.id > ALL (SELECT k FROM lefts WHERE k IS NOT NULL) THEN 'high' ELSE (SELECT min(b) FROM rights) END AS what
FROM people p;

-- name: Exists :many
SELECT id FROM docs d WHERE EXISTS (SELECT 1 FROM notes n WHERE n.doc_id = d.id AND n.body IS NOT NULL);

-- name: NotExists :many
SELECT id FROM people p WHERE NOT EXISTS (SELECT FROM docs d WHERE d.owner_id = p.id);

-- name: In :many
SELECT id FROM people WHERE id IN (SELECT k FROM rights UNION SELECT $1::integer);

-- name: NotIn :many
SELECT id FROM people WHERE id NOT IN (SELECT k FROM lefts WHERE k IS NOT NULL OR $1);

-- name: AnyAll :many
SELECT id FROM people WHERE score >= ALL (SELECT score FROM people WHERE score IS NOT NULL) OR id = ANY ($1::integer[]);

-- name: RowCompare :many
SELECT id FROM people WHERE (id, name) IN (SELECT owner_id, 'P' || words % 3 FROM docs) OR (id, score) = (SELECT 1, max(score) FROM people);

-- name: DistinctOn :many
SELECT DISTINCT ON (name) name, id FROM people ORDER BY name, id DESC;

-- name: Windows :many
SELECT id, rank() OVER w, sum(score) OVER (PARTITION BY region ORDER BY id), lag(name, 1, (SELECT min(title) FROM docs)) OVER w
FROM people WINDOW w AS (ORDER BY score DESC, id);

-- name: GroupingSets :many
SELECT region, name, count(*), grouping(region) FROM people GROUP BY GROUPING SETS ((region), (region, name), ());

-- name: Rollup :many
SELECT state, made_on, sum(words) FROM docs GROUP BY ROLLUP (state, made_on);

-- name: AggregateAlone :many
SELECT count(*), max(words), bool_or(state = 'live') FROM docs;

-- name: AggregateFilter :many
SELECT count(*) FILTER (WHERE id IN (SELECT owner_id FROM docs)), array_agg(name ORDER BY (SELECT count(*) FROM notes), id) FROM people;

-- name: HavingWithoutGroup :many
SELECT 1 AS one FROM docs HAVING count(*) > 3;

-- name: ForUpdate :many
SELECT p.id, d.id FROM people p JOIN docs d ON d.owner_id = p.id WHERE d.state = $1 FOR UPDATE OF d SKIP LOCKED;

-- name: ForUpdateSubquery :many
-- A subquery under = is computed once. One under IN may be a join, whose inner side
-- skips what the statement itself has updated when it is computed again.
UPDATE docs SET words = 0 WHERE id = (SELECT id FROM docs WHERE state = $1 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id;

-- name: ViewRead :many
SELECT v.title, p.name FROM live_docs v LEFT JOIN people p ON p.id = v.owner_id;

-- name: ViewOuter :many
SELECT p.id, v.title FROM people p LEFT JOIN live_docs v ON v.owner_id = p.id;

-- name: ViewWithGlobal :many
SELECT region_name, count(*) FROM people_by_region GROUP BY region_name;

-- name: PartitionParent :many
SELECT day, what, sum(n) FROM events GROUP BY day, what;

-- name: PartitionDirect :many
SELECT o.what, n.day FROM events_old o FULL JOIN events_new n ON n.what = o.what;

-- name: PartitionUpdate :execrows
UPDATE events SET day = day - 30 WHERE n > $1;

-- name: AuthorScopes :many
SELECT d.title FROM docs d JOIN people p ON p.id = d.owner_id AND p.org_id = d.org_id WHERE d.org_id = $1;

-- name: AuthorScopesUnderOr :many
SELECT title FROM docs WHERE org_id = $1 OR state = 'live';

-- name: AuthorNegates :many
SELECT title FROM docs WHERE NOT (org_id = $1);

-- name: SelectsTenant :many
SELECT org_id, count(*) FROM docs GROUP BY org_id;

-- name: ValuesJoin :many
SELECT v.x, p.name FROM (VALUES (1), (2), (9)) AS v (x) LEFT JOIN people p ON p.id = v.x;

-- name: FunctionJoin :many
SELECT g, count(p.id) FROM generate_series(1, (SELECT count(*) FROM people)) AS g LEFT JOIN people p ON p.id = g GROUP BY g;

-- name: Comments :many
SELECT /* all */ title -- FROM docs WHERE
FROM docs -- trailing
WHERE words > 10 OR /* no */ owner_id IS NULL -- end
;

-- name: GlobalOnly :many
SELECT * FROM regions ORDER BY code;

-- name: GlobalWrite :execrows
INSERT INTO regions (code, name) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: NoFrom :one
SELECT (SELECT count(*) FROM docs) AS docs, ARRAY(SELECT name FROM people ORDER BY id) AS names, EXISTS (SELECT 1 FROM rights UNION SELECT 2 FROM lefts);

-- name: NoTargets :many
SELECT FROM docs;

-- name: WhereWithoutFrom :many
SELECT 1 AS one WHERE EXISTS (SELECT FROM docs WHERE state = 'live');

-- name: Precedence :many
SELECT id FROM people WHERE score IS NULL = true OR score BETWEEN 10 AND 20 AND NOT id = 2 OR name LIKE 'P%' COLLATE "C";

-- name: FetchTies :many
SELECT id, score FROM people ORDER BY score FETCH FIRST 2 ROWS WITH TIES;

-- name: LimitWithoutOrder :many
SELECT id FROM docs LIMIT $1 OFFSET 1;

-- name: GroupByKey :many
SELECT d.id, d.title, count(n.id) FROM docs d LEFT JOIN notes n ON n.doc_id = d.id GROUP BY d.id;

-- name: ViewOfView :many
SELECT t.title, p.name FROM live_titles t FULL JOIN people p ON t.title = 'Doc ' || p.id;

-- name: ViewGrouped :many
SELECT * FROM docs_by_state WHERE docs > 1 OR state IS NULL;

-- name: ViewOtherColumn :many
SELECT o.org_id, count(*) FROM doc_owners o LEFT JOIN people p ON p.id = o.org_id GROUP BY o.org_id;

-- name: CorrelatedTwice :many
SELECT p.id FROM people p WHERE (SELECT count(*) FROM docs d WHERE d.owner_id = p.id
    AND d.words > (SELECT avg(words) FROM docs x WHERE x.state = d.state OR x.owner_id = p.id)) > 0;

-- name: TenantInSubquery :many
SELECT p.id FROM people p WHERE NOT EXISTS (SELECT FROM docs d WHERE d.owner_id = p.id AND d.org_id = $1);

-- name: TenantIsMore :many
SELECT p.id FROM people p WHERE p.org_id = $1 AND p.score > $1 + $2::integer;

-- name: TenantTwice :many
SELECT p.id FROM people p WHERE p.org_id = $1 AND p.id > $2 AND p.org_id = $3;

-- name: CountForeign :one
SELECT count(*) FROM docs a, docs b WHERE a.title = b.title AND a.org_id <> b.org_id;

-- name: SearchDepth :many
WITH RECURSIVE t AS (SELECT id, boss_id FROM people WHERE boss_id IS NULL OR id = $1 UNION ALL SELECT p.id, p.boss_id FROM t JOIN people p ON p.boss_id = t.id)
SEARCH DEPTH FIRST BY id SET o SELECT id, o::text FROM t ORDER BY o;

-- name: SearchBreadthCycle :many
WITH RECURSIVE t AS (SELECT id, boss_id FROM people UNION SELECT p.boss_id, p.id FROM t JOIN people p ON p.id = t.id)
SEARCH BREADTH FIRST BY id, boss_id SET o CYCLE id SET again USING way, names AS (SELECT p.id, p.name FROM people AS p)
SELECT t.*, n.name FROM t LEFT JOIN names AS n USING (id) WHERE NOT again ORDER BY o LIMIT 30;

-- name: CycleMark :many
WITH RECURSIVE people (a, b) AS (SELECT owner_id, words % 7 FROM docs UNION ALL SELECT p.b, p.a FROM people AS p)
CYCLE a, b SET mark TO 'Y' DEFAULT 'N' USING way SELECT a, b, mark FROM people WHERE mark = 'N';
