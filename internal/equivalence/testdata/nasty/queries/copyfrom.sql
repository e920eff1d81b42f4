-- Each is compared as the INSERT of one row, and as the one of many rows that is
-- sent where COPY cannot be.

-- name: CopyPeople :copyfrom
INSERT INTO people (id, name, boss_id, region) VALUES ($1, $2, $3, $4);

-- name: CopyDocs :copyfrom
INSERT INTO docs (title, state, words, made_on, owner_id) VALUES ($1, $2, $3, $4, $5);

-- name: CopyDocsOfOrg :copyfrom
INSERT INTO docs (org_id, id, title) VALUES (@org_id, @id, @title);

-- name: CopyNotes :copyfrom
INSERT INTO notes (doc_id, n, body) VALUES ($1, $2, $3);

-- name: CopyMarks :copyfrom
INSERT INTO marks (note_id, mark) VALUES ($1, $2);

-- name: CopyFiles :copyfrom
INSERT INTO files (id, folder_id, size) VALUES ($1, $2, $3);

-- name: CopyParts :copyfrom
INSERT INTO parts (box_a, box_b, spare_a, spare_b, what) VALUES ($1, $2, $3, $4, $5);

-- name: CopyOrders :copyfrom
INSERT INTO "Order" ("No", "select") VALUES ($1, $2);

-- name: CopyEvents :copyfrom
INSERT INTO events (day, what, n) VALUES ($1, $2, $3);

-- name: CopyForms :copyfrom
INSERT INTO forms (code, label, base_id) VALUES ($1, $2, $3);

-- name: CopyTags :copyfrom
INSERT INTO tags (doc_id, id, label) VALUES ($1, $2, $3);
