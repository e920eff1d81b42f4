-- name: Since17Functions :many
SELECT d.id, to_bin(d.words), to_oct(d.words), unicode_assigned(p.name) FROM docs d LEFT JOIN people p ON p.id = d.owner_id WHERE d.words > $1 OR d.owner_id IS NULL;

-- name: MergeBySourceDelete :execrows
MERGE INTO counters AS c USING (SELECT @name::text AS name) AS n ON c.name = n.name
WHEN NOT MATCHED BY SOURCE THEN DELETE;

-- name: MergeBySourceTable :execrows
MERGE INTO docs AS d USING people AS p ON p.id = d.owner_id
WHEN NOT MATCHED BY SOURCE AND d.words > 30 OR d.state = 'gone' THEN DELETE
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET words = 0, title = d.title || '!';

-- name: MergeBySourceSync :many
MERGE INTO counters AS c USING (VALUES (@name::text, 3), ('side', sqlc.narg(value)::integer)) AS n (name, value) ON c.name = n.name
WHEN MATCHED AND n.value IS NULL THEN DO NOTHING
WHEN MATCHED THEN UPDATE SET value = n.value
WHEN NOT MATCHED BY TARGET THEN INSERT (name, value) VALUES (n.name, n.value)
WHEN NOT MATCHED BY SOURCE AND c.value = 5 THEN DO NOTHING
WHEN NOT MATCHED BY SOURCE THEN DELETE
RETURNING merge_action(), n.*, c.name, c.value;

-- name: MergeBySourceEmpty :execrows
MERGE INTO counters USING (SELECT * FROM people WHERE false) AS p ON p.score = counters.value
WHEN NOT MATCHED BY SOURCE THEN DELETE;

-- name: MergeBySourceChild :many
MERGE INTO notes AS n USING docs AS d ON d.id = n.doc_id AND d.state = 'live'
WHEN MATCHED THEN UPDATE SET body = d.title
WHEN NOT MATCHED BY SOURCE AND n.n = 1 THEN DELETE
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET body = (SELECT max(title) FROM docs), doc_id = $1, n = n.id::integer
RETURNING merge_action(), n.n, n.body, d.title;

-- name: MergeBySourceGrandchild :execrows
MERGE INTO marks AS m USING (SELECT @mark::text AS mark) AS s ON s.mark = m.mark
WHEN NOT MATCHED BY SOURCE THEN DELETE
WHEN MATCHED THEN UPDATE SET mark = 'kept';

-- name: MergeBySourceRoot :execrows
MERGE INTO orgs AS o USING regions AS r ON r.code = o.region AND r.name = $1
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET name = 'nowhere'
WHEN MATCHED THEN UPDATE SET name = r.name;

-- name: MergeBySourcePartitioned :execrows
MERGE INTO events AS e USING lefts AS l ON l.k = e.n
WHEN NOT MATCHED BY SOURCE AND e.what = 'event 0' THEN UPDATE SET day = e.day + 300
WHEN NOT MATCHED BY SOURCE THEN DELETE;

-- name: MergeBySourceQuoted :execrows
MERGE INTO "Order" AS "O" USING (SELECT $1::integer AS "No") AS "N" ON "O"."No" = "N"."No"
WHEN NOT MATCHED BY SOURCE THEN UPDATE SET "select" = 'gone';

-- name: MergeReturning :many
MERGE INTO counters AS c USING people AS p ON p.score = c.value
WHEN MATCHED THEN DELETE
WHEN NOT MATCHED AND p.boss_id IS NULL THEN INSERT (name) VALUES (p.name || p.id)
RETURNING *;

-- name: MergeReturningSubquery :many
MERGE INTO counters AS c USING (SELECT @name::text AS name) AS n ON c.name = n.name
WHEN MATCHED THEN UPDATE SET value = 1
WHEN NOT MATCHED THEN INSERT (name) VALUES (n.name)
RETURNING c.name, (SELECT count(*) FROM people), merge_action();

-- name: MergeInCTE :many
WITH m AS (
    MERGE INTO counters AS c USING people AS p ON p.score = c.value + 4
    WHEN MATCHED THEN UPDATE SET value = p.id
    WHEN NOT MATCHED BY SOURCE THEN DELETE
    RETURNING merge_action() AS did, c.name, p.id
)
SELECT m.did, m.name, m.id, d.title FROM m LEFT JOIN docs AS d ON d.owner_id = m.id;
