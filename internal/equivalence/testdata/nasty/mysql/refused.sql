-- What is refused, and why is said beside the test.

-- name: UpsertGlobalKey :exec
INSERT INTO slugs (slug, hits) VALUES (?, 1) ON DUPLICATE KEY UPDATE hits = hits + 1;

-- name: UpsertAnyKey :exec
INSERT INTO docs (title, words) VALUES (?, 1) ON DUPLICATE KEY UPDATE words = VALUES(words);

-- name: ReplaceGlobalKey :exec
REPLACE INTO slugs (slug) VALUES (?);

-- name: DeleteJoinedParent :exec
DELETE docs FROM docs JOIN notes ON notes.doc_id = docs.id WHERE notes.n = 1;

-- name: DeleteTwo :exec
DELETE d, n FROM docs d JOIN notes n ON n.doc_id = d.id;

-- name: UpdateTwo :exec
UPDATE docs d JOIN people p ON p.id = d.owner_id SET d.words = 1, p.score = 2;

-- name: SetTenant :exec
UPDATE docs SET org_id = 'two' WHERE id = ?;

-- name: SetTenantJoined :exec
UPDATE docs d JOIN people p ON p.id = d.owner_id SET d.org_id = p.org_id;

-- name: DuplicateSetsTenant :exec
INSERT INTO counters (name) VALUES (?) ON DUPLICATE KEY UPDATE org_id = VALUES(name);

-- name: OtherDatabase :many
SELECT user FROM mysql.user;

-- name: Schema :many
SELECT table_name FROM information_schema.tables;

-- name: IntoFile :exec
SELECT title FROM docs INTO OUTFILE '/tmp/x';

-- name: IntoVariable :exec
SELECT max(words) INTO @words FROM docs;

-- name: Variable :many
SELECT @words;

-- name: LoadFile :one
SELECT load_file(?);

-- name: Sleep :one
SELECT sleep(10);

-- name: LiteralTenant :exec
INSERT INTO docs (title, org_id) VALUES (?, 'two');

-- name: SetVariable :exec
SET @tenant = 'two';

-- name: LoadData :exec
LOAD DATA INFILE '/tmp/x' INTO TABLE docs;

-- name: Truncate :exec
TRUNCATE docs;

-- name: GlobalFromTenant :exec
INSERT INTO regions SELECT name, name FROM people;

-- name: WriteView :exec
UPDATE live_docs SET title = 'x';

-- name: DeleteReturning :many
DELETE FROM tags WHERE label <> ? RETURNING id, label;

-- name: InsertSet :execrows
INSERT INTO docs SET title = ?, words = 4;

-- name: InsertIgnore :execrows
INSERT IGNORE INTO counters (name, value) VALUES (?, 3);

-- name: InsertReturning :one
INSERT INTO docs (title, state) VALUES (?, 'live') RETURNING id, title, words;

-- name: InsertSelectTenant :execrows
INSERT INTO docs (org_id, title) SELECT p.org_id, CONCAT('of ', p.id) FROM people AS p ORDER BY p.id;

-- name: DuplicateLooksUp :execrows
INSERT INTO pins (name, folder_id) SELECT f.name, f.id FROM folders AS f ON DUPLICATE KEY UPDATE folder_id = f.id;
