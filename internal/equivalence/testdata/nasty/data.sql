-- Tenants 1 to 3 have nearly the same rows, 4 has none.
INSERT INTO regions VALUES ('n', 'North'), ('s', 'South'), ('x', 'Three''s'), ('y', 'Unused');
INSERT INTO orgs VALUES (1, 'One', 'n'), (2, 'Two', 's'), (3, 'Three', NULL), (4, 'Four', 'n');

INSERT INTO people (org_id, id, name, email, boss_id, region, score)
SELECT o, p, 'P' || p % 3, CASE WHEN p < 5 THEN 'p' || p || '@example.com' END,
    CASE WHEN p > 1 THEN p / 2 END, (ARRAY['n', 's', CASE WHEN o = 3 THEN 'x' END])[1 + p % 3], CASE WHEN p <> 3 THEN 10 * o + p % 2 END
FROM generate_series(1, 3) AS o, generate_series(1, 5 + 1) AS p
WHERE o < 3 OR p < 5;

INSERT INTO docs (id, owner_id, title, state, words, made_on, org_id)
SELECT o * 100 + d, CASE WHEN d % 3 > 0 THEN d % 3 END, 'Doc ' || d, (ARRAY['idea', 'live', 'gone'])[1 + (d + o) % 3]::doc_state,
    d * 10 + o, date '2026-01-01' + d, o
FROM generate_series(1, 3) AS o, generate_series(1, 6) AS d;

INSERT INTO people (org_id, id, name, boss_id) VALUES (2, 7, 'P1', 3);

-- Titles and owners that no other tenant has.
INSERT INTO docs (id, owner_id, title, state, words, made_on, org_id)
SELECT o * 100 + 7, least(o + 2, 4), 'Only ' || o, 'live', 5 * o, '2026-02-01', o FROM generate_series(1, 3) AS o;

INSERT INTO notes (id, doc_id, n, body)
SELECT o * 1000 + d * 10 + n, o * 100 + d, n, CASE WHEN n = 1 THEN 'body ' || d END
FROM generate_series(1, 3) AS o, generate_series(1, 4) AS d, generate_series(1, 2) AS n
WHERE NOT (o = 2 AND d = 1);

INSERT INTO marks (id, note_id, mark)
SELECT o * 1000 + d, o * 1000 + d * 10 + 1, (ARRAY['good', 'bad'])[1 + d % 2]
FROM generate_series(1, 3) AS o, generate_series(2, 3) AS d;

INSERT INTO slugs (slug, org_id, hits) VALUES ('one', 1, 1), ('two', 2, 2), ('three', 3, 3), ('more', 1, 7);
INSERT INTO counters (name, org_id, value) VALUES ('main', 1, 5), ('side', 1, 1), ('side', 2, 2), ('main', 3, 9);

INSERT INTO lefts (org_id, k, a) VALUES
    (1, 1, 'a1'), (1, 2, 'a2'), (1, 2, 'a2'), (1, NULL, 'an'), (2, 1, 'a1'), (2, 3, 'a3'), (3, 4, 'a4'), (3, 1, 'a1'), (NULL, 1, 'nobody');
INSERT INTO rights (org_id, k, b) VALUES
    (1, 2, 'b2'), (1, 5, 'b5'), (1, NULL, 'bn'), (2, 1, 'b1'), (2, 1, 'b1'), (3, 2, 'b2'), (NULL, 1, 'nobody');

INSERT INTO events (org_id, day, what, n)
SELECT o, date '2025-12-29' + e, 'event ' || e % 2, CASE WHEN e <> 2 THEN e END
FROM generate_series(1, 3) AS o, generate_series(1, 6) AS e;

INSERT INTO folders (id, org_id, name) VALUES (11, 1, 'a'), (12, 1, 'b'), (21, 2, 'a'), (31, 3, 'c');
INSERT INTO files (id, folder_id, org_id, size) VALUES
    (111, 11, 1, 5), (112, 21, 1, 6), (113, NULL, 1, NULL), (211, 11, 2, 7), (212, 21, 2, 5), (311, 12, 3, 1);

INSERT INTO pins (org_id, name, folder_id) VALUES (1, 'p', 11), (1, 'q', NULL), (2, 'p', 21), (3, 'p', NULL), (3, 'r', 11);

INSERT INTO "Order" ("No", "Org Id", "select")
SELECT n, o, 'order ' || n FROM generate_series(1, 3) AS o, generate_series(1, 3) AS n;
INSERT INTO "Order Item" ("Order No", "Order Org", "Text")
SELECT n, o, CASE WHEN o <> n THEN 'item ' || o || n END FROM generate_series(1, 3) AS o, generate_series(1, 2) AS n;

-- Shared forms have the codes of the tenants' own.
INSERT INTO forms (id, org_id, code, label, base_id) VALUES
    (1, NULL, 'a', 'Shared A', NULL), (2, NULL, 'b', NULL, 1), (3, NULL, 'a', 'Shared again', 2), (4, NULL, 'b', NULL, NULL),
    (11, 1, 'a', 'One A', 1), (12, 1, 'b', NULL, 11), (13, 1, 'c', 'One C', 2),
    (21, 2, 'a', 'Two A', 3), (22, 2, 'd', 'Shared A', NULL), (31, 3, 'a', NULL, 2),
    (14, 1, 'e', NULL, 21); -- based on another tenant's
INSERT INTO fields (id, form_id, name, width)
SELECT f.id * 10 + n, f.id, 'field ' || n, CASE WHEN n = 1 THEN f.id END FROM forms AS f, generate_series(1, 2) AS n WHERE f.id <> 12;
INSERT INTO choices (field_id, choice)
SELECT id, (ARRAY['yes', 'no'])[1 + id % 2] FROM fields WHERE id % 10 = 1 OR form_id < 3;
INSERT INTO answers (id, org_id, form_id, old_id, answer) VALUES
    (101, 1, 1, NULL, 'to shared'), (102, 1, 11, 2, 'to own'), (103, 1, 13, 11, NULL), (104, 1, 14, NULL, NULL),
    (201, 2, 1, 3, 'to shared'), (202, 2, 21, NULL, 'to own'), (11, 2, 21, NULL, 'an id of a form'), (301, 3, 2, 1, 'to shared');
INSERT INTO folders (id, org_id, name) VALUES (13, 1, 'd'), (23, 2, 'd');
INSERT INTO stamps (org_id, name, folder_id) VALUES (1, 's', 13), (1, 'u', 13), (2, 's', 23);

INSERT INTO boxes (a, b, org_id) VALUES (1, 1, 1), (1, 2, 2), (2, 1, 3), (2, 2, 1), (3, 1, 2), (3, 3, 1);
INSERT INTO parts (id, box_a, box_b, spare_a, spare_b, what) VALUES
    (1, 1, 1, NULL, NULL, 'p'), (2, 2, 2, 1, 1, 'q'), (3, 1, 2, 1, 2, 'p'), (4, 2, 1, NULL, NULL, 'r'), (5, 3, 3, 3, NULL, 'half');
INSERT INTO tags (doc_id, id, label)
SELECT o * 100 + d, 100 + d, 'tag ' || d FROM generate_series(1, 3) AS o, generate_series(1, 3) AS d;

INSERT INTO bins (id, label, org_id) VALUES (1, 'a', 1), (2, 'no', 1), (3, 'c', 1), (1, 'no', 2), (2, 'b', 2), (3, NULL, 3);

REFRESH MATERIALIZED VIEW doc_copies;
