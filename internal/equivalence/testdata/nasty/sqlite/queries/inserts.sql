-- name: InsertDoc :execlastid
INSERT INTO docs (title, words) VALUES (?, ?);

-- name: InsertRows :execrows
INSERT INTO docs (title) VALUES (?), ('second'), (lower(?));

-- name: InsertTenant :exec
INSERT INTO docs (org_id, title) VALUES (?, ?);

-- name: InsertReturning :one
INSERT INTO docs (title, state) VALUES (?, 'live') RETURNING *;

-- name: InsertDefaults :exec
INSERT INTO counters DEFAULT VALUES;

-- name: InsertSelect :execrows
INSERT INTO docs (title, words) SELECT 'copy of ' || title, words FROM docs WHERE words > ? ORDER BY id;

-- name: InsertSelectTenant :execrows
INSERT INTO docs (org_id, title) SELECT p.org_id, 'of ' || p.id FROM people AS p ORDER BY p.id;

-- name: InsertFromGlobal :execrows
INSERT INTO folders (id, name) SELECT 900 + length(name), name FROM regions WHERE code = 'n';

-- name: InsertChild :execrows
INSERT INTO notes (doc_id, n, body) VALUES (?, 77, 'new');

-- name: InsertChildren :execrows
INSERT INTO notes (doc_id, n) SELECT id, 99 FROM docs WHERE words > ? ORDER BY id;

-- name: InsertChildrenOfOwn :execrows
INSERT INTO marks (note_id, mark) SELECT n.id, d.title FROM notes n JOIN docs d ON d.id = n.doc_id ORDER BY n.id, d.title;

-- name: InsertComposite :execrows
INSERT INTO docs (title, owner_id) VALUES ('mine', ?);

-- name: InsertOpenKey :execrows
INSERT INTO files (id, folder_id) VALUES (9001, ?);

-- name: InsertOpenKeys :execrows
INSERT INTO files (id, folder_id, size) SELECT f.id + 5000, f.folder_id, 1 FROM files f WHERE f.folder_id IN (SELECT id FROM folders);

-- name: InsertTwoColumns :execrows
INSERT INTO parts (box_a, box_b, what) VALUES (?, ?, 'new');

-- name: InsertSpare :execrows
INSERT INTO parts (box_a, box_b, spare_a, spare_b, what) SELECT a, b, a, b, 'spare' FROM boxes;

-- name: InsertQuoted :execrows
INSERT INTO "Order" ("No", "select") VALUES (50, ?);

-- name: InsertWith :execrows
WITH src AS (SELECT title FROM docs WHERE words > ?) INSERT INTO lefts (k, a) SELECT 500, title FROM src;

-- name: InsertWithNamedLikeTarget :execrows
WITH lefts AS (SELECT 'x' AS a) INSERT INTO lefts (k, a) SELECT 501, a FROM lefts;

-- name: InsertShared :execrows
INSERT INTO answers (form_id, answer) VALUES (?, 'to a form');

-- name: InsertIgnore :execrows
INSERT OR IGNORE INTO counters (name, value) VALUES (?, 3);

-- name: InsertAbort :execrows
INSERT OR ABORT INTO counters (name, value) VALUES (?, 3);

-- name: ReplaceOwn :execrows
REPLACE INTO counters (name, value) VALUES (?, 42);

-- name: InsertOrReplaceOwn :execrows
INSERT OR REPLACE INTO counters (name, value) SELECT name, value + 1 FROM counters;

-- name: UpsertOwn :execrows
INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (org_id, name) DO UPDATE SET value = counters.value + excluded.value;

-- name: UpsertOwnReturning :one
INSERT INTO counters AS c (name, value) VALUES (?, 1) ON CONFLICT (org_id, name) DO UPDATE SET value = c.value + 1 WHERE c.value > ? RETURNING value;

-- name: UpsertSelect :execrows
INSERT INTO people (id, name) SELECT id + 1, name FROM people WHERE true ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name || (SELECT count(*) FROM docs);

-- name: UpsertNothing :execrows
INSERT INTO docs (title, words) VALUES (?, 1) ON CONFLICT DO NOTHING;

-- name: UpsertChild :execrows
INSERT INTO notes (doc_id, n, body) VALUES (?, 1, 'again') ON CONFLICT (doc_id, n) DO UPDATE SET body = notes.body || excluded.body;

-- name: UpsertGlobalKey :execrows
INSERT INTO slugs (slug, hits) VALUES (?, 1) ON CONFLICT (slug) DO UPDATE SET hits = slugs.hits + 1;

-- name: InsertSharedOld :execrows
INSERT INTO answers (form_id, old_id, answer) SELECT id, base_id, 'copied' FROM forms WHERE org_id IS NOT NULL AND base_id IN (SELECT id FROM forms);

-- The values have no table's name, or are computed: they get names in an expression
-- around the source.

-- name: InsertComputedKey :execrows
INSERT INTO files (id, folder_id, size) SELECT id + 6000, folder_id + 0, 1 FROM files WHERE folder_id IN (SELECT id FROM folders);

-- name: InsertLeastKey :execrows
INSERT INTO notes (doc_id, n) SELECT min(doc_id), 55 FROM notes GROUP BY doc_id;
