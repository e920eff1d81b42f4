-- name: SetTenant :exec
UPDATE docs SET org_id = $1;

-- name: InsertLiteralTenant :exec
INSERT INTO counters (name, org_id) VALUES ('x', 2);

-- name: InsertSelectedTenant :exec
INSERT INTO counters (name, org_id) SELECT title, org_id + 0 FROM docs;

-- name: CreateTenant :exec
INSERT INTO orgs (id, name) VALUES (nextval('x'), 'new');

-- name: WriteGlobalFromTenant :exec
INSERT INTO regions (code, name) SELECT title, title FROM docs;

-- name: ChildWithoutParent :exec
INSERT INTO notes (n) VALUES (1);

-- name: FullJoinSystemColumn :many
SELECT l.ctid FROM lefts l FULL JOIN rights r ON r.k = l.k;

-- name: FullJoinByKey :many
SELECT d.id, d.title FROM docs d FULL JOIN notes n ON n.doc_id = d.id GROUP BY d.id;

-- name: SystemTable :many
SELECT relname FROM pg_class;

-- name: UnknownFunction :many
SELECT my_function(id) FROM docs;

-- name: SQLFunction :many
SELECT query_to_xml('SELECT * FROM docs', true, true, '');

-- name: SetConfig :one
SELECT set_config('app.current_tenant', '2', true);

-- name: WriteView :exec
UPDATE live_docs SET title = 'x';

-- name: SameNames :many
SELECT 1 FROM docs, docs;

-- name: Truncate :exec
TRUNCATE docs;

-- name: MergeSetsTenant :exec
MERGE INTO counters c USING docs d ON d.title = c.name WHEN MATCHED THEN UPDATE SET org_id = d.org_id;

-- name: MergeInsertsTenant :exec
MERGE INTO counters c USING docs d ON d.title = c.name WHEN NOT MATCHED THEN INSERT (org_id, name) VALUES (d.org_id + 0, d.title);

-- name: MergeNeverReached :exec
MERGE INTO counters c USING docs d ON d.title = c.name WHEN MATCHED THEN DELETE WHEN MATCHED AND d.id = 1 THEN DO NOTHING;

-- name: MergeSystemColumn :exec
MERGE INTO counters c USING docs d ON d.ctid = '(0,1)' WHEN MATCHED THEN DELETE;

-- name: MergeGlobalFromTenant :exec
MERGE INTO regions r USING docs d ON d.title = r.name WHEN MATCHED THEN DELETE;

-- name: MergeView :exec
MERGE INTO live_docs l USING docs d ON d.id = l.id WHEN MATCHED THEN DELETE;

-- name: Into :exec
SELECT * INTO copy FROM docs;

-- name: UnknownTable :many
SELECT * FROM nowhere;

-- name: DefaultTenant :exec
INSERT INTO counters (name, org_id) VALUES ('x', DEFAULT);

-- name: SetRootKey :exec
UPDATE orgs SET id = 7;

-- name: ConflictSetsTenant :exec
INSERT INTO counters (name) VALUES ('x') ON CONFLICT (org_id, name) DO UPDATE SET org_id = $1;

-- name: InsertView :exec
INSERT INTO live_docs (title) VALUES ('x');

-- name: CurrentOf :exec
DELETE FROM docs WHERE CURRENT OF c;

-- name: Copy :exec
COPY docs TO STDOUT;

-- name: FieldOfRow :many
SELECT (r).b FROM rights r;

-- name: ChildNull :exec
UPDATE notes SET doc_id = NULL;

-- name: TagNull :exec
INSERT INTO tags (doc_id, label) VALUES (NULL, 'x');

-- name: ChildDefault :exec
INSERT INTO notes (doc_id, n) VALUES (DEFAULT, 1);

-- name: PartSaidTwice :exec
INSERT INTO parts (box_a, box_b) VALUES ($1::integer + 1, $2::integer + 1);

-- name: ChildManyValues :exec
INSERT INTO notes (doc_id, n) VALUES (generate_series(101, 102), 1);
