-- name: InsertInCTE :many
WITH d AS (INSERT INTO docs (title, words) VALUES ($1, $2) RETURNING id, title)
SELECT d.title, (SELECT count(*) FROM docs) AS before FROM d;

-- name: UpdateInCTE :many
WITH u AS (UPDATE people SET score = score + 1 WHERE region = $1 RETURNING id, score)
SELECT u.id, u.score, d.title FROM u LEFT JOIN docs d ON d.owner_id = u.id;

-- name: DeleteInCTE :many
WITH gone AS (DELETE FROM events WHERE n < $1 RETURNING *) SELECT count(*), min(n) FROM gone;

-- name: MoveInCTE :execrows
WITH gone AS (DELETE FROM events WHERE n = $1 RETURNING day, what, n)
INSERT INTO events (day, what, n) SELECT day + 365, what, n FROM gone;

-- name: InsertUnion :execrows
INSERT INTO counters (name, value) SELECT title, words FROM docs UNION SELECT 'p' || name, count(*)::int FROM people GROUP BY name;

-- name: InsertSelectSelf :execrows
INSERT INTO docs (title, owner_id, state) SELECT title || ' copy', owner_id, state FROM docs WHERE state = $1;

-- name: InsertNoColumns :execrows
INSERT INTO docs VALUES (DEFAULT, $1, $2, 'live');

-- name: InsertNoColumnsTenant :execrows
INSERT INTO slugs VALUES ($1, $2, 3);

-- name: InsertDefaultValues :many
INSERT INTO counters DEFAULT VALUES RETURNING name, value;

-- name: InsertRows :execrows
INSERT INTO events (day, what, n) VALUES ($1, $2, 1), ('2025-01-01', $2, (SELECT count(*) FROM people)), ($1, 'x', NULL);

-- name: InsertTenantGiven :execrows
INSERT INTO counters (name, org_id, value) VALUES ($1, $2, $3);

