-- What is refused, and why is said beside the test.

-- name: InsertFail :execrows
INSERT OR FAIL INTO people (id, name) VALUES (700, ?);

-- name: UpsertTwoClauses :execrows
INSERT INTO docs (title, words) VALUES (?, 5) ON CONFLICT (org_id, title) DO UPDATE SET words = docs.words + 5 ON CONFLICT DO NOTHING;

-- name: CTEHidesTable :many
WITH docs AS (SELECT 'made' AS title) SELECT docs.title, n.body FROM docs, notes n;

-- name: ViewUnderCTE :many
WITH docs AS (SELECT 1 AS id) SELECT l.title FROM longest_docs AS l, docs;

-- name: BracketedTable :many
SELECT [docs].[title] FROM [docs];

-- name: NoSuchWord :many
SELECT title FROM docs WHERE "tenant_id" = 'tenant_id';

-- name: NoSuchTable :many
SELECT * FROM sqlite_schema;

-- name: Pragma :many
SELECT * FROM pragma_table_list;

-- name: PragmaStatement :exec
PRAGMA foreign_keys = OFF;

-- name: Attach :exec
ATTACH 'other.db' AS other;

-- name: OtherDatabase :many
SELECT * FROM temp.docs;

-- name: ReplaceGlobalKey :exec
REPLACE INTO slugs (slug) VALUES (?);

-- name: InsertOrReplaceGlobalKey :exec
INSERT OR REPLACE INTO docs (id, title) VALUES (?, ?);

-- name: UpdateOrReplaceGlobalKey :exec
UPDATE OR REPLACE slugs SET slug = ? WHERE hits > 0;

-- name: LoadExtension :one
SELECT load_extension(?);

-- name: Unknown :one
SELECT own_function(title) FROM docs;

-- name: SetTenant :exec
UPDATE docs SET org_id = 'two' WHERE id = ?;

-- name: SetTenantInColumns :exec
UPDATE docs SET (words, org_id) = (SELECT 1, 'two') WHERE id = ?;

-- name: SetRootKey :exec
UPDATE orgs SET id = ?;

-- name: CreateTenant :exec
INSERT INTO orgs (id, name) VALUES (lower('NEW'), 'x');

-- name: LiteralTenant :exec
INSERT INTO docs (title, org_id) VALUES (?, 'two');

-- name: ConflictSetsTenant :exec
INSERT INTO counters (name) VALUES (?) ON CONFLICT (org_id, name) DO UPDATE SET org_id = excluded.name;

-- name: GlobalFromTenant :exec
INSERT INTO regions SELECT name, name FROM people;

-- name: WriteView :exec
UPDATE live_docs SET title = 'x';

-- name: FullJoinRowid :many
SELECT l.rowid, r.b FROM lefts l FULL JOIN rights r ON r.k = l.k;

-- name: FullJoinIndexed :many
SELECT d.title, r.b FROM docs d INDEXED BY docs_by_words FULL JOIN rights r ON r.k = d.words;

-- name: SharedReplace :exec
REPLACE INTO forms (code, label) VALUES ('a', ?);

-- name: ViewBeforeItsName :many
WITH x AS (SELECT title FROM longest_docs), docs AS (SELECT 1 AS id, 'made up' AS title, 5 AS words, org_id FROM people) SELECT x.title FROM x;

-- name: ViewInItsOwnName :many
WITH notes AS (SELECT title FROM note_counts) SELECT title FROM notes;
