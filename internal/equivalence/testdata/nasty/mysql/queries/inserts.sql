-- name: InsertDoc :execlastid
INSERT INTO docs (title, words) VALUES (?, ?);

-- name: InsertRows :execrows
INSERT INTO docs (title) VALUES (?), ('second'), (lower(?));

-- name: InsertTenant :exec
INSERT INTO docs (org_id, title) VALUES (?, ?);

-- name: InsertSelect :execrows
INSERT INTO docs (title, words) SELECT CONCAT('copy of ', title), words FROM docs WHERE words > ? ORDER BY id;

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
INSERT INTO `Order` (`No`, `select`) VALUES (50, ?);

-- name: InsertShared :execrows
INSERT INTO answers (form_id, answer) VALUES (?, 'to a form');

-- name: ReplaceOwn :execrows
REPLACE INTO counters (name, value) VALUES (?, 42);

-- name: InsertEmpty :exec
INSERT INTO counters () VALUES ();

-- name: UpsertOwn :execrows
INSERT INTO counters (name, value) VALUES (?, 1) ON DUPLICATE KEY UPDATE value = value + VALUES(value);

-- name: UpsertSelect :execrows
INSERT INTO people (id, name) SELECT p.id + 1, p.name FROM people AS p ORDER BY p.id ON DUPLICATE KEY UPDATE name = VALUES(name);

-- name: UpsertPin :execrows
INSERT INTO pins (name, folder_id) VALUES ('p', ?) ON DUPLICATE KEY UPDATE folder_id = VALUES(folder_id), hits = hits + 1;

-- The values have no table's name, or are computed: they get names in an expression
-- around the source.

-- name: InsertComputedKey :execrows
INSERT INTO files (id, folder_id, size) SELECT id + 6000, folder_id + 0, 1 FROM files WHERE folder_id IN (SELECT id FROM folders);

-- name: InsertLeastKey :execrows
INSERT INTO notes (doc_id, n) SELECT min(doc_id), 55 FROM notes GROUP BY doc_id ORDER BY 1;