-- name: ConflictNothing :execrows
INSERT INTO counters (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ConflictUpdate :many
INSERT INTO counters AS c (name, value) VALUES ($1, $2)
ON CONFLICT (org_id, name) DO UPDATE SET value = c.value + excluded.value WHERE c.value < 9 OR c.value IS NULL RETURNING *;

-- name: ConflictUpdateSelect :many
INSERT INTO counters (name, value) SELECT name, max(score) FROM people GROUP BY name
UNION ALL SELECT 'side', 3 UNION ALL SELECT 'main', (SELECT count(*) FROM docs)::int
ON CONFLICT (name, org_id) DO UPDATE SET value = (SELECT sum(words) FROM docs) RETURNING name, value;

-- name: ConflictConstraint :execrows
INSERT INTO docs (title, words) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT docs_org_id_title_key DO UPDATE SET words = excluded.words;

-- name: ConflictForeignKeyless :many
INSERT INTO slugs (slug, hits) VALUES ($1, 1) ON CONFLICT (slug) DO UPDATE SET hits = slugs.hits + 1 RETURNING hits;

-- name: ConflictForeignNothing :execrows
INSERT INTO slugs (slug) VALUES ($1) ON CONFLICT (slug) DO NOTHING;

-- name: PlainForeignKeyless :exec
INSERT INTO slugs (slug) VALUES ($1);

-- name: ChildInsert :many
INSERT INTO notes (doc_id, n, body) VALUES ($1, $2, 'new') RETURNING doc_id, n;

-- name: ChildUpsert :many
INSERT INTO notes (doc_id, n, body) VALUES ($1, $2, $3) ON CONFLICT (doc_id, n) DO UPDATE SET body = excluded.body RETURNING doc_id, n, body;

-- name: GrandchildInsert :execrows
INSERT INTO marks (note_id, mark) VALUES ($1, $2), ($1, 'second');

-- name: InsertDistinct :execrows
INSERT INTO counters (name) SELECT DISTINCT ON (region) coalesce(region, 'none') FROM people ORDER BY region, id;

-- name: InsertGrouped :many
INSERT INTO counters (name, value) (SELECT name, count(*) FROM people GROUP BY 1 HAVING count(*) > 1 ORDER BY 2 LIMIT 5) RETURNING *;

-- name: InsertWith :execrows
WITH s AS (SELECT title FROM docs) INSERT INTO counters (name) WITH t AS (SELECT title FROM s) SELECT title FROM t EXCEPT SELECT 'Doc 1';

-- name: InsertOrderedValues :execrows
INSERT INTO counters (name) (VALUES ('b'), ('a'), ($1) ORDER BY 1 LIMIT 2);

-- name: InsertWithoutListFirst :execrows
INSERT INTO lefts VALUES ($1, 2, 'x'), ($1, $2, 'y');

-- name: InsertAltered :execrows
INSERT INTO files VALUES ($1, NULL);

-- name: InsertTwoTenants :execrows
INSERT INTO counters (name, org_id) VALUES ($1, $2), ('other', $3);

-- name: InsertOverriding :many
INSERT INTO docs (id, title) OVERRIDING SYSTEM VALUE VALUES (5000, $1) RETURNING id, title, state, words;

-- name: InsertQuoted :many
INSERT INTO "Order" ("No", "select") VALUES ($1, 'a''b') ON CONFLICT ("Org Id", "No") DO UPDATE SET "select" = excluded."select" RETURNING "No", total;

-- name: InsertForeignParent :execrows
INSERT INTO files (id, folder_id) VALUES (999, $1);

-- name: InsertKeyOfAll :execrows
INSERT INTO folders (id, name) VALUES ($1, 'new');

-- name: ConflictTenantGiven :execrows
INSERT INTO counters (name, org_id, value) VALUES ($1, $2, 1) ON CONFLICT (org_id, name) DO UPDATE SET value = 0 WHERE counters.org_id = $2 OR true;

-- name: ConflictSubquery :many
INSERT INTO counters (name, value) VALUES ('main', 1)
ON CONFLICT (org_id, name) DO UPDATE SET (value) = ROW (excluded.value + (SELECT count(*) FROM lefts)) WHERE EXISTS (SELECT FROM rights) RETURNING value;

-- name: ChildConflictByID :execrows
INSERT INTO notes (id, doc_id, n) VALUES ($1, $2, 55) ON CONFLICT (id) DO NOTHING;

-- name: ChildConflictUpdate :execrows
INSERT INTO notes (id, doc_id, n) VALUES ($1, $2, 55) ON CONFLICT (id) DO UPDATE SET n = 56;

-- name: ChildConflictAny :execrows
INSERT INTO notes (doc_id, n) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: ChildOfNewParent :execrows
WITH d AS (INSERT INTO docs (id, title) VALUES ($1, 'parent')) INSERT INTO notes (doc_id, n) VALUES ($1, 1);

-- name: ChildSelected :execrows
INSERT INTO notes (n, doc_id) SELECT DISTINCT k + 100, sqlc.arg('doc_id')::bigint FROM lefts WHERE k IS NOT NULL;

-- name: PinUpsert :execrows
INSERT INTO pins (name, folder_id) VALUES ($1, $2) ON CONFLICT (org_id, name) DO UPDATE SET folder_id = excluded.folder_id;

-- name: PinUpsertParam :execrows
INSERT INTO pins (name) VALUES ($1) ON CONFLICT (org_id, name) DO UPDATE SET folder_id = sqlc.arg('folder_id'), hits = pins.hits + 1;

-- name: PinNothing :execrows
INSERT INTO pins (name, folder_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: PinHit :execrows
INSERT INTO pins (name, folder_id) VALUES ($1, $2) ON CONFLICT (org_id, name) DO UPDATE SET hits = pins.hits + 1;

-- name: PinSelected :execrows
INSERT INTO pins (name, folder_id) SELECT name || '2', sqlc.arg('folder_id') FROM pins UNION ALL SELECT DISTINCT 'x', 11::bigint FROM people;

-- name: PinCopied :execrows
INSERT INTO pins (name, folder_id, hits) SELECT f.id::text, f.folder_id, sqlc.arg('hits') FROM files AS f WHERE f.size = 5 OR f.folder_id IS NULL;

-- name: PinCopiedForeign :execrows
INSERT INTO pins (name, folder_id) SELECT f.id::text, f.folder_id FROM files AS f WHERE f.size = $1;

-- name: PinComputed :execrows
INSERT INTO pins (name, folder_id) VALUES ($1, nullif(sqlc.arg('folder_id')::bigint, 12)), ('computed', (SELECT min(id) FROM folders));

-- name: InsertCopiedTenant :execrows
INSERT INTO counters (name, org_id) SELECT d.title, d.org_id FROM docs d LEFT JOIN people p ON p.id = d.owner_id WHERE d.words > $1;

-- name: InsertCopiedLeft :execrows
INSERT INTO counters (name, org_id) SELECT 'from ' || l.k || coalesce(d.title, ''), d.org_id FROM lefts l LEFT JOIN docs d ON d.owner_id = l.k AND d.words > $1;

-- name: MoveWithTenant :execrows
WITH gone AS (DELETE FROM people WHERE id = $1 RETURNING *)
INSERT INTO events (org_id, day, what, n) SELECT org_id, '2026-01-01', name, id FROM gone;

-- name: InsertStar :execrows
INSERT INTO events SELECT * FROM events WHERE n > $1;

-- name: StarAndTenant :execrows
INSERT INTO counters (name, value) SELECT * FROM (VALUES ('v', 1), ($1, 2)) AS v;

-- name: MoveStar :execrows
WITH gone AS (DELETE FROM lefts WHERE k = $1 RETURNING a, k)
INSERT INTO docs (title, words) SELECT * FROM gone UNION SELECT DISTINCT name, 7 FROM people WHERE id < 4;

-- name: StarBeforeParam :execrows
INSERT INTO counters (name, value) SELECT p.*, $1::integer FROM (SELECT name FROM people WHERE id = 2) AS p;

-- name: StarOfOther :execrows
INSERT INTO counters (name, org_id, value) SELECT d.title, n.* FROM docs d JOIN (SELECT 1::bigint AS a, 5 AS b) AS n ON d.words > $1;

-- name: KeyNamed :execrows
INSERT INTO notes (doc_id, n, body) SELECT @doc_id::bigint AS doc, n.n + 10 AS number, @body AS "as" FROM notes AS n WHERE n.n = 1 ORDER BY number LIMIT 1;

-- name: KeyNamedBare :execrows
INSERT INTO pins (folder_id, name) SELECT max(f.id) folder, 'named ' || f.name FROM folders AS f GROUP BY f.name ORDER BY folder;

-- name: TenantNamed :execrows
INSERT INTO counters (org_id, name, value) SELECT $1 AS org, p.name AS n, count(*)::integer v FROM people AS p GROUP BY p.name ORDER BY n;
