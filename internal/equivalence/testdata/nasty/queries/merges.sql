-- name: MergeUpdate :execrows
MERGE INTO counters AS c USING (SELECT @name::text AS name, @value::integer AS value) AS n ON c.name = n.name
WHEN MATCHED THEN UPDATE SET value = c.value + n.value;

-- name: MergeUpsert :execrows
MERGE INTO counters AS c USING (SELECT @name::text AS name, @value::integer AS value) AS n ON c.name = n.name
WHEN MATCHED AND n.value < 3 OR c.value > 8 THEN DELETE
WHEN MATCHED THEN UPDATE SET value = n.value
WHEN NOT MATCHED AND n.value IS NOT NULL THEN INSERT (name, value) VALUES (n.name, n.value);

-- name: MergeTenantGiven :execrows
MERGE INTO counters AS c USING (SELECT @name::text AS name) AS n ON c.name = n.name AND c.org_id = @org
WHEN MATCHED AND c.org_id = @org THEN UPDATE SET value = 0
WHEN NOT MATCHED THEN INSERT (org_id, name, value) VALUES (@org, n.name, CASE WHEN n.name > 'n' THEN 1 ELSE 2 END);

-- name: MergeTable :execrows
MERGE INTO counters USING people ON counters.value = people.score
WHEN MATCHED THEN DO NOTHING
WHEN NOT MATCHED THEN INSERT (name, value) VALUES (people.name || people.id, coalesce(people.score, 0));

-- name: MergeTableOnFalse :execrows
MERGE INTO lefts USING rights ON false
WHEN NOT MATCHED THEN INSERT (k, a) VALUES (rights.k, rights.b);

-- name: MergeSelf :execrows
MERGE INTO docs AS d USING docs AS other ON d.title = other.title AND d.id <> other.id
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (title, words) VALUES (other.title || ' of ' || other.words % 10, 1);

-- name: MergeLeftJoin :execrows
MERGE INTO docs AS d USING people AS p LEFT JOIN lefts AS l ON l.k = p.id ON d.owner_id = p.id AND d.state = 'live'
WHEN MATCHED AND l.a IS NULL THEN UPDATE SET words = p.score, title = d.title || coalesce(l.a, '-')
WHEN NOT MATCHED AND p.boss_id IS NOT NULL THEN INSERT VALUES (DEFAULT, p.id, p.name || p.id || coalesce(l.a, '-'));

-- name: MergeFullJoin :execrows
MERGE INTO rights AS x USING (lefts AS l FULL JOIN rights AS r ON l.k = r.k) ON x.b = l.a
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (k, b) VALUES (r.k, coalesce(l.a, 'none') || coalesce(r.b, 'none'));

-- name: MergeCTE :execrows
WITH best AS (SELECT owner_id, max(words) AS words FROM docs WHERE state <> $1 GROUP BY owner_id)
MERGE INTO people AS p USING best ON best.owner_id = p.id
WHEN MATCHED AND EXISTS (SELECT 1 FROM lefts WHERE lefts.k = p.id) THEN UPDATE SET score = best.words, (name, email) = (SELECT max(title), NULL FROM docs)
WHEN MATCHED THEN UPDATE SET score = (SELECT count(*) FROM people);

-- name: MergeTargetIsNoCTE :execrows
WITH counters AS (SELECT DISTINCT name FROM people UNION SELECT 'side') MERGE INTO counters AS c USING counters ON counters.name = c.name
WHEN MATCHED THEN UPDATE SET value = 77
WHEN NOT MATCHED AND counters.name = 'P0' THEN INSERT DEFAULT VALUES;

-- name: MergeDeletedRows :execrows
WITH gone AS (DELETE FROM events WHERE n < $1 RETURNING day, n)
MERGE INTO counters AS c USING gone ON c.value = gone.n
WHEN MATCHED THEN UPDATE SET value = -1
WHEN NOT MATCHED THEN INSERT (name, value) VALUES (gone.day::text, gone.n);

-- name: MergeTwice :execrows
MERGE INTO counters AS c USING people AS p ON p.id <= @id::integer WHEN MATCHED THEN UPDATE SET value = p.id;

-- name: MergeGlobal :execrows
MERGE INTO regions AS r USING (VALUES ($1::text)) AS v (code) ON v.code = r.code
WHEN MATCHED THEN UPDATE SET name = 'known'
WHEN NOT MATCHED THEN INSERT VALUES (v.code, 'new');

