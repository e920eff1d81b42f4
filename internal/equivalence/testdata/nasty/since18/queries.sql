-- name: UpdateOldNew :many
UPDATE docs SET words = words + 1 WHERE state = $1 OR owner_id IS NULL RETURNING old.words, new.words AS after, id;

-- name: UpdateOldNewRenamed :many
UPDATE people AS p SET score = $1 RETURNING WITH (OLD AS o, NEW AS n) o.score, n.score AS after, p.id,
    (SELECT count(*) FROM docs d WHERE d.owner_id = o.id AND d.words > n.score) AS docs;

-- name: UpdateFromOldNew :many
UPDATE people SET score = b.score FROM people AS b WHERE b.id = people.boss_id RETURNING old.score, new.score AS after, b.name, to_jsonb(old) - 'org_id';

-- name: UpdateNamedOld :many
UPDATE people AS old SET score = new.score FROM people AS new WHERE new.id = old.boss_id RETURNING old.id, old.score, new.score AS of_boss;

-- name: UpdateBesideOldCTE :many
WITH old AS (SELECT id FROM people) UPDATE docs SET words = 0 WHERE id > 0 RETURNING old.words, (SELECT count(*) FROM old) AS people;

-- name: UpdateChildOldNew :many
UPDATE notes SET doc_id = $1, n = 70 WHERE id = $2 RETURNING old.doc_id, new.doc_id AS after;

-- name: DeleteOld :many
DELETE FROM events WHERE n = $1 RETURNING old.what, new.day IS NULL AS gone, old.*;

-- name: DeleteUsingOld :many
DELETE FROM docs USING people p WHERE p.id = docs.owner_id RETURNING WITH (OLD AS was) was.title, p.name;

-- name: InsertOldNew :many
INSERT INTO counters (name, value) VALUES ($1, $2) RETURNING old IS NULL AS is_new, new.name;

-- name: ConflictOldNew :many
INSERT INTO counters (name, value) VALUES ($1, $2)
ON CONFLICT (org_id, name) DO UPDATE SET value = excluded.value + counters.value RETURNING old.value, new.value AS after, old.name IS NULL AS inserted;

-- name: ConflictForeignOldNew :many
INSERT INTO slugs (slug, hits) VALUES ($1, 1) ON CONFLICT (slug) DO UPDATE SET hits = slugs.hits + 1 RETURNING old.hits, new.hits AS after;

-- name: ChildConflictOldNew :many
INSERT INTO notes (doc_id, n, body) VALUES ($1, $2, $3) ON CONFLICT (doc_id, n) DO UPDATE SET body = excluded.body
RETURNING WITH (OLD AS o) o.body, body AS after, (SELECT title FROM docs WHERE docs.id = o.doc_id) AS title;

-- name: OldNewInCTE :many
WITH changed AS (UPDATE docs SET state = 'gone' WHERE state = $1 RETURNING old.state AS was, new.id)
SELECT c.was, c.id, d.title FROM changed AS c LEFT JOIN docs AS d ON d.id = c.id;

-- name: TemporalRead :many
SELECT r.room, r.shout, b.id FROM rooms r FULL JOIN bookings b ON b.room = r.room AND b.during && r.during WHERE r.shout IS NULL OR b.id > 1;

-- name: TemporalInsert :execrows
INSERT INTO rooms (room, during, label) VALUES ($1, $2, 'new');

-- name: TemporalInsertWithoutList :many
INSERT INTO rooms VALUES ($1, 9, '[2026-01-01,2026-02-01)', 'x') RETURNING room, shout, new.shout AS again;

-- name: TemporalConflict :execrows
INSERT INTO rooms (room, during, label) SELECT room + id % 2 * 5, during, 'y' FROM bookings WHERE room IS NOT NULL ON CONFLICT DO NOTHING;

-- name: TemporalReference :execrows
INSERT INTO bookings (id, room, during) VALUES ($1, $2, $3);

-- name: TemporalDelete :many
DELETE FROM rooms WHERE during && $1 AND NOT EXISTS (SELECT FROM bookings b WHERE b.room = rooms.room) RETURNING old.room, old.shout;

-- name: TemporalUpdate :execrows
UPDATE rooms SET label = label || '!', during = $1 WHERE room = 3 AND during && $1;

-- name: Since18Functions :many
SELECT id, casefold(name), crc32(convert_to(name, 'UTF8')), array_sort(ARRAY[id, score, (SELECT max(words) FROM docs)]) FROM people WHERE score > $1;