-- name: MergeFromGlobal :execrows
MERGE INTO people AS p USING regions AS r ON r.code = p.region AND p.org_id = $1
WHEN MATCHED THEN UPDATE SET name = r.name
WHEN NOT MATCHED THEN INSERT (id, name, region) VALUES (100 + length(r.name), r.name, r.code);

-- name: MergeRoot :execrows
MERGE INTO orgs AS o USING (SELECT $1::text AS name) AS n ON true WHEN MATCHED THEN UPDATE SET name = n.name;

-- name: MergeForeignKeyless :execrows
MERGE INTO slugs AS s USING (SELECT @slug::text AS slug) AS n ON s.slug = n.slug
WHEN MATCHED THEN UPDATE SET hits = s.hits + 1
WHEN NOT MATCHED THEN INSERT (slug) VALUES (n.slug);

-- name: MergePartitioned :execrows
MERGE INTO events AS e USING (SELECT @n::integer AS n) AS s ON e.n = s.n
WHEN MATCHED AND e.what = 'event 1' THEN UPDATE SET day = e.day + 300
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED THEN INSERT (day, what, n) VALUES ('2026-05-05', 'merged', s.n);

-- name: MergeChild :execrows
MERGE INTO notes AS n USING (SELECT @doc_id::bigint AS doc_id, @n::integer AS n, sqlc.narg(body)::text AS body) AS s ON n.doc_id = s.doc_id AND n.n = s.n
WHEN MATCHED AND s.body IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET body = s.body
WHEN NOT MATCHED THEN INSERT (doc_id, n, body) VALUES (@doc_id, s.n, s.body);

-- name: MergeChildMove :execrows
MERGE INTO notes AS n USING docs AS d ON d.id = n.doc_id AND d.title = $1
WHEN MATCHED AND n.n = 1 THEN UPDATE SET doc_id = $2, n = 9
WHEN MATCHED THEN DO NOTHING;

-- name: MergeGrandchild :execrows
MERGE INTO marks AS m USING notes AS n ON m.note_id = n.id
WHEN MATCHED AND n.body IS NULL OR m.mark = @mark THEN DELETE
WHEN MATCHED THEN UPDATE SET mark = n.body
WHEN NOT MATCHED AND n.n = 2 THEN INSERT (note_id, mark) VALUES (@note_id, n.id::text);

-- name: MergePin :execrows
MERGE INTO pins AS p USING (SELECT @name::text AS name) AS s ON p.name = s.name
WHEN MATCHED AND p.hits = 0 THEN UPDATE SET hits = 1
WHEN NOT MATCHED THEN INSERT (name, folder_id) VALUES (s.name, @folder_id);

-- name: MergeQuoted :execrows
MERGE INTO "Order" AS "O" USING (SELECT $1::integer AS "No") AS "N" ON "O"."No" = "N"."No"
WHEN MATCHED THEN UPDATE SET "select" = 'merged'
WHEN NOT MATCHED THEN INSERT ("No", "select") VALUES ("N"."No", "N"."No"::text);

-- name: MergeKeyPair :execrows
MERGE INTO "Order Item" AS i USING "Order" AS o ON (i."Order Org", i."Order No") = (o."Org Id", o."No")
WHEN MATCHED AND i."Text" IS NULL THEN DELETE
WHEN MATCHED THEN UPDATE SET "Text" = o."select";

-- name: MergePinMove :execrows
MERGE INTO pins AS p USING (SELECT 1 AS one) AS s ON true
WHEN MATCHED AND p.hits = 0 THEN UPDATE SET folder_id = sqlc.narg('folder_id'), hits = 3
WHEN MATCHED THEN DELETE;

-- name: MergeChildOfSource :execrows
MERGE INTO notes AS n USING docs AS d ON n.doc_id = d.id AND n.n = $1
WHEN MATCHED THEN UPDATE SET (doc_id, n) = ROW (d.id, n.n + 80)
WHEN NOT MATCHED THEN INSERT (doc_id, n) VALUES (d.id, 81);

-- name: MergeChildComputed :execrows
MERGE INTO notes AS n USING (SELECT id, words FROM docs WHERE title = 'Doc 2') AS d ON n.doc_id = d.id AND n.n > 50
WHEN MATCHED THEN UPDATE SET doc_id = n.doc_id + 1
WHEN NOT MATCHED THEN INSERT (doc_id, n) VALUES (id + $1::bigint, words);

-- name: MergeCopiedTenant :execrows
MERGE INTO counters c USING docs d ON d.title = c.name WHEN NOT MATCHED THEN INSERT (org_id, name) VALUES (d.org_id, d.title);
